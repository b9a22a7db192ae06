"""What losses are measured from: the equity the day began with, and the highest there was."""

from dataclasses import dataclass, replace

from tui_trader.core.clock import Instant, elapsed, start_of_day
from tui_trader.core.money import Money

CARRY_WITHIN = 3_600.0
"""Seconds before midnight within which a mark of equity still stands for the equity at 00:00 UTC."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Equity at one instant, moved by what the owner transferred since."""

    equity: Money
    at: Instant

    def transferred(self, amount: Money, time: Instant) -> "Mark":
        """With a transfer; one that is not later than the mark is in its figure already."""
        return self if time <= self.at else replace(self, equity=self.equity + amount)


@dataclass(frozen=True, slots=True)
class Baselines:
    """The marks of the day, of the losses that count, and of the peak. None where nothing was marked yet.

    `day` is the equity at 00:00 UTC, or the first after it; `counted` is the same, until a resume moves it to where
    it went on; `last` is the latest mark of all.
    """

    day: Mark | None = None
    counted: Mark | None = None
    peak: Mark | None = None
    last: Mark | None = None

    def rolled(self, now: Instant) -> "Baselines":
        """As they stand at `now`: at a new day the day's marks begin anew, from the last mark if it is fresh enough.

        A last mark that is older says nothing of midnight: then the day begins with the first mark after it.
        """
        midnight = start_of_day(now)
        if self.last is None or start_of_day(self.last.at) == midnight:
            return self
        carried = self.last if 0 <= elapsed(self.last.at, midnight) <= CARRY_WITHIN else None
        return replace(self, day=carried, counted=carried)

    def marked(self, equity: Money, at: Instant) -> "Baselines":
        """With a mark of equity."""
        mark = Mark(equity, at)
        rolled = self.rolled(at)
        return Baselines(
            day=rolled.day or mark,
            counted=rolled.counted or mark,
            peak=mark if rolled.peak is None or equity > rolled.peak.equity else rolled.peak,
            last=mark,
        )

    def transferred(self, amount: Money, time: Instant) -> "Baselines":
        """With a transfer, positive when money came in: it is neither profit nor loss, so every mark moves."""
        day, counted, peak, last = (
            mark.transferred(amount, time) if mark else None for mark in (self.day, self.counted, self.peak, self.last)
        )
        return Baselines(day, counted, peak, last)

    def resumed(self, equity: Money, at: Instant) -> "Baselines":
        """With the baseline of a resume: losses and drawdown count from here; the day's P&L still from its start."""
        mark = Mark(equity, at)
        return replace(self.marked(equity, at), counted=mark, peak=mark)
