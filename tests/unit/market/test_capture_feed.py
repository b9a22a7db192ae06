"""Captures played as a feed: at their time, at any pace, woven together, and resumed where they stopped."""

import asyncio
import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import takewhile
from pathlib import Path

import pytest

from tests.unit.market import captures
from tests.unit.market.captures import line, received, write_capture
from tests.unit.market.markets import BTC, ETH, INSTRUMENTS, at, never, played, real_data
from tui_trader.core.clock import Instant, LoopClock, PacedLoop
from tui_trader.core.instrument_table import instrument
from tui_trader.core.market import BookDiff, BookSnapshot, Candle, MarketEvent, MarketTrade, Quote
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.core.words import Symbol
from tui_trader.market.capture_feed import CapturedMarket, CaptureFeed, find_captures
from tui_trader.market.capture_file import read_capture
from tui_trader.market.capture_messages import MessageDecoder
from tui_trader.market.playback import told_at
from tui_trader.market.ports import FeedError

LINES = [
    line(0.0, captures.answer(5, "92x1", "100x1")),
    *(
        each
        for second in range(1, 200, 3)
        for each in (
            line(second, captures.trade(str(100 + second % 7))),
            line(second + 0.1, captures.depth(second + 5, second + 7, second + 4, bids=f"{80 + second % 11}x{second}")),
            line(second + 1.5, captures.ticker(str(90 + second % 3), "100")),
        )
    ),
]


@pytest.fixture
def market(tmp_path: Path) -> CapturedMarket:
    return find_captures([write_capture(tmp_path / "BTCUSDT-ws-a.txt.gz", LINES)], [BTC, ETH], INSTRUMENTS)


def all_of(market: CapturedMarket, after: Instant | None = None) -> list[MarketEvent]:
    start = market.start if after is None else after
    return played(lambda clock: CaptureFeed(market, clock=clock).events(after), start, never)


def book_of(events: Sequence[MarketEvent]) -> OrderBook:
    book = OrderBook(BTC)
    for event in events:
        if isinstance(event, BookSnapshot | BookDiff):
            assert book.apply(event) is BookUpdate.APPLIED
    return book


def test_it_says_what_it_is(market: CapturedMarket, tmp_path: Path) -> None:
    loop = PacedLoop(math.inf)
    feed = CaptureFeed(market, clock=LoopClock(loop, market.start))
    loop.close()
    assert feed.name == f"file:{tmp_path / 'BTCUSDT-ws-a.txt.gz'}"
    assert dict(feed.instruments) == {BTC: INSTRUMENTS[BTC]}
    assert feed.start == received(0)


def test_two_plays_are_the_same(market: CapturedMarket) -> None:
    assert all_of(market) == all_of(market)


def test_each_event_is_told_when_the_clock_reaches_it(market: CapturedMarket) -> None:
    seen: list[tuple[Instant, MarketEvent]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacedLoop)
        clock = LoopClock(loop, market.start)
        seen.extend([(clock.now(), event) async for event in CaptureFeed(market, clock=clock).events(None)])

    with asyncio.Runner(loop_factory=lambda: PacedLoop(math.inf, deadlock_is_error=True)) as runner:
        runner.run(run())
    assert [now for now, _ in seen] == [told_at(event) for _, event in seen]
    assert len(seen) > len(LINES)


@pytest.mark.parametrize("cut", [0.0, 0.05, 60.0, 100.05, 119.999, 198.0])
def test_a_resume_tells_the_rest_and_first_the_book_as_it_stands(market: CapturedMarket, cut: float) -> None:
    whole = all_of(market)
    after = received(cut)
    before = list(takewhile(lambda event: told_at(event) <= after, whole))
    rest = all_of(market, after)
    snapshots = 1 if any(isinstance(event, BookSnapshot) for event in before) else 0
    assert rest[snapshots:] == whole[len(before) :]
    if snapshots:
        assert isinstance(rest[0], BookSnapshot)
        assert told_at(rest[0]) == told_at(rest[1])
        assert (rest[0].bids, rest[0].asks) == (book_of(before).view().bids, book_of(before).view().asks)
    assert book_of(rest).view() == book_of(whole).view()


def test_a_resume_after_the_end_tells_nothing(market: CapturedMarket) -> None:
    assert all_of(market, received(10_000)) == []


def test_history_is_what_had_closed_by_then(market: CapturedMarket) -> None:
    candles = [event for event in all_of(market) if isinstance(event, Candle)]
    assert len(candles) == 3
    loop = PacedLoop(math.inf)
    feed = CaptureFeed(market, clock=LoopClock(loop, market.start))
    loop.close()
    assert feed.history(BTC, market.start, 9) == ()
    assert feed.history(BTC, at(2), 9) == tuple(candles[:2])
    assert feed.history(BTC, Instant(at(2) - 1), 9) == tuple(candles[:1])
    assert feed.history(BTC, at(9), 2) == tuple(candles[1:])
    assert feed.history(BTC, at(9), 0) == ()
    assert feed.history(ETH, at(9), 9) == ()


def test_several_are_woven_by_time_from_where_all_have_begun_to_where_one_ends(tmp_path: Path) -> None:
    btc = write_capture(tmp_path / "BTCUSDT-ws.txt", [line(s, captures.ticker("90", "91")) for s in range(10)])
    eth_lines = [line(s + 0.5, captures.ticker("9", "10", symbol="ETHUSDT")) for s in range(3, 7)]
    eth = write_capture(tmp_path / "ETHUSDT-ws.txt", eth_lines)
    market = find_captures([btc, eth], [BTC, ETH], INSTRUMENTS)
    quotes = [(event.symbol, event.time) for event in all_of(market) if isinstance(event, Quote)]
    assert market.start == received(3.5)
    assert quotes == [
        (ETH, received(3.5)),
        *((symbol, received(s + half)) for s in range(4, 7) for symbol, half in ((BTC, 0.0), (ETH, 0.5))),
    ]


def test_an_engine_that_is_behind_is_not_starved(market: CapturedMarket) -> None:
    """A backlog is caught up without waiting, but not in one go: a halt must get its turn."""
    turns = 0
    told: list[MarketEvent] = []

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def run() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacedLoop)
        other = asyncio.create_task(count_turns())
        clock = LoopClock(loop, at(60))
        told.extend([event async for event in CaptureFeed(market, clock=clock).events(None)])
        other.cancel()
        assert clock.now() == at(60)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(math.inf)) as runner:
        runner.run(run())
    assert len(told) > len(LINES)
    assert turns >= len(LINES) // 64 - 1


def test_a_broken_file_ends_the_play_with_its_place(tmp_path: Path) -> None:
    path = write_capture(tmp_path / "BTCUSDT-ws.txt", [*LINES, "rubbish"])
    market = find_captures([path], [BTC], INSTRUMENTS)
    with pytest.raises(FeedError, match=f"line {len(LINES) + 1}: "):
        all_of(market)


def test_an_instrument_must_be_known(tmp_path: Path) -> None:
    path = write_capture(tmp_path / "MOONUSDT-ws.txt", LINES)
    with pytest.raises(FeedError, match="MOONUSDT is not a known instrument"):
        find_captures([path], [Symbol("MOONUSDT")], INSTRUMENTS)


@pytest.mark.data
def test_the_recorded_book_agrees_with_the_recorded_touch() -> None:
    """Two streams of Binance, decoded and kept apart: whenever both speak of the same update, they say the same."""
    path = real_data() / "BTCUSDT-ws-2024-08-08.txt.gz"
    known = instrument(BTC)
    assert known is not None
    market = find_captures([path], [BTC], {BTC: known})
    tickers: dict[int, Quote] = {}
    decoder = MessageDecoder(BTC)
    for message in read_capture(path):
        decoded = decoder.decode(message.json, message.received)
        if isinstance(decoded, Quote):
            tickers[decoder.quoted_at] = decoded
    events = all_of(market)
    book = OrderBook(BTC)
    compared = 0
    for event in events:
        if not isinstance(event, BookSnapshot | BookDiff):
            continue
        assert book.apply(event) is BookUpdate.APPLIED
        quote = tickers.get(event.last_id)
        if quote is not None:
            compared += 1
            assert book.best_bid == (quote.bid, quote.bid_size)
            assert book.best_ask == (quote.ask, quote.ask_size)
    assert compared > 100
    assert len([event for event in events if isinstance(event, Quote)]) == 66_089
    trades = [event for event in events if isinstance(event, MarketTrade)]
    assert len(trades) == 21_313
    candles = [event for event in events if isinstance(event, Candle)]
    assert [len(candles), candles[0].open, candles[0].volume] == [4, Decimal("61813.10"), Decimal("135.578")]


@pytest.mark.parametrize("pace", [1_000.0, math.inf])
def test_at_any_pace_nothing_is_lost(market: CapturedMarket, pace: float) -> None:
    told: list[MarketEvent] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacedLoop)
        clock = LoopClock(loop, market.start)
        told.extend([event async for event in CaptureFeed(market, clock=clock).events(None)])

    with asyncio.Runner(loop_factory=lambda: PacedLoop(pace)) as runner:
        runner.run(run())
    assert told == all_of(market)
