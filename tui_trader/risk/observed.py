"""What an agent that only observes would have earned: each entry it would have sent, marked to market until it ends.

Stop and take-profit are taken to fill at their prices, entries at the quote or at their limit, taker fees on both legs;
funding and slippage are left out. So the figure flatters, and says so here.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from tui_trader.core.clock import Instant
from tui_trader.core.money import BPS, ZERO, Price
from tui_trader.core.records import EntryObserved, ObservedChanged
from tui_trader.core.words import ObservedStatus, Side, Symbol
from tui_trader.journal.ports import Row

HORIZON = 4 * 3_600.0
"""Seconds of engine time after which an observed entry is closed at the mark, whatever it has done."""
_BPS_PLACES = Decimal("0.01")


_KEPT = 50
"""Entries that are over and are still at hand, the newest."""


@dataclass(frozen=True, slots=True)
class Watched:
    """An observed entry that is not over, and whether it would have been entered by now; `since` when it is that."""

    entry: EntryObserved
    is_entered: bool
    since: Instant

    @property
    def entry_price(self) -> Price:
        """What was or would be paid."""
        price = self.entry.entry_price if self.entry.entry_price is not None else self.entry.intent.price
        assert price is not None  # an entry is a limit order
        return price


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedOutcome:
    """What became of an entry that was only proposed, so far or in the end (`closed`). Figures and our words only.

    `net_bps` as in `ObservedChanged`, at the mark price while it is open; None where it was not entered, or no price is
    known.
    """

    cycle: int | None
    symbol: Symbol
    side: Side
    opened: Instant
    closed: Instant | None
    status: ObservedStatus
    net_bps: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedTotals:
    """Of the entries that are over: how many were entered, how many of them gained, and the sum of their net."""

    open: int = 0
    closed: int = 0
    gained: int = 0
    net_bps: Decimal = ZERO


NOTHING_OBSERVED = ObservedTotals()


class ObservedFold:
    """Observed entries, as the durable rows say it."""

    def __init__(self) -> None:
        self._watched: dict[str, Watched] = {}
        self._ids: set[str] = set()
        self._totals = ObservedTotals()
        self._over: deque[ProposedOutcome] = deque(maxlen=_KEPT)

    def apply(self, row: Row) -> None:
        """Take one row in."""
        match row.record:
            case EntryObserved() as entry if entry.id not in self._ids:
                self._ids.add(entry.id)
                self._watched[entry.id] = Watched(entry, entry.entry_price is not None, row.time)
            case ObservedChanged(id=name, status=ObservedStatus.ENTERED) if name in self._watched:
                self._watched[name] = replace(self._watched[name], is_entered=True, since=row.time)
            case ObservedChanged(status=status) as change if status.is_final and change.id in self._watched:
                self._over.append(_outcome(self._watched.pop(change.id), status, change.net_bps, row.time))
                self._count(change)
            case _:
                pass

    def _count(self, change: ObservedChanged) -> None:
        if change.net_bps is None:
            return
        was = self._totals
        self._totals = ObservedTotals(
            closed=was.closed + 1,
            gained=was.gained + (change.net_bps > 0),
            net_bps=was.net_bps + change.net_bps,
        )

    @property
    def watched(self) -> tuple[Watched, ...]:
        """What is not over."""
        return tuple(self._watched.values())

    @property
    def over(self) -> tuple[ProposedOutcome, ...]:
        """The last that ended, oldest first."""
        return tuple(self._over)

    def under_way(self, mark: Callable[[Symbol], Price | None]) -> tuple[ProposedOutcome, ...]:
        """What is not over, as these mark prices have it, oldest first."""
        return tuple(_so_far(watched, mark(watched.entry.intent.symbol)) for watched in self._watched.values())

    @property
    def ids(self) -> frozenset[str]:
        """Every id that was ever given."""
        return frozenset(self._ids)

    @property
    def totals(self) -> ObservedTotals:
        """What it came to so far."""
        return replace(self._totals, open=len(self._watched))

    def of(self, symbol: Symbol) -> Watched | None:
        """What is observed of the symbol now; one at a time, as a position would be."""
        return next((watched for watched in self._watched.values() if watched.entry.intent.symbol == symbol), None)


def marked(watched: Watched, mark: Price, now: Instant) -> ObservedChanged | None:
    """What this mark price makes of the entry; None while nothing happens to it.

    The stop is looked at before the take-profit: a price that could have hit both has hit the stop.
    """
    entry, intent = watched.entry, watched.entry.intent
    sign, protection = intent.side.sign, intent.protection
    if not watched.is_entered:
        if (mark - watched.entry_price) * sign <= 0:
            return ObservedChanged(id=entry.id, status=ObservedStatus.ENTERED, price=watched.entry_price)
        if now >= entry.ends:
            return ObservedChanged(id=entry.id, status=ObservedStatus.UNFILLED, price=mark)
        return None
    if protection is not None and (mark - protection.stop_price) * sign <= 0:
        return _closed(watched, ObservedStatus.STOPPED, protection.stop_price)
    target = protection.take_profit_price if protection is not None else None
    if target is not None and (mark - target) * sign >= 0:
        return _closed(watched, ObservedStatus.TARGET, target)
    return _closed(watched, ObservedStatus.HORIZON, mark) if now >= entry.ends else None


def _closed(watched: Watched, status: ObservedStatus, price: Price) -> ObservedChanged:
    return ObservedChanged(id=watched.entry.id, status=status, price=price, net_bps=_net_bps(watched, price))


def _net_bps(watched: Watched, price: Price) -> Decimal:
    paid, sign = watched.entry_price, watched.entry.intent.side.sign
    gain = (price - paid) * sign - watched.entry.fee_rate * (paid + price)
    return (gain / paid * BPS).quantize(_BPS_PLACES)


def _so_far(watched: Watched, mark: Price | None) -> ProposedOutcome:
    if not watched.is_entered:
        return _outcome(watched, ObservedStatus.RESTING, None, None)
    return _outcome(watched, ObservedStatus.ENTERED, None if mark is None else _net_bps(watched, mark), None)


def _outcome(
    watched: Watched, status: ObservedStatus, net_bps: Decimal | None, closed: Instant | None
) -> ProposedOutcome:
    intent = watched.entry.intent
    return ProposedOutcome(
        cycle=intent.cycle,
        symbol=intent.symbol,
        side=intent.side,
        opened=watched.since,
        closed=closed,
        status=status,
        net_bps=net_bps,
    )
