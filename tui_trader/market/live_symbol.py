"""One symbol of a live market: its messages in order, and what follows from them (book, funding, gaps, candles)."""

from collections.abc import Iterable
from dataclasses import replace

from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, Candle, FeedGap, FundingSettled, MarketEvent, MarkPrice
from tui_trader.core.words import Symbol
from tui_trader.market.capture_messages import MessageDecoder
from tui_trader.market.depth_sync import DepthSync


class LiveSymbol:
    """What was told of one symbol so far. Every event that comes out bears the time of its receipt."""

    def __init__(self, symbol: Symbol, begins: Instant, newest: Candle | None) -> None:
        """`newest` is the last candle that the readers have already; those that follow are fetched first."""
        self.symbol = symbol
        self._decoder = MessageDecoder(symbol)
        self._depth = DepthSync(symbol)
        self._mark: MarkPrice | None = None
        self._newest = newest
        self._waiting: list[Candle] | None = []
        """Candles that closed while older ones are fetched; None while nothing is being fetched."""
        self._heard = begins
        self._changes_come = False

    @property
    def needs_book(self) -> bool:
        """Whether a snapshot of the book must be fetched: not before its changes come, or one may be missed between."""
        return self._changes_come and self._depth.needs_snapshot

    @property
    def needs_candles(self) -> bool:
        """Whether the candles up to now must be fetched."""
        return self._waiting is not None

    def take_public(self, data: bytes, now: Instant) -> tuple[MarketEvent, ...]:
        """A quote, a trade of others, a change of the book. Raises Malformed."""
        event = self._decoder.decode(data, now)
        match event:
            case None:
                return ()
            case BookDiff():
                return self._diff(event, now)
            case BookSnapshot():
                return ()  # none comes by this way; the book is asked for
            case _:
                self._heard = now
                return (event,)

    def take_book(self, json: bytes, now: Instant) -> tuple[MarketEvent, ...]:
        """A snapshot that was asked for, with the changes that waited for it. Raises Malformed."""
        event = self._decoder.decode(json, now)
        if not isinstance(event, BookSnapshot):
            return ()
        return tuple(replace(each, time=now) for each in self._depth.take_snapshot(event))

    def take_market(self, event: MarkPrice | Candle, now: Instant) -> tuple[MarketEvent, ...]:
        """A mark price, with the funding that it shows to be settled, or a closed candle."""
        self._heard = now
        if isinstance(event, MarkPrice):
            return self._marked(event)
        if self._waiting is not None:
            self._waiting.append(event)
            return ()
        return self._followed_by((event,))

    def take_candles(self, candles: Iterable[Candle]) -> tuple[MarketEvent, ...]:
        """The candles that were fetched, and those that closed meanwhile."""
        waited, self._waiting = self._waiting or [], None
        return self._followed_by((*candles, *waited))

    def lost(self, now: Instant) -> tuple[MarketEvent, ...]:
        """Messages may be missing: book and candles begin anew."""
        since, self._heard = self._heard, now
        self._changes_come = False
        self._depth.lost()
        self._newest, self._waiting = None, []
        return (FeedGap(self.symbol, now, since),)

    def _diff(self, diff: BookDiff, now: Instant) -> tuple[MarketEvent, ...]:
        self._changes_come = True
        was_whole = not self._depth.needs_snapshot
        passed = self._depth.take_diff(diff)
        if passed is not None:
            self._heard = now
            return (passed,)
        return self.lost(now) if was_whole and self._depth.needs_snapshot else ()

    def _marked(self, mark: MarkPrice) -> tuple[MarketEvent, ...]:
        """The instant of the next funding moves on when one was settled, at the rate that was told last."""
        before, self._mark = self._mark, mark
        if before is None or mark.next_funding <= before.next_funding:
            return (mark,)
        return FundingSettled(self.symbol, before.next_funding, before.funding_rate, before.price), mark

    def _followed_by(self, candles: Iterable[Candle]) -> tuple[Candle, ...]:
        told: list[Candle] = []
        for candle in candles:
            if self._newest is None or candle.time > self._newest.time:
                told.append(candle)
                self._newest = candle
        return tuple(told)
