"""One event loop with three paces: real time, N times real time, or as fast as the work gets done.

The pace is applied where the loop waits for its next timer: there, and nowhere else, time passes. Ready tasks run
first in, first out, unless a simulation asks for a seeded shuffle.
"""

import asyncio
import contextlib
import math
import random
import selectors
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any, Never, TypeVar, TypeVarTuple

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

_YIELD_EVERY = 0.005
_YIELD_FOR = 0.0005
"""Seconds. Measured: without the pause a console in the same process saw its p99 rise to 85-650 ms."""


class Stalled(RuntimeError):
    """Nothing can ever happen again: every task waits and no timer is set (virtual time only)."""


class _Pacer(selectors.BaseSelector):
    """Wraps the real selector: a wait for a timer becomes a jump (or a shorter wait) of the loop's time."""

    def __init__(self, pace: float, *, yields: bool, deadlock_is_error: bool) -> None:
        self._real = selectors.DefaultSelector()
        self._pace = pace
        self._yields = yields
        self._deadlock_is_error = deadlock_is_error
        self._now = 0.0
        self._read_at = time.monotonic()
        self._rested_at = self._read_at
        self.holds = 0

    @property
    def now(self) -> float:
        if not math.isinf(self._pace):
            self._catch_up()
        return self._now

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._rest()
        if timeout is not None and timeout <= 0:
            return self._real.select(0)
        if self.holds:
            return self._real.select(None)
        if math.isinf(self._pace):
            return self._jump(timeout)
        return self._real.select(None if timeout is None else timeout / self._pace)

    def hold(self) -> None:
        """Time stands still until as many releases as holds have come."""
        if not math.isinf(self._pace):
            self._catch_up()
        self.holds += 1

    def release(self) -> None:
        if not math.isinf(self._pace):
            self._catch_up()
        self.holds -= 1

    def _jump(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        arrived = self._real.select(0)
        if arrived:
            return arrived
        if timeout is None:
            if self._deadlock_is_error:
                msg = "virtual time: every task waits and no timer is set"
                raise Stalled(msg)
            return self._real.select(None)
        # A wait below the resolution of a float must still move time, or the loop would turn for ever.
        self._now = max(self._now + timeout, math.nextafter(self._now, math.inf))
        return []

    def _catch_up(self) -> None:
        reading = time.monotonic()
        if not self.holds:
            self._now += (reading - self._read_at) * self._pace
        self._read_at = reading

    def _rest(self) -> None:
        if self._yields and time.monotonic() - self._rested_at > _YIELD_EVERY:
            time.sleep(_YIELD_FOR)
            self._rested_at = time.monotonic()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class PacedLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time starts at zero and passes at `pace` times real time; infinite means at once."""

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
        can wake the loop.
        """
        self._pacer = _Pacer(pace, yields=yields, deadlock_is_error=deadlock_is_error)
        self._shuffler = None if shuffle_seed is None else random.Random(shuffle_seed)
        self.pace = pace
        super().__init__(self._pacer)

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

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Arguments], _Result], *args: *_Arguments
    ) -> "asyncio.Future[_Result]":
        """As in asyncio, except that in virtual time no thread may answer the loop. Raises RuntimeError there."""
        if self.is_virtual and not self.is_closed():
            _refuse_threads(getattr(func, "__qualname__", repr(func)))
        return super().run_in_executor(executor, func, *args)

    def _run_once(self) -> None:
        if self._shuffler is not None:
            ready = list(self._ready)  # type: ignore[attr-defined]
            self._shuffler.shuffle(ready)
            self._ready.clear()  # type: ignore[attr-defined]
            self._ready.extend(ready)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def _refuse_threads(name: str) -> Never:
    msg = f"virtual time: {name} wants a thread, whose answer would come at an unpredictable moment"
    raise RuntimeError(msg)
