"""The feed of raw captures: `file:…` of recorded messages, each told when the clock reaches its receipt."""

import heapq
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_trader.core.clock import Clock, Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import BookDiff, BookSnapshot, Candle, FeedGap, MarketEvent
from tui_trader.core.order_book import OrderBook
from tui_trader.core.words import Symbol
from tui_trader.market.capture_source import Told, capture_events, first_received
from tui_trader.market.locate import capture_files
from tui_trader.market.rows import fault

_BACKLOG = 64
"""Messages after which an engine that is behind gives way to its other tasks."""


@dataclass(frozen=True, slots=True)
class CapturedSymbol:
    """One symbol's capture."""

    instrument: Instrument
    path: Path


@dataclass(frozen=True, slots=True)
class CapturedMarket:
    """The symbols of a recording, and when all of them have begun."""

    name: str
    symbols: Mapping[Symbol, CapturedSymbol]
    start: Instant


def find_captures(
    paths: Sequence[Path], symbols: Sequence[Symbol], instruments: Mapping[Symbol, Instrument]
) -> CapturedMarket:
    """The captures of those `symbols` that the paths hold. Reads their first messages. Raises FeedError."""
    found: dict[Symbol, CapturedSymbol] = {}
    starts: list[Instant] = []
    for symbol, path in capture_files(paths, symbols).items():
        instrument = instruments.get(symbol)
        if instrument is None:
            known = ", ".join(sorted(instruments)) or "none"
            raise fault(path, None, f"{symbol} is not a known instrument", f"Known are: {known}")
        starts.append(first_received(path, instrument))
        found[symbol] = CapturedSymbol(instrument, path)
    return CapturedMarket("file:" + ",".join(str(path) for path in paths), found, max(starts))


class CaptureFeed:
    """A recorded stream of messages as a feed, in constant memory.

    Several symbols are woven together by the time of receipt, and it ends where the first of them ends. What the
    events are, and what they are not, is said at `capture_events`.
    """

    def __init__(self, market: CapturedMarket, *, clock: Clock) -> None:
        """Play `market` on `clock`."""
        self._market = market
        self._clock = clock

    @property
    def name(self) -> str:
        """`file:` and the paths."""
        return self._market.name

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """The symbols of the policy for which there is a capture."""
        return {symbol: captured.instrument for symbol, captured in self._market.symbols.items()}

    @property
    def start(self) -> Instant:
        """The first message of the symbol that begins last."""
        return self._market.start

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        """Up to `count` candles of the capture that had closed by `before`, oldest first: none at its start.

        For a resume: it reads the capture up to there. Raises FeedError.
        """
        captured = self._market.symbols.get(symbol)
        if captured is None or before <= self._market.start or count <= 0:
            return ()
        closed: deque[Candle] = deque(maxlen=count)
        for time, events in capture_events(captured.path, captured.instrument):
            if time > before:
                break
            closed.extend(event for event in events if isinstance(event, Candle))
        return tuple(closed)

    async def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        """All events later than `after`. A resume first tells each book as it stands then. Raises FeedError."""
        market = self._market
        begins = market.start if after is None else max(market.start, Instant(after + 1))
        told_of_all = _woven([capture_events(each.path, each.instrument) for each in market.symbols.values()])
        books = {symbol: OrderBook(symbol) for symbol in market.symbols}
        behind = 0
        for time, events in told_of_all:
            if time < begins:
                _follow(books, events)
                continue
            if time > self._clock.now():
                behind = 0
                await self._clock.sleep_until(time)
            elif (behind := behind + 1) % _BACKLOG == 0:
                await self._clock.sleep(0)
            while books:
                _, book = books.popitem()
                if book.is_whole:
                    yield _snapshot(book, time)
            for event in events:
                yield event


def _woven(streams: Sequence[Iterator[Told]]) -> Iterator[Told]:
    """The streams as one, by time; within one instant in their order. Ends where the first of them ends."""
    if len(streams) == 1:
        yield from streams[0]
        return
    heads: list[tuple[Instant, int, Told]] = []
    for number, stream in enumerate(streams):
        first = next(stream, None)
        if first is None:
            return
        heapq.heappush(heads, (first[0], number, first))
    while True:
        _, number, told = heads[0]
        yield told
        following = next(streams[number], None)
        if following is None:
            return
        heapq.heapreplace(heads, (following[0], number, following))


def _follow(books: Mapping[Symbol, OrderBook], events: Iterable[MarketEvent]) -> None:
    for event in events:
        if isinstance(event, BookSnapshot | BookDiff):
            books[event.symbol].apply(event)
        elif isinstance(event, FeedGap):
            books[event.symbol].break_off()


def _snapshot(book: OrderBook, now: Instant) -> BookSnapshot:
    view = book.view()
    return BookSnapshot(view.symbol, now, view.last_id, view.bids, view.asks)
