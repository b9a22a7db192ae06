"""Points in time: whole nanoseconds since 1970-01-01T00:00Z, and their text."""

from datetime import UTC, datetime, timedelta
from typing import NewType

Instant = NewType("Instant", int)
"""Nanoseconds since the epoch, UTC."""

NANOSECONDS = 1_000_000_000
"""Nanoseconds in a second."""
SECOND = 1.0
MINUTE = 60.0
DAY = 86_400.0
"""Durations are float seconds."""

_MILLISECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def later(instant: Instant, seconds: float) -> Instant:
    """The instant `seconds` after (before, if negative) the given one."""
    return Instant(instant + round(seconds * NANOSECONDS))


def elapsed(since: Instant, until: Instant) -> float:
    """Seconds from `since` to `until`."""
    return (until - since) / NANOSECONDS


def from_milliseconds(milliseconds: int) -> Instant:
    """The instant that Binance writes as `milliseconds`."""
    return Instant(milliseconds * _MILLISECOND)


def to_milliseconds(instant: Instant) -> int:
    """The instant as Binance writes it, rounded down."""
    return instant // _MILLISECOND


def start_of_day(instant: Instant) -> Instant:
    """00:00 UTC of the instant's day."""
    return Instant(instant - instant % (86_400 * NANOSECONDS))


def text(instant: Instant) -> str:
    """ISO 8601 in UTC with milliseconds: `2025-05-05T00:01:00.000Z`."""
    moment = datetime.fromtimestamp(instant // NANOSECONDS, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % NANOSECONDS // _MILLISECOND:03d}Z"


def from_text(iso: str) -> Instant:
    """The instant of an ISO 8601 text; without an offset it is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(iso)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Instant((aware - _EPOCH) // timedelta(microseconds=1) * 1_000)
