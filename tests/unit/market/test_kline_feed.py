"""The feed of recorded minutes: what is told when, nothing of it too early, and the same from wherever it is read."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.market.markets import (
    BTC,
    ETH,
    INSTRUMENTS,
    MINUTE,
    START,
    at,
    candle,
    never,
    played,
    real_data,
    row,
    write,
)
from tui_trader.core.clock import NANOSECONDS, Clock, Instant, from_text, to_milliseconds
from tui_trader.core.market import Candle, FundingSettled, MarketEvent, MarkPrice, Quote
from tui_trader.core.words import Symbol
from tui_trader.market.kline_data import RecordedMarket, read_market
from tui_trader.market.kline_feed import KlineFeed, Lean, open_kline_feed
from tui_trader.market.playback import told_at
from tui_trader.market.second_path import goes_low_first, path_in_ticks
from tui_trader.market.state import MarketState

SEVEN = at(2)
"""An hour boundary two minutes after START; fundings in these tests are settled then."""


def flat(_: Symbol) -> int:
    return 0


def events_of(market: RecordedMarket, after: Instant | None = None, lean: Lean = flat) -> list[MarketEvent]:
    def make(clock: Clock) -> AsyncIterator[MarketEvent]:
        return KlineFeed(market, clock=clock, lean=lean).events(after)

    return played(make, market.start if after is None else after, never)


def recorded(folder: Path, minutes: int = 5, *, funding: bool = True) -> RecordedMarket:
    """Two symbols from 06:58 on, with a funding and the close of a mark hour at 07:00."""
    for symbol, base in ((BTC, 100), (ETH, 50)):
        rows = [
            row(n, f"{base + n} {base + n + 3} {base + n - 2} {base + n + 1}", str(60 * (n + 1)))
            for n in range(minutes)
        ]
        write(folder / f"{symbol}-1m-a.csv", rows)
        if funding:
            seven = to_milliseconds(SEVEN)
            write(folder / f"{symbol}-funding-a.csv", [f"{seven + 3},0.0001"], "funding_time,funding_rate")
            mark = f"{seven - 3_600_000},{base},{base + 9},{base - 9},{base + 1}.25"
            write(folder / f"{symbol}-mark-1h-a.csv", [mark], "open_time,open,high,low,close")
    return read_market([folder], [BTC, ETH], INSTRUMENTS)


def mids(events: list[MarketEvent], symbol: Symbol, opens: Instant) -> list[Decimal]:
    return [
        event.mid
        for event in events
        if isinstance(event, Quote) and event.symbol == symbol and opens <= event.time < opens + MINUTE
    ]


def test_at_a_boundary_come_candle_funding_mark_quote_symbol_by_symbol(tmp_path: Path) -> None:
    told = [(type(e), e.symbol) for e in events_of(recorded(tmp_path)) if told_at(e) == SEVEN]
    each = [Candle, FundingSettled, MarkPrice, Quote]
    assert told == [(kind, symbol) for symbol in (BTC, ETH) for kind in each]


def test_events_come_in_order_of_time_and_each_when_the_clock_has_reached_it(tmp_path: Path) -> None:
    market = recorded(tmp_path)
    seen: list[tuple[Instant, Instant]] = []

    async def watched(clock: Clock) -> AsyncIterator[MarketEvent]:
        async for event in KlineFeed(market, clock=clock, lean=flat).events(None):
            seen.append((told_at(event), clock.now()))
            yield event

    played(watched, market.start, never)
    assert all(told == now for told, now in seen)
    assert seen == sorted(seen)
    assert seen[0][0] == market.start
    assert seen[-1][0] == market.end


def test_a_backlog_gives_way_to_other_tasks_at_every_instant(tmp_path: Path) -> None:
    """An engine that is behind its clock must still hear a halt."""
    market = recorded(tmp_path)
    turns = 0

    async def behind(clock: Clock) -> AsyncIterator[MarketEvent]:
        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await clock.sleep(0)

        await clock.sleep_until(market.end)
        task = asyncio.ensure_future(other())
        async for event in KlineFeed(market, clock=clock, lean=flat).events(None):
            yield event
        task.cancel()

    events = played(behind, market.start, never)
    assert turns >= len({told_at(event) for event in events}) - 1


def test_each_second_has_one_mark_and_one_quote_and_each_minute_its_candle(tmp_path: Path) -> None:
    events = events_of(recorded(tmp_path, minutes=3))
    for kind in (Quote, MarkPrice):
        times = [e.time for e in events if isinstance(e, kind) and e.symbol == ETH]
        assert times == [Instant(START + second * NANOSECONDS) for second in range(180)]
    assert [e.time for e in events if isinstance(e, Candle) and e.symbol == BTC] == [at(0), at(1), at(2)]


prices = st.integers(min_value=10, max_value=2_000)


@given(st.lists(prices, min_size=4, max_size=4), st.sampled_from([-1, 0, 1]))
def test_a_path_begins_at_the_open_ends_at_the_close_and_touches_both_extremes(drawn: list[int], lean: int) -> None:
    low, high = min(drawn), max(drawn)
    opened, close = drawn[0], drawn[1]
    tick = Decimal("0.1")
    minute = candle(0, f"{opened * tick} {high * tick} {low * tick} {close * tick}")
    low_first = goes_low_first(minute, lean)
    path = path_in_ticks(minute, tick, low_first=low_first)
    assert len(path) == 60
    assert (path[0], path[-1]) == (opened, close)
    assert (min(path), max(path)) == (low, high)
    assert path[20] == (low if low_first else high)
    assert path[40] == (high if low_first else low)
    thirds = (path[:21], path[20:41], path[40:])
    for piece in thirds:
        steps = [b - a for a, b in pairwise(piece)]
        assert all(step >= 0 for step in steps) or all(step <= 0 for step in steps)


@pytest.mark.parametrize(
    ("lean", "close", "low_first"),
    [(1, "101", True), (1, "99", True), (-1, "101", False), (-1, "99", False), (0, "101", True), (0, "99", False)],
)
def test_the_adverse_extreme_comes_first(tmp_path: Path, lean: int, close: str, *, low_first: bool) -> None:
    write(tmp_path / "BTCUSDT-1m.csv", [row(0, f"100 103 98 {close}")])
    market = read_market([tmp_path], [BTC], INSTRUMENTS)
    path = mids(events_of(market, lean=lambda _: lean), BTC, at(0))
    assert (path.index(Decimal(98)) < path.index(Decimal(103))) is low_first


def test_a_position_opened_at_the_open_is_already_leaned_against(tmp_path: Path) -> None:
    """Whatever trades on the news of the boundary must not have escaped the adverse turn of that minute."""
    write(tmp_path / "BTCUSDT-1m.csv", [row(0, "100 103 98 101")])
    market = read_market([tmp_path], [BTC], INSTRUMENTS)
    held = {BTC: 0}
    path: list[Decimal] = []

    async def trading(clock: Clock) -> AsyncIterator[MarketEvent]:
        async for event in KlineFeed(market, clock=clock, lean=lambda symbol: held[symbol]).events(None):
            if isinstance(event, Quote):
                held[BTC] = -1
                path.append(event.mid)
            yield event

    played(trading, market.start, never)
    assert path.index(Decimal(103)) < path.index(Decimal(98))


def test_quotes_are_on_tick_uncrossed_around_the_price(tmp_path: Path) -> None:
    events = events_of(recorded(tmp_path))
    for event in events:
        if isinstance(event, Quote):
            tick = INSTRUMENTS[event.symbol].tick
            assert event.bid % tick == event.ask % tick == 0
            assert event.ask - event.bid >= 2 * tick
            assert event.bid_size == event.ask_size >= INSTRUMENTS[event.symbol].min_quantity


def test_spread_and_depth_follow_the_minute_before(tmp_path: Path) -> None:
    wild = "1000 1400 900 1000"
    write(tmp_path / "BTCUSDT-1m.csv", [row(0, "1000 1001 999 1000", "120"), row(1, wild, "600"), row(2, wild)])
    quotes = [e for e in events_of(read_market([tmp_path], [BTC], INSTRUMENTS)) if isinstance(e, Quote)]
    spreads = [quotes[60 * minute].ask - quotes[60 * minute].bid for minute in range(3)]
    assert spreads == [Decimal("0.2"), Decimal("0.2"), Decimal(10)]
    assert [quotes[60 * minute].bid_size for minute in range(3)] == [Decimal(10), Decimal(2), Decimal(10)]


def test_the_mark_is_the_price_plus_the_basis_of_the_last_closed_hour(tmp_path: Path) -> None:
    events = events_of(recorded(tmp_path))
    basis = [
        (mark.time, mark.price - quote.mid)
        for mark, quote in pairwise(e for e in events if isinstance(e, MarkPrice | Quote) and e.symbol == BTC)
        if isinstance(mark, MarkPrice) and isinstance(quote, Quote)
    ]
    # The candle that closed at 07:00 closed at 102, the mark hour at 101.25.
    assert {difference for time, difference in basis if time < SEVEN} == {Decimal(0)}
    assert {difference for time, difference in basis if time >= SEVEN} == {Decimal("-0.75")}


def test_funding_is_told_as_it_was_settled_on_the_mark_of_its_instant(tmp_path: Path) -> None:
    events = events_of(recorded(tmp_path))
    settled = [e for e in events if isinstance(e, FundingSettled) and e.symbol == BTC]
    assert settled == [FundingSettled(BTC, SEVEN, Decimal("0.0001"), Decimal("101.25"))]
    marks = [e for e in events if isinstance(e, MarkPrice) and e.symbol == BTC]
    assert {e.funding_rate for e in marks if e.time < SEVEN} == {Decimal(0)}
    assert {e.funding_rate for e in marks if e.time >= SEVEN} == {Decimal("0.0001")}
    assert {e.next_funding for e in marks} == {from_text("2025-05-05T08:00:00Z")}


def test_the_next_funding_lies_after_the_instant_of_one(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-1m.csv", [row(n) for n in range(60, 64)])
    marks = {
        e.time: e.next_funding
        for e in events_of(read_market([tmp_path], [BTC], INSTRUMENTS))
        if isinstance(e, MarkPrice)
    }
    eight = from_text("2025-05-05T08:00:00Z")
    assert marks[Instant(eight - NANOSECONDS)] == eight
    assert marks[eight] == from_text("2025-05-05T16:00:00Z")


@pytest.mark.parametrize("minutes", [1, 2, 3, 4])
def test_what_comes_later_in_the_file_changes_nothing_before(tmp_path: Path, minutes: int) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    whole.mkdir()
    part.mkdir()
    long = events_of(recorded(whole, minutes=5))
    short = events_of(recorded(part, minutes=minutes))
    cut = at(minutes)
    assert [e for e in short if told_at(e) < cut] == [e for e in long if told_at(e) < cut]
    at_the_cut = [e for e in short if told_at(e) == cut]
    assert at_the_cut == [e for e in long if told_at(e) == cut and isinstance(e, Candle)]


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 61, 119, 120, 121, 299, 300, 400])
def test_a_resume_tells_exactly_what_came_later(tmp_path: Path, seconds: int) -> None:
    market = recorded(tmp_path)
    after = at(0, seconds)
    assert events_of(market, after) == [e for e in events_of(market) if told_at(e) > after]


def test_after_a_time_before_the_data_everything_is_told(tmp_path: Path) -> None:
    market = recorded(tmp_path)
    assert events_of(market, at(-3)) == events_of(market)


def test_symbols_are_told_only_where_all_have_data(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-1m.csv", [row(minute) for minute in range(4)])
    write(tmp_path / "ETHUSDT-1m.csv", [row(minute) for minute in range(2, 9)])
    market = read_market([tmp_path], [BTC, ETH], INSTRUMENTS)
    events = events_of(market)
    assert {e.symbol for e in events if told_at(e) == at(2)} == {BTC, ETH}
    assert min(map(told_at, events)) == at(2)
    assert [type(e) for e in events if told_at(e) == at(4)] == [Candle, Candle]
    assert max(map(told_at, events)) == at(4)


def test_history_holds_nothing_that_had_not_closed(tmp_path: Path) -> None:
    market = recorded(tmp_path)

    async def nothing(clock: Clock) -> AsyncIterator[MarketEvent]:
        feed = open_kline_feed([tmp_path], [BTC, ETH], instruments=INSTRUMENTS, clock=clock, lean=flat)
        assert feed.start == market.start
        assert tuple(feed.instruments) == (BTC, ETH)
        assert [c.time for c in feed.history(BTC, at(2, 30), 9)] == [at(0), at(1)]
        assert feed.history(Symbol("XRPUSDT"), at(2), 9) == ()
        for _ in ():
            yield _

    played(nothing, market.start, never)


@pytest.mark.data
def test_real_minutes_play_into_a_market_state_that_refuses_none() -> None:
    market = read_market([real_data()], [BTC, ETH], INSTRUMENTS)
    stop = Instant(market.start + 70 * MINUTE)
    states: list[MarketState] = []

    async def into_state(clock: Clock) -> AsyncIterator[MarketEvent]:
        states.append(MarketState(clock))
        async for event in KlineFeed(market, clock=clock, lean=flat).events(None):
            states[0].apply(event)
            yield event

    events = played(into_state, market.start, lambda event: told_at(event) > stop)
    assert states[0].refused == 0
    assert len([e for e in events if isinstance(e, Quote)]) == 2 * (70 * 60 + 1)
    snapshot = states[0].snapshot(BTC)
    assert snapshot is not None
    assert snapshot.rsi is not None
    assert abs(snapshot.mark - snapshot.mid) < snapshot.mid / 1000
