"""The pacer: a selector that turns a loop's waiting into the passing of the loop's own time."""

import math
import selectors
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

_YIELD_EVERY = 0.005
_YIELD_FOR = 0.0005
"""Seconds. Measured: without the pause a console in the same process saw its p99 rise to 85-650 ms."""
_MOST_ARREARS = 1.0
"""Real seconds that a scaled loop makes up for after slow work; what is more is forgiven, so that a machine that
slept does not rush through hours."""

_Arrived: TypeAlias = list[tuple[selectors.SelectorKey, int]]


class Stalled(RuntimeError):
    """Nothing can ever happen again: every task waits and no timer is set (virtual time only)."""


class Pacer(selectors.BaseSelector):
    """Wraps the real selector of an event loop.

    At pace 1 the loop's time runs with the machine's. At every other pace it stands still while work is done and
    goes straight to the next timer when there is none left, after waiting 1/pace of the distance: a scaled run does
    exactly what an unscaled one does, only slower. Infinite pace never waits.
    """

    def __init__(self, pace: float, *, yields: bool, deadlock_is_error: bool) -> None:
        """For the parameters see `PacedLoop`."""
        self._real = selectors.DefaultSelector()
        self._pace = pace
        self._yields = yields
        self._deadlock_is_error = deadlock_is_error
        self._now = 0.0
        self._due = time.monotonic()
        """The machine's time at which the loop's time is due to be what it is."""
        self._rested_at = self._due
        self._holds = 0
        self.next_timer: Callable[[], float] = lambda: math.inf
        """The loop's time of its earliest timer; the loop sets it."""

    @property
    def runs_by_itself(self) -> bool:
        """Whether time passes while work is done."""
        return self._pace == 1.0

    @property
    def now(self) -> float:
        """Seconds of the loop's time."""
        if self.runs_by_itself:
            self._pass(math.inf)
        return self._now

    def hold(self) -> None:
        """Time stands still until as many releases as holds have come."""
        if self.runs_by_itself:
            self._pass(math.inf)
        self._holds += 1

    def release(self) -> None:
        """Time goes on; none has passed meanwhile."""
        self._holds -= 1
        if not self._holds:
            self._due = time.monotonic()

    def select(self, timeout: float | None = None) -> _Arrived:
        """As the loop asks: 0 to look, None to wait for ever, else until the next timer."""
        self._rest()
        if timeout is not None and timeout <= 0:
            return self._real.select(0)
        if self._holds:
            return self._real.select(None)
        if timeout is None:
            return self._wait_for_input()
        if self.runs_by_itself:
            return self._real.select(timeout)
        return self._go_to(self.next_timer())

    def _wait_for_input(self) -> _Arrived:
        if math.isinf(self._pace):
            if self._deadlock_is_error and not (arrived := self._real.select(0)):
                msg = "virtual time: every task waits and no timer is set"
                raise Stalled(msg)
            return arrived if self._deadlock_is_error else self._real.select(None)
        arrived = self._real.select(None)
        self._pass(math.inf)
        return arrived

    def _go_to(self, timer: float) -> _Arrived:
        due = self._due + (timer - self._now) / self._pace
        arrived = self._real.select(max(0.0, due - time.monotonic()))
        reading = time.monotonic()
        if not arrived and reading >= due:
            self._now = timer
            self._due = max(due, reading - _MOST_ARREARS)
        elif not math.isinf(self._pace):
            self._pass(timer)
        return arrived

    def _pass(self, most: float) -> None:
        """Let the real time since the last reading pass, but not beyond `most`."""
        reading = time.monotonic()
        if not self._holds:
            self._now = min(most, self._now + max(0.0, reading - self._due) * self._pace)
            self._due = reading

    def _rest(self) -> None:
        if self._yields and time.monotonic() - self._rested_at > _YIELD_EVERY:
            time.sleep(_YIELD_FOR)
            self._rested_at = time.monotonic()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Passed on."""
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Passed on."""
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Passed on."""
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """Passed on."""
        return self._real.get_map()

    def close(self) -> None:
        """Passed on."""
        self._real.close()
