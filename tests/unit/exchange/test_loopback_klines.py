"""Klines of the loopback exchange: minutes as they are told, longer intervals made of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.exchange.bench import BTC
from tui_trader.core.clock import NANOSECONDS, Instant, from_text
from tui_trader.core.market import Candle
from tui_trader.exchange.loopback.intervals import INTERVALS, MINUTE, MINUTE_NS
from tui_trader.exchange.loopback.klines import KEPT, Klines

D = Decimal
START = Instant(1_746_403_200 * NANOSECONDS)
"""A Monday, midnight."""
EVER = Instant(1 << 62)


def at(minute: float) -> Instant:
    return Instant(START + round(minute * MINUTE_NS))


def test_a_minute_is_what_was_told_in_it() -> None:
    klines = Klines()
    klines.see(at(0.1), D(100))
    klines.trade(at(0.2), D(105), D(2), bought=True)
    klines.trade(at(0.3), D(95), D(1), bought=False)
    klines.see(at(1), D(96))
    first, second = klines.of(MINUTE, Instant(0), EVER, 10, newest=True)
    assert (first.open, first.high, first.low, first.close) == (D(100), D(105), D(95), D(95))
    assert (first.volume, first.bought, first.turnover, first.trades) == (D(3), D(2), D(305), 2)
    assert (second.opens, second.open) == (at(1), D(96))


def test_a_minute_without_news_repeats_the_last_close() -> None:
    klines = Klines()
    klines.see(at(0), D(100))
    klines.see(at(3.5), D(110))
    assert [(k.opens, k.open, k.close) for k in klines.of(MINUTE, Instant(0), EVER, 10, newest=True)] == [
        (at(0), D(100), D(100)),
        (at(1), D(100), D(100)),
        (at(2), D(100), D(100)),
        (at(3), D(110), D(110)),
    ]


@pytest.mark.parametrize(("name", "joined"), [("5m", 5), ("1h", 7), ("1w", 7)])
def test_longer_klines_join_the_minutes_that_belong_to_them(name: str, joined: int) -> None:
    klines = Klines()
    for minute in range(7):
        klines.trade(at(minute), D(100 + minute), D(1), bought=True)
    first = klines.of(INTERVALS[name], Instant(0), EVER, 10, newest=False)[0]
    assert (first.opens, first.open, first.close, first.volume) == (at(0), D(100), D(99 + joined), D(joined))


def test_a_month_is_the_calendars() -> None:
    klines, new_year = Klines(), from_text("2025-01-01")
    klines.trade(Instant(new_year - MINUTE_NS), D(100), D(1), bought=True)
    klines.trade(new_year, D(110), D(2), bought=True)
    months = klines.of(INTERVALS["1M"], Instant(0), EVER, 10, newest=True)
    assert [(month.opens, month.closes, month.volume) for month in months] == [
        (from_text("2024-12-01"), new_year, D(1)),
        (new_year, from_text("2025-02-01"), D(2)),
    ]


@given(name=st.sampled_from(sorted(INTERVALS)), second=st.integers(0, 1 << 32), count=st.integers(0, 40))
def test_klines_of_a_length_lie_side_by_side(name: str, second: int, count: int) -> None:
    interval, time = INTERVALS[name], Instant(second * NANOSECONDS)
    opens = interval.opening(time)
    assert opens <= time < interval.closing(opens)
    assert interval.opening(interval.closing(opens)) == interval.closing(opens)
    earlier = interval.back(opens, count)
    for _ in range(count):
        earlier = interval.closing(earlier)
    assert earlier == opens or interval.back(opens, count) <= 0


def test_the_past_comes_before_what_was_told_already() -> None:
    klines = Klines()
    past = [Candle(BTC, Instant(at(n) - 1000), 60, D(1), D(2), D(1), D(2), D(4)) for n in range(-3, 0)]
    klines.remember(lambda: past, 1000)
    klines.see(at(0), D(5))
    assert [k.opens for k in klines.of(MINUTE, Instant(0), EVER, 10, newest=True)] == [at(n) for n in range(-3, 1)]
    day = klines.day()
    assert day is not None
    assert (day.open, day.high, day.close, day.volume) == (D(1), D(5), D(5), D(12))


def test_no_more_than_is_kept_is_made_up() -> None:
    klines = Klines()
    klines.see(at(0), D(100))
    klines.see(at(10 * KEPT), D(101))
    assert len(klines.of(MINUTE, Instant(0), EVER, 100_000, newest=True)) <= KEPT + 1


def test_a_close_is_told_once_to_each_stream() -> None:
    klines = Klines()
    klines.see(at(0), D(100))
    current = klines.last(MINUTE)
    assert current is not None
    assert klines.newly_closed("a", MINUTE, current) is None
    klines.see(at(1), D(101))
    later = klines.last(MINUTE)
    assert later is not None
    closed = klines.newly_closed("a", MINUTE, later)
    assert closed is not None
    assert (closed.opens, closed.close) == (at(0), D(100))
    assert klines.newly_closed("a", MINUTE, later) is None


def test_volume_that_no_trade_told_is_counted_where_it_is_told() -> None:
    klines = Klines()
    klines.credit(D(7))  # before any price there is no minute to count it in
    klines.see(at(0), D(100))
    klines.credit(D(2))
    (only,) = klines.of(MINUTE, Instant(0), EVER, 10, newest=True)
    assert (only.volume, only.turnover, only.bought) == (D(2), D(200), D(1))
