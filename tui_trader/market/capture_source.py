"""One symbol's capture as a market: its messages, and what follows from them (book, mark, candles, gaps)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, assert_never

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import (
    BookDiff,
    BookSnapshot,
    FeedGap,
    MarketEvent,
    MarketTrade,
    MarkPrice,
)
from tui_trader.core.money import ZERO
from tui_trader.market.candle_builder import CandleBuilder
from tui_trader.market.capture_file import RawMessage, read_capture
from tui_trader.market.capture_messages import BookTicker, Malformed, Message, MessageDecoder
from tui_trader.market.depth_sync import DepthSync
from tui_trader.market.rows import fault


class Told(NamedTuple):
    """Events that can be known at one time: a message's receipt, or a candle's close."""

    time: Instant
    events: tuple[MarketEvent, ...]


SILENCE = 10 * NANOSECONDS
"""A longer pause between two messages is a gap: this market moves many times a second."""
SNAPSHOT_WAIT = 5 * NANOSECONDS
"""How long after the first diff, and after a break, a snapshot of the capture's own is hoped for."""


def capture_events(path: Path, instrument: Instrument) -> Iterator[Told]:
    """All events of a capture in order of time, read as they are asked for. Raises FeedError.

    Quotes, trades and diffs are the messages', at the time of their receipt.

    The book begins with the snapshot that the recorder wrote. Where none comes within `SNAPSHOT_WAIT` it begins with
    the best bid and ask alone, whose update id the message names, and fills up from the diffs: it then shows less than
    there was and never what was not there.

    There is no mark price in a capture: the mark is the middle of the quote, exact (a mark may lie on half a tick), at
    the first quote of each second; funding is zero. Candles are of received minutes, and only whole ones.

    A pause of more than `SILENCE` and a hole in the diffs are told as FeedGap; the candles and the book begin anew.
    """
    decoder = MessageDecoder(instrument.symbol)
    market: _Market | None = None
    for message in read_capture(path):
        event = _decoded(decoder, path, message)
        if event is None:
            continue
        now = message.received
        if market is None:
            market = _Market(instrument, now)
        if now >= market.due:
            yield from market.catch_up(now)
        events = market.take(event, now)
        if events:
            yield Told(now, events)


def first_received(path: Path, instrument: Instrument) -> Instant:
    """When the first message was received; it is decoded too, so that another kind of file fails here."""
    for message in read_capture(path):
        _decoded(MessageDecoder(instrument.symbol), path, message)
        return message.received
    raise fault(path, None, "the file is empty", "Record it again")


def _decoded(decoder: MessageDecoder, path: Path, message: RawMessage) -> Message | None:
    try:
        return decoder.decode(message.json, message.received)
    except Malformed as error:
        raise fault(path, message.line, str(error), "Cut the file there, or record it again") from error


class _Market:
    """What a capture's messages come to."""

    def __init__(self, instrument: Instrument, begins: Instant) -> None:
        self._symbol = instrument.symbol
        self._funding_period = instrument.funding_hours * 3600 * NANOSECONDS
        self._candles = CandleBuilder(instrument.symbol, begins)
        self._depth = DepthSync()
        self._heard = begins
        self._diff_time = begins
        self._bookless_since: Instant | None = None
        self._next_mark = begins

    @property
    def due(self) -> Instant:
        """From when on `catch_up` has something to tell before the next message is taken."""
        return min(self._candles.closes, Instant(self._heard + SILENCE))

    def catch_up(self, now: Instant) -> Iterator[Told]:
        """What happened before a message of `now`: minutes that ended, or silence."""
        if now - self._heard >= SILENCE:
            self._depth.lost()
            self._bookless_since = None
            self._candles = CandleBuilder(self._symbol, now)
            yield Told(now, (FeedGap(self._symbol, now, self._heard),))
        while now >= self._candles.closes:
            closes = self._candles.closes
            candle = self._candles.close()
            if candle is not None:
                yield Told(closes, (candle,))

    def take(self, event: Message, now: Instant) -> tuple[MarketEvent, ...]:
        """What is told because of the message, in order."""
        self._heard = now
        match event:
            case BookTicker():
                return self._quote(event, now)
            case MarketTrade():
                self._candles.add(now, event.price, event.quantity)
                return (event,)
            case BookDiff():
                return self._diff(event, now)
            case BookSnapshot():
                return self._snapshot(event)
            case _:
                assert_never(event)

    def _quote(self, ticker: BookTicker, now: Instant) -> tuple[MarketEvent, ...]:
        quote = ticker.quote
        if self._bookless_since is not None and now - self._bookless_since > SNAPSHOT_WAIT:
            bids, asks = ((quote.bid, quote.bid_size),), ((quote.ask, quote.ask_size),)
            return (quote, *self._snapshot(BookSnapshot(self._symbol, now, ticker.update_id, bids, asks)))
        if now < self._next_mark:
            return (quote,)
        self._next_mark = Instant(now - now % NANOSECONDS + NANOSECONDS)
        next_funding = Instant(now - now % self._funding_period + self._funding_period)
        return MarkPrice(self._symbol, now, quote.mid, ZERO, next_funding), quote

    def _diff(self, diff: BookDiff, now: Instant) -> tuple[MarketEvent, ...]:
        was_in_step = not self._depth.needs_snapshot
        passed = self._depth.take_diff(diff)
        if passed is not None:
            self._diff_time = now
            return (passed,)
        if not self._depth.needs_snapshot:
            return ()
        if was_in_step:
            self._bookless_since = now
            self._candles = CandleBuilder(self._symbol, now)
            return (FeedGap(self._symbol, now, self._diff_time),)
        if self._bookless_since is None:
            self._bookless_since = now
        return ()

    def _snapshot(self, snapshot: BookSnapshot) -> tuple[MarketEvent, ...]:
        events = self._depth.take_snapshot(snapshot)
        if events:
            self._bookless_since = None
        # What waited was received before; it is told now, and events never step back in time.
        return tuple(replace(event, time=snapshot.time) for event in events)
