"""The rhythm: one decision an interval, never two at once, and one at once when asked."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from tui_trader.core.clock import NANOSECONDS, Clock, Instant, elapsed, later

_HOUR = 3_600.0
_AFTER_THE_BOUNDARY = 0.2
"""Seconds by which a decision follows the interval's boundary, so that the candle which closed there is in."""


class Schedule:
    """Calls `decide` on the boundaries of the interval, and early when asked to."""

    def __init__(
        self,
        clock: Clock,
        *,
        interval: Callable[[], float],
        decide: Callable[[int], Awaitable[object]],
        first_cycle: int,
    ) -> None:
        """`interval` in seconds is asked each time, since the policy may change."""
        self._clock = clock
        self._interval = interval
        self._decide = decide
        self._cycle = first_cycle
        self._began: Instant | None = None
        self._early: deque[Instant] = deque()
        self._asked = asyncio.Event()
        self._stopping = asyncio.Event()
        self.next_at: Instant | None = None
        self.is_deciding = False

    @property
    def last_cycle(self) -> int:
        """The number of the last cycle that began."""
        return self._cycle - 1

    @property
    def is_stopping(self) -> bool:
        """Whether no further cycle will begin."""
        return self._stopping.is_set()

    def decide_now(self) -> None:
        """Do not wait; while a decision runs, one more follows it."""
        self._asked.set()

    def decide_early(self, *, spacing: float, per_hour: int) -> bool:
        """Do not wait, unless a decision runs, one began less than `spacing` seconds ago, or the hour's are used up.

        Whether it was accepted. What happens while a decision runs is seen at the next one.
        """
        now = self._clock.now()
        while self._early and elapsed(self._early[0], now) >= _HOUR:
            self._early.popleft()
        too_soon = self._began is None or elapsed(self._began, now) < spacing
        if too_soon or self.is_deciding or self._asked.is_set() or len(self._early) >= per_hour:
            return False
        self._early.append(now)
        self._asked.set()
        return True

    def stop(self) -> None:
        """No further cycle; the one that runs is finished."""
        self._stopping.set()
        self._asked.set()

    async def run(self, cycles: int | None) -> None:
        """Decide until stopped, or `cycles` times."""
        done = 0
        while (cycles is None or done < cycles) and not self._stopping.is_set():
            await self._wait()
            if self._stopping.is_set():
                return
            await self._one()
            done += 1

    async def _one(self) -> None:
        self._asked.clear()
        self.is_deciding = True
        self._began = self._clock.now()
        try:
            number, self._cycle = self._cycle, self._cycle + 1
            await self._decide(number)
        finally:
            self.is_deciding = False

    async def _wait(self) -> None:
        self.next_at = self._next(self._clock.now())
        timer = asyncio.ensure_future(self._clock.sleep_until(self.next_at))
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({timer, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            asked.cancel()

    def _next(self, now: Instant) -> Instant:
        """The first boundary of the interval that lies ahead, and a moment more."""
        step = round(self._interval() * NANOSECONDS)
        boundary = Instant(now - now % step)
        candidate = later(boundary, _AFTER_THE_BOUNDARY)
        return candidate if candidate > now else later(Instant(boundary + step), _AFTER_THE_BOUNDARY)
