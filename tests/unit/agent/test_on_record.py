"""What a decision was made by stands in the journal once: in the question to a model, else in a row of its own."""

import json
from dataclasses import replace

import pytest

from tests.fakes.agent_parts import BTC, ScriptedDecider, account, held, policy, trending
from tests.fakes.agent_tools import OPEN_ARGUMENTS
from tests.fakes.metered import metered
from tests.unit.agent.cycles import Bench, in_virtual_time, one_cycle, wants
from tests.unit.agent.test_openai_decider import CLOSING, SlowModel
from tui_trader.agent.deciders.openai import OpenAIDecider
from tui_trader.agent.deciders.ports import Decision
from tui_trader.agent.deciders.rules import RulesDecider
from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.ports import ChatReply
from tui_trader.agent.prompt import RenderedPrompt
from tui_trader.core.clock import LoopClock
from tui_trader.core.records import CycleDecided, FiguresSeen, ModelAsked
from tui_trader.core.words import CycleVerdict, TradingState
from tui_trader.engine.cycle_story import Part, cycle_story

OPEN = ("open_position", OPEN_ARGUMENTS)


def figures_of(bench: Bench) -> list[FiguresSeen]:
    return [record for record in bench.journal.records if isinstance(record, FiguresSeen)]


def test_what_the_rules_saw_stands_before_their_decision() -> None:
    def prepare(bench: Bench) -> None:
        bench.readings.markets = {BTC: trending()}

    decided, bench = one_cycle(decider=RulesDecider(), prepare=prepare)
    assert decided.verdict is CycleVerdict.TRADE
    (seen,) = figures_of(bench)
    assert (seen.cycle, seen.decider) == (7, "rules")
    assert list(json.loads(seen.digest)["markets"]) == ["BTCUSDT"]
    assert bench.journal.records[-2:] == [seen, decided]


def test_a_fault_has_its_figures_too_and_a_skip_its_reason_only() -> None:
    _, bench = one_cycle(Decision(fault=Fault.TIMEOUT))
    assert len(figures_of(bench)) == 1

    def halted(bench: Bench) -> None:
        bench.readings.money = account(TradingState.HALTED)

    _, bench = one_cycle(Decision(), prepare=halted)
    assert figures_of(bench) == []


def test_an_answer_amended_after_a_question_needs_no_second_row() -> None:
    def prepare(bench: Bench) -> None:
        bench.toolbox.denied["open_position"] = "MAX_ORDER_NOTIONAL"
        assert isinstance(bench.decider, ScriptedDecider)
        bench.decider.amends = True

    asked = replace(wants(OPEN), is_on_record=True)
    _, bench = one_cycle(asked, Decision(reason="by rule"), prepare=prepare)
    assert figures_of(bench) == []


@pytest.mark.parametrize("budget", ["10000", "0.01"])
def test_a_model_s_question_holds_them_and_without_money_for_one_a_row_does(budget: str) -> None:
    async def scenario(clock: LoopClock) -> Bench:
        bench = Bench(clock, ScriptedDecider([]))
        bench.readings.held = (held("0.01"),)
        meter = metered(
            SlowModel(0.0, ChatReply(calls=(CLOSING,))), bench.journal, clock, limits=policy(budget=budget).llm
        )
        prompt = RenderedPrompt(text="Trade.", sha256="00")
        bench.decider = OpenAIDecider(model=meter, prompt=lambda: prompt, clock=clock)
        await bench.agent().cycle(1)
        return bench

    bench = in_virtual_time(scenario)
    asked = [record for record in bench.journal.records if isinstance(record, ModelAsked)]
    assert (len(asked), len(figures_of(bench))) == ((1, 0) if budget == "10000" else (0, 1))
    story = cycle_story(bench.journal.rows, 1)
    parts = [told.part for told in story]
    assert parts.count(Part.SEEN) == parts.count(Part.ASKED) == parts.count(Part.ANSWERED) == 1
    (answered,) = [told.text for told in story if told.part is Part.ANSWERED]
    if budget == "0.01":
        assert answered.startswith("openai: manage-only, no model is asked")
    decided = bench.journal.records[-1]
    assert isinstance(decided, CycleDecided)
