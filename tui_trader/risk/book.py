"""All that the gate may know of the account and the market when it judges: one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import FeeRates
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.order import Order, Purpose
from tui_trader.core.position import Position
from tui_trader.core.words import Side, Symbol, TradingState


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketView:
    """Prices of one symbol and how old they are, in seconds; None where there are none."""

    bid: Price | None
    ask: Price | None
    mark: Price | None
    quote_age: float | None
    mark_age: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meters:
    """Counters and losses, folded from the journal; None means lost, and lost means no new risk.

    `day_loss` and `drawdown` are positive when money was lost: day loss in quote currency, drawdown as a fraction of
    the peak. Both None where they cannot be known (no baseline, no equity).
    """

    day_loss: Money | None
    day_start_equity: Money | None
    drawdown: float | None
    peak_equity: Money | None
    consecutive_losses: int
    entries_today: int
    orders_last_minute: int
    stopped_out: Mapping[tuple[Symbol, Side], Instant]
    """When a position of this side was last closed by its stop."""
    agent_entered: Mapping[Symbol, Instant]
    """When the agent last opened or added to the position it has."""
    open_breakers: tuple[str, ...]
    model_spend_today: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The account and the market at one instant.

    `equity` None: not known. `reconciled` False: the account was not yet, or could not be, compared with the
    exchange. `orders` are all that can still trade (working, in flight, unknown).
    """

    now: Instant
    trading_state: TradingState
    equity: Money | None
    available: Money | None
    reconciled: bool
    positions: Mapping[Symbol, Position]
    orders: tuple[Order, ...]
    markets: Mapping[Symbol, MarketView]
    instruments: Mapping[Symbol, Instrument]
    leverage: Mapping[Symbol, int]
    fees: FeeRates
    meters: Meters

    def position(self, symbol: Symbol) -> Position:
        """What is held of the symbol; flat if nothing."""
        return self.positions.get(symbol) or Position(symbol)

    def mark(self, symbol: Symbol) -> Price | None:
        """The symbol's mark price, if there is one."""
        view = self.markets.get(symbol)
        return view.mark if view else None

    def working_exits(self, symbol: Symbol) -> Quantity:
        """Signed sum of open exit orders with a quantity of their own (stops close what is there and cannot flip)."""
        return sum(
            (
                order.remaining * order.intent.side.sign
                for order in self.orders
                if order.intent.symbol == symbol
                and order.intent.purpose is Purpose.EXIT
                and not order.intent.close_position
            ),
            start=ZERO,
        )

    def worst_case_quantity(self, symbol: Symbol, side: Side) -> Quantity:
        """How large the position on `side` can become if every open entry on that side trades; never negative."""
        held = self.position(symbol).quantity * side.sign
        working = sum(
            (
                order.remaining
                for order in self.orders
                if order.intent.symbol == symbol and order.intent.side is side and order.intent.purpose is Purpose.ENTRY
            ),
            start=ZERO,
        )
        return max(ZERO, held) + working

    def worst_case_notional(self, symbol: Symbol) -> Money | None:
        """The larger side's worst case at the mark price (or the entry, if dearer); None without a mark price."""
        mark = self.mark(symbol)
        if mark is None:
            return None
        return max(self.worst_case_quantity(symbol, side) for side in Side) * mark

    def worst_case_gross(self) -> Money | None:
        """The sum over all symbols held or worked; None if one of them has no mark price."""
        symbols = {s for s, p in self.positions.items() if not p.is_flat}
        symbols |= {order.intent.symbol for order in self.orders}
        total = ZERO
        for symbol in symbols:
            notional = self.worst_case_notional(symbol)
            if notional is None:
                return None
            total += notional
        return total
