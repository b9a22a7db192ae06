"""Incremental indicators: each takes one figure at a time in constant time and gives None until it has enough.

Floats: they inform decisions and never price an order. Formulas: J. W. Wilder, "New Concepts in Technical Trading
Systems" (1978), for RSI and ATR, with his smoothing (weight 1/period) and a plain mean as the first value.
"""

import math
from collections import deque


class Ema:
    """Exponential moving average, weight 2 / (period + 1); its first value is the mean of the first `period`."""

    __slots__ = ("_mean", "_weight")

    def __init__(self, period: int) -> None:
        """`period` counts figures, one or more."""
        self._weight = 2 / (period + 1)
        self._mean = _FirstMean(period)

    @property
    def value(self) -> float | None:
        """The average, in the unit of what was added."""
        return self._mean.value

    def add(self, figure: float) -> None:
        """Take the next figure in."""
        self._mean.add(figure, self._weight)


class Rsi:
    """Wilder's relative strength index of closes, 0 to 100; 50 where nothing moved at all."""

    __slots__ = ("_gain", "_last", "_loss", "_weight")

    def __init__(self, period: int) -> None:
        """`period` counts changes from close to close, one or more."""
        self._weight = 1 / period
        self._gain = _FirstMean(period)
        self._loss = _FirstMean(period)
        self._last: float | None = None

    @property
    def value(self) -> float | None:
        """100 x (mean gain / (mean gain + mean loss)), the same as 100 - 100 / (1 + gain / loss)."""
        gain, loss = self._gain.value, self._loss.value
        if gain is None or loss is None:
            return None
        return 100 * (gain / (gain + loss)) if gain + loss else 50.0

    def add(self, close: float) -> None:
        """Take the next close in."""
        if self._last is not None:
            change = close - self._last
            self._gain.add(max(change, 0.0), self._weight)
            self._loss.add(max(-change, 0.0), self._weight)
        self._last = close


class Atr:
    """Wilder's average true range, in the unit of the price."""

    __slots__ = ("_close", "_mean", "_weight")

    def __init__(self, period: int) -> None:
        """`period` counts candles, one or more."""
        self._weight = 1 / period
        self._mean = _FirstMean(period)
        self._close: float | None = None

    @property
    def value(self) -> float | None:
        """The average range, gaps between candles included."""
        return self._mean.value

    def add(self, high: float, low: float, close: float) -> None:
        """Take the next candle in. The first has no close before it: its range is high - low."""
        span = high - low
        if self._close is not None:
            span = max(span, abs(high - self._close), abs(low - self._close))
        self._mean.add(span, self._weight)
        self._close = close


class RollingVolatility:
    """Realised volatility: the sample standard deviation (n - 1) of the last `window` log returns of closes.

    A fraction per step of the closes, not annualised.
    """

    __slots__ = ("_last", "_squares", "_sum", "_window")

    def __init__(self, window: int) -> None:
        """`window` counts returns, two or more."""
        self._window = window
        self._sum = RollingSum(window)
        self._squares = RollingSum(window)
        self._last: float | None = None

    @property
    def value(self) -> float | None:
        """The standard deviation; None until there are `window` returns."""
        if not self._sum.is_full:
            return None
        window = self._window
        # In whole units nothing is lost by the subtraction, however small the variance is against the mean.
        spread = window * self._squares.units - self._sum.units**2
        return math.sqrt(spread / (window * (window - 1))) / _ONE

    def add(self, close: float) -> None:
        """Take the next close in; closes are above zero."""
        if self._last is not None:
            units = _units(math.log(close / self._last))
            self._sum.add_units(units)
            self._squares.add_units(units * units)
        self._last = close


class RollingSum:
    """The sum of the last `window` figures, kept in whole units of 2^-80: it does not drift in millions of updates."""

    __slots__ = ("_figures", "_window", "units")

    def __init__(self, window: int) -> None:
        """`window` counts figures, one or more."""
        self._window = window
        self._figures: deque[int] = deque()
        self.units = 0

    @property
    def is_full(self) -> bool:
        """Whether the window has been filled."""
        return len(self._figures) == self._window

    @property
    def value(self) -> float | None:
        """The sum; None until there are `window` figures."""
        return self.units / _ONE if self.is_full else None

    def add(self, figure: float) -> None:
        """Take the next figure in and let the oldest go."""
        self.add_units(_units(figure))

    def add_units(self, units: int) -> None:
        """As `add`, of a figure in units."""
        if self.is_full:
            self.units -= self._figures.popleft()
        self._figures.append(units)
        self.units += units


class Closes:
    """The last closes, for returns over windows up to `longest` steps."""

    __slots__ = ("_closes",)

    def __init__(self, longest: int) -> None:
        """`longest` is the widest window that will be asked for."""
        self._closes: deque[float] = deque(maxlen=longest + 1)

    def add(self, close: float) -> None:
        """Take the next close in."""
        self._closes.append(close)

    def change(self, steps: int) -> float | None:
        """The last close against the one `steps` earlier, as a fraction; None without one."""
        closes = self._closes
        if len(closes) <= steps:
            return None
        return closes[-1] / closes[len(closes) - 1 - steps] - 1


_ONE = 1 << 80


def _units(figure: float) -> int:
    return int(math.ldexp(figure, 80))


class _FirstMean:
    """An exponentially smoothed mean whose first value is the plain mean of the first `period` figures."""

    __slots__ = ("_count", "_period", "_total", "value")

    def __init__(self, period: int) -> None:
        self._period = period
        self._count = 0
        self._total = 0.0
        self.value: float | None = None

    def add(self, figure: float, weight: float) -> None:
        if self.value is not None:
            self.value += weight * (figure - self.value)
            return
        self._count += 1
        self._total += figure
        if self._count == self._period:
            self.value = self._total / self._period
