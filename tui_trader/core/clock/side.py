"""The side loop: an ordinary real-time loop in a thread of its own, for real I/O while paced time stands still."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

_PATIENCE = 2.0
"""Real seconds that closing waits for calls to clean up after themselves."""


class SideLoop:
    """Started when first needed; all calls share one loop, so that clients live on from call to call."""

    def __init__(self) -> None:
        """Starts nothing yet."""
        self._running: tuple[threading.Thread, asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def submit(self, call: Callable[[], Coroutine[Any, Any, T]], deadline: float) -> "asyncio.Future[T]":
        """The future answer, for the loop that is running here; TimeoutError after `deadline` seconds.

        Cancelling it cancels the call.
        """
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_within(call, deadline), self._started()))

    def close(self) -> None:
        """Cancels the calls that still run, lets them clean up, and ends the thread."""
        if self._running is None:
            return
        thread, loop, stop = self._running
        self._running = None
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=_PATIENCE)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._running is None:
            started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
            thread = threading.Thread(
                target=lambda: asyncio.run(_serve(started)), name="real-time side loop", daemon=True
            )
            thread.start()
            loop, stop = started.result()
            self._running = (thread, loop, stop)
        return self._running[1]


async def _serve(started: "Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
    stop = asyncio.Event()
    started.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()


async def _within(call: Callable[[], Coroutine[Any, Any, T]], deadline: float) -> T:
    async with asyncio.timeout(deadline):
        return await call()
