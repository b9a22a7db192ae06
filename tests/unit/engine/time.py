"""Runs a scenario of the engine's parts in virtual time."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tui_trader.core.clock import Instant, LoopClock, PacedLoop, from_text

T = TypeVar("T")

NOON: Instant = from_text("2025-05-05T12:00:00Z")


def in_virtual_time(scenario: Callable[[LoopClock], Awaitable[T]], *, epoch: Instant = NOON) -> T:
    """The scenario's result; a scenario that waits for nothing fails at once."""
    loop = PacedLoop(math.inf, deadlock_is_error=True)

    async def main() -> T:
        clock = LoopClock(loop, epoch)
        try:
            return await scenario(clock)
        finally:
            clock.close()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main())
