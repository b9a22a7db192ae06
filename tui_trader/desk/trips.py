"""What positions brought, from flat to flat: folded from fills and funding, written down once as a row each.

Numbers only: nothing that a model wrote is in an outcome, so nothing of it can come back as advice.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias, TypeVar

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.core.ids import client_order_id
from tui_trader.core.market import Candle
from tui_trader.core.money import BPS, ZERO, Money, Price, Quantity
from tui_trader.core.order import Fill, Intent, Purpose
from tui_trader.core.records import (
    CycleDecided,
    FundingBooked,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    PositionClosed,
)
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol, TradeId
from tui_trader.journal.ports import Entry, Journal, Row

_TENTH = Decimal("0.1")
_CENT = Decimal("0.00000001")
_KEPT_ORDERS = 2_000
_KEPT_TRADES = 4_000
_KEPT_COSTS = 5_000
"""Intents, trades and decisions of which something is remembered; an open position rests on the last few of them."""
_MOST_CANDLES = 1_500
_UNKNOWN = "unknown"
"""What closed a position, where it was no order of ours."""

_K = TypeVar("_K")
_V = TypeVar("_V")

Candles: TypeAlias = Callable[[Symbol, int], Iterable[Candle]]
"""The last closed one-minute candles of a symbol, at most so many, oldest first."""


@dataclass(slots=True)
class Trip:
    """What is open of one symbol, or was until now. Quantities are signed as the position is."""

    side: Side
    opened: Instant
    cycle: int | None
    quantity: Quantity = ZERO
    entered: Quantity = ZERO
    entry_cost: Money = ZERO
    left: Quantity = ZERO
    exit_cost: Money = ZERO
    realised: Money = ZERO
    fees: Money = ZERO
    funding: Money = ZERO
    closed: Instant | None = None
    closed_by: str = _UNKNOWN
    prices: list[Price] = field(default_factory=list)
    """The least and the greatest price that one of its fills had."""

    def saw(self, price: Price) -> None:
        """Take the price of a fill in."""
        self.prices = [min(*self.prices, price), max(*self.prices, price)] if self.prices else [price, price]


class TripFold:
    """Attach it to the journal: it knows what is open, and which closed positions have no row yet."""

    def __init__(self) -> None:
        self._open: dict[Symbol, Trip] = {}
        self._unwritten: list[tuple[Symbol, Trip]] = []
        self._sent: dict[ClientOrderId, Intent] = {}
        self._trades: dict[tuple[Symbol, TradeId], None] = {}
        self._booked: dict[str, None] = {}
        self._costs: dict[int, Money] = {}
        self._written: deque[PositionClosed] = deque(maxlen=50)

    @property
    def outcomes(self) -> tuple[PositionClosed, ...]:
        """The last that were written down, oldest first."""
        return tuple(self._written)

    @property
    def unwritten(self) -> tuple[tuple[Symbol, Trip], ...]:
        """Closed positions without a row, in the order in which they closed."""
        return tuple(self._unwritten)

    def cost_of(self, cycle: int | None) -> Money:
        """What the decision of this cycle cost, in USD."""
        return self._costs.get(cycle, ZERO) if cycle is not None else ZERO

    def apply(self, row: Row) -> None:
        """Take one row in; a fill or funding that was booked before counts once."""
        match row.record:
            case OrderIntended(intent=intent):
                _remember(self._sent, client_order_id(row.hash), intent, _KEPT_ORDERS)
            case OrderFilled(own=Fill() as fill):
                self._filled(fill)
            case FundingBooked(id=booking, symbol=symbol, amount=amount):
                if booking not in self._booked and symbol in self._open:
                    self._open[symbol].funding += amount
                _remember(self._booked, booking, None, _KEPT_TRADES)
            case PositionAdopted() as adopted:
                self._adopted(adopted, row.time)
            case CycleDecided(cycle=cycle, cost=cost) if cost:
                _remember(self._costs, cycle, cost, _KEPT_COSTS)
            case PositionClosed() as closed:
                self._written.append(closed)
                told = (closed.symbol, closed.opened, closed.closed)
                self._unwritten = [(s, t) for s, t in self._unwritten if (s, t.opened, t.closed) != told]
            case _:
                pass

    def _filled(self, fill: Fill) -> None:
        key = (fill.symbol, fill.trade_id)
        if key in self._trades:
            return
        _remember(self._trades, key, None, _KEPT_TRADES)
        intent = self._sent.get(fill.client_order_id)
        trip = self._open.get(fill.symbol)
        if trip is None:
            self._begin(fill, fill.quantity, intent, fee=fill.fee)
            return
        change = fill.signed_quantity
        if change * trip.quantity > 0:
            _enter(trip, fill.quantity, fill.price)
            trip.fees += fill.fee
            trip.quantity += change
            return
        leaving = min(fill.quantity, abs(trip.quantity))
        trip.left += leaving
        trip.exit_cost += leaving * fill.price
        trip.realised += fill.realised
        trip.fees += fill.fee
        trip.saw(fill.price)
        trip.quantity -= leaving * trip.side.sign
        if trip.quantity == 0:
            self._ended(fill, intent, trip)
            if fill.quantity > leaving:
                # It crossed zero: the fee was borne by what ended.
                self._begin(fill, fill.quantity - leaving, intent, fee=ZERO)

    def _begin(self, fill: Fill, quantity: Quantity, intent: Intent | None, *, fee: Money) -> None:
        by_agent = intent is not None and intent.actor is Actor.AGENT and intent.purpose is Purpose.ENTRY
        trip = Trip(side=fill.side, opened=fill.time, cycle=intent.cycle if intent is not None and by_agent else None)
        _enter(trip, quantity, fill.price)
        trip.quantity, trip.fees = quantity * fill.side.sign, fee
        self._open[fill.symbol] = trip

    def _ended(self, fill: Fill, intent: Intent | None, trip: Trip) -> None:
        trip.closed = fill.time
        trip.closed_by = f"{intent.actor.value} {intent.purpose.value}" if intent is not None else _UNKNOWN
        del self._open[fill.symbol]
        self._unwritten.append((fill.symbol, trip))

    def _adopted(self, adopted: PositionAdopted, time: Instant) -> None:
        """Fills are missing, so what the old trip brought is not known: it has no outcome. What stays ours goes on."""
        trip, own = self._open.get(adopted.symbol), adopted.own
        if trip is not None and trip.quantity == own:
            return
        self._open.pop(adopted.symbol, None)
        if own:
            side = Side.BUY if own > 0 else Side.SELL
            trip = Trip(side=side, opened=time, cycle=None, quantity=own)
            _enter(trip, abs(own), adopted.entry_price)
            self._open[adopted.symbol] = trip


def _enter(trip: Trip, quantity: Quantity, price: Price) -> None:
    trip.entered += quantity
    trip.entry_cost += quantity * price
    trip.saw(price)


def _remember(memory: dict[_K, _V], key: _K, value: _V, most: int) -> None:
    memory[key] = value
    if len(memory) > most:
        del memory[next(iter(memory))]


def outcome_of(symbol: Symbol, trip: Trip, model_cost: Money, candles: Iterable[Candle]) -> PositionClosed:
    """The outcome of a trip that has ended. Candles that lie wholly within it say how far the price went meanwhile."""
    closed = trip.closed
    assert closed is not None
    entry = trip.entry_cost / trip.entered
    within = [c for c in candles if c.time >= trip.opened and c.time + c.seconds * NANOSECONDS <= closed]
    low = min([trip.prices[0], *(candle.low for candle in within)])
    high = max([trip.prices[1], *(candle.high for candle in within)])
    below, above = (entry - low) / entry * BPS, (high - entry) / entry * BPS
    adverse, favourable = (below, above) if trip.side is Side.BUY else (above, below)
    net = trip.realised - trip.fees + trip.funding - model_cost
    return PositionClosed(
        symbol=symbol,
        side=trip.side,
        quantity=trip.entered,
        cycle=trip.cycle,
        opened=trip.opened,
        closed=closed,
        entry_price=entry.quantize(_CENT),
        exit_price=(trip.exit_cost / trip.left).quantize(_CENT),
        realised=trip.realised,
        fees=trip.fees,
        funding=trip.funding,
        model_cost=model_cost,
        net=net,
        net_bps=(net / trip.entry_cost * BPS).quantize(_TENTH),
        adverse_bps=max(ZERO, adverse).quantize(_TENTH),
        favourable_bps=max(ZERO, favourable).quantize(_TENTH),
        closed_by=trip.closed_by,
    )


class TripKeeper:
    """Writes the outcomes of what closed. A crash in between loses none: the next call finds them in the fold."""

    def __init__(self, fold: TripFold, journal: Journal, candles: Candles) -> None:
        """`fold` must be attached to the journal."""
        self._fold = fold
        self._journal = journal
        self._candles = candles

    async def settle(self) -> int:
        """A row for each closed position that has none; how many. Raises JournalUnwritable."""
        pending = self._fold.unwritten
        for symbol, trip in pending:
            outcome = outcome_of(symbol, trip, self._fold.cost_of(trip.cycle), self._candles(symbol, _MOST_CANDLES))
            await self._journal.append(Entry(record=outcome, actor=Actor.SYSTEM))
        return len(pending)
