"""The order book of one symbol: snapshots and diffs in, the touch, the levels and what an order would take out."""

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import assert_never

from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, Level
from tui_trader.core.money import ZERO, Price, Quantity
from tui_trader.core.words import Side, Symbol

_NEVER = Instant(0)
_ENDED_KEPT = 64
"""A side keeps at least this many ended levels before it sweeps them out."""


class BookUpdate(Enum):
    """What became of an event. After GAP the book is empty until the next snapshot."""

    APPLIED = "applied"
    STALE = "stale"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class BookView:
    """A book at one moment, comparable and safe to keep: bids downwards, asks upwards, nothing with zero quantity."""

    symbol: Symbol
    last_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class DiffChain:
    """Which diffs go on from where a book is.

    The rule is Binance's for USD-M ("How to manage a local order book correctly"): after a snapshot with `last_id` L
    what ended before L is stale; the first diff must span L (first_id <= L <= last_id) or, which says the same of a
    snapshot taken between two diffs, follow it; each later one must name its predecessor's end as its `previous_id`.
    """

    __slots__ = ("_chained", "is_broken", "last_id")

    def __init__(self) -> None:
        """Broken: a snapshot must begin it."""
        self.last_id = 0
        """The last update that was let through."""
        self.is_broken = True
        self._chained = False

    def begin(self, last_id: int) -> None:
        """A snapshot holds all updates up to `last_id`."""
        self.last_id = last_id
        self.is_broken = False
        self._chained = False

    def take(self, diff: BookDiff) -> BookUpdate:
        """Go on with the diff (APPLIED), leave it out (STALE), or break (GAP, and so until the next `begin`)."""
        last = self.last_id
        if self.is_broken:
            return BookUpdate.GAP
        if diff.previous_id != last and (self._chained or not diff.first_id <= last <= diff.last_id):
            if diff.last_id <= last:
                return BookUpdate.STALE
            self.is_broken = True
            return BookUpdate.GAP
        self.last_id = diff.last_id
        self._chained = True
        return BookUpdate.APPLIED


class OrderBook:
    """One symbol's book.

    Sequence by `DiffChain`. A diff that leaves the book crossed is a gap too: what cannot be true must not price
    anything.
    """

    __slots__ = ("_asks", "_bids", "_chain", "symbol", "time")

    def __init__(self, symbol: Symbol) -> None:
        """Empty and not whole; a snapshot must come first."""
        self.symbol = symbol
        self.time: Instant = _NEVER
        """That of the newest event which was applied."""
        self._bids = _Levels(highest_first=True)
        self._asks = _Levels(highest_first=False)
        self._chain = DiffChain()

    @property
    def is_whole(self) -> bool:
        """Whether a snapshot came and no update has been missed since."""
        return not self._chain.is_broken

    @property
    def last_id(self) -> int:
        """The last update that the book contains; of a book that is not whole, the last it contained."""
        return self._chain.last_id

    @property
    def best_bid(self) -> Level | None:
        """The highest bid."""
        return self._bids.best()

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask."""
        return self._asks.best()

    def apply(self, event: BookSnapshot | BookDiff) -> BookUpdate:
        """Take an event in. Raises ValueError for another symbol's."""
        if event.symbol != self.symbol:
            raise ValueError(f"an event of {event.symbol} for the book of {self.symbol}")
        match event:
            case BookDiff():
                return self._apply_diff(event)
            case BookSnapshot():
                return self._apply_snapshot(event)
            case _:
                assert_never(event)

    def levels(self, side: Side, count: int) -> tuple[Level, ...]:
        """Up to `count` levels, the best first: BUY gives the bids, SELL the asks."""
        return tuple(islice(self._of(side).from_best(), max(0, count)))

    def resting(self, side: Side, price: Price) -> Quantity:
        """What rests at that price among the bids (BUY) or the asks (SELL); zero where nothing does."""
        return self._of(side).quantities.get(price, ZERO)

    def walk(self, side: Side, quantity: Quantity, limit: Price | None = None) -> tuple[Level, ...]:
        """What an order of that side would take: price and quantity, level by level, not beyond `limit`.

        A BUY walks up the asks, a SELL down the bids. The sum is below `quantity` where the book does not hold it.
        The book stays as it is.
        """
        taken: list[Level] = []
        left = quantity
        for price, resting in self._of(side.opposite).from_best():
            if left <= 0 or (limit is not None and (price > limit if side is Side.BUY else price < limit)):
                break
            part = min(left, resting)
            taken.append((price, part))
            left -= part
        return tuple(taken)

    def view(self) -> BookView:
        """All levels, frozen."""
        return BookView(self.symbol, self._chain.last_id, tuple(self._bids.from_best()), tuple(self._asks.from_best()))

    def break_off(self) -> None:
        """Forget all levels: the events that follow do not belong to those that came (a reconnect, a lost message)."""
        self._bids.clear()
        self._asks.clear()
        self._chain.is_broken = True

    def _of(self, side: Side) -> "_Levels":
        return self._bids if side is Side.BUY else self._asks

    def _apply_snapshot(self, event: BookSnapshot) -> BookUpdate:
        if self.is_whole and event.last_id < self.last_id:
            return BookUpdate.STALE
        self._chain.begin(event.last_id)
        self._bids.replace(event.bids)
        self._asks.replace(event.asks)
        return self._finish(event.time)

    def _apply_diff(self, event: BookDiff) -> BookUpdate:
        update = self._chain.take(event)
        match update:
            case BookUpdate.STALE:
                return update
            case BookUpdate.GAP:
                self.break_off()
                return update
            case BookUpdate.APPLIED:
                self._bids.update(event.bids)
                self._asks.update(event.asks)
                return self._finish(event.time)
            case _:
                assert_never(update)

    def _finish(self, time: Instant) -> BookUpdate:
        self.time = time
        bid, ask = self._bids.best_price(), self._asks.best_price()
        if bid is not None and ask is not None and bid >= ask:
            self.break_off()
            return BookUpdate.GAP
        return BookUpdate.APPLIED


class _Levels:
    """One side. Most updates change or end a level near the touch and soon bring it back, so a level that ended keeps
    its place in the sorted list, with quantity zero, until it would lie before the best or too many have ended.
    """

    __slots__ = ("_highest_first", "_rising", "_sweep_at", "quantities")

    def __init__(self, *, highest_first: bool) -> None:
        self._highest_first = highest_first
        self._rising: list[Price] = []
        """The prices of `quantities`, lowest first."""
        self._sweep_at = _ENDED_KEPT
        self.quantities: dict[Price, Quantity] = {}

    def clear(self) -> None:
        self.replace(())

    def replace(self, levels: Iterable[Level]) -> None:
        self.quantities = {price: quantity for price, quantity in levels if quantity}
        self._rising = sorted(self.quantities)
        self._sweep_at = 2 * len(self._rising) + _ENDED_KEPT

    def update(self, levels: Iterable[Level]) -> None:
        """The dictionary is updated in one call, whatever the count; prices that are new stand at its end then."""
        quantities = self.quantities
        known = len(quantities)
        quantities.update(levels)
        if len(quantities) > known:
            self._place(len(quantities) - known)

    def _place(self, new: int) -> None:
        """Sort the newest prices in, but not those at which nothing rests and nothing did."""
        for price in tuple(islice(reversed(self.quantities), new)):
            if self.quantities[price]:
                insort(self._rising, price)
            else:
                del self.quantities[price]
        if len(self._rising) > self._sweep_at:
            self.replace(tuple(self.quantities.items()))

    def best_price(self) -> Price | None:
        """The best price; what ended before it is let go."""
        rising, quantities = self._rising, self.quantities
        if not rising:
            return None
        price = rising[-1] if self._highest_first else rising[0]
        return price if quantities[price] else self._next_best()

    def best(self) -> Level | None:
        price = self.best_price()
        return None if price is None else (price, self.quantities[price])

    def from_best(self) -> Iterator[Level]:
        quantities = self.quantities
        for price in reversed(self._rising) if self._highest_first else self._rising:
            quantity = quantities[price]
            if quantity:
                yield price, quantity

    def _next_best(self) -> Price | None:
        rising, quantities = self._rising, self.quantities
        ended = 0
        for price in reversed(rising) if self._highest_first else rising:
            if quantities[price]:
                break
            del quantities[price]
            ended += 1
        if self._highest_first:
            del rising[len(rising) - ended :]
            return rising[-1] if rising else None
        del rising[:ended]
        return rising[0] if rising else None
