"""The model behind a loopback server: every fault ends in hold, by name, on record, in time, and nothing trades."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import SecretStr

from tests.fakes.agent_parts import FakeReadings, MemoryJournal, policy
from tests.fakes.agent_tools import CATALOGUE, OPEN_ARGUMENTS, FakeToolbox
from tests.fakes.metered import metered
from tests.fakes.openai_server import GOOD, INPUT_TOKENS, OUTPUT_TOKENS, STEPS, OpenAIServer, Trouble
from tui_trader.agent.canonical import sha256_of
from tui_trader.agent.deciders.openai import OpenAIDecider
from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.meter import Meter
from tui_trader.agent.llm.openai_chat import OpenAIChat
from tui_trader.agent.llm.ports import ChatModel, ChatUsage
from tui_trader.agent.llm.settings import ChatSettings
from tui_trader.agent.prompt import RenderedPrompt
from tui_trader.agent.runner import Agent
from tui_trader.core.clock import WallClock
from tui_trader.core.records import ModelAnswered, ModelAsked
from tui_trader.core.words import CycleVerdict
from tui_trader.risk.breakers import BreakerFold, Breakers

KEY = "sk-very-secret-1234567890"
PROMPT = RenderedPrompt(text="Trade carefully.", sha256=sha256_of("Trade carefully."))

EXPECTED = {
    Trouble.BAD_JSON: Fault.BAD_JSON,
    Trouble.BAD_TOOL: Fault.UNKNOWN_TOOL,
    Trouble.EXTRA: Fault.BAD_ARGUMENTS,
    Trouble.WRONG_TYPE: Fault.BAD_ARGUMENTS,
    Trouble.OUT_OF_RANGE: Fault.BAD_ARGUMENTS,
    Trouble.FLOAT: Fault.BAD_ARGUMENTS,
    Trouble.NAN: Fault.BAD_JSON,
    Trouble.MANY: Fault.TOO_MANY_CALLS,
    Trouble.HOLD_AND_TRADE: Fault.CONTRADICTORY,
    Trouble.PROSE: Fault.PROSE,
    Trouble.REFUSAL: Fault.REFUSAL,
    Trouble.FILTER: Fault.REFUSAL,
    Trouble.LENGTH: Fault.TRUNCATED,
    Trouble.EMPTY: Fault.EMPTY,
    Trouble.NO_CHOICE: Fault.UNREADABLE,
    Trouble.NOT_JSON: Fault.UNREADABLE,
    Trouble.S429: Fault.RATE_LIMITED,
    Trouble.S429_LONG: Fault.RATE_LIMITED,
    Trouble.S500: Fault.SERVER_ERROR,
    Trouble.S504: Fault.SERVER_ERROR,
    Trouble.S401: Fault.UNAUTHORISED,
    Trouble.S404: Fault.MODEL_UNKNOWN,
    Trouble.S400: Fault.REQUEST_REFUSED,
    Trouble.RESET: Fault.CONNECTION,
    Trouble.MID_RESET: Fault.CONNECTION,
    Trouble.HANG: Fault.TIMEOUT,
    Trouble.TRICKLE: Fault.TIMEOUT,
}


@dataclass
class Desk:
    """An agent with a model behind a server, and everything a test looks at afterwards."""

    agent: Agent
    server: OpenAIServer
    journal: MemoryJournal
    toolbox: FakeToolbox
    chat: ChatModel


@asynccontextmanager
async def a_desk(
    model: str, *, deadline: str = "3s", amends: bool = False, url: str = "", rounds: int = 0
) -> AsyncIterator[Desk]:
    clock = WallClock()
    journal, toolbox = MemoryJournal(clock), FakeToolbox()
    fold = BreakerFold()
    journal.attach(fold)
    rules = policy(deadline=deadline)
    rules = rules.model_copy(update={"llm": rules.llm.model_copy(update={"investigate_rounds": rounds})})
    readings = FakeReadings()
    readings.markets = {
        symbol: replace(market, time=clock.now()) for symbol, market in readings.markets.items() if market is not None
    }
    async with OpenAIServer().serving() as server:
        settings = ChatSettings(model=model, api_key=SecretStr(KEY), base_url=url or server.base_url)
        chat = OpenAIChat(settings)
        decider = OpenAIDecider(model=metered(chat, journal, clock), prompt=lambda: PROMPT, clock=clock, amends=amends)
        agent = Agent(
            decider=decider,
            toolbox=toolbox,
            readings=readings,
            journal=journal,
            breakers=Breakers(journal, fold, lambda: 100),
            clock=clock,
            policy=lambda: rules,
            checkpointer=InMemorySaver(),
        )
        try:
            yield Desk(agent, server, journal, toolbox, chat)
        finally:
            await agent.close()


def test_every_trouble_has_its_fault() -> None:
    assert set(EXPECTED) == set(Trouble) - {Trouble.SLOW, Trouble.NO_USAGE}


@pytest.mark.parametrize("trouble", list(EXPECTED))
async def test_a_fault_ends_in_hold_with_its_name(trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    deadline = "0.4s" if EXPECTED[trouble] is Fault.TIMEOUT else "3s"
    async with a_desk(trouble, deadline=deadline) as desk:
        began = time.monotonic()
        decided = await desk.agent.cycle(1)
        assert time.monotonic() - began < 3.5
    assert decided.verdict is CycleVerdict.FAULT
    # The call and the cycle are due at the same moment: which of them is told of first depends on the machine.
    is_late = EXPECTED[trouble] is Fault.TIMEOUT
    assert decided.reason.split(":")[0] in {EXPECTED[trouble], *((Fault.LATE,) if is_late else ())}
    assert desk.journal.decisions == [decided]
    assert desk.toolbox.calls == []
    assert len(desk.server.requests) == 1, "nothing is retried"
    asked, answered = (r for r in desk.journal.records if isinstance(r, ModelAsked | ModelAnswered))
    assert isinstance(asked, ModelAsked)
    assert isinstance(answered, ModelAnswered)
    assert answered.fault in {EXPECTED[trouble], *((Fault.INTERRUPTED,) if is_late else ())}
    assert KEY not in repr(desk.journal.records) + caplog.text


async def test_no_server_at_all_is_a_fault_that_costs_nothing() -> None:
    async with a_desk("gpt-5.4-mini", url="http://127.0.0.1:9/v1") as desk:
        decided = await desk.agent.cycle(1)
    assert decided.reason.startswith(Fault.CONNECTION.value)
    assert decided.cost == 0


@pytest.mark.parametrize(("trouble", "costs"), [(Trouble.S500, False), (Trouble.S429, False), (Trouble.S504, True)])
async def test_a_refusal_costs_only_where_somebody_in_between_gave_it(trouble: Trouble, costs: bool) -> None:
    async with a_desk(trouble) as desk:
        decided = await desk.agent.cycle(1)
    assert (decided.cost > 0) is costs


async def test_a_timeout_counts_against_the_budget_as_the_worst_case() -> None:
    async with a_desk(Trouble.HANG, deadline="0.2s") as desk:
        decided = await desk.agent.cycle(1)
    answered = next(r for r in desk.journal.records if isinstance(r, ModelAnswered))
    assert decided.cost > 0
    assert answered.cost == decided.cost
    assert answered.estimated


def good(*calls: tuple[str, object]) -> str:
    return GOOD + json.dumps(calls)


async def test_good_calls_are_executed_and_metered() -> None:
    async with a_desk(good(("open_position", OPEN_ARGUMENTS))) as desk:
        decided = await desk.agent.cycle(3)
    assert decided.verdict is CycleVerdict.TRADE
    assert decided.reason == "trend"
    assert [(tool, arguments, cycle) for tool, arguments, _, cycle in desk.toolbox.calls] == [
        ("open_position", OPEN_ARGUMENTS, 3)
    ]
    assert decided.tokens == INPUT_TOKENS + OUTPUT_TOKENS
    assert decided.cost > 0, "a model without a known price is charged the configured worst"


async def test_the_question_on_the_wire_and_in_the_journal() -> None:
    async with a_desk(good(("hold", {"reason": "quiet"}))) as desk:
        decided = await desk.agent.cycle(1)
    assert (decided.verdict, decided.reason) == (CycleVerdict.HOLD, "quiet")
    body = desk.server.requests[0]["body"]
    messages = body["messages"]
    assert isinstance(messages, list)
    asked = next(r for r in desk.journal.records if isinstance(r, ModelAsked))
    assert [dict(message) for message in asked.messages] == messages
    assert asked.prompt_hash == PROMPT.sha256
    assert body["tool_choice"] == "required"
    assert "stream" not in body or body["stream"] is False
    assert body["max_completion_tokens"] == 1_500
    tools = body["tools"]
    assert isinstance(tools, list)
    functions = [tool["function"] for tool in tools if isinstance(tool, dict)]
    assert [f["name"] for f in functions if isinstance(f, dict)] == [
        *(tool.name for tool in CATALOGUE if tool.trades),
        "hold",
    ]
    assert all(f["strict"] is True for f in functions if isinstance(f, dict))
    assert all(
        f["parameters"]["additionalProperties"] is False
        for f in functions
        if isinstance(f, dict) and isinstance(f["parameters"], dict)
    )


async def test_what_the_shell_says_about_openai_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_API_BASE": "http://elsewhere.invalid",
        "OPENAI_BASE_URL": "http://elsewhere.invalid",
        "OPENAI_PROXY": "http://elsewhere.invalid",
        "OPENAI_API_KEY": "sk-another",
        "OPENAI_ORG_ID": "org-another",
    }.items():
        monkeypatch.setenv(name, value)
    async with a_desk(good(("hold", {"reason": "quiet"}))) as desk:
        decided = await desk.agent.cycle(1)
    assert decided.verdict is CycleVerdict.HOLD
    assert desk.server.requests[0]["headers"]["Authorization"] == f"Bearer {KEY}"


async def test_cycles_share_one_connection() -> None:
    async with a_desk(good(("hold", {"reason": "quiet"}))) as desk:
        for number in range(1, 4):
            await desk.agent.cycle(number)
        assert len(desk.server.requests) == 3
        assert len(desk.server.connections) == 1


async def test_a_slow_answer_within_the_deadline_is_an_answer() -> None:
    async with a_desk(Trouble.SLOW) as desk:
        decided = await desk.agent.cycle(1)
    assert decided.verdict is CycleVerdict.HOLD


async def test_an_answer_without_usage_is_charged_the_worst_case() -> None:
    async with a_desk(Trouble.NO_USAGE) as desk:
        decided = await desk.agent.cycle(1)
    answered = next(r for r in desk.journal.records if isinstance(r, ModelAnswered))
    assert decided.verdict is CycleVerdict.HOLD
    assert decided.cost > 0
    assert answered.estimated


async def test_a_denied_answer_is_asked_again_once_where_amending_is_wanted() -> None:
    async with a_desk(good(("open_position", OPEN_ARGUMENTS)), amends=True) as desk:
        desk.toolbox.denied = {"open_position": "MIN_REWARD_TO_RISK"}
        decided = await desk.agent.cycle(1)
    assert decided.verdict is CycleVerdict.DENIED
    assert len(desk.server.requests) == 2
    assert "MIN_REWARD_TO_RISK" in json.dumps(desk.server.requests[1]["body"]["messages"])
    assert decided.tokens == 2 * (INPUT_TOKENS + OUTPUT_TOKENS)


async def test_a_question_that_is_broken_off_is_closed_in_the_journal() -> None:
    async with a_desk(Trouble.HANG, deadline="30s") as desk:
        cycle = asyncio.create_task(desk.agent.cycle(1))
        await _until(lambda: bool(desk.server.requests))
        cycle.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cycle
    answered = [r for r in desk.journal.records if isinstance(r, ModelAnswered)]
    assert [a.fault for a in answered] == [Fault.INTERRUPTED.value]


async def _until(condition: Callable[[], bool]) -> None:
    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.005)

    waiting: Awaitable[None] = asyncio.wait_for(wait(), timeout=10)
    await waiting


def test_known_models_have_a_price_and_others_the_worst() -> None:
    usage = ChatUsage(input_tokens=1_000_000, output_tokens=1_000_000)
    known = Meter("gpt-5.4-mini").price(usage)
    assert known is not None
    assert 0 < known < Meter("nobody-knows-me").charge(usage) == Decimal(70)
    assert Meter("nobody-knows-me").price(usage) is None


async def test_what_was_looked_up_goes_back_with_the_id_of_its_call() -> None:
    steps = [[["get_account", {}], ["get_account", {}]], [["hold", {"reason": "quiet"}]]]
    async with a_desk(STEPS + json.dumps(steps), rounds=1) as desk:
        decided = await desk.agent.cycle(1)
    assert decided.verdict is CycleVerdict.HOLD
    assert [call[0] for call in desk.toolbox.calls] == ["get_account"] * 2
    first, second = (request["body"] for request in desk.server.requests)
    assert first["tool_choice"] == second["tool_choice"] == "required"
    assert "get_account" in json.dumps(first["tools"])
    assert "get_account" not in json.dumps(second["tools"])
    messages = second["messages"]
    assert isinstance(messages, list)
    system, user, asked, *told = (message for message in messages if isinstance(message, dict))
    assert [system, user] == first["messages"]
    calls = asked["tool_calls"]
    assert isinstance(calls, list)
    assert [call["id"] for call in calls if isinstance(call, dict)] == [answer["tool_call_id"] for answer in told]


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-5.6-sol", "gpt-5.4-pro", "gpt-5-codex"])
async def test_no_model_s_name_makes_it_use_another_interface_than_the_one_set(model: str) -> None:
    """A compatible server usually has no other: the client library would switch by itself for these."""
    async with a_desk(model) as desk:
        decided = await desk.agent.cycle(1)
    assert (decided.verdict, decided.reason) == (CycleVerdict.HOLD, "quiet")
    assert len(desk.server.requests) == 1
