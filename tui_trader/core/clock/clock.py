"""The clock: what time it is for the engine, and how to wait."""

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from tui_trader.core.clock.instant import NANOSECONDS, Instant, later
from tui_trader.core.clock.loop import PacedLoop
from tui_trader.core.clock.side import SideLoop

T = TypeVar("T")


class Clock(Protocol):
    """The engine's time. Market time and waiting follow it; it never goes back."""

    def now(self) -> Instant:
        """The engine's time."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of the engine's time."""
        ...

    async def sleep_until(self, instant: Instant) -> None:
        """Wait until the engine's time is `instant`; returns at once if it is past."""
        ...

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        """The result of real I/O, within `deadline` real seconds at any pace. Raises TimeoutError, or what it raised.

        Where the engine's time is not the machine's, the call runs on a loop of its own, the engine's time stands
        still during it and then advances by the call's measured duration. Who is cancelled meanwhile does not wait
        for that. All that the call touches must belong to calls alone: clients and locks are bound to their loop.
        """
        ...


class WallClock:
    """The machine's time, on whatever loop runs.

    When the machine's time is set back, this one goes on from where it was, at the usual rate: ages stay true.
    """

    def __init__(self) -> None:
        """Reads the machine's time."""
        self._latest = time.time_ns()
        self._read_at = time.monotonic_ns()

    def now(self) -> Instant:
        """The machine's time, or the last reading and what has passed since, whichever is later."""
        reading = time.time_ns()  # first: read after the other, a pause in between would be counted twice
        monotonic = time.monotonic_ns()
        self._latest = max(reading, self._latest + monotonic - self._read_at)
        self._read_at = monotonic
        return Instant(self._latest)

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, instant: Instant) -> None:
        """Wait in steps of at most a minute, since the machine's time may be set forward meanwhile."""
        left = (instant - self.now()) / NANOSECONDS
        while left > 0:
            await self.sleep(min(left, 60.0))
            left = (instant - self.now()) / NANOSECONDS

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        """Await the call here; time passes by itself."""
        async with asyncio.timeout(deadline):
            return await call()


class LoopClock:
    """The time of a `PacedLoop`, counted from an epoch: market time for recorded and synthetic markets."""

    def __init__(self, loop: PacedLoop, epoch: Instant) -> None:
        """`epoch` is the instant at which the loop's time was zero."""
        self._loop = loop
        self._epoch = epoch
        self._side = SideLoop()

    def now(self) -> Instant:
        """Epoch plus the loop's time."""
        return self._instant_at(self._loop.time())

    async def sleep(self, seconds: float) -> None:
        """Wait on the paced loop."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, instant: Instant) -> None:
        """Wait on the paced loop until `now` is `instant`: where time jumps, exactly that (for some weeks; later,
        the first moment after it that a float can tell).
        """
        while instant > self.now():
            woken: asyncio.Future[None] = self._loop.create_future()
            timer = self._loop.call_at(self._loop_time_of(instant), _wake, woken)
            try:
                await woken
            finally:
                timer.cancel()

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        """At real pace here; else on a real-time side loop while this loop's time stands still."""
        if self._loop.pace == 1.0:
            async with asyncio.timeout(deadline):
                return await call()
        began, asked = time.monotonic(), self.now()
        answer = self._side.submit(call, deadline)
        try:
            with self._loop.held():
                await asyncio.wait([answer])
            # To an instant, and not by a duration: whoever waits until the same instant is then at the same loop time.
            await self.sleep_until(later(asked, time.monotonic() - began))
        except asyncio.CancelledError:
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # it is not asked for any more; asyncio would complain that nobody looked
            raise
        return answer.result()

    def close(self) -> None:
        """Ends the side loop, if one was needed; calls that still run there are cancelled."""
        self._side.close()

    def _instant_at(self, loop_time: float) -> Instant:
        return Instant(self._epoch + round(loop_time * NANOSECONDS))

    def _loop_time_of(self, instant: Instant) -> float:
        """The first loop time at which `now` is not before `instant`."""
        loop_time = (instant - self._epoch) / NANOSECONDS
        while self._instant_at(loop_time) < instant:
            loop_time = math.nextafter(loop_time, math.inf)
        return loop_time


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
