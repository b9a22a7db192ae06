"""The clock: what time it is for the engine, and how to wait."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from tui_trader.core.clock.instant import NANOSECONDS, Instant
from tui_trader.core.clock.loop import PacedLoop

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
        """The result of real I/O, within `deadline` real seconds at any pace. Raises TimeoutError.

        Where the engine's time is not the machine's, it stands still during the call and then advances by the
        call's measured duration.
        """
        ...


class WallClock:
    """The machine's time, on whatever loop runs."""

    def now(self) -> Instant:
        """The machine's time."""
        return Instant(time.time_ns())

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, instant: Instant) -> None:
        """Wait in steps of at most a minute, since the machine's time may be set meanwhile."""
        while (left := (instant - self.now()) / NANOSECONDS) > 0:
            await asyncio.sleep(min(left, 60.0))

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
        self._side = _SideLoop()

    def now(self) -> Instant:
        """Epoch plus the loop's time."""
        return Instant(self._epoch + round(self._loop.time() * NANOSECONDS))

    async def sleep(self, seconds: float) -> None:
        """Wait on the paced loop."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, instant: Instant) -> None:
        """Wait on the paced loop, exactly until `instant`."""
        if instant <= self.now():
            return
        woken: asyncio.Future[None] = self._loop.create_future()
        timer = self._loop.call_at((instant - self._epoch) / NANOSECONDS, _wake, woken)
        try:
            await woken
        finally:
            timer.cancel()

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        """At real pace here; else on a real-time side loop while this loop's time stands still."""
        if self._loop.pace == 1.0:
            async with asyncio.timeout(deadline):
                return await call()
        began = time.monotonic()
        try:
            with self._loop.held():
                return await self._side.run(call, deadline)
        finally:
            await asyncio.sleep(time.monotonic() - began)

    def close(self) -> None:
        """Ends the side loop, if one was needed."""
        self._side.close()


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class _SideLoop:
    """A real-time loop in a thread of its own, started when first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[[], Coroutine[Any, Any, T]], deadline: float) -> T:
        future = asyncio.run_coroutine_threadsafe(_within(call, deadline), self._started())
        return await asyncio.wrap_future(future)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="real-time side loop", daemon=True)
            self._thread.start()
        return self._loop

    def close(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=2.0)
            if not self._thread.is_alive():
                self._loop.close()
            self._loop = None


async def _within(call: Callable[[], Awaitable[T]], deadline: float) -> T:
    async with asyncio.timeout(deadline):
        return await call()
