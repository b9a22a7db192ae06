"""From prices to lines of the screen: the range that a picture shows, its ticks, and where a price stands in it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LEAST_SPREAD = 1e-4
"""A market that does not move is shown as if it had moved by this fraction, so that a tick is not a cliff."""
_WIDEN_AT_MOST = 2.0
"""Lines beside the bars may make the range this many times as wide; what lies farther off is only pointed at."""


@dataclass(frozen=True, slots=True)
class PriceScale:
    """`rows` lines from `high` (top edge) to `low` (bottom edge); each line has an upper and a lower half."""

    low: float
    high: float
    rows: int

    def half_row(self, price: float) -> int:
        """The half line in which this price stands, counted from the top; beyond the edges the nearest one."""
        halves = self.rows * 2
        share = (self.high - price) / (self.high - self.low)
        return min(halves - 1, max(0, int(share * halves)))

    def row(self, price: float) -> int:
        """The line in which this price stands."""
        return self.half_row(price) // 2

    def holds(self, price: float) -> bool:
        """Whether the price is within the picture."""
        return self.low <= price <= self.high

    def ticks(self, every: int) -> tuple[float, ...]:
        """Round prices, at least `every` lines apart, from high to low."""
        step = nice_step((self.high - self.low) / self.rows * every)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return tuple(index * step for index in range(last, first - 1, -1))


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in _STEPS if power * step >= least * (1 - 1e-9))


def scale_for(extremes: Sequence[float], beside: Iterable[float], rows: int) -> PriceScale | None:
    """The scale that holds all of `extremes`, and of `beside` what is near enough; None without any extreme."""
    if not extremes or rows <= 0:
        return None
    low, high = min(extremes), max(extremes)
    if high - low < abs(high) * _LEAST_SPREAD or high == low:
        half = max(abs(high) * _LEAST_SPREAD, 1e-12) / 2
        low, high = low - half, high + half
    widest = (high - low) * _WIDEN_AT_MOST
    for price in sorted(beside, key=lambda price: max(low - price, price - high, 0.0)):
        wider_low, wider_high = min(low, price), max(high, price)
        if wider_high - wider_low <= widest:
            low, high = wider_low, wider_high
    margin = (high - low) / (rows * 2)
    return PriceScale(low - margin, high + margin, rows)
