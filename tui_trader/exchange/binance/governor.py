"""The weight governor: what Binance counts of our requests, and who may still send one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto

from tui_trader.core.clock import Clock, Instant, elapsed, later


class Urgency(Enum):
    """Who asks."""

    ROUTINE = auto()
    """New risk, market data, bookkeeping: kept below the reserve."""
    VITAL = auto()
    """Exits, protection, cancels, and the questions that settle an order: may use the reserve."""


class Limit(Enum):
    """What is counted, named as exchangeInfo names it: kind, interval, number of intervals."""

    WEIGHT = ("REQUEST_WEIGHT", "MINUTE", 1)
    ORDERS_10S = ("ORDERS", "SECOND", 10)
    ORDERS_1M = ("ORDERS", "MINUTE", 1)


RESERVE = Decimal("0.3")
"""The fraction of each limit that is kept for what is vital."""

_WORST_PAUSE = 120.0
"""Seconds of silence after a ban that does not say how long it lasts: the shortest that Binance gives."""
_DEFAULT_PAUSE = 10.0
_HEADERS = {
    Limit.WEIGHT: "X-MBX-USED-WEIGHT-1M",
    Limit.ORDERS_10S: "X-MBX-ORDER-COUNT-10S",
    Limit.ORDERS_1M: "X-MBX-ORDER-COUNT-1M",
}


@dataclass(slots=True)
class _Meter:
    """One limit: the exchange's last word on what is used, and what we have sent since."""

    limit: int
    seconds: float
    used: int = 0
    heard: Instant = field(default=Instant(0))

    def level(self, now: Instant) -> int:
        """What may be used of the running interval; nothing that is older than an interval counts."""
        return self.used if elapsed(self.heard, now) < self.seconds else 0

    def add(self, amount: int, now: Instant) -> None:
        """Count what goes out; the exchange's next word replaces it."""
        self.used = self.level(now) + amount
        self.heard = now


class Governor:
    """Admits requests. The figures are Binance's production limits until `set_limit` says what this exchange has."""

    def __init__(self, clock: Clock) -> None:
        """Intervals and pauses are counted on `clock`."""
        self._clock = clock
        self._meters = {
            Limit.WEIGHT: _Meter(2400, 60.0),
            Limit.ORDERS_10S: _Meter(300, 10.0),
            Limit.ORDERS_1M: _Meter(1200, 60.0),
        }
        self._paused_until = Instant(0)
        self.is_banned = False
        """Whether the pause is a ban (418): a person should know."""

    def set_limit(self, limit: Limit, most: int) -> None:
        """What the exchange allows in one interval."""
        self._meters[limit].limit = most

    def refusal(self, urgency: Urgency, *, weight: int, orders: int = 0) -> str:
        """Why this request must not go out now; empty where it may, and then it is counted."""
        now = self._clock.now()
        if now < self._paused_until:
            why = "banned by Binance (418)" if self.is_banned else "asked by Binance to pause (429)"
            return f"{why} for {elapsed(now, self._paused_until):.0f} s more"
        self.is_banned = False
        costs = {Limit.WEIGHT: weight, Limit.ORDERS_10S: orders, Limit.ORDERS_1M: orders}
        for limit, cost in costs.items():
            meter = self._meters[limit]
            most = meter.limit if urgency is Urgency.VITAL else meter.limit * (1 - RESERVE)
            if cost and meter.level(now) + cost > most:
                return f"the exchange's limit {limit.name} is nearly used up ({meter.level(now)} of {meter.limit})"
        for limit, cost in costs.items():
            if cost:
                self._meters[limit].add(cost, now)
        return ""

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """Take in what an answer says of our use; 429 and 418 begin a pause, for everyone."""
        now = self._clock.now()
        for limit, name in _HEADERS.items():
            used = _whole(headers.get(name))
            if used is not None:
                self._meters[limit].used, self._meters[limit].heard = used, now
        if status in (418, 429):
            self.is_banned = status == 418
            least = _WORST_PAUSE if self.is_banned else _DEFAULT_PAUSE
            pause = _whole(headers.get("Retry-After"))
            self._paused_until = max(self._paused_until, later(now, least if pause is None else float(pause)))


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
