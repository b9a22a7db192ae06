"""The rhythm: on the interval's boundaries, never two at once, at once when asked, and no more after a stop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engine.time import NOON, in_virtual_time
from tui_trader.core.clock import LoopClock, elapsed, later
from tui_trader.engine.schedule import Schedule

AFTER = 0.2
"""Seconds after a boundary at which a decision is due."""


@dataclass
class Rhythm:
    """A schedule whose decisions take `lasting` seconds, and when each began and ended (seconds after noon)."""

    clock: LoopClock
    interval: float = 60.0
    lasting: float = 0.0
    first_cycle: int = 1
    began: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    on_decide: Callable[[int], None] = lambda _: None
    schedule: Schedule = field(init=False)

    def __post_init__(self) -> None:
        self.schedule = Schedule(
            self.clock, interval=lambda: self.interval, decide=self._decide, first_cycle=self.first_cycle
        )

    async def _decide(self, number: int) -> None:
        assert self.schedule.is_deciding
        assert len(self.began) == len(self.ended), "two decisions at once"
        self.began.append(self.now)
        self.numbers.append(number)
        self.on_decide(number)
        await self.clock.sleep(self.lasting)
        self.ended.append(self.now)

    @property
    def now(self) -> float:
        """Seconds after noon."""
        return elapsed(NOON, self.clock.now())


def test_decisions_follow_the_boundaries_of_the_interval_by_a_moment() -> None:
    async def scenario(clock: LoopClock) -> Rhythm:
        rhythm = Rhythm(clock)
        await rhythm.schedule.run(3)
        return rhythm

    assert in_virtual_time(scenario).began == pytest.approx([AFTER, 60 + AFTER, 120 + AFTER])


def test_a_start_between_two_boundaries_waits_for_the_next() -> None:
    rhythm = in_virtual_time(lambda clock: _ran(Rhythm(clock), 1), epoch=later(NOON, 17.3))
    assert rhythm.began == pytest.approx([60 + AFTER])


def test_the_moment_after_a_boundary_still_belongs_to_it() -> None:
    rhythm = in_virtual_time(lambda clock: _ran(Rhythm(clock), 1), epoch=later(NOON, 0.1))
    assert rhythm.began == pytest.approx([AFTER])


@given(lasting=st.floats(0, 200), interval=st.floats(1, 100))
def test_a_slow_decision_is_followed_on_the_next_boundary_never_overlapped(*, lasting: float, interval: float) -> None:
    rhythm = in_virtual_time(lambda clock: _ran(Rhythm(clock, interval=interval, lasting=lasting), 4))
    assert len(rhythm.began) == 4
    assert all(end <= begin for end, begin in zip(rhythm.ended, rhythm.began[1:], strict=False))
    for end, begin in zip(rhythm.ended, rhythm.began[1:], strict=False):
        assert begin - end <= interval + 1e-6, "a boundary was left out"


def test_cycles_are_numbered_on_from_the_last_run() -> None:
    rhythm = in_virtual_time(lambda clock: _ran(Rhythm(clock, first_cycle=41), 3))
    assert rhythm.numbers == [41, 42, 43]
    assert rhythm.schedule.last_cycle == 43


def test_asked_to_it_decides_at_once_and_then_goes_on_in_rhythm() -> None:
    async def scenario(clock: LoopClock) -> list[float]:
        rhythm = Rhythm(clock)
        running = asyncio.create_task(rhythm.schedule.run(3))
        await clock.sleep(20)
        rhythm.schedule.decide_now()
        await running
        return rhythm.began

    assert in_virtual_time(scenario) == pytest.approx([AFTER, 20, 60 + AFTER])


@pytest.mark.parametrize("questions", [1, 5])
def test_asked_during_a_decision_exactly_one_more_follows(questions: int) -> None:
    async def scenario(clock: LoopClock) -> Rhythm:
        rhythm = Rhythm(clock, lasting=10)
        running = asyncio.create_task(rhythm.schedule.run(3))
        await clock.sleep(5)
        for _ in range(questions):
            rhythm.schedule.decide_now()
        await running
        return rhythm

    assert in_virtual_time(scenario).began == pytest.approx([AFTER, 10 + AFTER, 60 + AFTER])


def test_a_changed_interval_holds_from_the_next_wait_on() -> None:
    async def scenario(clock: LoopClock) -> list[float]:
        rhythm = Rhythm(clock)
        rhythm.on_decide = lambda number: setattr(rhythm, "interval", 300.0 if number >= 2 else 60.0)
        await rhythm.schedule.run(4)
        return rhythm.began

    assert in_virtual_time(scenario) == pytest.approx([AFTER, 60 + AFTER, 300 + AFTER, 600 + AFTER])


def test_a_stop_ends_the_wait_without_a_decision() -> None:
    async def scenario(clock: LoopClock) -> tuple[list[float], float]:
        rhythm = Rhythm(clock)
        running = asyncio.create_task(rhythm.schedule.run(None))
        await clock.sleep(30)
        rhythm.schedule.stop()
        await running
        return rhythm.began, rhythm.now

    began, ended = in_virtual_time(scenario)
    assert began == pytest.approx([AFTER])
    assert ended == pytest.approx(30)


def test_a_stop_lets_the_decision_that_runs_finish() -> None:
    async def scenario(clock: LoopClock) -> Rhythm:
        rhythm = Rhythm(clock, lasting=10)
        running = asyncio.create_task(rhythm.schedule.run(None))
        await clock.sleep(5)
        rhythm.schedule.stop()
        await running
        return rhythm

    rhythm = in_virtual_time(scenario)
    assert rhythm.ended == pytest.approx([10 + AFTER])
    assert not rhythm.schedule.is_deciding


def test_a_stop_before_the_run_leaves_nothing_to_do() -> None:
    async def scenario(clock: LoopClock) -> Rhythm:
        rhythm = Rhythm(clock)
        rhythm.schedule.stop()
        await rhythm.schedule.run(None)
        return rhythm

    assert in_virtual_time(scenario).began == []


def test_a_decision_that_raises_ends_the_rhythm_and_is_not_under_way_any_more() -> None:
    class Broken(Exception):
        pass

    def broken(_: int) -> None:
        raise Broken

    async def scenario(clock: LoopClock) -> bool:
        rhythm = Rhythm(clock)
        rhythm.on_decide = broken
        with pytest.raises(Broken):
            await rhythm.schedule.run(None)
        return rhythm.schedule.is_deciding

    assert in_virtual_time(scenario) is False


def test_it_says_when_the_next_decision_is_due() -> None:
    async def scenario(clock: LoopClock) -> list[float]:
        rhythm = Rhythm(clock)
        due: list[float] = []
        running = asyncio.create_task(rhythm.schedule.run(2))
        for _ in range(2):
            await clock.sleep(30)
            assert rhythm.schedule.next_at is not None
            due.append(elapsed(NOON, rhythm.schedule.next_at))
        await running
        return due

    assert in_virtual_time(scenario) == pytest.approx([60 + AFTER, 60 + AFTER])


async def _ran(rhythm: Rhythm, cycles: int) -> Rhythm:
    await rhythm.schedule.run(cycles)
    return rhythm


@given(
    wishes=st.lists(st.floats(0, 4_000), max_size=40),
    lasting=st.floats(0, 30),
    spacing=st.floats(1, 100),
    per_hour=st.integers(0, 5),
)
def test_early_decisions_are_never_two_at_once_nor_too_near_nor_too_many(
    wishes: list[float], *, lasting: float, spacing: float, per_hour: int
) -> None:
    async def scenario(clock: LoopClock) -> tuple[Rhythm, list[float]]:
        rhythm = Rhythm(clock, interval=600.0, lasting=lasting)
        running = asyncio.create_task(rhythm.schedule.run(None))
        accepted: list[float] = []
        for wish in sorted(wishes):
            await clock.sleep_until(later(NOON, wish))
            if rhythm.schedule.decide_early(spacing=spacing, per_hour=per_hour):
                assert not rhythm.schedule.is_deciding
                accepted.append(wish)
        await clock.sleep_until(later(NOON, 4_800))
        rhythm.schedule.stop()
        await running
        return rhythm, accepted

    rhythm, accepted = in_virtual_time(scenario)
    for wish in accepted:
        began = next(begin for begin in rhythm.began if begin >= wish - 1e-3)
        assert began - wish < 1e-3, "an accepted wish is decided at once"
        before = [begin for begin in rhythm.began if begin < wish - 1e-3]
        assert before
        assert wish - max(before) >= spacing - 1e-3
        assert sum(wish - 3_600 < other <= wish for other in accepted) <= per_hour


def test_before_the_first_decision_nothing_is_early() -> None:
    rhythm = in_virtual_time(lambda clock: _unbegun(Rhythm(clock)))
    assert not rhythm.schedule.decide_early(spacing=1.0, per_hour=9)


async def _unbegun(rhythm: Rhythm) -> Rhythm:
    return rhythm
