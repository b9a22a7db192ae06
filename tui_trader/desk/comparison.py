"""The comparison: what differs between our books and the exchange, as pure functions of two snapshots.

One rule a function; reading the list at the end is reading what is compared.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tui_trader.core.account import AccountReport
from tui_trader.core.foreign import ForeignOrder
from tui_trader.core.money import ZERO, Quantity, plain
from tui_trader.core.order import Order, Purpose
from tui_trader.core.plain_text import one_line
from tui_trader.core.position import Position
from tui_trader.core.reconciliation import Difference, DifferenceKind
from tui_trader.core.sharing import Shares
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.desk.stops import live_stops
from tui_trader.desk.strangers import bears_our_prefix
from tui_trader.exchange.ports import OrderReport

_NAME = 40
"""Characters of a name that the exchange says; Binance's own are at most 36."""
_LISTED = 3
"""Ids that a difference names; an account may have two hundred orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OurSide:
    """Our books at the end of a comparison, after what was missed has been booked and asked for."""

    shares: Mapping[Symbol, Shares]
    unbooked: Mapping[Symbol, Quantity]
    """What orders of ours have traded beyond what is booked, signed."""
    positions: Mapping[Symbol, Position]
    orders: tuple[Order, ...]
    """Those that can still trade."""
    over: frozenset[ClientOrderId]
    """Of the orders that are open there, those that our books have called final for a while."""
    in_motion: frozenset[Symbol]
    """Where something of ours happened a moment ago: its stops are being seen to."""
    leverage_limits: Mapping[Symbol, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirSide:
    """What the exchange says; of its orders, without those that it made itself."""

    report: AccountReport
    orders: tuple[OrderReport, ...]
    strangers: tuple[ForeignOrder, ...]
    """Those of the orders that are not ours, as they are counted."""

    @property
    def held(self) -> Mapping[Symbol, Quantity]:
        """Its positions, signed."""
        return {position.symbol: position.quantity for position in self.report.positions if position.quantity}

    def is_empty(self, symbol: Symbol | None = None) -> bool:
        """Whether nothing is held and nothing is open: of the symbol, or (None) at all."""
        symbols = {*self.held, *(order.symbol for order in self.orders)}
        return symbol not in symbols if symbol is not None else not symbols


Rule: TypeAlias = Callable[[OurSide, TheirSide], Iterator[Difference]]


def settled(ours: OurSide, theirs: TheirSide) -> Mapping[Symbol, Shares]:
    """Whose the positions are by the exchange's word, of each symbol of which either side says anything."""
    held = theirs.held
    return {
        symbol: _shares(ours, symbol).settled(held.get(symbol, ZERO), ours.unbooked.get(symbol, ZERO))
        for symbol in sorted({*held, *ours.shares, *ours.unbooked})
    }


def positions(ours: OurSide, theirs: TheirSide) -> Iterator[Difference]:
    """Our part is what our fills say; whatever else is held belongs to somebody else."""
    for symbol, shares in settled(ours, theirs).items():
        before = _shares(ours, symbol)
        if shares.own != before.own:
            yield Difference(
                kind=DifferenceKind.UNKNOWN_FILL,
                symbol=_name(symbol),
                ours=plain(before.own),
                theirs=plain(shares.own),
                done="taken over, trading halts",
            )
        if shares.foreign:
            yield foreign_position(symbol, shares.foreign)


def foreign_position(symbol: Symbol, quantity: Quantity) -> Difference:
    """Somebody else holds so much, signed."""
    return Difference(
        kind=DifferenceKind.FOREIGN_POSITION,
        symbol=_name(symbol),
        ours="0",
        theirs=plain(quantity),
        done="counted and left alone, entries are denied there until it is adopted or flattened",
    )


def foreign_orders(strangers: Iterable[ForeignOrder]) -> Iterator[Difference]:
    """Orders of others, a difference a symbol; those with our prefix are told one by one by another rule."""
    by_symbol: dict[Symbol, list[ForeignOrder]] = {}
    for order in strangers:
        if not bears_our_prefix(order.client_order_id):
            by_symbol.setdefault(order.symbol, []).append(order)
    for symbol in sorted(by_symbol):
        orders = by_symbol[symbol]
        yield Difference(
            kind=DifferenceKind.FOREIGN_ORDER,
            symbol=_name(symbol),
            ours="0",
            theirs=_listed([order.client_order_id for order in orders]),
            done="counted and left alone, entries are denied there",
        )


def _orders_of_others(_ours: OurSide, theirs: TheirSide) -> Iterator[Difference]:
    """Without our prefix: a person's, or another program's."""
    yield from foreign_orders(theirs.strangers)


def second_instance(ours: OurSide, theirs: TheirSide) -> Iterator[Difference]:
    """With our prefix and not in our log: another trader of ours uses the account."""
    for order in theirs.strangers:
        if bears_our_prefix(order.client_order_id) and order.client_order_id not in ours.over:
            yield _of_order(DifferenceKind.SECOND_INSTANCE, order, "not in our log", "trading halts, it is left alone")


def revived_orders(ours: OurSide, theirs: TheirSide) -> Iterator[Difference]:
    """Ours, over in our books, and open there: nobody here counts on what it may still do."""
    for order in theirs.strangers:
        if order.client_order_id in ours.over:
            yield _of_order(DifferenceKind.REVIVED_ORDER, order, "over", "trading halts; flatten cancels it")


def stops(ours: OurSide, theirs: TheirSide) -> Iterator[Difference]:
    """What is ours has a stop that the exchange has too, and no stop of ours outlives what it protected."""
    there = {order.client_order_id for order in theirs.orders}
    standing = [order for order in ours.orders if order.client_order_id in there]
    for symbol, position in ours.positions.items():
        if symbol not in ours.in_motion and not live_stops(standing, position, Purpose.STOP):
            yield Difference(
                kind=DifferenceKind.MISSING_STOP,
                symbol=_name(symbol),
                ours=f"{plain(position.quantity)} held",
                theirs="no stop",
                done="one is placed, else it is closed",
            )
    conditional = [order for order in standing if order.intent.type.is_conditional]
    for symbol in sorted({order.intent.symbol for order in conditional} - ours.positions.keys() - ours.in_motion):
        left = [order.client_order_id for order in conditional if order.intent.symbol == symbol]
        yield Difference(
            kind=DifferenceKind.ORPHAN_STOP,
            symbol=_name(symbol),
            ours="nothing held",
            theirs=_listed(left),
            done="being cancelled",
        )


def leverage(ours: OurSide, theirs: TheirSide) -> Iterator[Difference]:
    """No symbol's leverage is above what the policy allows."""
    for symbol, setting in theirs.report.leverage:
        most = ours.leverage_limits.get(symbol)
        if most is not None and setting > most:
            yield Difference(
                kind=DifferenceKind.LEVERAGE,
                symbol=_name(symbol),
                ours=f"at most {most}x",
                theirs=f"{setting}x",
                done=f"entries are denied there; {_set_back(is_possible=theirs.is_empty(symbol))}",
            )


def modes(_ours: OurSide, theirs: TheirSide) -> Iterator[Difference]:
    """Isolated margin on each symbol, one-way and single-asset mode."""
    report, back = theirs.report, _set_back(is_possible=theirs.is_empty())
    found = [
        (DifferenceKind.MARGIN_MODE, symbol, "isolated margin", "another margin mode") for symbol in report.not_isolated
    ]
    if not report.one_way:
        found.append((DifferenceKind.POSITION_MODE, Symbol(""), "one-way mode", "hedge mode"))
    if not report.single_asset:
        found.append((DifferenceKind.ASSETS_MODE, Symbol(""), "single-asset mode", "multi-assets mode"))
    for kind, symbol, wanted, said in found:
        yield Difference(kind=kind, symbol=_name(symbol), ours=wanted, theirs=said, done=f"no new risk; {back}")


RULES: tuple[Rule, ...] = (
    positions,
    second_instance,
    revived_orders,
    _orders_of_others,
    stops,
    leverage,
    modes,
)
"""What is compared, in this order."""


def differences(ours: OurSide, theirs: TheirSide) -> tuple[Difference, ...]:
    """All that differs."""
    return tuple(found for rule in RULES for found in rule(ours, theirs))


def matched(ours: OurSide, theirs: TheirSide) -> int:
    """How many positions and orders of ours are the same on both sides."""
    there = {order.client_order_id for order in theirs.orders}
    same = sum(shares == _shares(ours, symbol) for symbol, shares in settled(ours, theirs).items() if shares.own)
    return same + sum(order.client_order_id in there for order in ours.orders)


def _shares(ours: OurSide, symbol: Symbol) -> Shares:
    return ours.shares.get(symbol) or Shares()


def _of_order(kind: DifferenceKind, order: ForeignOrder, ours: str, done: str) -> Difference:
    theirs = f"{_name(order.client_order_id)} is open"
    return Difference(kind=kind, symbol=_name(order.symbol), ours=ours, theirs=theirs, done=done)


def _set_back(*, is_possible: bool) -> str:
    """Where nothing is held and nothing open, we set it back ourselves: it touches nobody's position."""
    return "being set back" if is_possible else "set it back at the exchange, something is open there"


def _listed(ids: list[ClientOrderId]) -> str:
    shown = ", ".join(_name(each) for each in ids[:_LISTED])
    more = f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else ""
    return f"{len(ids)} open: {shown}{more}"


def _name(text: str) -> Symbol:
    """A name as the exchange says it, safe to show."""
    return Symbol(one_line(text, _NAME))
