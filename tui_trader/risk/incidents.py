"""Incidents: what the breakers count, folded from the journal: answers, unknown fates, slippage, entries, cancels."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, TypeVar

from tui_trader.core.clock import Instant
from tui_trader.core.ids import client_order_id
from tui_trader.core.money import BPS, ZERO, Price
from tui_trader.core.order import Fill, Intent, OrderStatus, Purpose, TimeInForce
from tui_trader.core.records import CycleDecided, OrderChanged, OrderFilled, OrderIntended
from tui_trader.core.words import Actor, ClientOrderId, CycleVerdict, Side
from tui_trader.journal.ports import Row

KEPT = 500
"""Of each kind. The longest window that a policy may ask for is six hours, and no limit that means anything is so high;
where more happens than that, the newest decide."""
_ORDERS_KEPT = 2_000
"""Orders whose price of decision is remembered; a stop may trade long after it was placed, and few are placed."""
_ALIKE_SIZE = Decimal("0.1")
"""Sizes that differ by no more than this part are alike: the same wish is sized anew from equity and price."""
_ALIKE_PRICE_BPS = Decimal(10)
"""Limit prices of resting entries that differ by no more are alike; the steps of a ladder are wider."""


class _Timed(Protocol):
    @property
    def at(self) -> Instant:
        """When it was written down."""
        ...


T = TypeVar("T", bound=_Timed)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that only its time matters of."""

    at: Instant


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to: an error (refused, not answered, a fault) or not."""

    at: Instant
    is_error: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """An order that traded, and how much worse than decided its worst fill was, in basis points; better is negative."""

    at: Instant
    order: ClientOrderId
    worse_bps: Decimal


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry of the agent that passed the gate."""

    at: Instant
    intent: Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """The newest of each kind, oldest first."""

    orders: tuple[Answer, ...] = ()
    """The exchange's answers to orders, one for each that left."""
    decisions: tuple[Answer, ...] = ()
    """The decider's answers; a cycle in which it was not asked is none."""
    unknown: tuple[Event, ...] = ()
    fills: tuple[Filled, ...] = ()
    """One for each order that was decided by a price."""
    entries: tuple[Entered, ...] = ()
    cancels: tuple[Event, ...] = ()
    """Of entries."""


def after(events: tuple[T, ...], since: Instant) -> tuple[T, ...]:
    """Those that are later than `since`."""
    if not events:
        return ()
    return tuple(event for event in events if event.at > since)


def alike(one: Intent, other: Intent) -> bool:
    """Whether two entries are the same order again: symbol, side, kind, size, and the price of one that rests.

    An entry at the market goes out at a bound that follows the mark, so its price says nothing.
    """
    if (one.symbol, one.side, one.time_in_force) != (other.symbol, other.side, other.time_in_force):
        return False
    if abs(one.quantity - other.quantity) > _ALIKE_SIZE * max(one.quantity, other.quantity):
        return False
    if one.time_in_force is not TimeInForce.GTC or one.price is None or other.price is None:
        return True
    return abs(one.price - other.price) * BPS <= _ALIKE_PRICE_BPS * max(one.price, other.price)


def alike_to(intent: Intent, entries: Iterable[Entered]) -> int:
    """How many of the entries are the same order as this one."""
    return sum(alike(entered.intent, intent) for entered in entries)


def most_alike(entries: tuple[Entered, ...]) -> int:
    """How often the newest order of any symbol, side and kind is among the entries."""
    newest = {(e.intent.symbol, e.intent.side, e.intent.time_in_force): e.intent for e in entries}
    return max((alike_to(intent, entries) for intent in newest.values()), default=0)


@dataclass(slots=True)
class _Sent:
    """An order of ours: the side and price it was decided by, and where it stands."""

    side: Side
    decided: Price | None
    is_entry: bool
    status: OrderStatus = OrderStatus.INTENDED


class IncidentFold:
    """The incidents as the durable rows say them."""

    def __init__(self) -> None:
        self.seen = Incidents()
        self._sent: dict[ClientOrderId, _Sent] = {}

    def apply(self, row: Row) -> None:
        """Take one row in."""
        match row.record:
            case OrderIntended(intent=intent):
                self._intended(client_order_id(row.hash), intent, row.time)
            case OrderChanged(client_order_id=order_id, status=status):
                self._changed(order_id, status, row.time)
            case OrderFilled(fill=fill):
                self._filled(fill, row.time)
            case CycleDecided(verdict=verdict) if verdict is not CycleVerdict.SKIP:
                answer = Answer(row.time, verdict is CycleVerdict.FAULT)
                self.seen = replace(self.seen, decisions=_with(self.seen.decisions, answer))
            case _:
                pass

    def _intended(self, order_id: ClientOrderId, intent: Intent, at: Instant) -> None:
        decided = intent.stop_price if intent.type.is_conditional else intent.seen_price
        self._sent[order_id] = _Sent(intent.side, decided, intent.purpose is Purpose.ENTRY)
        if len(self._sent) > _ORDERS_KEPT:
            del self._sent[next(iter(self._sent))]
        if intent.purpose is Purpose.ENTRY and intent.actor is Actor.AGENT:
            self.seen = replace(self.seen, entries=_with(self.seen.entries, Entered(at, intent)))

    def _changed(self, order_id: ClientOrderId, status: OrderStatus, at: Instant) -> None:
        """The first news after the mark is the answer to the request; whatever follows is another story."""
        sent = self._sent.get(order_id)
        if sent is None:
            return
        was, sent.status = sent.status, status
        if status is OrderStatus.UNKNOWN and was is not OrderStatus.UNKNOWN:
            self.seen = replace(self.seen, unknown=_with(self.seen.unknown, Event(at)))
        if was is OrderStatus.SENT:
            self.seen = replace(self.seen, orders=_with(self.seen.orders, Answer(at, status in _ERRORS)))
        if status is OrderStatus.CANCELED and sent.is_entry:
            self.seen = replace(self.seen, cancels=_with(self.seen.cancels, Event(at)))

    def _filled(self, fill: Fill, at: Instant) -> None:
        """Each order counts once, with its worst fill."""
        sent = self._sent.get(fill.client_order_id)
        if sent is None or sent.decided is None or sent.decided <= ZERO:
            return
        worse = (fill.price - sent.decided) * sent.side.sign * BPS / sent.decided
        earlier = [filled for filled in self.seen.fills if filled.order == fill.client_order_id]
        if earlier and earlier[0].worse_bps >= worse:
            return
        others = tuple(filled for filled in self.seen.fills if filled.order != fill.client_order_id)
        self.seen = replace(self.seen, fills=_with(others, Filled(at, fill.client_order_id, worse)))


_ERRORS = frozenset({OrderStatus.REJECTED, OrderStatus.UNKNOWN, OrderStatus.NOT_SENT})


def _with(events: tuple[T, ...], event: T) -> tuple[T, ...]:
    return (*events[-KEPT + 1 :], event)
