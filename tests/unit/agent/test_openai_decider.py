"""The model's answers, judged without a network; and a model call inside virtual time."""

import asyncio
import json
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.agent_parts import MemoryJournal, ScriptedDecider
from tests.fakes.agent_tools import CATALOGUE, CLOSE_ARGUMENTS, OPEN_ARGUMENTS
from tests.fakes.metered import metered
from tests.unit.agent.cycles import Bench, in_virtual_time
from tui_trader.agent.deciders.answers import HOLD, judged
from tui_trader.agent.deciders.openai import OpenAIDecider
from tui_trader.agent.faults import FAULT_TEXT, Fault
from tui_trader.agent.llm.ports import ChatCall, ChatReply, ChatRequest, ChatUsage
from tui_trader.agent.prompt import RenderedPrompt
from tui_trader.core.clock import Instant, LoopClock
from tui_trader.core.records import CycleDecided
from tui_trader.core.words import CycleVerdict

TOOLS = (*(tool for tool in CATALOGUE if tool.trades), HOLD)
CLOSING = ChatCall(name="close_position", arguments=json.dumps(CLOSE_ARGUMENTS))


def test_each_fault_has_its_sentence() -> None:
    assert set(FAULT_TEXT) == set(Fault)


def test_a_hold_is_a_call_and_no_fault() -> None:
    calls, fault = judged(ChatReply(calls=(ChatCall(name="hold", arguments='{"reason": "quiet"}'),)), TOOLS)
    assert fault is None
    assert [call.tool for call in calls] == ["hold"]


def test_a_refusal_or_a_cut_answer_is_void_though_its_calls_are_sound() -> None:
    assert judged(ChatReply(calls=(CLOSING,), refused=True), TOOLS) == ((), Fault.REFUSAL)
    assert judged(ChatReply(calls=(CLOSING,), truncated=True), TOOLS) == ((), Fault.TRUNCATED)


@given(st.text(max_size=60))
def test_no_text_as_arguments_makes_it_raise(arguments: str) -> None:
    calls, fault = judged(ChatReply(calls=(ChatCall(name="close_position", arguments=arguments),)), TOOLS)
    assert calls == ()
    assert fault in (Fault.BAD_JSON, Fault.BAD_ARGUMENTS)


@given(st.sampled_from(["NaN", "Infinity", "-Infinity", "1e3", "10.0", "[" * 5_000]))
def test_numbers_that_are_no_whole_numbers_are_refused(figure: str) -> None:
    text = json.dumps({**OPEN_ARGUMENTS, "risk_bps": "@"}).replace('"@"', figure)
    _, fault = judged(ChatReply(calls=(ChatCall(name="open_position", arguments=text),)), TOOLS)
    assert fault in (Fault.BAD_JSON, Fault.BAD_ARGUMENTS)


@dataclass
class SlowModel:
    """A model that takes real time, on whatever loop it is asked."""

    seconds: float
    reply: ChatReply
    model: str = "nobody-knows-me"
    max_output_tokens: int = 100
    asked: list[ChatRequest] = field(default_factory=list)
    asked_on: asyncio.AbstractEventLoop | None = None
    closed_on: asyncio.AbstractEventLoop | None = None

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        self.asked_on = asyncio.get_running_loop()
        await asyncio.sleep(self.seconds)
        return self.reply

    async def close(self) -> None:
        self.closed_on = asyncio.get_running_loop()


def _cycle_with(model: SlowModel) -> tuple[CycleDecided, Instant, Bench]:
    async def scenario(clock: LoopClock) -> tuple[CycleDecided, Instant, Bench]:
        began = clock.now()
        bench = Bench(clock, ScriptedDecider([]))
        prompt = RenderedPrompt(text="Trade.", sha256="00")
        bench.decider = OpenAIDecider(model=metered(model, bench.journal, clock), prompt=lambda: prompt, clock=clock)
        agent = bench.agent()
        decided = await agent.cycle(1)
        await agent.close()
        return decided, Instant(clock.now() - began), bench

    return in_virtual_time(scenario)


def test_in_virtual_time_the_call_runs_in_real_time_and_moves_the_clock_by_what_it_took() -> None:
    reply = ChatReply(calls=(CLOSING,), usage=ChatUsage(input_tokens=100, output_tokens=10))
    decided, took, bench = _cycle_with(SlowModel(0.05, reply))
    assert decided.verdict is CycleVerdict.TRADE
    assert 0.05e9 <= took < 5e9
    assert decided.milliseconds >= 50
    assert isinstance(bench.journal, MemoryJournal)
    assert [type(r).__name__ for r in bench.journal.records] == ["ModelAsked", "ModelAnswered", "CycleDecided"]


def test_connections_are_closed_on_the_loop_that_made_them() -> None:
    model = SlowModel(0.0, ChatReply(calls=(CLOSING,)))
    _cycle_with(model)
    assert model.asked_on is not None
    assert model.closed_on is model.asked_on


def test_the_digest_is_all_that_changes_between_two_questions() -> None:
    model = SlowModel(0.0, ChatReply(calls=(ChatCall(name="hold", arguments='{"reason": "quiet"}'),)))
    _cycle_with(model)
    _cycle_with(model)
    first, second = model.asked
    assert first.system == second.system, "a constant prefix can be cached"
    assert first == second, "and here nothing in the market changed either"
