"""Incremental indicators equal the textbook's values computed anew from all figures."""

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.market.indicators import Atr, Closes, Ema, RollingSum, RollingVolatility, Rsi

TOLERANCE = 1e-9
prices = st.floats(min_value=0.01, max_value=1e5, allow_nan=False, allow_subnormal=False)
series = st.lists(prices, max_size=80)
periods = st.integers(min_value=1, max_value=20)


def batch_ema(figures: Sequence[float], period: int) -> float | None:
    if len(figures) < period:
        return None
    weight = 2 / (period + 1)
    value = math.fsum(figures[:period]) / period
    for figure in figures[period:]:
        value = weight * figure + (1 - weight) * value
    return value


def batch_wilder(figures: Sequence[float], period: int) -> float | None:
    if len(figures) < period:
        return None
    value = math.fsum(figures[:period]) / period
    for figure in figures[period:]:
        value = (value * (period - 1) + figure) / period
    return value


def batch_rsi(closes: Sequence[float], period: int) -> float | None:
    changes = [after - before for before, after in pairwise(closes)]
    gain = batch_wilder([max(change, 0.0) for change in changes], period)
    loss = batch_wilder([max(-change, 0.0) for change in changes], period)
    if gain is None or loss is None:
        return None
    if loss == 0:
        return 50.0 if gain == 0 else 100.0
    return 100 - 100 / (1 + gain / loss)


def batch_atr(candles: Sequence[tuple[float, float, float]], period: int) -> float | None:
    if not candles:
        return None
    ranges = [candles[0][0] - candles[0][1]]
    for (_, _, before), (high, low, _) in pairwise(candles):
        ranges.append(max(high, before) - min(low, before))
    return batch_wilder(ranges, period)


def batch_volatility(closes: Sequence[float], window: int) -> float | None:
    returns = [math.log(after / before) for before, after in pairwise(closes)]
    return statistics.stdev(returns[-window:]) if len(returns) >= window else None


def close_to(value: float | None, expected: float | None) -> bool:
    if value is None or expected is None:
        return value is expected
    return math.isclose(value, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


@given(series, periods)
def test_ema(figures: list[float], period: int) -> None:
    ema = Ema(period)
    for count, figure in enumerate(figures, start=1):
        ema.add(figure)
        assert close_to(ema.value, batch_ema(figures[:count], period))


@given(series, periods)
def test_rsi(closes: list[float], period: int) -> None:
    rsi = Rsi(period)
    for count, close in enumerate(closes, start=1):
        rsi.add(close)
        expected = batch_rsi(closes[:count], period)
        assert close_to(rsi.value, expected)
        assert rsi.value is None or 0 <= rsi.value <= 100


@given(st.lists(st.tuples(prices, prices, prices).map(sorted), max_size=60), periods)
def test_atr(drawn: list[list[float]], period: int) -> None:
    candles = [(high, low, close) for low, close, high in drawn]
    atr = Atr(period)
    for count, (high, low, close) in enumerate(candles, start=1):
        atr.add(high, low, close)
        assert close_to(atr.value, batch_atr(candles[:count], period))


@given(series, st.integers(min_value=2, max_value=20))
def test_volatility(closes: list[float], window: int) -> None:
    volatility = RollingVolatility(window)
    for count, close in enumerate(closes, start=1):
        volatility.add(close)
        assert close_to(volatility.value, batch_volatility(closes[:count], window))


def test_volatility_of_prices_that_stand_still_is_exactly_zero_even_after_a_storm() -> None:
    volatility = RollingVolatility(5)
    for close in [1e-6, 1e9, 1e-3, *[42.0] * 6]:
        volatility.add(close)
    assert volatility.value == 0.0


def test_volatility_and_sums_do_not_drift_in_long_runs() -> None:
    chance = Random(1)
    volatility, total = RollingVolatility(60), RollingSum(60)
    closes: list[float] = []
    volumes: list[float] = []
    price = 95_000.0
    for number in range(200_000):
        price *= math.exp(chance.gauss(0, 0.5 if number % 50_000 == 7 else 0.0005))
        volume = chance.expovariate(1) * (1e9 if number % 10_000 == 3 else 1)
        closes.append(price)
        volumes.append(volume)
        volatility.add(price)
        total.add(volume)
    expected = batch_volatility(closes[-61:], 60)
    assert volatility.value is not None
    assert expected is not None
    assert total.value is not None
    assert math.isclose(volatility.value, expected, rel_tol=TOLERANCE)
    assert math.isclose(total.value, math.fsum(volumes[-60:]), rel_tol=1e-15)


@given(st.lists(st.floats(min_value=0, max_value=1e12, allow_subnormal=False), max_size=60), periods)
def test_rolling_sum(figures: list[float], window: int) -> None:
    total = RollingSum(window)
    for count, figure in enumerate(figures, start=1):
        total.add(figure)
        expected = math.fsum(figures[max(0, count - window) : count]) if count >= window else None
        assert close_to(total.value, expected)


@given(st.lists(prices, max_size=50), st.integers(min_value=1, max_value=20))
def test_change_is_the_last_close_against_the_one_so_many_steps_earlier(closes: list[float], steps: int) -> None:
    kept = Closes(20)
    for close in closes:
        kept.add(close)
    expected = (closes[-1] - closes[-1 - steps]) / closes[-1 - steps] if len(closes) > steps else None
    assert close_to(kept.change(steps), expected)


@pytest.mark.parametrize(
    ("closes", "expected"),
    [([1.0, 2, 3, 4], 100.0), ([4.0, 3, 2, 1], 0.0), ([2.0, 2, 2, 2], 50.0), ([1.0, 2, 1, 2], 200 / 3)],
)
def test_rsi_at_its_ends(closes: list[float], expected: float) -> None:
    rsi = Rsi(3)
    for close in closes:
        rsi.add(close)
    assert rsi.value == pytest.approx(expected)


def test_rsi_of_a_published_example() -> None:
    """The worked example of RSI(14) in StockCharts' ChartSchool, whose table begins with 70.53 and 66.32."""
    closes = [
        44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328,
        45.6140, 46.2820, 46.2820, 46.0028,
    ]  # fmt: skip
    rsi = Rsi(14)
    values = []
    for close in closes:
        rsi.add(close)
        values.append(rsi.value)
    assert values[13] is None
    assert values[14] == pytest.approx(70.53, abs=0.01)
    assert values[15] == pytest.approx(66.32, abs=0.01)
