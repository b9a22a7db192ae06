"""One symbol's order book as clients are told it: numbered without a hole, whatever the market's source does."""

from collections.abc import Iterable

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import BookDiff, BookSnapshot, Level, Quote
from tui_trader.core.money import ZERO, Price, Quantity

_Side = dict[Price, Quantity]


class ToldBook:
    """Turns what a source says of the book into one chain of diffs (U, u, pu) that fits its own snapshot at any time.

    A diff that follows the last keeps its numbers. A snapshot in the middle becomes the diff that leads there. Where
    the source knows no book, each quote is a book of one level.
    """

    def __init__(self, instrument: Instrument) -> None:
        """No book yet."""
        self.instrument = instrument
        self.last_id = 0
        self.time = Instant(0)
        self._bids: _Side = {}
        self._asks: _Side = {}
        self._has_begun = False
        self._source_tells = False

    def hear_quote(self, quote: Quote) -> BookSnapshot | None:
        """A book made of the quote, where the source has told none so far: for the matching to take in as well."""
        if self._source_tells:
            return None
        bids, asks = ((quote.bid, quote.bid_size),), ((quote.ask, quote.ask_size),)
        return BookSnapshot(quote.symbol, quote.time, self.last_id + 1, bids, asks)

    def hear(self, event: BookSnapshot | BookDiff, *, is_source: bool) -> BookDiff | None:
        """What clients are told because of it; None where the book begins, or before it does."""
        self._source_tells = self._source_tells or is_source
        self.time = event.time
        if isinstance(event, BookSnapshot):
            return self._to(event)
        if not self._has_begun or event.last_id <= self.last_id:
            return None
        follows = event.previous_id == self.last_id
        first = event.first_id if follows else self.last_id + 1
        diff = BookDiff(event.symbol, event.time, first, event.last_id, self.last_id, event.bids, event.asks)
        self._apply(diff)
        return diff

    def levels(self, count: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """The best `count` bids downwards and asks upwards."""
        bids = sorted(self._bids.items(), reverse=True)[:count]
        return tuple(bids), tuple(sorted(self._asks.items())[:count])

    def _to(self, snapshot: BookSnapshot) -> BookDiff | None:
        if not self._has_begun:
            self._has_begun = True
            self.last_id = max(snapshot.last_id, self.last_id + 1)
            self._bids, self._asks = dict(snapshot.bids), dict(snapshot.asks)
            return None
        last = max(snapshot.last_id, self.last_id + 1)
        bids, asks = _changes(self._bids, snapshot.bids), _changes(self._asks, snapshot.asks)
        diff = BookDiff(snapshot.symbol, snapshot.time, self.last_id + 1, last, self.last_id, bids, asks)
        self._apply(diff)
        return diff

    def _apply(self, diff: BookDiff) -> None:
        self.last_id = diff.last_id
        for side, levels in ((self._bids, diff.bids), (self._asks, diff.asks)):
            for price, quantity in levels:
                if quantity:
                    side[price] = quantity
                else:
                    side.pop(price, None)


def _changes(was: _Side, levels: Iterable[Level]) -> tuple[Level, ...]:
    """What leads from one side of a book to another; zero where nothing rests any more."""
    becomes = dict(levels)
    ended = [(price, ZERO) for price in was if price not in becomes]
    return (*ended, *((price, size) for price, size in becomes.items() if was.get(price) != size))
