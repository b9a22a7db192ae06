"""A recorded market at ten times its speed, through an exchange's sockets into the live feed: nothing is lost.

The exchange is a process of its own. What it told is counted there, what the feed made of it here; at the end the two
books are compared level by level.
"""

import asyncio
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from time import monotonic, process_time

from tests.benchmarks.paper_fills import CAPTURE
from tests.fakes.loopback import BTC, CREDENTIALS
from tests.integration.loopback.test_capture_replay import SCALE, GatedCapture
from tests.matrix.report import Result
from tests.matrix.venue import FORK
from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.instrument_table import instrument
from tui_trader.core.market import BookDiff, FeedGap, MarketEvent, MarketTrade, Quote
from tui_trader.core.words import Mode
from tui_trader.exchange.binance.environment import environment_of
from tui_trader.exchange.binance.public_data import PublicData
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.loopback.options import LoopbackOptions
from tui_trader.exchange.loopback.server import LoopbackExchange
from tui_trader.exchange.loopback.stream_names import Route
from tui_trader.market.capture_feed import find_captures
from tui_trader.market.live_feed import LiveFeed, open_live_feed
from tui_trader.market.state import MarketState

_NEAR = 500
"""Levels of each side that are compared: the snapshot from which the feed's book began has a thousand."""
_PATIENCE = 20.0
_COUNTED: dict[type[MarketEvent], str] = {Quote: "bookTicker", MarketTrade: "trade", BookDiff: "depthUpdate"}
_Side = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the exchange told until the recording was over."""

    counts: dict[str, int]
    last_id: int
    near: tuple[_Side, _Side]
    took: float
    failed: str


def outcome(seconds: float) -> Result:
    """Play so many seconds of the recording, and compare."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=lambda: asyncio.run(_serve(theirs, seconds)))
    process.start()
    try:
        return asyncio.run(_heard(ours, seconds))
    finally:
        process.kill()
        process.join()


async def _serve(pipe: Connection, seconds: float) -> None:
    known = instrument(BTC)
    assert known is not None
    source = GatedCapture(find_captures([CAPTURE], [BTC], {BTC: known}), seconds)
    async with LoopbackExchange(LoopbackOptions(credentials=CREDENTIALS), source, scale=SCALE) as exchange:
        pipe.send((exchange.rest_url, exchange.stream_url))
        while not any(each.route is Route.PUBLIC for each in exchange.sockets.connections):
            await asyncio.sleep(0.01)
        source.gate.set()
        await exchange.market_ended.wait()
        book = source.book.view()
        near = (tuple(book.bids[:_NEAR]), tuple(book.asks[:_NEAR]))
        pipe.send(_Told(dict(source.told), source.book.last_id, near, source.took, repr(exchange.failed or "")))
        await asyncio.Event().wait()


class _Reader:
    """The feed's events, counted, and the book that they make."""

    def __init__(self) -> None:
        self.state = MarketState(WallClock())
        self.counts: Counter[str] = Counter()
        self.gaps = 0

    async def run(self, feed: LiveFeed) -> None:
        """Read until cancelled."""
        async with aclosing(feed.events(None)) as events:  # type: ignore[type-var]  # a generator behind the port
            async for event in events:
                self._take(event)
                self.state.apply(event)

    def _take(self, event: MarketEvent) -> None:
        name = _COUNTED.get(type(event))
        if name:
            self.counts[name] += 1
        self.gaps += isinstance(event, FeedGap)


async def _heard(pipe: Connection, seconds: float) -> Result:
    loop, wall = asyncio.get_running_loop(), WallClock()
    rest, stream = await loop.run_in_executor(None, pipe.recv)
    session = Session(environment_of(Mode.PAPER, rest_url=rest, stream_url=stream, key=None), wall, Chance(1))
    known = instrument(BTC)
    assert known is not None
    feed = await open_live_feed(PublicData(session), {BTC: known}, clock=wall, start=wall.now())
    reader, cpu = _Reader(), process_time()
    reading = asyncio.create_task(reader.run(feed))
    told: _Told = await loop.run_in_executor(None, pipe.recv)
    ended = monotonic()
    while not _has_all(reader, told) and not reading.done() and monotonic() < ended + _PATIENCE:
        await asyncio.sleep(0.01)
    cpu, late = process_time() - cpu, monotonic() - ended
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await session.close()
    breaches = tuple(_breaches(reader, feed.malformed, told))
    return Result("feed", f"{SCALE:g} times real speed", f"{seconds:g} s", breaches, _figures(reader, told, cpu, late))


def _figures(reader: _Reader, told: _Told, cpu: float, late: float) -> str:
    all_of_it, count = reader.counts.total(), reader.counts["bookTicker"] + reader.counts["trade"]
    if not all_of_it:
        return "nothing was heard"
    return (
        f"{count} quotes and trades, {all_of_it - count} changes of the book in {told.took:.1f} s, "
        f"{all_of_it / told.took:.0f}/s, all heard {late:.2f} s after the exchange had told the last; the client used "
        f"{cpu:.1f} s of processor, enough for {all_of_it / cpu:.0f} messages a second"
    )


def _has_all(reader: _Reader, told: _Told) -> bool:
    book = reader.state.book(BTC)
    is_there = book is not None and book.is_whole and book.last_id == told.last_id
    return is_there and all(reader.counts[name] >= count for name, count in told.counts.items())


def _breaches(reader: _Reader, malformed: int, told: _Told) -> list[str]:
    found = [
        f"{count} {name} were told and {reader.counts[name]} heard"
        for name, count in told.counts.items()
        if reader.counts[name] != count
    ]
    book = reader.state.book(BTC)
    if book is None or not book.is_whole or book.last_id != told.last_id:
        found.append(f"the book ends at {book.last_id if book else None}, the recorded one at {told.last_id}")
    elif (tuple(book.view().bids[:_NEAR]), tuple(book.view().asks[:_NEAR])) != told.near:
        found.append("the book is not the recorded one")
    if reader.gaps:
        found.append(f"{reader.gaps} gaps")
    if malformed:
        found.append(f"{malformed} messages could not be read")
    if told.failed != "''":
        found.append(told.failed)
    return found
