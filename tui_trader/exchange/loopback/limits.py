"""How much may be asked: weight by the minute, orders by ten seconds and by the minute, and what comes of too much."""

from dataclasses import dataclass, field

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.exchange.loopback.options import Limits
from tui_trader.exchange.loopback.refusals import Refusal, refuse

_MINUTE = 60 * NANOSECONDS
_TEN_SECONDS = 10 * NANOSECONDS


class Overloaded(Exception):
    """Too much was asked: the refusal, and after how many seconds to come again."""

    def __init__(self, refusal: Refusal, retry_after: int) -> None:
        """`retry_after` in whole seconds."""
        self.refusal = refusal
        self.retry_after = retry_after
        super().__init__(str(refusal))


@dataclass(slots=True)
class _Window:
    """A count that begins anew with each period of the clock."""

    length: int
    used: int = 0
    period: int = -1

    def at(self, now: Instant) -> int:
        if now // self.length != self.period:
            self.period, self.used = now // self.length, 0
        return self.used

    def left(self, now: Instant) -> int:
        """Whole seconds until it begins anew, at least one."""
        return max(1, -(-(self.length - now % self.length) // NANOSECONDS))


@dataclass(slots=True)
class Meter:
    """Counts what one client uses; there is one client's address, and one account."""

    limits: Limits
    _weight: _Window = field(default_factory=lambda: _Window(_MINUTE))
    _orders_10s: _Window = field(default_factory=lambda: _Window(_TEN_SECONDS))
    _orders_1m: _Window = field(default_factory=lambda: _Window(_MINUTE))
    _beyond: int = 0
    _banned_until: Instant = Instant(0)  # noqa: RUF009 - a NewType of int: nothing is shared

    def charge(self, weight: int, now: Instant) -> None:
        """Take the weight of a request. Raises Overloaded: 429, and after it was ignored often enough 418."""
        if now < self._banned_until:
            raise self._ban(now)
        if self._weight.at(now) + weight > self.limits.weight_a_minute:
            self._beyond += 1
            if self._beyond > self.limits.patience:
                self._banned_until = Instant(now + self.limits.ban_seconds * NANOSECONDS)
                self._beyond = 0
                raise self._ban(now)
            refusal = refuse(-1003, self.limits.weight_a_minute, status=429)
            raise Overloaded(refusal, self._weight.left(now))
        if weight:
            self._beyond = 0
        self._weight.used += weight

    def charge_orders(self, count_10s: int, count_1m: int, now: Instant) -> None:
        """Take so many orders. Raises Overloaded (-1015)."""
        for window, count, most, named in (
            (self._orders_10s, count_10s, self.limits.orders_10s, "10 SECOND"),
            (self._orders_1m, count_1m, self.limits.orders_1m, "1 MINUTE"),
        ):
            if window.at(now) + count > most:
                raise Overloaded(refuse(-1015, most, named, status=429), window.left(now))
        self._orders_10s.used += count_10s
        self._orders_1m.used += count_1m

    def headers(self, now: Instant, *, with_orders: bool) -> dict[str, str]:
        """What every answer says of it."""
        told = {"X-MBX-USED-WEIGHT-1M": str(self._weight.at(now))}
        if with_orders:
            told["X-MBX-ORDER-COUNT-10S"] = str(self._orders_10s.at(now))
            told["X-MBX-ORDER-COUNT-1M"] = str(self._orders_1m.at(now))
        return told

    def _ban(self, now: Instant) -> Overloaded:
        until = self._banned_until // 1_000_000
        text = (
            f"Way too many requests; IP banned until {until}. Please use the websocket for live updates to avoid bans."
        )
        seconds = max(1, -(-(self._banned_until - now) // NANOSECONDS))
        return Overloaded(Refusal(-1003, text, status=418), seconds)
