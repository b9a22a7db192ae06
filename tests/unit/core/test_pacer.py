"""The pacer against a machine whose time the test moves: schedule, arrears, yielding."""

import math
import selectors
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tui_trader.core.clock import pacer as module
from tui_trader.core.clock.pacer import Pacer


@dataclass
class Machine(selectors.BaseSelector):
    """Stands for `time` and for the real selector: waiting moves its time, `late` seconds too far."""

    time: float = 1000.0
    late: float = 0.0
    input_after: float = math.inf
    """Seconds of waiting after which something arrives."""
    sleeps: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        wait = math.inf if timeout is None else timeout
        if self.input_after <= wait:
            self.time += self.input_after
            return [(selectors.SelectorKey(0, 0, 0, None), selectors.EVENT_READ)]
        assert timeout is not None, "this would wait for ever"
        self.time += timeout + (self.late if timeout else 0.0)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}

    def close(self) -> None:
        pass


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(module, "time", machine)
    monkeypatch.setattr(selectors, "DefaultSelector", lambda: machine)
    return machine


def go_to(pacer: Pacer, timer: float) -> None:
    """Turn as the loop does until the timer is due."""
    pacer.next_timer = lambda: timer
    while pacer.now < timer:
        pacer.select(timer - pacer.now)


def test_a_scaled_loop_keeps_its_schedule_over_slow_work_and_late_waking(machine: Machine) -> None:
    pacer = Pacer(100.0, yields=False, deadlock_is_error=False)
    machine.late = 0.001  # epoll wakes in whole milliseconds
    for step in range(1, 101):
        machine.time += 0.004  # work
        go_to(pacer, float(step))
        assert pacer.now == step
    assert machine.time == pytest.approx(1001.0, abs=0.002)


def test_arrears_beyond_a_second_are_forgiven(machine: Machine) -> None:
    """A machine that slept for an hour makes up for one second of it, not for all."""
    pacer = Pacer(100.0, yields=False, deadlock_is_error=False)
    machine.time += 3600.0
    go_to(pacer, 1.0)
    began = machine.time
    go_to(pacer, 501.0)
    assert machine.time - began == pytest.approx(500 / 100 - 1.0)


def test_input_interrupts_a_scaled_wait_in_proportion(machine: Machine) -> None:
    pacer = Pacer(100.0, yields=False, deadlock_is_error=False)
    pacer.next_timer = lambda: 50.0
    machine.input_after = 0.25
    assert pacer.select(50.0)
    assert pacer.now == pytest.approx(25.0)


def test_input_does_not_move_virtual_time(machine: Machine) -> None:
    pacer = Pacer(math.inf, yields=False, deadlock_is_error=True)
    pacer.next_timer = lambda: 50.0
    machine.input_after = 0.0
    assert pacer.select(50.0)
    assert pacer.now == 0.0


def test_scaled_time_passes_while_there_is_no_timer_at_all(machine: Machine) -> None:
    pacer = Pacer(100.0, yields=False, deadlock_is_error=False)
    machine.input_after = 2.0
    assert pacer.select(None)
    assert pacer.now == pytest.approx(200.0)


@pytest.mark.parametrize("pace", [1.0, 100.0])
def test_no_time_passes_while_held_and_none_is_made_up_for(machine: Machine, pace: float) -> None:
    pacer = Pacer(pace, yields=False, deadlock_is_error=False)
    pacer.hold()
    pacer.hold()
    machine.time += 30.0
    pacer.release()
    machine.time += 30.0
    assert pacer.now == 0.0
    pacer.release()
    machine.late = 0.0
    before = machine.time
    go_to(pacer, 10.0)
    assert machine.time - before == pytest.approx(10.0 / pace)


def test_real_time_runs_during_work(machine: Machine) -> None:
    pacer = Pacer(1.0, yields=False, deadlock_is_error=False)
    machine.time += 2.5
    assert pacer.now == 2.5


def test_a_yielding_loop_rests_half_a_millisecond_of_every_five(machine: Machine) -> None:
    pacer = Pacer(math.inf, yields=True, deadlock_is_error=True)
    for step in range(1, 10_001):
        machine.time += 0.0001  # work
        go_to(pacer, float(step))
    assert set(machine.sleeps) == {0.0005}
    assert len(machine.sleeps) == pytest.approx(1.0 / 0.0051, rel=0.02)


def test_a_loop_that_need_not_yield_does_not(machine: Machine) -> None:
    pacer = Pacer(math.inf, yields=False, deadlock_is_error=True)
    for step in range(1, 101):
        machine.time += 0.1
        go_to(pacer, float(step))
    assert machine.sleeps == []
