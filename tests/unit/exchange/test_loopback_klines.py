"""Klines of the loopback exchange: minutes as they are told, longer intervals made of them."""

from decimal import Decimal

import pytest

from tests.unit.exchange.bench import BTC
from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.core.market import Candle
from tui_trader.exchange.loopback.klines import KEPT, MINUTE_NS, Klines

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
    first, second = klines.of(1, Instant(0), EVER, 10, newest=True)
    assert (first.open, first.high, first.low, first.close) == (D(100), D(105), D(95), D(95))
    assert (first.volume, first.bought, first.turnover, first.trades) == (D(3), D(2), D(305), 2)
    assert (second.opens, second.open) == (at(1), D(96))


def test_a_minute_without_news_repeats_the_last_close() -> None:
    klines = Klines()
    klines.see(at(0), D(100))
    klines.see(at(3.5), D(110))
    assert [(k.opens, k.open, k.close) for k in klines.of(1, Instant(0), EVER, 10, newest=True)] == [
        (at(0), D(100), D(100)),
        (at(1), D(100), D(100)),
        (at(2), D(100), D(100)),
        (at(3), D(110), D(110)),
    ]


@pytest.mark.parametrize(("minutes", "opens"), [(5, 0), (60, 0), (10_080, 0)])
def test_longer_klines_join_the_minutes_that_belong_to_them(minutes: int, opens: int) -> None:
    klines = Klines()
    for minute in range(7):
        klines.trade(at(minute), D(100 + minute), D(1), bought=True)
    first = klines.of(minutes, Instant(0), EVER, 10, newest=False)[0]
    count = min(minutes, 7)
    assert (first.opens, first.open, first.close, first.volume) == (at(opens), D(100), D(99 + count), D(count))


def test_the_past_comes_before_what_was_told_already() -> None:
    klines = Klines()
    past = [Candle(BTC, Instant(at(n) - 1000), 60, D(1), D(2), D(1), D(2), D(4)) for n in range(-3, 0)]
    klines.remember(lambda: past, 1000)
    klines.see(at(0), D(5))
    assert [k.opens for k in klines.of(1, Instant(0), EVER, 10, newest=True)] == [at(n) for n in range(-3, 1)]
    day = klines.day()
    assert day is not None
    assert (day.open, day.high, day.close, day.volume) == (D(1), D(5), D(5), D(12))


def test_no_more_than_is_kept_is_made_up() -> None:
    klines = Klines()
    klines.see(at(0), D(100))
    klines.see(at(10 * KEPT), D(101))
    assert len(klines.of(1, Instant(0), EVER, 100_000, newest=True)) <= KEPT + 1


def test_a_close_is_told_once_to_each_stream() -> None:
    klines = Klines()
    klines.see(at(0), D(100))
    current = klines.last(1)
    assert current is not None
    assert klines.newly_closed("a", current) is None
    klines.see(at(1), D(101))
    later = klines.last(1)
    assert later is not None
    closed = klines.newly_closed("a", later)
    assert closed is not None
    assert (closed.opens, closed.close) == (at(0), D(100))
    assert klines.newly_closed("a", later) is None


def test_volume_that_no_trade_told_is_counted_where_it_is_told() -> None:
    klines = Klines()
    klines.credit(D(7))  # before any price there is no minute to count it in
    klines.see(at(0), D(100))
    klines.credit(D(2))
    (only,) = klines.of(1, Instant(0), EVER, 10, newest=True)
    assert (only.volume, only.turnover, only.bought) == (D(2), D(200), D(1))
