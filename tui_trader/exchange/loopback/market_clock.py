"""The clocks: the feed's, laid onto the machine's time and perhaps faster, and the server's."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tui_trader.core.clock import NANOSECONDS, Clock, Instant

T = TypeVar("T")


class MarketClock:
    """The feed's own time: `begins` at the moment of making, and from then on `scale` times as fast as `real`."""

    def __init__(self, real: Clock, begins: Instant, scale: float = 1.0) -> None:
        """Raises ValueError for a scale that is not positive."""
        if not scale > 0:
            raise ValueError(f"a time scale must be positive, not {scale}")
        self._real = real
        self._begins = begins
        self._since = real.now()
        self._scale = scale

    def now(self) -> Instant:
        """The market's time."""
        return Instant(self._begins + round((self._real.now() - self._since) * self._scale))

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of the market's time."""
        await self._real.sleep(seconds / self._scale)

    async def sleep_until(self, instant: Instant) -> None:
        """Wait until it is that time in the market."""
        while (left := instant - self.now()) > 0:
            await self._real.sleep(min(60.0, left / NANOSECONDS / self._scale))

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        """As on the real clock."""
        return await self._real.outside(call, deadline=deadline)


class ServerClock:
    """What the server says that it is: the real time, off by `skew_seconds` where a fault was asked for.

    Only what clients are told and measured by follows it; the books do not.
    """

    def __init__(self, real: Clock) -> None:
        """Right, until it is put wrong."""
        self.real = real
        self.skew_seconds = 0.0

    def now(self) -> Instant:
        """The time that clients are told."""
        return Instant(self.real.now() + round(self.skew_seconds * NANOSECONDS))
