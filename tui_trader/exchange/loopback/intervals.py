"""The lengths of klines: when each begins and ends. Weeks begin on Monday, months on their first day, all in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from tui_trader.core.clock import NANOSECONDS, Instant

MINUTE_NS = 60 * NANOSECONDS

_DAY = 1440
_WEEK = 7 * _DAY
_MONDAY = 4 * _DAY
"""Minutes from Thursday, 1970-01-01, to the first Monday."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of klines. `minutes` is None for the months of the calendar."""

    name: str
    minutes: int | None

    def opening(self, time: Instant) -> Instant:
        """When the kline that holds this time begins."""
        if self.minutes is None:
            return _month(time, later=0)
        offset = _MONDAY * MINUTE_NS if self.minutes == _WEEK else 0
        return Instant(time - (time - offset) % (self.minutes * MINUTE_NS))

    def closing(self, opens: Instant) -> Instant:
        """The first instant after the kline that begins then."""
        return _month(opens, later=1) if self.minutes is None else Instant(opens + self.minutes * MINUTE_NS)

    def back(self, opens: Instant, count: int) -> Instant:
        """The beginning of the kline that lies `count` before the one that begins then."""
        if self.minutes is None:
            return _month(opens, later=-count)
        return Instant(opens - count * self.minutes * MINUTE_NS)


def _month(time: Instant, *, later: int) -> Instant:
    """The first moment of the time's month, or of a `later` one; none before 1970."""
    moment = datetime.fromtimestamp(time // NANOSECONDS, UTC)
    years, month = divmod(moment.year * 12 + moment.month - 1 + later, 12)
    if years < 1970:
        return Instant(0)
    return Instant(round(datetime(years, month + 1, 1, tzinfo=UTC).timestamp()) * NANOSECONDS)


MINUTE = Interval("1m", 1)
INTERVALS = MappingProxyType(
    {
        interval.name: interval
        for interval in (
            MINUTE,
            *(Interval(f"{count}m", count) for count in (3, 5, 15, 30)),
            *(Interval(f"{count}h", count * 60) for count in (1, 2, 4, 6, 8, 12)),
            *(Interval(f"{count}d", count * _DAY) for count in (1, 3)),
            Interval("1w", _WEEK),
            Interval("1M", None),
        )
    }
)
"""All that are served, by name."""
