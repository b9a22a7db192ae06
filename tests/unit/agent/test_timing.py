"""Deadlines and second chances: deliberation ends in time, execution is not cut short, a denial is amended once."""

from collections.abc import Callable

import pytest

from tests.fakes.agent_parts import NOON, ScriptedDecider
from tests.fakes.agent_tools import CLOSE_ARGUMENTS, OPEN_ARGUMENTS
from tests.unit.agent.cycles import Bench, in_virtual_time, one_cycle, wants
from tui_trader.agent.deciders.ports import Decision
from tui_trader.agent.faults import Fault
from tui_trader.agent.runner import STUCK_AFTER
from tui_trader.core.clock import LoopClock
from tui_trader.core.records import CycleDecided
from tui_trader.core.words import CycleVerdict

OPEN = ("open_position", OPEN_ARGUMENTS)
CLOSE = ("close_position", CLOSE_ARGUMENTS)


def _amending(*decisions: Decision, amends: bool = True) -> Callable[[Bench], None]:
    def prepare(bench: Bench) -> None:
        bench.toolbox.denied = {"open_position": "REWARD"}
        bench.decider = ScriptedDecider(decisions, amends=amends)

    return prepare


def test_a_denied_answer_may_be_amended_once() -> None:
    decided, bench = one_cycle(prepare=_amending(wants(OPEN), wants(CLOSE, reason="then close")))
    assert isinstance(bench.decider, ScriptedDecider)
    assert [len(r.denied) for r in bench.decider.requests] == [0, 1]
    assert bench.decider.requests[1].denied[0].code == "REWARD"
    assert [(a.tool, a.outcome) for a in decided.actions] == [("close_position", "done")]


def test_a_second_denial_is_final() -> None:
    decided, bench = one_cycle(prepare=_amending(wants(OPEN)))
    assert isinstance(bench.decider, ScriptedDecider)
    assert len(bench.decider.requests) == 2
    assert decided.verdict is CycleVerdict.DENIED


def test_an_amendment_to_hold_withdraws_the_first_answer() -> None:
    decided, bench = one_cycle(prepare=_amending(wants(CLOSE, OPEN), Decision(reason="then not")))
    assert bench.toolbox.calls == []
    assert decided.verdict is CycleVerdict.DENIED
    assert [a.outcome for a in decided.actions] == ["denied:REWARD"]


def test_a_decider_that_does_not_amend_is_not_asked_again() -> None:
    _, bench = one_cycle(prepare=_amending(wants(OPEN), amends=False))
    assert isinstance(bench.decider, ScriptedDecider)
    assert len(bench.decider.requests) == 1


def test_an_amendment_is_not_begun_without_time() -> None:
    async def scenario(clock: LoopClock) -> Bench:
        bench = Bench(clock, ScriptedDecider([wants(OPEN)], amends=True, before=lambda: clock.sleep(4.0)))
        bench.toolbox.denied = {"open_position": "REWARD"}
        await bench.agent().cycle(1)
        return bench

    bench = in_virtual_time(scenario)
    assert isinstance(bench.decider, ScriptedDecider)
    assert len(bench.decider.requests) == 1


@pytest.mark.parametrize("where", ["snapshot", "decide", "preview"])
def test_deliberation_that_outlasts_its_deadline_is_late_and_trades_nothing(where: str) -> None:
    async def scenario(clock: LoopClock) -> tuple[CycleDecided, Bench, float]:
        async def wait(*_: object) -> None:
            await clock.sleep(3_600)

        bench = Bench(clock, ScriptedDecider([wants(OPEN)], before=wait if where == "decide" else None))
        bench.readings.before_snapshot = wait if where == "snapshot" else None
        bench.toolbox.on_preview = wait if where == "preview" else None
        decided = await bench.agent().cycle(1)
        return decided, bench, (clock.now() - NOON) / 1e9

    decided, bench, seconds = in_virtual_time(scenario)
    assert decided.reason.startswith(Fault.LATE.value)
    assert bench.toolbox.calls == []
    assert seconds == pytest.approx(5.0)
    assert decided.milliseconds == 5_000


def test_execution_that_has_begun_is_not_cut_short_by_the_deadline() -> None:
    async def scenario(clock: LoopClock) -> CycleDecided:
        bench = Bench(clock, ScriptedDecider([wants(OPEN)]))
        bench.toolbox.on_call = lambda _: clock.sleep(20.0)
        return await bench.agent().cycle(1)

    decided = in_virtual_time(scenario)
    assert decided.verdict is CycleVerdict.TRADE
    assert decided.milliseconds == 20_000


def test_execution_that_never_ends_is_given_up_and_recorded() -> None:
    async def scenario(clock: LoopClock) -> tuple[CycleDecided, float]:
        bench = Bench(clock, ScriptedDecider([wants(OPEN)]))
        bench.toolbox.on_call = lambda _: clock.sleep(1e6)
        decided = await bench.agent().cycle(1)
        assert bench.journal.decisions == [decided]
        return decided, (clock.now() - NOON) / 1e9

    decided, seconds = in_virtual_time(scenario)
    assert decided.verdict is CycleVerdict.FAULT
    assert seconds == pytest.approx(5.0 + STUCK_AFTER)


def test_symbols_are_gathered_at_the_same_time() -> None:
    async def scenario(clock: LoopClock) -> float:
        bench = Bench(clock, ScriptedDecider([Decision()]))
        bench.readings.before_snapshot = lambda _: clock.sleep(1.0)
        await bench.agent().cycle(1)
        return (clock.now() - NOON) / 1e9

    assert in_virtual_time(scenario) == pytest.approx(1.0)
