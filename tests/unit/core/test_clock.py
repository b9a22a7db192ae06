"""Clocks: exact waking, calls outside the paced loop, and time that never goes back."""

import asyncio
import contextlib
import contextvars
import math
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui_trader.core.clock import (
    DAY,
    NANOSECONDS,
    Clock,
    Instant,
    LoopClock,
    PacedLoop,
    WallClock,
    elapsed,
    from_milliseconds,
    from_text,
    later,
    start_of_day,
    text,
    to_milliseconds,
)
from tui_trader.core.clock import clock as module

T = TypeVar("T")

EPOCH = from_text("2025-05-05T00:00:00Z")
PACES = [math.inf, 1000.0]
WEEK = 7 * 86_400 * NANOSECONDS
EARLY = 121_030_708_615_038_486
"""Nanoseconds whose nearest float of seconds lies before them."""


def run(main: Callable[[LoopClock], Coroutine[Any, Any, T]], *, pace: float = math.inf) -> T:
    """The result of `main` with a clock on a paced loop."""
    with asyncio.Runner(loop_factory=lambda: PacedLoop(pace, deadlock_is_error=True)) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, PacedLoop)
        with contextlib.closing(LoopClock(loop, EPOCH)) as clock:
            return runner.run(main(clock))


@given(st.lists(st.integers(min_value=0, max_value=6 * WEEK), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_waking_is_exact_to_the_nanosecond_for_weeks(offsets: list[int]) -> None:
    instants = sorted(Instant(EPOCH + offset) for offset in offsets)

    async def main(clock: LoopClock) -> list[Instant]:
        woken: list[Instant] = []
        for instant in instants:
            await clock.sleep_until(instant)
            woken.append(clock.now())
        return woken

    assert run(main) == instants


@given(st.integers(min_value=0, max_value=520 * WEEK))
@example(EARLY)
@settings(max_examples=50, deadline=None)
def test_waking_is_never_early_and_within_a_microsecond_for_ten_years(offset: int) -> None:
    instant = Instant(EPOCH + offset)

    async def main(clock: LoopClock) -> Instant:
        await clock.sleep_until(instant)
        return clock.now()

    assert 0 <= run(main) - instant < 1000


def test_many_small_waits_do_not_drift() -> None:
    """Three weeks of one-minute candles, each waited for by itself."""

    async def main(clock: LoopClock) -> float:
        for _ in range(21 * 1440):
            await clock.sleep(60.0)
        return elapsed(EPOCH, clock.now())

    assert run(main) == 21 * DAY


def test_an_instant_that_is_past_is_not_waited_for() -> None:
    async def main(clock: LoopClock) -> Instant:
        await clock.sleep(5.0)
        await clock.sleep_until(EPOCH)
        return clock.now()

    assert run(main) == later(EPOCH, 5.0)


def test_a_cancelled_wait_leaves_no_timer_behind() -> None:
    async def main(clock: LoopClock) -> Instant:
        waiting = asyncio.create_task(clock.sleep_until(later(EPOCH, 1000.0)))
        await clock.sleep(1.0)
        waiting.cancel()
        await asyncio.wait([waiting])
        await clock.sleep(1.0)
        return clock.now()

    assert run(main) == later(EPOCH, 2.0)


@pytest.mark.parametrize("pace", PACES)
def test_a_call_outside_takes_its_real_time_from_the_engines_time(pace: float) -> None:
    async def main(clock: LoopClock) -> tuple[str, float, float]:
        began = time.monotonic()
        answer = await clock.outside(lambda: after_real(0.05, "answer"), deadline=60.0)
        return answer, elapsed(EPOCH, clock.now()), time.monotonic() - began

    answer, engine_time, real_time = run(main, pace=pace)
    assert answer == "answer"
    assert 0.05 <= engine_time <= real_time


async def after_real(seconds: float, answer: T) -> T:
    """The answer after real seconds; it runs on the side loop."""
    await asyncio.sleep(seconds)
    return answer


@pytest.mark.parametrize("pace", PACES)
def test_the_engines_time_stands_still_during_a_call_outside(pace: float) -> None:
    """A timer of the engine that lies within the call's duration fires after the call, at its own time."""

    async def main(clock: LoopClock) -> tuple[list[str], float]:
        events: list[str] = []
        fired_at: list[float] = []

        async def timer() -> None:
            await clock.sleep(0.02)
            events.append("timer")
            fired_at.append(elapsed(EPOCH, clock.now()))

        async def call() -> None:
            await asyncio.sleep(0.05)
            events.append("call")

        waiting = asyncio.create_task(timer())
        await clock.outside(call, deadline=60.0)
        events.append("back")
        await waiting
        return events, fired_at[0]

    events, fired_at = run(main, pace=pace)
    assert events == ["call", "timer", "back"]
    assert fired_at == pytest.approx(0.02)


def test_ready_tasks_go_on_during_a_call_outside() -> None:
    async def main(clock: LoopClock) -> str:
        heard = asyncio.Event()

        async def call() -> None:
            loop.call_soon_threadsafe(heard.set)
            await asyncio.to_thread(served.wait)

        async def listen() -> str:
            await heard.wait()
            served.set()
            return "served"

        loop = asyncio.get_running_loop()
        listening = asyncio.create_task(listen())
        await clock.outside(call, deadline=60.0)
        return await listening

    served = threading.Event()
    assert run(main) == "served"


def test_calls_outside_run_at_the_same_time() -> None:
    async def main(clock: LoopClock) -> list[int]:
        both = asyncio.Barrier(2)

        async def call(number: int) -> int:
            await both.wait()
            return number

        first = asyncio.create_task(clock.outside(lambda: call(1), deadline=60.0))
        second = asyncio.create_task(clock.outside(lambda: call(2), deadline=60.0))
        return [await first, await second]

    assert run(main) == [1, 2]


class ServerSaidNo(Exception):
    """An error of the call's own."""


@pytest.mark.parametrize("pace", [*PACES, 1.0])
def test_errors_pass_through(pace: float) -> None:
    async def call() -> None:
        raise ServerSaidNo

    async def main(clock: LoopClock) -> None:
        await clock.outside(call, deadline=60.0)

    with pytest.raises(ServerSaidNo):
        run(main, pace=pace)


@pytest.mark.parametrize("pace", [*PACES, 1.0])
def test_the_deadline_is_in_real_seconds(pace: float) -> None:
    async def call() -> None:
        await asyncio.Event().wait()

    async def main(clock: LoopClock) -> None:
        await clock.outside(call, deadline=0.01)

    with pytest.raises(TimeoutError):
        run(main, pace=pace)


@pytest.mark.parametrize("pace", [*PACES, 1.0])
def test_cancelling_a_call_outside_cancels_it_there_and_does_not_wait(pace: float) -> None:
    cleaned_up = threading.Event()

    async def main(clock: LoopClock) -> float:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        async def call() -> None:
            loop.call_soon_threadsafe(begun.set)
            try:
                await asyncio.Event().wait()
            finally:
                cleaned_up.set()

        calling = asyncio.create_task(clock.outside(call, deadline=60.0))
        await begun.wait()
        calling.cancel()
        await asyncio.wait([calling])
        assert calling.cancelled()
        before = clock.now()
        await clock.sleep(0.01)
        return elapsed(before, clock.now())

    assert run(main, pace=pace) >= 0.01 - 1e-6
    assert cleaned_up.wait(60.0)


def test_time_goes_on_after_a_cancelled_call() -> None:
    """A hold that is not released would stop the engine for ever."""

    async def main(clock: LoopClock) -> float:
        async def call() -> None:
            await asyncio.Event().wait()

        calling = asyncio.create_task(clock.outside(call, deadline=60.0))
        await asyncio.sleep(0)
        calling.cancel()
        await asyncio.wait([calling])
        await clock.sleep(3600.0)
        return elapsed(EPOCH, clock.now())

    assert run(main) == 3600.0


def test_closing_cancels_what_still_runs_and_ends_the_thread() -> None:
    cleaned_up: list[str] = []

    async def call() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned_up.append("call")

    async def main(clock: LoopClock) -> None:
        calling = asyncio.create_task(clock.outside(call, deadline=60.0))
        await asyncio.sleep(0)
        assert begun.wait(60.0)
        clock.close()
        await asyncio.wait([calling])
        assert calling.cancelled()

    begun = threading.Event()
    others = set(threading.enumerate())
    run(main)
    assert cleaned_up == ["call"]
    assert not [thread for thread in set(threading.enumerate()) - others if thread.name == "real-time side loop"]


def test_clients_live_on_from_call_to_call() -> None:
    """All calls share one loop, so that a connection pool made in the first serves the second."""

    async def main(clock: LoopClock) -> bool:
        async def where() -> asyncio.AbstractEventLoop:
            return asyncio.get_running_loop()

        first = await clock.outside(where, deadline=60.0)
        return first is await clock.outside(where, deadline=60.0) is not asyncio.get_running_loop()

    assert run(main)


def test_context_variables_reach_the_call() -> None:
    cycle: contextvars.ContextVar[int] = contextvars.ContextVar("cycle")

    async def main(clock: LoopClock) -> int:
        async def read() -> int:
            return cycle.get()

        cycle.set(7)
        return await clock.outside(read, deadline=60.0)

    assert run(main) == 7


class Machine:
    """Stands for the module `time`."""

    def __init__(self) -> None:
        self.wall = 1_700_000_000 * NANOSECONDS
        self.uptime = 5 * NANOSECONDS

    def pass_by(self, seconds: int) -> None:
        self.wall += seconds * NANOSECONDS
        self.uptime += seconds * NANOSECONDS

    def time_ns(self) -> int:
        return self.wall

    def monotonic_ns(self) -> int:
        return self.uptime


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(module, "time", machine)
    return machine


def test_the_wall_clock_follows_the_machine_forward(machine: Machine) -> None:
    clock = WallClock()
    machine.pass_by(10)
    machine.wall += 3600 * NANOSECONDS  # set forward
    assert clock.now() == machine.wall


def test_the_wall_clock_neither_goes_back_nor_stands_still(machine: Machine) -> None:
    """Were it to stand still when the machine is set back an hour, no price would grow stale for that hour."""
    clock = WallClock()
    before = clock.now()
    machine.wall -= 3600 * NANOSECONDS
    assert clock.now() == before
    machine.pass_by(20)
    assert elapsed(before, clock.now()) == 20.0


async def test_the_wall_clock_waits_and_calls_on_the_running_loop() -> None:
    clock: Clock = WallClock()
    before = clock.now()
    await clock.sleep_until(later(before, 0.01))
    assert elapsed(before, clock.now()) >= 0.01
    assert await clock.outside(lambda: after_real(0.0, "answer"), deadline=60.0) == "answer"
    with pytest.raises(TimeoutError):
        await clock.outside(lambda: after_real(60.0, "answer"), deadline=0.001)


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_instants_and_milliseconds_and_text_say_the_same(milliseconds: int) -> None:
    instant = from_milliseconds(milliseconds)
    assert to_milliseconds(instant) == milliseconds
    assert from_text(text(instant)) == instant


@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_text_is_read_to_the_microsecond(microseconds: int) -> None:
    instant = Instant(microseconds * 1000)
    seconds, rest = divmod(microseconds, 1_000_000)
    whole = text(Instant(seconds * NANOSECONDS))
    assert from_text(whole.replace(".000Z", f".{rest:06d}Z")) == instant


def test_golden_instants() -> None:
    instant = from_text("2025-05-05T00:01:00.250Z")
    assert instant == 1_746_403_260_250_000_000
    assert text(instant) == "2025-05-05T00:01:00.250Z"
    assert from_text("2025-05-05T02:01:00.250+02:00") == instant
    assert from_text("2025-05-05T00:01:00.250") == instant, "no offset means UTC"
    assert text(start_of_day(instant)) == "2025-05-05T00:00:00.000Z"
    with pytest.raises(ValueError, match="isoformat"):
        from_text("yesterday")


@given(st.integers(min_value=0, max_value=2**62), st.floats(min_value=-40 * DAY, max_value=40 * DAY))
def test_later_and_elapsed_are_each_others_inverse(start: int, seconds: float) -> None:
    instant = Instant(start)
    assert elapsed(instant, later(instant, seconds)) == pytest.approx(seconds, abs=1e-9)
