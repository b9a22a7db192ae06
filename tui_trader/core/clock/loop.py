"""One event loop with three paces: real time, N times real time, or as fast as the work gets done.

Ready tasks run first in, first out, timers of the same instant too, unless a simulation asks for a seeded shuffle.
"""

import asyncio
import contextlib
import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextvars import Context
from typing import Any, Never, TypeVar, TypeVarTuple

from tui_trader.core.clock.pacer import Pacer

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

_RESOLUTION = 1e-9
"""Seconds by which asyncio may run a timer early, in real time."""


class PacedLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time starts at zero and passes at `pace` times real time; infinite means at once.

    It relies on private names of asyncio's base loop: `_ready`, `_scheduled` (of the loop and of a timer),
    `_clock_resolution`, `_check_closed` and `_closed`. The tests of this module hold them.
    """

    _closed: bool
    _ready: deque[Any]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(
        self,
        pace: float = 1.0,
        *,
        shuffle_seed: int | None = None,
        yields: bool = False,
        deadlock_is_error: bool = False,
    ) -> None:
        """`yields` leaves the interpreter to other threads now and then (a console is attached).

        `deadlock_is_error` raises `Stalled` where a virtual loop would wait for ever; use it where no other thread
        can wake the loop. `shuffle_seed` lets ready tasks run in a random order that the seed fixes; use it where no
        other thread and no socket talks to the loop. Raises ValueError for a pace that is not positive.
        """
        if not pace > 0:
            self._closed = True  # there is nothing yet that the base loop's finaliser could miss
            raise ValueError(f"a pace must be positive, not {pace}")
        self._pacer = Pacer(pace, yields=yields, deadlock_is_error=deadlock_is_error)
        self._pacer.next_timer = self._next_timer
        self._timer_numbers = itertools.count()
        self.pace = pace
        super().__init__(self._pacer)
        if shuffle_seed is not None:
            self._ready = _ShuffledQueue(random.Random(shuffle_seed))

    @property
    def is_virtual(self) -> bool:
        """Whether time jumps from timer to timer."""
        return math.isinf(self.pace)

    def time(self) -> float:
        """Seconds of this loop's own time."""
        return self._pacer.now

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """While inside, this loop's time stands still (something real is being waited for)."""
        self._pacer.hold()
        try:
            yield
        finally:
            self._pacer.release()

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As in asyncio, except that timers of the same instant run in the order in which they were set."""
        self._check_closed()  # type: ignore[attr-defined]  # a private name of the base loop
        timer = _NumberedTimer(when, callback, args, self, context, number=next(self._timer_numbers))
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Arguments], _Result], *args: *_Arguments
    ) -> "asyncio.Future[_Result]":
        """As in asyncio, except that in virtual time no thread may answer the loop. Raises RuntimeError there."""
        if self.is_virtual:
            _refuse_threads(getattr(func, "__qualname__", repr(func)))
        return super().run_in_executor(executor, func, *args)

    def _next_timer(self) -> float:
        return self._scheduled[0].when()

    @property
    def _clock_resolution(self) -> float:
        """How far ahead of its time a timer may run: where time jumps exactly to its timers, not at all.

        One unit in the last place is the least that lets a timer run that is due now. A fixed nanosecond would
        vanish next to a time of some months, and the loop would turn for ever.
        """
        now = self._pacer.now
        return max(_RESOLUTION, math.ulp(now)) if self._pacer.runs_by_itself else math.ulp(now)

    @_clock_resolution.setter
    def _clock_resolution(self, value: float) -> None:
        """The base loop sets what it reads from the machine; this loop knows better."""


class _NumberedTimer(asyncio.TimerHandle):
    """A timer that breaks ties by the order of setting."""

    __slots__ = ("number",)
    _scheduled: bool

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[object, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
        *,
        number: int,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self.number = number

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, _NumberedTimer):
            return NotImplemented
        return (self.when(), self.number) < (other.when(), other.number)


class _ShuffledQueue(deque[Any]):
    """The loop's queue of ready handles, handing out any of them."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def popleft(self) -> Any:
        skipped = self._chance.randrange(len(self))
        self.rotate(-skipped)
        handle = super().popleft()
        self.rotate(skipped)
        return handle


def _refuse_threads(name: str) -> Never:
    msg = f"virtual time: {name} wants a thread, whose answer would come at an unpredictable moment"
    raise RuntimeError(msg)
