"""A recorded market through the sockets, faster than it was: nothing is lost, and the book is the recorded one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.fakes.loopback import BTC, CREDENTIALS
from tests.unit.market.markets import real_data
from tui_trader.core.clock import Instant, WallClock, elapsed, to_milliseconds
from tui_trader.core.instrument import Instrument
from tui_trader.core.instrument_table import instrument
from tui_trader.core.market import BookDiff, BookSnapshot, Candle, MarketEvent, MarketTrade, Quote
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.market_clock import MarketClock
from tui_trader.exchange.loopback.options import LoopbackOptions
from tui_trader.exchange.loopback.server import LoopbackExchange
from tui_trader.market.capture_feed import CapturedMarket, CaptureFeed, find_captures

D = Decimal
SCALE = 10.0
STREAMS = "btcusdt@bookTicker/btcusdt@trade/btcusdt@depth@0ms/btcusdt@depth@100ms"
SAID_AS = {Quote: "bookTicker", MarketTrade: "trade"}


class GatedCapture:
    """A capture that begins when the gate is opened, and keeps a record of what it told."""

    name = "capture"

    def __init__(self, market: CapturedMarket, seconds: float) -> None:
        self._market = market
        self._seconds = seconds
        self.gate = asyncio.Event()
        self.told: Counter[str] = Counter()
        self.updates: list[int] = []
        self.book = OrderBook(BTC)
        self.took = 0.0

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        return {symbol: each.instrument for symbol, each in self._market.symbols.items()}

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        return ()

    async def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        await self.gate.wait()
        wall = WallClock()
        began = wall.now()
        feed = CaptureFeed(self._market, clock=MarketClock(wall, self._market.start, SCALE))
        async for event in feed.events(None):
            if elapsed(self._market.start, event.time) > self._seconds and not isinstance(event, Candle):
                break
            if isinstance(event, BookSnapshot | BookDiff):
                assert self.book.apply(event) is BookUpdate.APPLIED
                self.updates.append(event.last_id)
            elif type(event) in SAID_AS:
                self.told[SAID_AS[type(event)]] += 1
            yield event
        self.took = elapsed(began, wall.now())


def levels(written: list[list[str]]) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((D(price), D(size)) for price, size in written)


class Follower:
    """A client: it counts, and keeps a book by snapshot and diffs."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self.updates: list[int] = []
        self.book = OrderBook(BTC)
        self.worst_lag = 0
        self.merged = 0
        """The last update of the stream that tells ten times a second."""
        self._early: list[BookDiff] = []

    def hear(self, stream: str, data: Any, now: int) -> None:
        self.worst_lag = max(self.worst_lag, now - data["E"])
        if data["e"] != "depthUpdate":
            self.heard[data["e"]] += 1
        elif stream.endswith("@100ms"):
            assert data["pu"] == self.merged or not self.merged
            self.merged = data["u"]
        else:
            self.updates.append(data["u"])
            diff = BookDiff(BTC, Instant(1), data["U"], data["u"], data["pu"], levels(data["b"]), levels(data["a"]))
            if self.book.is_whole:
                assert self.book.apply(diff) is not BookUpdate.GAP
            else:
                self._early.append(diff)

    def has_all_of(self, source: GatedCapture) -> bool:
        return self.heard == source.told and self.updates[-1:] == source.updates[-1:] == [self.merged]

    def begin(self, answer: Any) -> None:
        snapshot = BookSnapshot(BTC, Instant(1), answer["lastUpdateId"], levels(answer["bids"]), levels(answer["asks"]))
        self.book.apply(snapshot)
        for diff in self._early:
            assert self.book.apply(diff) is not BookUpdate.GAP


@pytest.mark.data
@pytest.mark.slow  # both ends share a processor here: what another test takes from it is missing from the pace
@pytest.mark.parametrize("seconds", [60.0, 1e9], ids=["a minute", "the whole capture"])
async def test_ten_times_as_fast_nothing_is_lost_and_the_book_is_the_recorded_one(seconds: float) -> None:
    known = instrument(BTC)
    assert known is not None
    path = real_data() / "BTCUSDT-ws-2024-08-08.txt.gz"
    source = GatedCapture(find_captures([path], [BTC], {BTC: known}), seconds)
    follower, wall = Follower(), WallClock()
    options = LoopbackOptions(credentials=CREDENTIALS)
    async with LoopbackExchange(options, source, scale=SCALE) as exchange, aiohttp.ClientSession() as session:
        url = f"{exchange.stream_url}/public/stream?streams={STREAMS}"
        async with session.ws_connect(url, max_msg_size=0) as ws:
            await ws.send_str('{"method":"LIST_SUBSCRIPTIONS","id":1}')
            await ws.receive()
            source.gate.set()
            asked = False
            while not exchange.market_ended.is_set() or not follower.has_all_of(source):
                message = msgspec.json.decode(await ws.receive_str(timeout=20))
                follower.hear(message["stream"], message["data"], to_milliseconds(wall.now()))
                if not asked and message["data"]["e"] == "depthUpdate":
                    asked = True
                    async with session.get(f"{exchange.rest_url}/fapi/v1/depth?symbol=BTCUSDT&limit=1000") as answer:
                        follower.begin(await answer.json())
        assert exchange.failed is None
    assert follower.heard == source.told
    # Until the capture's own book begins, each quote is a book of one level; after that the numbers are the capture's.
    assert follower.updates[-len(source.updates) :] == source.updates
    assert follower.book.last_id == source.book.last_id
    near_bids, near_asks = (follower.book.view().bids[:500], follower.book.view().asks[:500])
    assert (near_bids, near_asks) == (source.book.view().bids[:500], source.book.view().asks[:500])
    count = follower.heard.total() + len(follower.updates)
    rate = count / source.took
    print(f"{count} messages in {source.took:.1f} s, {rate:.0f}/s, worst lag {follower.worst_lag} ms")
