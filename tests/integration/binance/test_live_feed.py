"""The live feed over the loopback's sockets: routed, gapless or said to have a gap, and always back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

import pytest

from tests.fakes.loopback import BTC, ETH, LoopbackBench
from tests.integration.binance.desk import environment_at
from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.market import BookDiff, BookSnapshot, Candle, FeedGap, MarketEvent, MarketTrade, MarkPrice, Quote
from tui_trader.core.words import Mode
from tui_trader.exchange.binance.public_data import PublicData
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.loopback.stream_names import Route
from tui_trader.market import live_feed
from tui_trader.market.live_feed import LiveFeed, open_live_feed
from tui_trader.market.state import MarketState

T = TypeVar("T")


class Reader:
    """A feed that is read, and the market state that comes of it."""

    def __init__(self, feed: LiveFeed) -> None:
        self.feed = feed
        self.told: list[MarketEvent] = []
        self.state = MarketState(WallClock())
        self._came = asyncio.Event()

    async def run(self) -> None:
        async with aclosing(self.feed.events(None)) as events:  # type: ignore[type-var]  # a generator behind the port
            async for event in events:
                self.told.append(event)
                self.state.apply(event)
                self._came.set()

    async def hear(self, kind: type[T], count: int = 1) -> list[T]:
        """The events of this kind, once there are so many."""
        async with asyncio.timeout(8):
            while True:
                found: list[T] = [event for event in self.told if isinstance(event, kind)]
                if len(found) >= count:
                    return found
                self._came.clear()
                await self._came.wait()

    async def whole(self) -> None:
        """Wait until the book of bitcoin is whole."""
        async with asyncio.timeout(8):
            while (book := self.state.book(BTC)) is None or not book.is_whole:
                self._came.clear()
                await self._came.wait()


@pytest.fixture
async def reader(bench: LoopbackBench, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reader]:
    """A feed without a key, read from the start, in a market that moves by itself."""
    monkeypatch.setattr(live_feed, "_SETTLE", 0.1)
    async with reading(bench) as reader:
        yield reader


@asynccontextmanager
async def reading(bench: LoopbackBench) -> AsyncIterator[Reader]:
    session = Session(environment_at(bench, Mode.PAPER), WallClock(), Chance(1))
    instruments = {symbol: bench.exchange._source.instruments[symbol] for symbol in (BTC, ETH)}
    feed = await open_live_feed(PublicData(session), instruments, clock=WallClock(), start=WallClock().now())
    reader = Reader(feed)
    tasks = [asyncio.create_task(reader.run()), asyncio.create_task(_move(bench))]
    try:
        yield reader
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await session.close()


async def _move(bench: LoopbackBench) -> None:
    """Prices go up by ten and back, for ever."""
    while True:
        for step in (10, 0):
            for symbol, price in ((BTC, 60_000), (ETH, 3_000)):
                await bench.price(symbol, Decimal(price + step))
            await bench.trade(BTC, 60_000, "0.5", sold=True)
            await asyncio.sleep(0.05)


async def test_every_kind_of_event_comes_by_its_route(reader: Reader) -> None:
    for kind in (Quote, MarketTrade, MarkPrice, BookSnapshot, BookDiff):
        assert await reader.hear(kind, 2 if kind is not BookSnapshot else 1)
    await reader.whole()
    quote = (await reader.hear(Quote))[0]
    assert quote.symbol in (BTC, ETH)
    assert [event for event in reader.told if isinstance(event, FeedGap)] == []
    assert reader.feed.malformed == 0


async def test_history_is_there_before_the_first_event(reader: Reader) -> None:
    candles = reader.feed.history(BTC, WallClock().now(), 1500)
    assert len(candles) > 1000
    assert all(later.time - earlier.time == 60 * 10**9 for earlier, later in pairwise(candles))
    assert len(reader.feed.history(BTC, WallClock().now(), 5)) == 5
    assert reader.feed.history(BTC, WallClock().now(), 0) == ()


@pytest.mark.parametrize("route", [Route.PUBLIC, Route.MARKET])
async def test_a_dropped_route_is_a_gap_then_book_and_candles_come_anew(
    bench: LoopbackBench, reader: Reader, route: Route
) -> None:
    await reader.whole()
    bench.exchange.mischief.drop_streams(route)
    await reader.hear(FeedGap, 2)
    await reader.whole()
    candles = await reader.hear(Candle, 1000)
    assert candles
    before = len(await reader.hear(Quote))
    await reader.hear(Quote, before + 2)


async def test_a_hole_in_the_book_is_a_gap_and_the_book_begins_anew(bench: LoopbackBench, reader: Reader) -> None:
    await reader.whole()
    bench.exchange.mischief.break_depth(1)
    await reader.hear(FeedGap)
    await reader.whole()


async def test_a_silent_route_is_noticed_and_begun_anew(
    bench: LoopbackBench, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "_PUBLIC_SILENCE", 0.5)
    async with reading(bench) as other:
        await other.hear(Quote)
        bench.exchange.mischief.silence_streams(Route.PUBLIC)
        await other.hear(FeedGap)
        before = len(await other.hear(Quote))
        await other.hear(Quote, before + 2)
    assert reader.feed.malformed == 0


async def test_ten_thousand_messages_at_once_come_without_a_gap(bench: LoopbackBench, reader: Reader) -> None:
    await reader.whole()
    bench.exchange.mischief.burst(BTC, 10_000)
    await reader.hear(Quote, 10_000)
    assert [event for event in reader.told if isinstance(event, FeedGap)] == []
