"""Processes in one loop: each run of the engine is a life, which can end between any two steps without a farewell.

A crash drops what was not durable. Here the doors through which a life touches the world are sealed first (disk,
exchange, files: each asks `Life.alive`), and in the same instant all its tasks are cancelled: what their clean-up does
then reaches nothing, as if it had never run.
"""

import asyncio
import contextvars
import random
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from typing import Any, TypeVar

from tui_trader.core.clock import PacedLoop
from tui_trader.core.clock.loop import _ShuffledQueue

T = TypeVar("T")

_LIVING: ContextVar["Life | None"] = ContextVar("life", default=None)
_MOST_STEPS_AT_ONE_TIME = 20_000
"""Steps without any time passing: then something turns in circles."""
_ROUNDS_TO_DIE = 50


class Livelock(RuntimeError):
    """Time stands still while the loop turns."""


class Life:
    """One process: the tasks that descend from it, and whether it still lives."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.alive = True
        self.began = asyncio.get_running_loop().time()
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """A task of this life was made. (In a dead one it comes as far as the next sealed door.)"""
        self._tasks[task] = None
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)

    @property
    def tasks(self) -> tuple[asyncio.Task[Any], ...]:
        """Those that have not ended, oldest first."""
        return tuple(self._tasks)

    def kill(self) -> None:
        """Now. What runs at this very step goes on to its next await, behind sealed doors."""
        if self.alive:
            self.alive = False
            for task in self.tasks:
                task.cancel()

    async def buried(self) -> tuple[asyncio.Task[Any], ...]:
        """Let the cancelled tasks unwind; those that never do are returned."""
        for _ in range(_ROUNDS_TO_DIE):
            for task in self.tasks:
                task.cancel()
            if not self._tasks:
                break
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # what is made while others unwind begins before it is cancelled
        return self.tasks

    async def sealed(self) -> None:
        """What a dead process's call comes to: nothing, for ever."""
        assert not self.alive
        await asyncio.get_running_loop().create_future()

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run it as a part of this life."""
        context = contextvars.copy_context()
        context.run(_LIVING.set, self)
        return asyncio.get_running_loop().create_task(work, name=name, context=context)


class SimulatedLoop(PacedLoop):
    """Seeded virtual time that knows which life a task belongs to, and can stop one at a chosen step."""

    def __init__(self, seed: int) -> None:
        super().__init__(float("inf"), shuffle_seed=seed, deadlock_is_error=True)
        self._ready = self._steps = _CountedQueue(random.Random(seed), self)
        self.set_task_factory(_adopting)  # type: ignore[arg-type]  # the stub wants the return type of a generic task

    @property
    def steps(self) -> int:
        """How many callbacks have run."""
        return self._steps.taken

    def after_steps(self, number: int, then: Callable[[], None]) -> None:
        """Call `then` before the step that is `number` steps ahead; one appointment at a time."""
        self._steps.appointment = (self._steps.taken + number, then)

    def no_appointment(self) -> None:
        """Forget it."""
        self._steps.appointment = None


class _CountedQueue(_ShuffledQueue):
    """Ready callbacks in random order, counted."""

    def __init__(self, chance: random.Random, loop: PacedLoop) -> None:
        super().__init__(chance)
        self._loop = loop
        self._time = -1.0
        self._since = 0
        self.taken = 0
        self.appointment: tuple[int, Callable[[], None]] | None = None

    def popleft(self) -> Any:
        self.taken += 1
        if self.appointment is not None and self.taken >= self.appointment[0]:
            then, self.appointment = self.appointment[1], None
            then()
        now = self._loop.time()
        if now != self._time:
            self._time, self._since = now, self.taken
        elif self.taken - self._since > _MOST_STEPS_AT_ONE_TIME:
            raise Livelock(f"{_MOST_STEPS_AT_ONE_TIME} steps and no time passed")
        return super().popleft()


def _adopting(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], context: Context | None = None
) -> asyncio.Task[T]:
    task = asyncio.Task(work, loop=loop, context=context)
    life = context.get(_LIVING) if context is not None else _LIVING.get()
    if life is not None:
        life.adopt(task)
    return task
