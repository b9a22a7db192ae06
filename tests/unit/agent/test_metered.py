"""Every call is paid for: reserved before, settled after, none beyond a cap, and there is no way around the meter."""

import ast
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tui_trader
from tests.fakes.agent_parts import MemoryJournal
from tests.unit.agent.cycles import in_virtual_time
from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.canonical import canonical_request
from tui_trader.agent.llm.meter import Meter, ModelPrice
from tui_trader.agent.llm.metered import MeteredModel, Question
from tui_trader.agent.llm.ports import ChatReply, ChatRequest, ChatUsage, ModelFault
from tui_trader.core.clock import LoopClock
from tui_trader.core.records import EconomyChanged, ModelAnswered, ModelAsked
from tui_trader.core.words import Economy, SpendWindow
from tui_trader.journal.ports import JournalUnwritable
from tui_trader.risk.policy import ModelLimits
from tui_trader.risk.spending import Spending

T = TypeVar("T")
D = Decimal
ROOT = Path(tui_trader.__file__).parent
REQUEST = ChatRequest(system="Trade.", user="figures", tools=())
DEAR, CHEAP = ModelPrice(input=D(10), output=D(100)), ModelPrice(input=D(1), output=D(10))
WORST = D("0.1") + 10 * D(len(canonical_request(REQUEST))) / 1_000_000
"""Of the dear model: a thousand tokens out, a token a byte in."""


@dataclass
class FakeLine:
    """A line that answers, faults or hangs, and counts."""

    model: str = "dear"
    max_output_tokens: int = 1_000
    usage: ChatUsage = field(default_factory=lambda: ChatUsage(input_tokens=100, output_tokens=10))
    fault: ModelFault | None = None
    hangs: bool = False
    asked: int = 0
    closed: bool = False

    async def answer(self, request: ChatRequest, *, deadline: float) -> ChatReply:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.fault is not None:
            raise self.fault
        return ChatReply(text="x", usage=self.usage)

    async def close(self) -> None:
        self.closed = True


@dataclass
class Till:
    """A metered model and all that a test looks at."""

    model: MeteredModel
    journal: MemoryJournal
    spending: Spending
    clock: LoopClock
    line: FakeLine
    small: FakeLine

    async def ask(self) -> Fault | None:
        question = Question(cycle=1, prompt_hash="p", request=REQUEST, deadline=1.0, messages=())
        return (await self.model.ask(question, lambda _: None)).fault

    def spent(self) -> Decimal:
        return self.spending.spent(SpendWindow.DAY, self.clock.now())

    def economies(self) -> list[Economy]:
        return [r.economy for r in self.journal.records if isinstance(r, EconomyChanged)]


PRICES = {"dear": DEAR, "cheap": CHEAP}


def with_till(scenario: Callable[[Till], Awaitable[T]], prices: Mapping[str, ModelPrice] = PRICES, **limits: str) -> T:
    async def run(clock: LoopClock) -> T:
        journal, spending = MemoryJournal(clock), Spending()
        journal.attach(spending)
        these = ModelLimits.model_validate({"model": "dear", "deadline": "5s", "max_usd_per_day": "2", **limits})
        line, small = FakeLine(), FakeLine("cheap")
        model = MeteredModel(
            line,
            fallback=small if these.fallback_model else None,
            meters=lambda name: Meter(name, prices[name]),
            spending=spending,
            limits=lambda: these,
            journal=journal,
            clock=clock,
        )
        return await scenario(Till(model, journal, spending, clock, line, small))

    return in_virtual_time(run)


def test_the_worst_is_reserved_before_the_call_and_the_usage_settles_it() -> None:
    async def scenario(till: Till) -> None:
        assert await till.ask() is None
        asked, answered = till.journal.records
        assert isinstance(asked, ModelAsked)
        assert isinstance(answered, ModelAnswered)
        assert asked.reserved == WORST
        assert (answered.asked, answered.cost) == (1, D("0.002"))
        assert till.spent() == D("0.002")

    with_till(scenario)


def test_a_call_that_cannot_be_reserved_is_not_made() -> None:
    async def scenario(till: Till) -> None:
        till.journal.unwritable = (ModelAsked,)
        with pytest.raises(JournalUnwritable):
            await till.ask()
        assert till.line.asked == 0

    with_till(scenario)


@pytest.mark.parametrize(("may_cost", "counted"), [(True, WORST), (False, D(0))])
def test_a_fault_counts_its_worst_where_the_service_may_have_worked(may_cost: bool, counted: Decimal) -> None:
    async def scenario(till: Till) -> None:
        till.line.fault = ModelFault(Fault.TIMEOUT, may_cost=may_cost)
        assert await till.ask() is Fault.TIMEOUT
        assert till.spent() == counted

    with_till(scenario)


def test_a_call_that_is_broken_off_counts_its_worst() -> None:
    async def scenario(till: Till) -> None:
        till.line.hangs = True
        asking = asyncio.create_task(till.ask())
        await till.clock.sleep(0.1)
        assert till.spent() == WORST, "while it runs"
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert till.spent() == WORST

    with_till(scenario)


def test_an_answer_without_usage_counts_its_worst() -> None:
    async def scenario(till: Till) -> None:
        till.line.usage = ChatUsage()
        await till.ask()
        assert till.spent() == WORST

    with_till(scenario)


@given(cap=st.integers(1, 500), used=st.integers(0, 1_000))
def test_no_sequence_of_calls_spends_more_than_the_cap(cap: int, used: int) -> None:
    async def scenario(till: Till) -> None:
        till.line.usage = ChatUsage(input_tokens=1, output_tokens=used)
        for _ in range(60):
            before = till.line.asked
            fault = await till.ask()
            assert (fault is Fault.BUDGET) == (till.line.asked == before)
            assert till.spent() <= D(cap) / 100

    with_till(scenario, max_usd_per_day=str(D(cap) / 100))


def test_the_ladder_is_walked_down_a_row_a_step_and_up_again_when_the_window_passes() -> None:
    async def scenario(till: Till) -> None:
        till.line.usage = till.small.usage = ChatUsage(input_tokens=0, output_tokens=900)
        faults = [await till.ask() for _ in range(40)]
        assert till.economies() == [Economy.CHEAPER, Economy.SLOWER, Economy.MANAGE]
        assert faults[-1] is Fault.BUDGET
        assert 0 < till.line.asked < till.small.asked
        before = till.line.asked
        await till.clock.sleep(3_600.0)
        assert await till.ask() is None
        assert till.line.asked == before + 1
        assert till.economies()[-1] is Economy.FULL

    with_till(
        scenario,
        max_usd_per_hour="0.50",
        fallback_model="cheap",
        fallback_at_pct="50",
        slow_interval="5m",
        slow_at_pct="80",
    )


def test_a_fallback_that_is_the_dearer_one_is_not_asked_beyond_the_cap() -> None:
    """The rung says to ask it first; each line has to fit for itself all the same."""

    async def scenario(till: Till) -> None:
        till.line.usage = till.small.usage = ChatUsage(input_tokens=0, output_tokens=900)
        faults = [await till.ask() for _ in range(30)]
        assert till.economies() == [Economy.CHEAPER, Economy.MANAGE]
        assert (till.small.asked, faults[-1]) == (0, Fault.BUDGET)
        assert D("0.13") < till.spent() <= D("0.15")

    swapped = {"dear": CHEAP, "cheap": DEAR}
    with_till(scenario, swapped, max_usd_per_day="0.15", fallback_model="cheap", fallback_at_pct="50")


def test_closing_closes_both_lines() -> None:
    async def scenario(till: Till) -> None:
        await till.model.close()
        assert till.line.closed
        assert till.small.closed

    with_till(scenario, fallback_model="cheap")


def test_cached_written_and_reasoning_tokens_are_kept_apart_and_priced() -> None:
    async def scenario(till: Till) -> None:
        till.line.usage = ChatUsage(
            input_tokens=100, output_tokens=50, cache_read_tokens=60, cache_write_tokens=20, reasoning_tokens=40
        )
        await till.ask()
        answered = next(r for r in till.journal.records if isinstance(r, ModelAnswered))
        assert (answered.cached_tokens, answered.cache_written_tokens, answered.reasoning_tokens) == (60, 20, 40)

    with_till(scenario)
    table = Meter("gpt-6-luna")
    plain, cached = ChatUsage(input_tokens=1_000), ChatUsage(input_tokens=1_000, cache_read_tokens=900)
    written = ChatUsage(input_tokens=1_000, cache_write_tokens=1_000)
    assert table.charge(cached) < table.charge(plain) < table.charge(written)


@given(text=st.text(max_size=200), out=st.integers(1, 2_000))
def test_nothing_that_fits_the_request_can_cost_more_than_its_reservation(text: str, out: int) -> None:
    """A byte-level tokeniser makes at most a token of each byte."""
    request = ChatRequest(system=text, user=text, tools=())
    most = len(text.encode("utf-8", "surrogatepass")) * 2
    for meter in (Meter("gpt-6-luna"), Meter("gpt-5.4-mini"), Meter("nobody-knows-me"), Meter("x", DEAR)):
        reserved = meter.reserve(request, out)
        for written in (0, most):
            used = ChatUsage(input_tokens=most, output_tokens=out, cache_write_tokens=written)
            assert meter.charge(used) <= reserved


def test_a_price_of_zero_by_the_settings_is_free() -> None:
    free = Meter("local", ModelPrice(input=D(0), output=D(0)))
    assert free.is_known
    assert free.reserve(REQUEST, 10_000) == 0


# ---------------------------------------------------------------------- no way around


def _names(path: Path) -> set[str]:
    """All that a module imports or says: names and attributes."""
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    said = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return imported | said


def _modules_that_say(*wanted: str) -> set[str]:
    return {str(p.relative_to(ROOT)) for p in ROOT.rglob("*.py") if _names(p) & set(wanted)}


def test_only_the_line_holds_a_model_and_only_the_meter_asks_a_line() -> None:
    assert _modules_that_say("OpenAIChat") == {"agent/llm/connect.py"}
    assert _modules_that_say("ChatModel") == {"agent/llm/lines.py"}
    assert _modules_that_say("answer") & {
        str(p.relative_to(ROOT)) for p in ROOT.rglob("*.py") if "Line" in _names(p)
    } == {"agent/llm/metered.py"}
    assert _modules_that_say("open_line") == {"engine/deciding.py"}
    assert _modules_that_say("ChatOpenAI") == {"agent/llm/openai_chat.py"}
