"""The feed `binance`: a live market, decoded here from what a source carries, for as long as somebody reads it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tui_trader.core.clock import Clock, Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Candle, MarketEvent
from tui_trader.core.words import Symbol
from tui_trader.market.capture_messages import Malformed
from tui_trader.market.choose import FeedKind
from tui_trader.market.figures import KEPT_CANDLES
from tui_trader.market.live_messages import read_candles, read_envelope, read_market
from tui_trader.market.live_symbol import LiveSymbol
from tui_trader.market.ports import FeedError

_PUBLIC = "public"
_MARKET = "market"
_PUBLIC_STREAMS = ("bookTicker", "depth@100ms", "trade")
_MARKET_STREAMS = ("markPrice@1s", "kline_1m")
_PUBLIC_SILENCE = 10.0
_MARKET_SILENCE = 5.0
"""Seconds without any message after which a route counts as dead: mark prices come every second."""
_ASK_AGAIN_AFTER = 5.0
_SETTLE = 0.5
"""Seconds after a book's first change before its snapshot is asked for, which must be the newer of the two."""
_LONGEST_PAUSE = 16.0
_MOST_WAITING = 1_000
"""Messages between source and reader; behind it the source holds more, and gives up where that is too many."""


class LiveSource(Protocol):
    """Who carries a live market's messages, without reading them."""

    def messages(self, route: str, streams: Sequence[str], *, silence: float) -> AsyncGenerator[bytes | None, None]:
        """Each message of the streams, and None wherever some may be missing. Never ends by itself."""
        ...

    async def depth(self, symbol: Symbol) -> bytes | None:
        """The order book; None where it was not answered."""
        ...

    async def candles(self, symbol: Symbol, *, until: Instant, count: int) -> bytes | None:
        """The last one-minute candles before `until`; None where they were not answered."""
        ...


@dataclass(frozen=True, slots=True)
class _Message:
    """What a route said; None where something may be missing."""

    route: str
    json: bytes | None


@dataclass(frozen=True, slots=True)
class _Book:
    symbol: Symbol
    json: bytes | None


@dataclass(frozen=True, slots=True)
class _Candles:
    symbol: Symbol
    json: bytes | None
    until: Instant


_Came: TypeAlias = _Message | _Book | _Candles


async def open_live_feed(
    source: LiveSource, instruments: Mapping[Symbol, Instrument], *, clock: Clock, start: Instant
) -> "LiveFeed":
    """The feed with its history fetched. Raises FeedError where that is not answered."""
    history: dict[Symbol, tuple[Candle, ...]] = {}
    for symbol in instruments:
        now = clock.now()
        rows = await source.candles(symbol, until=now, count=KEPT_CANDLES)
        if rows is None:
            raise FeedError(f"--feed binance: no answer to the candles of {symbol}. Try again, or use another feed.")
        try:
            history[symbol] = read_candles(symbol, rows, now)
        except Malformed as error:
            raise FeedError(f"--feed binance: {symbol}: {error}. Try again, or use another feed.") from None
    return LiveFeed(source, instruments, clock=clock, start=start, history=history)


class LiveFeed:
    """A live market as a feed. Connections that break are begun anew by the source; what may be missing is a gap."""

    def __init__(
        self,
        source: LiveSource,
        instruments: Mapping[Symbol, Instrument],
        *,
        clock: Clock,
        start: Instant,
        history: Mapping[Symbol, tuple[Candle, ...]],
    ) -> None:
        """`history` holds the candles that had closed when the feed was opened."""
        self._source = source
        self._instruments = instruments
        self._clock = clock
        self._start = start
        self._history = history
        self.malformed = 0
        """Messages that could not be read; each was passed over."""

    @property
    def name(self) -> str:
        """`binance`."""
        return FeedKind.BINANCE.value

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """The symbols of the policy that the exchange trades."""
        return self._instruments

    @property
    def start(self) -> Instant:
        """When the exchange was first asked for the time."""
        return self._start

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        """Up to `count` of the candles that were fetched at the start and had closed by `before`."""
        closed = [c for c in self._history.get(symbol, ()) if c.time + c.seconds * 1_000_000_000 <= before]
        return tuple(closed[-count:]) if count > 0 else ()

    async def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        """What the market says from now on. `after` has no meaning here: what was is not told again."""
        reading = _Reading(self._source, self._clock, self._symbols())
        try:
            async for came in reading.run():
                try:
                    events = tuple(reading.events_of(came))
                except Malformed:
                    self.malformed += 1
                    continue
                for event in events:
                    yield event
        finally:
            await reading.close()

    def _symbols(self) -> dict[Symbol, LiveSymbol]:
        now = self._clock.now()
        return {
            symbol: LiveSymbol(symbol, now, self._history[symbol][-1] if self._history.get(symbol) else None)
            for symbol in self._instruments
        }


class _Reading:
    """One reader's tasks: two routes, and the questions for books and candles."""

    def __init__(self, source: LiveSource, clock: Clock, symbols: Mapping[Symbol, LiveSymbol]) -> None:
        self._source = source
        self._clock = clock
        self._symbols = symbols
        self._queue: asyncio.Queue[_Came] = asyncio.Queue(_MOST_WAITING)
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: set[tuple[type, Symbol]] = set()
        self._pauses: dict[Symbol, float] = {}
        """Seconds before a book that is still needed is asked for again: a snapshot is dear."""

    async def run(self) -> AsyncIterator[_Came]:
        """What comes, in order."""
        self._spawn(self._read(_PUBLIC, _PUBLIC_STREAMS, _PUBLIC_SILENCE))
        self._spawn(self._read(_MARKET, _MARKET_STREAMS, _MARKET_SILENCE))
        self._ask()
        while True:
            yield await self._queue.get()

    async def close(self) -> None:
        """End the tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def events_of(self, came: _Came) -> Iterator[MarketEvent]:
        """What it comes to. Raises Malformed."""
        now = self._clock.now()
        match came:
            case _Message(route=route, json=json):
                if json is not None:
                    yield from self._message(route, json, now)
                else:
                    for symbol in self._symbols.values():
                        yield from symbol.lost(now)
            case _Book(symbol=name, json=json):
                self._asking.discard((_Book, name))
                if json is not None:
                    yield from self._symbols[name].take_book(json, now)
            case _Candles(symbol=name, json=json, until=until):
                self._asking.discard((_Candles, name))
                if json is not None:
                    yield from self._symbols[name].take_candles(read_candles(name, json, until))
        self._ask()

    def _message(self, route: str, json: bytes, now: Instant) -> tuple[MarketEvent, ...]:
        envelope = read_envelope(json)
        symbol = self._symbols.get(envelope.symbol) if envelope else None
        if envelope is None or symbol is None:
            return ()
        if route == _PUBLIC:
            return symbol.take_public(bytes(envelope.data), now)
        event = read_market(bytes(envelope.data), now)
        return () if event is None else symbol.take_market(event, now)

    def _ask(self) -> None:
        """Ask for each book and each run of candles that is needed and not asked for yet."""
        for name, symbol in self._symbols.items():
            if not symbol.needs_book:
                self._pauses.pop(name, None)
            elif (_Book, name) not in self._asking:
                self._asking.add((_Book, name))
                pause = self._pauses.get(name, _SETTLE)
                self._pauses[name] = min(pause * 2, _LONGEST_PAUSE)
                self._spawn(self._fetch_book(name, pause))
            if symbol.needs_candles and (_Candles, name) not in self._asking:
                self._asking.add((_Candles, name))
                self._spawn(self._fetch_candles(name))

    async def _fetch_book(self, symbol: Symbol, pause: float) -> None:
        """Ask after a pause: what is asked for too early is older than the changes that wait for it."""
        await self._clock.sleep(pause)
        await self._queue.put(_Book(symbol, await self._source.depth(symbol)))

    async def _fetch_candles(self, symbol: Symbol) -> None:
        until = self._clock.now()
        json = await self._source.candles(symbol, until=until, count=KEPT_CANDLES)
        if json is None:
            await self._clock.sleep(_ASK_AGAIN_AFTER)
        await self._queue.put(_Candles(symbol, json, until))

    async def _read(self, route: str, streams: Sequence[str], silence: float) -> None:
        names = [f"{symbol.lower()}@{stream}" for symbol in self._symbols for stream in streams]
        async with aclosing(self._source.messages(route, names, silence=silence)) as messages:
            async for json in messages:
                await self._queue.put(_Message(route, json))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
