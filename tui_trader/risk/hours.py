"""Trading hours: the windows of a day, in UTC, within which new risk may be taken."""

import re
from dataclasses import dataclass
from typing import TypeAlias

from tui_trader.core.clock import MINUTE, Instant, elapsed, start_of_day
from tui_trader.risk.written import wrong

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
_MINUTES = 1_440
"""Of a day."""
_MOST = 12


@dataclass(frozen=True, slots=True)
class Window:
    """From `begins` up to and without `ends`, in minutes of the UTC day; one that ends first goes past midnight."""

    begins: int
    ends: int

    def __contains__(self, minute: int) -> bool:
        """Whether the minute of the day lies in it."""
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends

    def __str__(self) -> str:
        """As a policy writes it."""
        return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.begins, self.ends))


TradingHours: TypeAlias = tuple[Window, ...]
"""One window at least; new risk is taken in any of them."""


def read_hours(value: object) -> TradingHours | None:
    """The windows from a list of texts like `08:00-16:30`; None stays None. Raises PydanticCustomError."""
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not 0 < len(value) <= _MOST:
        raise _refusal()
    return tuple(each if isinstance(each, Window) else _window(each) for each in value)


def _window(value: object) -> Window:
    found = _WINDOW.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _refusal()
    begins, ends = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if ends > _MINUTES or begins == ends:
        raise _refusal()
    return Window(begins, ends)


def _refusal() -> Exception:
    return wrong(f"a list of one to {_MOST} windows in UTC, like [08:00-16:30, 22:00-02:00]")


def hours_written(hours: TradingHours | None) -> list[str] | None:
    """As a policy writes them."""
    return None if hours is None else [str(window) for window in hours]


def is_within(hours: TradingHours | None, now: Instant) -> bool:
    """Whether new risk may be taken at this instant; without hours it may at any."""
    return hours is None or any(_minute_of(now) in window for window in hours)


def minutes_of(hours: TradingHours) -> frozenset[int]:
    """The minutes of the day that they hold."""
    return frozenset(minute for minute in range(_MINUTES) if any(minute in window for window in hours))


def _minute_of(now: Instant) -> int:
    return int(elapsed(start_of_day(now), now) // MINUTE)
