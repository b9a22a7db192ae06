"""One symbol's capture as a market: its messages, and what follows from them (book, mark, candles, gaps)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias, assert_never

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import (
    BookDiff,
    BookSnapshot,
    FeedGap,
    MarketEvent,
    MarketTrade,
    MarkPrice,
    Quote,
)
from tui_trader.core.money import ZERO
from tui_trader.market.candle_builder import CandleBuilder
from tui_trader.market.capture_file import RawMessage, read_capture
from tui_trader.market.capture_messages import Malformed, Message, MessageDecoder
from tui_trader.market.depth_sync import DepthSync
from tui_trader.market.ports import FeedError
from tui_trader.market.rows import fault

Told: TypeAlias = tuple[Instant, tuple[MarketEvent, ...]]
"""Events that can be known at one time, and that time: a message's receipt, or a candle's close."""

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

    A pause of more than `SILENCE`, a hole in the diffs and a diff that crosses the book are told as FeedGap; the
    candles and the book begin anew.
    """
    return events_of(read_capture(path), instrument, path)


def events_of(messages: Iterable[RawMessage], instrument: Instrument, path: Path) -> Iterator[Told]:
    """As `capture_events`, of messages that were read from `path` before."""
    decoder = MessageDecoder(instrument.symbol)
    market: _Market | None = None
    for message in messages:
        try:
            event = decoder.decode(message.json, message.received)
        except Malformed as error:
            raise _at_line(path, message, error) from error
        if event is None:
            continue
        now = message.received
        if market is None:
            market = _Market(instrument, decoder, now)
        if now >= market.due or now - market.heard >= SILENCE:
            yield from market.catch_up(now)
        events = market.take(event, now)
        if events:
            yield now, events


def first_received(path: Path, instrument: Instrument) -> Instant:
    """When the first message was received; it is decoded too, so that another kind of file fails here."""
    for message in read_capture(path):
        try:
            MessageDecoder(instrument.symbol).decode(message.json, message.received)
        except Malformed as error:
            raise _at_line(path, message, error) from error
        return message.received
    raise fault(path, None, "the file is empty", "Record it again")


def _at_line(path: Path, message: RawMessage, error: Malformed) -> FeedError:
    return fault(path, message.line, str(error), "Cut the file there, or record it again")


class _Market:
    """What a capture's messages come to."""

    def __init__(self, instrument: Instrument, decoder: MessageDecoder, begins: Instant) -> None:
        self._symbol = instrument.symbol
        self._decoder = decoder
        self._funding_period = instrument.funding_hours * 3600 * NANOSECONDS
        self._candles = CandleBuilder(instrument.symbol, begins)
        self._depth = DepthSync(instrument.symbol)
        self._diff_time = begins
        self._bookless_since: Instant | None = None
        self._next_mark = begins
        self.heard = begins
        """When the newest message was taken."""
        self.due = self._candles.closes
        """From then on `catch_up` must be called before the next message is taken; after `SILENCE` too."""

    def catch_up(self, now: Instant) -> Iterator[Told]:
        """What happened before a message of `now`: silence, or minutes that ended."""
        if now - self.heard >= SILENCE:
            self._depth.lost()
            self._bookless_since = None
            self._begin_candles(now)
            yield now, (FeedGap(self._symbol, now, self.heard),)
        while now >= self.due:
            closes = self.due
            candle = self._candles.close()
            self.due = self._candles.closes
            if candle is not None:
                yield closes, (candle,)

    def take(self, event: Message, now: Instant) -> tuple[MarketEvent, ...]:
        """What is told because of the message, in order."""
        self.heard = now
        match event:
            case Quote():
                if now >= self._next_mark or self._bookless_since is not None:
                    return self._quote(event, now)
                return (event,)
            case MarketTrade():
                self._candles.add(now, event.price, event.quantity)
                return (event,)
            case BookDiff():
                return self._diff(event, now)
            case BookSnapshot():
                return self._snapshot(event)
            case _:
                assert_never(event)

    def _begin_candles(self, now: Instant) -> None:
        self._candles = CandleBuilder(self._symbol, now)
        self.due = self._candles.closes

    def _quote(self, quote: Quote, now: Instant) -> tuple[MarketEvent, ...]:
        """A quote with what it is the occasion for: the mark of a new second, a book that has no other beginning."""
        told: list[MarketEvent] = []
        if now >= self._next_mark:
            self._next_mark = Instant(now - now % NANOSECONDS + NANOSECONDS)
            next_funding = Instant(now - now % self._funding_period + self._funding_period)
            told.append(MarkPrice(self._symbol, now, quote.mid, ZERO, next_funding))
        told.append(quote)
        if self._bookless_since is not None and now - self._bookless_since > SNAPSHOT_WAIT:
            bids, asks = ((quote.bid, quote.bid_size),), ((quote.ask, quote.ask_size),)
            told += self._snapshot(BookSnapshot(self._symbol, now, self._decoder.quoted_at, bids, asks))
        return tuple(told)

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
            self._begin_candles(now)
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
