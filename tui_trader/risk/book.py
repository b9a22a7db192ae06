"""All that the gate may know of the account and the market when it judges: one frozen value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from tui_trader.core.clock import Instant
from tui_trader.core.foreign import ForeignOrder
from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import FeeRates
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.order import Intent, Order, Purpose
from tui_trader.core.position import Position
from tui_trader.core.words import Side, Symbol, TradingState
from tui_trader.risk.breakers import Board
from tui_trader.risk.incidents import Incidents


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketView:
    """Prices of one symbol and how old they are, in seconds; None where there are none."""

    bid: Price | None
    ask: Price | None
    mark: Price | None
    quote_age: float | None
    mark_age: float | None


class Losses(Protocol):
    """What the loss limits are judged by; each means what it means in `Meters`."""

    @property
    def day_loss(self) -> Money | None:
        """Quote currency, positive when lost."""
        ...

    @property
    def peak_equity(self) -> Money | None:
        """Moved by transfers."""
        ...

    @property
    def consecutive_losses(self) -> int:
        """Round trips in a row that lost."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LossesNow:
    """The losses at one instant, without the other meters."""

    day_loss: Money | None
    peak_equity: Money | None
    consecutive_losses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meters:
    """Counters and losses, folded from the journal; None means lost, and lost means no new risk.

    `day_loss` and `drawdown` are positive when money was lost: day loss in quote currency, drawdown as a fraction of
    the peak. Both None where they cannot be known (no baseline, no equity). The day's loss is judged from the last
    resume, if there was one today.
    """

    day_loss: Money | None
    day_start_equity: Money | None
    """With the day's net transfers in: day P&L is equity minus this, also after a resume."""
    drawdown: float | None
    peak_equity: Money | None
    """Moved by transfers; drawdown is exact as (peak - equity) / peak."""
    consecutive_losses: int
    entries_today: int
    orders_last_minute: int
    stopped_out: Mapping[tuple[Symbol, Side], Instant]
    """When a position of this side was last closed by its stop."""
    agent_entered: Mapping[tuple[Symbol, Side], Instant]
    """When an entry of the agent on this side last traded, also where the position is closed by now."""
    model_spend_today: Money
    agent_side: Mapping[Symbol, Side] = field(default_factory=dict)
    """The side of the agent's last intended entry."""
    agent_traded: Mapping[Symbol, Instant] = field(default_factory=dict)
    """When an entry or an exit of the agent in this symbol last traded."""
    reversals_today: Mapping[Symbol, int] = field(default_factory=dict)
    """How often the agent intended an entry against the side of its entry before, since 00:00 UTC."""
    model_spend_hour: Money = ZERO
    model_spend_month: Money = ZERO
    breakers: Board = field(default_factory=dict)
    incidents: Incidents = field(default_factory=Incidents)
    """What the breakers count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """What persons were asked and have answered: the questions that wait, by symbol, and each yes not yet used."""

    waiting: Mapping[Symbol, str] = field(default_factory=dict)
    given: Mapping[str, Intent] = field(default_factory=dict)
    """By id, the entry that was agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The account and the market at one instant.

    `equity` None: not known. `reconciled` False: the account was not yet, or could not be, compared with the
    exchange, or an order is known to have traded more than is booked. `positions` and `orders` are ours, the orders
    being all that can still trade (working, in flight, unknown); what others hold and work in the account is foreign
    and counts at full size. `drifted` names settings of the account that somebody changed.
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
    consents: Consents = Consents()
    foreign_positions: Mapping[Symbol, Position] = field(default_factory=dict)
    foreign_orders: tuple[ForeignOrder, ...] = ()
    drifted: tuple[str, ...] = ()

    def position(self, symbol: Symbol) -> Position:
        """What is held of the symbol; flat if nothing."""
        return self.positions.get(symbol) or Position(symbol)

    def is_shared(self, symbol: Symbol) -> bool:
        """Whether somebody else holds or works anything of the symbol."""
        return symbol in self.foreign_positions or any(order.symbol == symbol for order in self.foreign_orders)

    def held(self, symbol: Symbol) -> Quantity:
        """What the account holds of the symbol, ours or not, signed."""
        foreign = self.foreign_positions.get(symbol)
        return self.position(symbol).quantity + (foreign.quantity if foreign else ZERO)

    def mark(self, symbol: Symbol) -> Price | None:
        """The symbol's mark price, if there is one; a figure that cannot be a price is none."""
        view = self.markets.get(symbol)
        if view is None or view.mark is None or not view.mark.is_finite() or view.mark <= 0:
            return None
        return view.mark

    def working(self, symbol: Symbol) -> Iterator[Order]:
        """The symbol's orders that can still trade a quantity of their own (close-position orders have none)."""
        return (order for order in self.orders if order.intent.symbol == symbol and not order.intent.close_position)

    def working_exits(self, symbol: Symbol) -> Quantity:
        """Signed sum of what still works against the position, entries on the other side included; zero when flat.

        Orders that point the other way are left out: they must not hide an exit that could flip the position.
        """
        against = self.position(symbol).quantity
        changes = (order.remaining * order.intent.side.sign for order in self.working(symbol))
        return sum((change for change in changes if change * against < 0), start=ZERO)

    def worst_case_quantity(self, symbol: Symbol, side: Side) -> Quantity:
        """How large the position on `side` can become if every open entry on that side trades; never negative."""
        held = self.position(symbol).quantity * side.sign
        working = sum((order.remaining for order in self.entries(symbol, side)), start=ZERO)
        return max(ZERO, held) + working

    def entries(self, symbol: Symbol, side: Side) -> Iterator[Order]:
        """The symbol's entries on one side that can still trade, those of unknown fate included."""
        return (
            order
            for order in self.orders
            if order.intent.symbol == symbol and order.intent.side is side and order.intent.purpose is Purpose.ENTRY
        )

    def worst_case_notional(self, symbol: Symbol) -> Money | None:
        """The larger side's worst case: what is held at the mark, entries at the dearer of limit price and mark.

        Whatever others hold and work counts like ours. None without a mark price.
        """
        mark = self.mark(symbol)
        if mark is None:
            return None
        held = self.held(symbol)
        return max(
            max(ZERO, held * side.sign) * mark
            + sum((quantity * max(price or mark, mark) for quantity, price in self._working(symbol, side)), start=ZERO)
            for side in Side
        )

    def _working(self, symbol: Symbol, side: Side) -> Iterator[tuple[Quantity, Price | None]]:
        """Quantity and limit price of all that could still add to the side."""
        for order in self.entries(symbol, side):
            yield order.remaining, order.intent.price
        for foreign in self.foreign_orders:
            if foreign.symbol == symbol and foreign.side is side:
                yield foreign.opens, foreign.price

    def worst_case_gross(self) -> Money | None:
        """The sum over all symbols held or worked, by whomever; None if one of them has no mark price."""
        symbols = {s for s, p in self.positions.items() if not p.is_flat} | self.foreign_positions.keys()
        symbols |= {order.intent.symbol for order in self.orders if order.intent.purpose is Purpose.ENTRY}
        symbols |= {order.symbol for order in self.foreign_orders if order.opens}
        total = ZERO
        for symbol in symbols:
            notional = self.worst_case_notional(symbol)
            if notional is None:
                return None
            total += notional
        return total

    def without(self, symbol: Symbol) -> "Book":
        """The book as if nothing of ours were held or worked there: what a reversal will find after its close."""
        return replace(
            self,
            positions={name: held for name, held in self.positions.items() if name != symbol},
            orders=tuple(order for order in self.orders if order.intent.symbol != symbol),
        )
