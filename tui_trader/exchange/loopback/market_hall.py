"""The market on its way in: each event gets the server's time, moves the tapes, and is told on the streams."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tui_trader.core.clock import Clock, Instant, to_milliseconds
from tui_trader.core.market import (
    BookDiff,
    BookSnapshot,
    Candle,
    FeedGap,
    FundingSettled,
    MarketEvent,
    MarketTrade,
    MarkPrice,
    Quote,
)
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback import market_json as told
from tui_trader.exchange.loopback.depth_desk import DepthDesk
from tui_trader.exchange.loopback.figures import Json
from tui_trader.exchange.loopback.hub import Hub
from tui_trader.exchange.loopback.intervals import INTERVALS
from tui_trader.exchange.loopback.market_clock import ServerClock
from tui_trader.exchange.loopback.stream_names import StreamName, Topic
from tui_trader.exchange.loopback.tape import Tape
from tui_trader.exchange.paper import PaperExchange

_SLOW_MARK = 3
"""Every so many marks the slower stream is told; the feeds tell one a second."""


@dataclass(slots=True)
class MarketHall:
    """Where the market meets the matching and the streams. `scale` is how many times as fast as time it goes."""

    clock: Clock
    server_clock: ServerClock
    paper: PaperExchange
    hub: Hub
    tapes: Mapping[Symbol, Tape]
    scale: float = 1.0
    heard: int = 0
    depth: DepthDesk = field(init=False)
    _marks: dict[Symbol, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The depth streams keep the market's pace."""
        self.depth = DepthDesk(self.clock, self.hub, self.now_ms, self.scale)

    def hear(self, event: MarketEvent) -> Symbol | None:
        """Take one event in. The symbol whose prices moved, or None where the event moves none."""
        tape = self.tapes.get(event.symbol)
        if tape is None:
            return None
        if isinstance(event, Candle | FeedGap):
            if isinstance(event, Candle) and not tape.trades:
                tape.klines.credit(event.volume)
            return None
        self.heard += 1
        stamped = _stamped(event, self.clock.now(), self.scale)
        match stamped:
            case Quote():
                self._quote(tape, stamped)
            case MarkPrice():
                self._mark(tape, stamped)
            case MarketTrade():
                self._trade(tape, stamped)
            case BookSnapshot() | BookDiff():
                self._depth(tape, stamped, is_source=True)
            case FundingSettled():
                tape.fundings.append(stamped)
                self.paper.on_market(stamped)
                return None
            case _:
                return None
        return tape.symbol

    def now_ms(self) -> int:
        """What the server says that it is."""
        return to_milliseconds(self.server_clock.now())

    def tell_klines(self) -> None:
        """The klines and day figures that somebody listens to, as they are now."""
        now = self.now_ms()
        for tape in self.tapes.values():
            for stream in self.hub.wanted(Topic.KLINE, tape.symbol):
                self._tell_kline(tape, stream, now)
            for stream in self.hub.wanted(Topic.CONTINUOUS_KLINE, tape.symbol):
                self._tell_kline(tape, stream, now)

    def tell_tickers(self) -> None:
        """The day figures that somebody listens to."""
        now = self.now_ms()
        for topic, message in ((Topic.TICKER, told.ticker_event), (Topic.MINI_TICKER, told.mini_ticker_event)):
            everything: list[Json] = []
            for_all = self.hub.wanted(topic, "")
            for tape in self.tapes.values():
                streams = self.hub.wanted(topic, tape.symbol)
                if not (streams or for_all) or (day := tape.klines.day()) is None:
                    continue
                written = message(tape, day, now)
                everything.append(written)
                self.hub.send(streams, written)
            if for_all:
                self.hub.send(for_all, everything)

    def _quote(self, tape: Tape, quote: Quote) -> None:
        tape.hear_quote(quote)
        self.paper.on_market(quote)
        made = tape.book.hear_quote(quote)
        if made is not None:
            self._depth(tape, made, is_source=False)
        for symbol in (tape.symbol, ""):
            if streams := self.hub.wanted(Topic.BOOK_TICKER, symbol):
                self.hub.send(streams, told.book_ticker_event(tape.instrument, quote, tape.book.last_id, self.now_ms()))

    def _mark(self, tape: Tape, mark: MarkPrice) -> None:
        tape.mark = mark
        self.paper.on_market(mark)
        count = self._marks[tape.symbol] = self._marks.get(tape.symbol, 0) + 1
        due = "1s" if count % _SLOW_MARK else "1s3s"
        if streams := [s for s in self.hub.wanted(Topic.MARK_PRICE, tape.symbol) if s.detail in due]:
            self.hub.send(streams, told.mark_event(mark, self.now_ms()))
        if streams := [s for s in self.hub.wanted(Topic.MARK_PRICE, "") if s.detail in due]:
            self.hub.send(streams, [told.mark_event(mark, self.now_ms())])

    def _trade(self, tape: Tape, trade: MarketTrade) -> None:
        numbered = tape.hear_trade(trade)
        self.paper.on_market(trade)
        now = self.now_ms()
        self.hub.say(Topic.TRADE, tape.symbol, lambda _: told.trade_event(tape.instrument, numbered, now))
        self.hub.say(Topic.AGG_TRADE, tape.symbol, lambda _: told.agg_trade_event(tape.instrument, numbered, now))

    def _depth(self, tape: Tape, event: BookSnapshot | BookDiff, *, is_source: bool) -> None:
        diff = tape.book.hear(event, is_source=is_source)
        self.paper.on_market(event)
        if diff is not None:
            self.depth.hear(tape, diff)

    def _tell_kline(self, tape: Tape, stream: StreamName, now: int) -> None:
        interval = INTERVALS[stream.detail]
        kline = tape.klines.last(interval)
        if kline is None:
            return
        write = told.kline_event if stream.topic is Topic.KLINE else told.continuous_kline_event
        closed = tape.klines.newly_closed(stream.text, interval, kline)
        if closed is not None:
            self.hub.send((stream,), write(tape.instrument, closed, stream.detail, now, closed=True))
        self.hub.send((stream,), write(tape.instrument, kline, stream.detail, now, closed=False))


def _stamped(event: MarketEvent, now: Instant, scale: float) -> MarketEvent:
    """The event at the server's time; what lies ahead of it stays as far ahead as the market's pace makes it."""
    if isinstance(event, Quote | MarketTrade):
        return event._replace(time=now)
    if isinstance(event, MarkPrice):
        ahead = Instant(now + round((event.next_funding - event.time) / scale))
        return replace(event, time=now, next_funding=ahead)
    return replace(event, time=now)
