"""The market state: newest figures, honest ages, and no trust in what cannot be true."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from tests.unit.market.markets import BTC, ETH, START, at, candle
from tui_trader.core.clock import Instant, later
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
from tui_trader.market.figures import EMA_SLOW, HOUR, KEPT_CANDLES
from tui_trader.market.state import MarketState

T = TypeVar("T")
NAN = Decimal("NaN")


@dataclass
class HandClock:
    """A clock that the test turns; nothing here waits."""

    time: Instant = START

    def now(self) -> Instant:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time = later(self.time, seconds)

    async def sleep_until(self, instant: Instant) -> None:
        self.time = instant

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        del deadline
        return await call()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def state(clock: HandClock) -> MarketState:
    return MarketState(clock)


def quote(time: Instant = START, bid: str = "100", ask: str = "100.2") -> Quote:
    return Quote(BTC, time, Decimal(bid), Decimal(2), Decimal(ask), Decimal(3))


def mark(time: Instant = START, price: str = "100.15") -> MarkPrice:
    return MarkPrice(BTC, time, Decimal(price), Decimal("0.0001"), at(480))


def rising(count: int, first: int = 0) -> list[Candle]:
    """Candles that close at 101, 102, …"""
    return [candle(first + n, f"{100 + n} {102 + n} {99 + n} {101 + n}", "2") for n in range(count)]


def test_there_is_no_snapshot_before_both_quote_and_mark(state: MarketState) -> None:
    assert state.snapshot(BTC) is None
    state.apply(quote())
    assert state.snapshot(BTC) is None
    assert (state.view(BTC).bid, state.view(BTC).mark, state.view(BTC).mark_age) == (Decimal(100), None, None)
    state.apply(mark())
    snapshot = state.snapshot(BTC)
    assert snapshot is not None
    assert (snapshot.bid, snapshot.ask, snapshot.mark) == (Decimal(100), Decimal("100.2"), Decimal("100.15"))
    assert snapshot.spread_bps == Decimal("19.9800")
    assert snapshot.candle_age is None
    assert snapshot.rsi is None


def test_a_symbol_never_heard_of_has_nothing(state: MarketState) -> None:
    view = state.view(ETH)
    assert (view.bid, view.ask, view.mark, view.quote_age, view.mark_age) == (None,) * 5
    assert state.candles(ETH, 5) == ()
    assert state.quote(ETH) is None
    assert state.funding(ETH) is None


def test_every_figure_has_its_own_age_in_engine_time(state: MarketState, clock: HandClock) -> None:
    state.apply(candle(-1, "100 102 99 101"))
    state.apply(mark())
    clock.time = at(0, 2)
    state.apply(quote(at(0, 2)))
    clock.time = at(0, 5)
    snapshot = state.snapshot(BTC)
    assert snapshot is not None
    assert (snapshot.time, snapshot.quote_age, snapshot.mark_age, snapshot.candle_age) == (clock.time, 3.0, 5.0, 5.0)
    view = state.view(BTC)
    assert (view.quote_age, view.mark_age) == (3.0, 5.0)


def test_what_is_delivered_late_is_old(state: MarketState, clock: HandClock) -> None:
    clock.time = at(0, 30)
    state.apply(quote(at(0, 10)))
    assert state.view(BTC).quote_age == 20.0


def test_what_is_stamped_ahead_of_our_clock_is_as_old_as_its_arrival(state: MarketState, clock: HandClock) -> None:
    state.apply(quote(at(0, 2)))
    clock.time = at(0, 4)
    assert state.view(BTC).quote_age == 4.0


BAD_EVENTS: dict[str, MarketEvent] = {
    "older quote": quote(at(0, -1)),
    "crossed quote": quote(bid="100.3", ask="100.2"),
    "zero bid": quote(bid="0"),
    "negative ask": quote(ask="-1"),
    "NaN bid": quote(bid="NaN"),
    "signalling NaN ask": quote(ask="sNaN"),
    "infinite ask": quote(ask="Infinity"),
    "negative size": quote()._replace(bid_size=Decimal(-1)),
    "NaN size": quote()._replace(ask_size=NAN),
    "older mark": mark(at(0, -1)),
    "zero mark": mark(price="0"),
    "NaN mark": mark(price="NaN"),
    "NaN rate": replace(mark(), funding_rate=NAN),
    "older candle": candle(-2, "100 102 99 101"),
    "another candle of that minute": candle(-1, "100 102 99 100"),
    "candle without a real low": candle(0, "100 102 101 101"),
    "NaN candle": candle(0, "NaN NaN NaN NaN"),
    "zero candle": candle(0, "0 0 0 0"),
    "candle of negative volume": candle(0, "100 102 99 101", "-1"),
    "candle without length": replace(candle(0, "100 102 99 101"), seconds=0),
    "funding on no price": FundingSettled(BTC, at(1), Decimal("0.1"), Decimal(0)),
    "funding at no rate": FundingSettled(BTC, at(1), NAN, Decimal(100)),
    "older funding": FundingSettled(BTC, at(-1), Decimal("0.1"), Decimal(100)),
}


@pytest.mark.parametrize("bad", BAD_EVENTS.values(), ids=BAD_EVENTS.keys())
def test_what_cannot_be_true_changes_nothing_refreshes_nothing_and_is_counted(
    state: MarketState, clock: HandClock, bad: MarketEvent
) -> None:
    for good in (candle(-1, "100 102 99 101"), quote(), mark(), FundingSettled(BTC, START, Decimal(0), Decimal(9))):
        state.apply(good)
    clock.time = at(0, 9)
    before = (state.snapshot(BTC), state.candles(BTC, 9), state.funding(BTC), state.quote(BTC))
    state.apply(bad)
    assert (state.snapshot(BTC), state.candles(BTC, 9), state.funding(BTC), state.quote(BTC)) == before
    assert state.refused == 1


def test_the_candle_that_history_ended_with_may_be_told_again(state: MarketState) -> None:
    state.warm(BTC, rising(3))
    state.apply(rising(3)[-1])
    assert state.refused == 0
    assert state.candles(BTC, 9) == tuple(rising(3))


def test_figures_come_from_closed_candles_and_warm_history_counts_as_if_it_had_been_heard(clock: HandClock) -> None:
    heard, warmed = MarketState(clock), MarketState(clock)
    candles = rising(KEPT_CANDLES)
    clock.time = at(KEPT_CANDLES)
    for event in candles:
        heard.apply(event)
    warmed.warm(BTC, candles)
    for state in (heard, warmed):
        state.apply(quote(clock.time))
        state.apply(mark(clock.time))
    snapshot = heard.snapshot(BTC)
    assert snapshot == warmed.snapshot(BTC)
    assert heard.candles(BTC, 7) == warmed.candles(BTC, 7) == tuple(candles[-7:])
    assert snapshot is not None
    last = float(candles[-1].close)
    assert snapshot.return_1m == pytest.approx(last / (last - 1) - 1)
    assert snapshot.return_5m == pytest.approx(last / (last - 5) - 1)
    assert snapshot.return_15m == pytest.approx(last / (last - 15) - 1)
    assert snapshot.return_1h == pytest.approx(last / (last - HOUR) - 1)
    assert snapshot.change_24h == pytest.approx(last / (last - 24 * HOUR) - 1)
    assert snapshot.volume_1h == 120.0
    assert snapshot.rsi == 100.0
    assert snapshot.atr == pytest.approx(3.0)
    assert snapshot.candle_age == 0.0
    assert snapshot.ema_fast is not None
    assert snapshot.ema_slow is not None
    assert last > snapshot.ema_fast > snapshot.ema_slow


def test_a_gap_resets_the_indicators_of_its_symbol_only(state: MarketState) -> None:
    candles = rising(EMA_SLOW)
    state.warm(BTC, candles)
    state.warm(ETH, [replace(each, symbol=ETH) for each in candles])
    for symbol in (BTC, ETH):
        state.apply(quote()._replace(symbol=symbol))
        state.apply(replace(mark(), symbol=symbol))
    state.apply(FeedGap(BTC, at(EMA_SLOW), since=at(3)))
    gone, kept = state.snapshot(BTC), state.snapshot(ETH)
    assert gone is not None
    assert kept is not None
    assert (gone.ema_slow, gone.return_1m, gone.candle_age) == (None, None, None)
    assert gone.bid == Decimal(100), "the prices stand and grow old by themselves"
    assert kept.ema_slow is not None
    assert state.candles(BTC, 5) == ()


def test_a_missing_candle_resets_as_a_gap_does(state: MarketState) -> None:
    state.warm(BTC, rising(EMA_SLOW))
    late = candle(EMA_SLOW + 1, "100 102 99 101")
    state.apply(late)
    assert state.candles(BTC, 9) == (late,)
    assert state.refused == 0


def test_warm_history_with_a_hole_keeps_what_follows_it(state: MarketState) -> None:
    state.warm(BTC, rising(5) + rising(2, first=7))
    assert state.candles(BTC, 9) == tuple(rising(2, first=7))


def test_the_newest_funding_is_kept(state: MarketState) -> None:
    settled = FundingSettled(BTC, at(2), Decimal("0.0001"), Decimal(100))
    state.apply(settled)
    assert state.funding(BTC) == settled


def test_the_state_keeps_the_order_book_and_a_gap_breaks_it_off() -> None:
    state = MarketState(HandClock(START))
    assert state.book(BTC) is None
    bids, asks = ((Decimal(100), Decimal(1)),), ((Decimal(101), Decimal(2)),)
    state.apply(BookSnapshot(BTC, at(0), 5, bids, asks))
    state.apply(BookDiff(BTC, at(0), 6, 7, 5, (), ((Decimal(101), Decimal(0)), (Decimal(102), Decimal(1)))))
    book = state.book(BTC)
    assert book is not None
    assert (book.best_bid, book.best_ask) == (bids[0], (Decimal(102), Decimal(1)))
    state.apply(BookDiff(BTC, at(0), 9, 9, 8, (), ()))
    assert (book.is_whole, state.refused) == (False, 1)
    state.apply(BookSnapshot(BTC, at(0), 9, bids, asks))
    state.apply(FeedGap(BTC, at(1), since=at(0)))
    assert (book.is_whole, state.refused) == (False, 1)


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_a_trade_that_cannot_be_is_refused(price: str) -> None:
    state = MarketState(HandClock(START))
    state.apply(MarketTrade(BTC, at(0), Decimal(price), Decimal(1), buyer_is_maker=True))
    assert state.refused == 1
