"""The synthetic market: one seed, one path, however it is read; and a path that looks like a market."""

import math
import statistics
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NoReturn

import pytest

from tests.unit.market.markets import BTC, ETH, INSTRUMENTS, MINUTE, played
from tui_trader.core.chance import Chance
from tui_trader.core.clock import DAY, Clock, Instant, from_text, later
from tui_trader.core.instrument_table import instrument, known_symbols
from tui_trader.core.market import Candle, FundingSettled, MarketEvent, MarkPrice, Quote
from tui_trader.core.words import Symbol
from tui_trader.market.figures import KEPT_CANDLES
from tui_trader.market.playback import told_at
from tui_trader.market.ports import FeedError
from tui_trader.market.state import MarketState
from tui_trader.market.synthetic import SEEDED_START, SyntheticFeed


def feed(
    clock: Clock, seed: int | None = 7, symbols: Sequence[Symbol] = (BTC, ETH), start: Instant = SEEDED_START
) -> SyntheticFeed:
    return SyntheticFeed(symbols, instruments=INSTRUMENTS, chance=Chance(seed), clock=clock, start=start)


def events_of(
    until: Instant, after: Instant | None = None, seed: int = 7, symbols: Sequence[Symbol] = (BTC, ETH)
) -> list[MarketEvent]:
    """All events later than `after` and not later than `until`."""

    def make(clock: Clock) -> AsyncIterator[MarketEvent]:
        return feed(clock, seed, symbols).events(after)

    return played(make, SEEDED_START if after is None else after, lambda event: told_at(event) > until)


def history(count: int, before: Instant = SEEDED_START, seed: int = 7) -> tuple[Candle, ...]:
    return feed(StillClock(), seed).history(BTC, before, count)


class StillClock:
    """For feeds whose events nobody asks for."""

    def now(self) -> Instant:
        return SEEDED_START

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)

    async def sleep_until(self, instant: Instant) -> None:
        raise AssertionError(instant)

    async def outside(self, call: object, *, deadline: float) -> NoReturn:
        raise AssertionError(call, deadline)


END = Instant(SEEDED_START + 3 * MINUTE)


def test_equal_seeds_give_equal_markets_and_others_do_not() -> None:
    assert events_of(END) == events_of(END)
    assert events_of(END) != events_of(END, seed=8)


def test_a_symbols_path_does_not_depend_on_which_others_are_watched() -> None:
    assert events_of(END, symbols=[ETH]) == [event for event in events_of(END) if event.symbol == ETH]


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 61, 120])
def test_a_resume_tells_exactly_what_came_later(seconds: int) -> None:
    after = later(SEEDED_START, seconds)
    assert events_of(END, after) == [event for event in events_of(END) if told_at(event) > after]


def test_a_resume_after_days_is_the_same_market_as_one_that_was_read_through() -> None:
    after = later(SEEDED_START, 3 * DAY + 1234)
    until = Instant(after + 2 * MINUTE)
    one = StillClock()
    through = feed(one)
    for days in range(4):
        through.history(BTC, later(SEEDED_START, days * DAY), 3)
    resumed = [event for event in events_of(until, after) if isinstance(event, Candle) and event.symbol == BTC]
    assert resumed
    assert all(candle in through.history(BTC, until, 5) for candle in resumed)


def test_without_a_seed_a_feed_still_agrees_with_itself() -> None:
    unseeded = feed(StillClock(), seed=None)
    assert unseeded.history(BTC, SEEDED_START, 30) == unseeded.history(BTC, SEEDED_START, 30)
    assert unseeded.history(BTC, SEEDED_START, 30) != feed(StillClock(), seed=None).history(BTC, SEEDED_START, 30)


def test_candles_are_what_the_quotes_of_their_minute_did() -> None:
    events = events_of(END)
    for candle in (e for e in events if isinstance(e, Candle) and e.time >= SEEDED_START):
        mids = [
            e.mid
            for e in events
            if isinstance(e, Quote) and e.symbol == candle.symbol and candle.time <= e.time < candle.time + MINUTE
        ]
        assert len(mids) == 60
        assert (mids[0], max(mids), min(mids), mids[-1]) == (candle.open, candle.high, candle.low, candle.close)


def test_there_is_a_day_and_more_of_history_so_that_a_snapshot_is_whole_at_once() -> None:
    states: list[MarketState] = []

    async def warmed(clock: Clock) -> AsyncIterator[MarketEvent]:
        market = feed(clock)
        states.append(MarketState(clock))
        states[0].warm(BTC, market.history(BTC, market.start, KEPT_CANDLES))
        async for event in market.events(None):
            states[0].apply(event)
            yield event

    played(warmed, SEEDED_START, lambda event: told_at(event) > SEEDED_START)
    snapshot = states[0].snapshot(BTC)
    assert states[0].refused == 0
    assert snapshot is not None
    assert snapshot.change_24h is not None
    assert None not in (snapshot.ema_slow, snapshot.rsi, snapshot.atr, snapshot.volatility, snapshot.volume_1h)


def test_history_is_contiguous_and_ends_where_it_is_asked() -> None:
    candles = history(90, before=later(SEEDED_START, 30))
    assert len(candles) == 90
    assert candles[-1].time == SEEDED_START - MINUTE
    assert all(after.time - before.time == MINUTE for before, after in pairwise(candles))
    assert history(0) == ()
    assert feed(StillClock()).history(Symbol("XRPUSDT"), SEEDED_START, 5) == ()
    assert len(history(10_000, before=Instant(SEEDED_START - 47 * 60 * MINUTE))) == 60, "before the origin is nothing"


def test_everything_told_is_on_tick_on_step_and_taken_by_the_market_state() -> None:
    for event in events_of(END):
        instrument = INSTRUMENTS[event.symbol]
        if isinstance(event, Quote):
            assert event.bid % instrument.tick == event.ask % instrument.tick == 0
            assert event.bid_size % instrument.step == event.ask_size % instrument.step == 0
            assert 0 < event.bid < event.ask
        if isinstance(event, MarkPrice):
            assert event.price > 0


@pytest.mark.parametrize("symbol", known_symbols())
def test_every_instrument_that_the_program_knows_has_a_plausible_market(symbol: Symbol) -> None:
    known = instrument(symbol)
    assert known is not None
    market = SyntheticFeed([symbol], instruments={symbol: known}, chance=Chance(3), clock=StillClock())
    candles = market.history(symbol, market.start, 60)
    assert len({candle.close for candle in candles}) > 5, "a minute moves by more than the tick"
    for candle in candles:
        assert known.min_price < candle.low <= candle.high < known.max_price
        assert candle.volume * candle.close > known.min_notional


def test_funding_is_settled_every_eight_hours_at_the_rate_that_was_announced() -> None:
    eight = from_text("2026-01-01T08:00:00Z")
    events = events_of(eight, after=Instant(eight - MINUTE))
    settled = [event for event in events if isinstance(event, FundingSettled)]
    assert [(event.time, event.symbol) for event in settled] == [(eight, BTC), (eight, ETH)]
    marks = {(e.symbol, e.time): e for e in events if isinstance(e, MarkPrice)}
    for event in settled:
        at_settlement = marks[event.symbol, eight]
        assert (event.rate, event.mark) == (at_settlement.funding_rate, at_settlement.price)
        before = marks[event.symbol, later(eight, -1)]
        assert before.next_funding == eight
        assert at_settlement.next_funding == from_text("2026-01-01T16:00:00Z")
        assert abs(before.funding_rate - event.rate) < Decimal("0.00001"), "one minute of 480 moves it little"


def test_volatility_is_plausible_clusters_and_has_fat_tails() -> None:
    """Ten days under one fixed seed; the bounds are wide enough for most others."""
    candles = history(10 * 1440, before=later(SEEDED_START, 9 * DAY))
    returns = [math.log(after.close / before.close) for before, after in pairwise(candles)]
    yearly = statistics.stdev(returns) * math.sqrt(365 * 1440)
    assert 0.25 < yearly < 1.0
    size = [abs(each) for each in returns]
    assert statistics.correlation(size[:-1], size[1:]) > 0.05
    assert statistics.correlation(returns[:-1], returns[1:]) < 0.05
    fourth = statistics.fmean(each**4 for each in returns)
    assert fourth / statistics.pvariance(returns) ** 2 > 3.5


def test_the_spread_widens_and_the_book_thins_when_the_market_is_wild() -> None:
    model_minutes = [
        (e.ask - e.bid, e.bid_size + e.ask_size, e.time)
        for e in events_of(Instant(SEEDED_START + 240 * MINUTE), symbols=[BTC])
        if isinstance(e, Quote)
    ]
    spreads = sorted({spread for spread, _, _ in model_minutes})
    assert len(spreads) > 3
    narrow = statistics.fmean(float(size) for spread, size, _ in model_minutes if spread == spreads[0])
    wide = statistics.fmean(float(size) for spread, size, _ in model_minutes if spread == spreads[-1])
    assert wide < narrow


def test_a_start_of_ones_own_is_taken_down_to_the_minute() -> None:
    begun = feed(StillClock(), start=from_text("2025-11-22T14:42:37Z"))
    assert begun.start == from_text("2025-11-22T14:42:00Z")
    assert len(begun.history(BTC, begun.start, KEPT_CANDLES)) == KEPT_CANDLES


def test_only_known_symbols_are_offered_and_none_is_refused() -> None:
    assert tuple(feed(StillClock(), symbols=[Symbol("MOONUSDT"), ETH]).instruments) == (ETH,)
    with pytest.raises(FeedError, match=r"none of the symbols MOONUSDT\. It has: BTCUSDT, ETHUSDT"):
        feed(StillClock(), symbols=[Symbol("MOONUSDT")])
