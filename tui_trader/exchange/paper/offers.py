"""What the market offers on its order book, less what our own orders have taken from it already.

The book is that of others: our orders never show in it, nor does what they take. So what we take from a level is
remembered and missing from it, until a snapshot tells the book anew, or the level shrinks to less than it (what is left
of the level is then ours at most) and grows again. Nothing is taken twice.

The touch may be told faster than the book (`bookTicker` before `depth`): a quote newer than the book stands for its
best level, and nothing that the book still has before it counts.

Behind the last level that is known the book is assumed to go on as thin as it is known to be on average: with K known
over d basis points from the touch, each further K / max(d, `impact_bps`) moves the price by a basis point. For a book
of one level that is the model for quotes (see `depth`). As there, the price moves by `bound_bps` from the touch at
most, and a market order gets what then remains at that price.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import BookDiff, BookSnapshot, Level, Quote
from tui_trader.core.money import BPS, ZERO, Price, Quantity, ceil_to, floor_to
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.core.words import Side
from tui_trader.exchange.paper.depth import DepthModel, Slice

_NEAR = 32
"""Levels that most orders do not reach beyond."""
_ALL = 1_000_000
_DEPTH = DepthModel()


@dataclass(frozen=True, slots=True)
class _Walked:
    """What an order would take: of known levels, and behind them."""

    known: tuple[Slice, ...]
    beyond: tuple[Slice, ...]

    @property
    def total(self) -> Quantity:
        return _total((*self.known, *self.beyond))


class Offers:
    """One symbol's book as our orders meet it. Sides are those of who rests there: BUY the bids, SELL the asks."""

    def __init__(self, instrument: Instrument, depth: DepthModel = _DEPTH) -> None:
        """No book yet."""
        self._instrument = instrument
        self._depth = depth
        self._book = OrderBook(instrument.symbol)
        self._touch: Quote | None = None
        """The quote that is newer than the book."""
        self._taken: dict[Side, dict[Price, Quantity]] = {Side.BUY: {}, Side.SELL: {}}
        self._last: dict[Side, Price | None] = {}
        """The last level known of each side that was asked about since the book last spoke."""
        self._beyond = {Side.BUY: ZERO, Side.SELL: ZERO}
        """Taken behind what is known, since the book last spoke."""

    @property
    def are_known(self) -> bool:
        """Whether there is a book, whole and without a gap."""
        return self._book.is_whole

    def hear(self, event: BookSnapshot | BookDiff) -> BookUpdate:
        """Take in what is told of the book. After a gap nothing is known until the next snapshot."""
        update = self._book.apply(event)
        if update is BookUpdate.STALE:
            return update
        self._touch = None
        self._last.clear()
        self._beyond = {Side.BUY: ZERO, Side.SELL: ZERO}
        if update is BookUpdate.GAP or isinstance(event, BookSnapshot):
            self._taken = {Side.BUY: {}, Side.SELL: {}}
            return update
        for side, levels in ((Side.BUY, event.bids), (Side.SELL, event.asks)):
            if taken := self._taken[side]:
                for price, quantity in levels:
                    _cap(taken, price, quantity)
        return update

    def hear_touch(self, quote: Quote) -> None:
        """Take in a quote that came after the last word on the book."""
        self._touch = quote
        for side, taken in self._taken.items():
            if taken:
                best, size = _best(quote, side)
                for price in tuple(taken):
                    if price == best:
                        _cap(taken, price, size)
                    elif _is_better(side, price, best):
                        del taken[price]

    def quote(self, at: Instant) -> Quote | None:
        """The book's touch as a quote; None where a side is empty."""
        bid, ask = self._book.best_bid, self._book.best_ask
        return Quote(self._book.symbol, at, *bid, *ask) if bid and ask else None

    def resting(self, side: Side, price: Price) -> Quantity | None:
        """What others have resting there; None where the price lies behind all that is known."""
        shown = self._book.resting(side, price)
        if self._touch:
            best, size = _best(self._touch, side)
            if price == best:
                return size
            if _is_better(side, price, best):
                return ZERO
        best_known = self._best_known(side)
        if shown or (best_known and _is_better(side, price, best_known[0])):
            return shown
        last = self._last_known(side)
        return None if last is None or _is_better(side, last, price) else ZERO

    def reach(self, taker: Side, limit: Price) -> bool:
        """Whether an order of this side with this limit meets the best price against it."""
        side = taker.opposite
        best = next(self._shown(side), None) if self._touch else self._best_known(side)
        return best is not None and not _is_better(side, limit, best[0])

    def hold(self, taker: Side, quantity: Quantity, limit: Price) -> bool:
        """Whether an order could take all of it now, at `limit` or better."""
        return self._walk(taker, quantity, limit).total >= quantity

    def take(self, taker: Side, quantity: Quantity, limit: Price | None) -> tuple[Slice, ...]:
        """What an order takes at once, price by price; without a limit all of it, unless nothing is offered at all."""
        walked = self._walk(taker, quantity, limit)
        self._note_taken(taker.opposite, walked)
        return (*walked.known, *walked.beyond)

    def give(self, taker: Side, quantity: Quantity, limit: Price) -> Quantity:
        """How much of what is known lies at `limit` or better for an order that rests there and is met by it."""
        walked = _Walked(self._walk(taker, quantity, limit).known, ())
        self._note_taken(taker.opposite, walked)
        return walked.total

    def _note_taken(self, side: Side, walked: _Walked) -> None:
        taken = self._taken[side]
        for part in walked.known:
            taken[part.price] = taken.get(part.price, ZERO) + part.quantity
        self._beyond[side] += _total(walked.beyond)

    def _walk(self, taker: Side, quantity: Quantity, limit: Price | None) -> _Walked:
        side = taker.opposite
        touch = next(self._shown(side), None)
        if touch is None:
            return _Walked((), ())
        bound = self._against(taker, touch[0] * (1 + taker.sign * self._depth.bound_bps / BPS))
        end = bound if limit is None or _is_better(side, bound, limit) else limit
        parts: list[Slice] = []
        left, known, last = quantity, ZERO, touch[0]
        for price, shown in self._shown(side):
            if left <= 0 or _is_better(side, end, price):
                break
            known, last = known + shown, price
            free = floor_to(shown - self._taken[side].get(price, ZERO), self._instrument.step)
            if (part := min(left, free)) > 0:
                parts.append(Slice(part, price))
                left -= part
        else:
            tail = self._behind(taker, left, _Known(touch[0], last, known), end)
            return _Walked(tuple(parts), (*tail, *self._rest(left - _total(tail), limit, bound)))
        return _Walked(tuple(parts), self._rest(left, limit, bound))

    def _behind(self, taker: Side, quantity: Quantity, known: "_Known", end: Price) -> tuple[Slice, ...]:
        """What lies between the last known level and `end`, at the mean of the prices passed."""
        a_basis_point = known.touch / BPS
        distance = abs(known.last - known.touch) / a_basis_point
        thickness = known.quantity / max(distance, self._depth.impact_bps)
        room = (end - known.last) * taker.sign / a_basis_point * thickness
        begin = self._beyond[taker.opposite]
        amount = min(quantity, floor_to(room - begin, self._instrument.step))
        if amount <= 0:
            return ()
        moved = (begin + amount / 2) / thickness * a_basis_point
        price = self._against(taker, known.last + taker.sign * moved)
        # Held to `end` all the same: a quotient's last digit could round to the next tick.
        return (Slice(amount, end if _is_better(taker.opposite, end, price) else price),)

    def _rest(self, quantity: Quantity, limit: Price | None, bound: Price) -> tuple[Slice, ...]:
        """What a market order gets at the bound."""
        return (Slice(quantity, bound),) if limit is None and quantity > 0 else ()

    def _shown(self, side: Side) -> Iterator[Level]:
        """The levels as the market shows them, the best first."""
        if self._touch is None:
            yield from self._levels(side)
            return
        best, size = _best(self._touch, side)
        if best > 0 and size > 0:
            yield best, size
        for level in self._levels(side):
            if _is_better(side, best, level[0]):
                yield level

    def _best_known(self, side: Side) -> Level | None:
        return self._book.best_bid if side is Side.BUY else self._book.best_ask

    def _last_known(self, side: Side) -> Price | None:
        if side not in self._last:
            levels = self._book.levels(side, _ALL)
            self._last[side] = levels[-1][0] if levels else None
        return self._last[side]

    def _levels(self, side: Side) -> Iterator[Level]:
        near = self._book.levels(side, _NEAR)
        yield from near
        if len(near) == _NEAR:
            yield from self._book.levels(side, _ALL)[_NEAR:]

    def _against(self, taker: Side, price: Price) -> Price:
        tick = self._instrument.tick
        return ceil_to(price, tick) if taker is Side.BUY else floor_to(price, tick)


@dataclass(frozen=True, slots=True)
class _Known:
    """The known part of a side: its best price, its last, and how much rests there in all."""

    touch: Price
    last: Price
    quantity: Quantity


def _best(quote: Quote, side: Side) -> Level:
    return (quote.bid, quote.bid_size) if side is Side.BUY else (quote.ask, quote.ask_size)


def _is_better(side: Side, price: Price, than: Price) -> bool:
    """Whether who rests on this side at `price` stands before who rests at `than`."""
    return price > than if side is Side.BUY else price < than


def _cap(taken: dict[Price, Quantity], price: Price, shown: Quantity) -> None:
    """No more of a level can be gone than it has."""
    if price in taken:
        taken[price] = min(taken[price], shown)
        if not taken[price]:
            del taken[price]


def _total(parts: tuple[Slice, ...]) -> Quantity:
    return sum((part.quantity for part in parts), start=ZERO)
