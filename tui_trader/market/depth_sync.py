"""From a stream of diffs and a snapshot asked for now and then to a sequence that a book can apply as it comes."""

from collections import deque
from typing import TypeAlias

from tui_trader.core.market import BookDiff, BookSnapshot
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.core.words import Symbol

BookEvent: TypeAlias = BookSnapshot | BookDiff
_MOST_WAITING = 10_000
"""Diffs kept while a snapshot is awaited: a quarter of an hour at Binance's fastest rate. Beyond, the oldest go."""


class DepthSync:
    """Holds diffs back until a snapshot fits them, then lets through what follows without a hole.

    The procedure is Binance's ("How to manage a local order book correctly", USD-M). What comes out is one snapshot
    and a chain of diffs after it; where the chain breaks, or what it says crosses the book, nothing comes out any more
    until `take_snapshot` gave a new beginning. An `OrderBook` fed with it never meets a gap.
    """

    def __init__(self, symbol: Symbol) -> None:
        """Nothing is known: a snapshot is needed."""
        self._book = OrderBook(symbol)
        """What the readers' books come to: only a book can tell that an update crosses it."""
        self._waiting: deque[BookDiff] = deque(maxlen=_MOST_WAITING)
        self._breaks = 0

    @property
    def needs_snapshot(self) -> bool:
        """Whether a snapshot must be fetched, and later than the diffs that were offered so far."""
        return not self._book.is_whole

    @property
    def breaks(self) -> int:
        """How often the chain broke."""
        return self._breaks

    def take_diff(self, diff: BookDiff) -> BookDiff | None:
        """The diff if it is next; None if it is old, or has to wait for a snapshot."""
        if self._book.is_whole:
            update = self._book.apply(diff)
            if update is not BookUpdate.GAP:
                return diff if update is BookUpdate.APPLIED else None
            self._breaks += 1
        self._wait(diff)
        return None

    def take_snapshot(self, snapshot: BookSnapshot) -> tuple[BookEvent, ...]:
        """The snapshot and the diffs that waited and follow it.

        Empty if none is needed, or if it is older than the diffs that wait, or crossed: then another is needed.
        """
        if self._book.is_whole or self._book.apply(snapshot) is BookUpdate.GAP:
            return ()
        following: list[BookDiff] = []
        for diff in self._waiting:
            update = self._book.apply(diff)
            if update is BookUpdate.GAP:
                return ()
            if update is BookUpdate.APPLIED:
                following.append(diff)
        self._waiting.clear()
        return (snapshot, *following)

    def lost(self) -> None:
        """What was let through does not go on: a reconnect, a silence."""
        self._breaks += self._book.is_whole
        self._book.break_off()
        self._waiting.clear()

    def _wait(self, diff: BookDiff) -> None:
        """Keep it if it follows what waits. A hole among the waiting cannot be bridged: only what is newer counts."""
        if self._waiting:
            newest = self._waiting[-1].last_id
            if diff.previous_id != newest:
                if diff.last_id <= newest:
                    return
                self._waiting.clear()
        self._waiting.append(diff)
