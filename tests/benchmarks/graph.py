"""What the decision graph costs: a cycle through LangGraph, against plain awaits of the same nodes, and against a bare
LangGraph of the same shape, whose nodes do nothing.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from tests.benchmarks.figure import Figure, percentile
from tests.fakes.agent_parts import BTC, trending
from tests.fakes.agent_tools import CLOSE_ARGUMENTS
from tests.fakes.metered import metered
from tests.unit.agent.cycles import Bench, in_virtual_time
from tui_trader.agent.context import CycleContext
from tui_trader.agent.deciders.openai import OpenAIDecider
from tui_trader.agent.deciders.rules import RulesDecider
from tui_trader.agent.graph import RECURSION_LIMIT
from tui_trader.agent.llm.ports import ChatCall, ChatReply, ChatRequest, ChatUsage
from tui_trader.agent.nodes.analyze_market import analyze_market
from tui_trader.agent.nodes.approve import approve
from tui_trader.agent.nodes.check_risk import check_risk
from tui_trader.agent.nodes.execute_trade import execute_trade
from tui_trader.agent.nodes.gather import gather
from tui_trader.agent.nodes.log_decision import log_decision
from tui_trader.agent.nodes.triage import triage
from tui_trader.agent.prompt import RenderedPrompt
from tui_trader.agent.state import CycleState
from tui_trader.agent.trace import NodeName
from tui_trader.core.clock import LoopClock
from tui_trader.core.words import CycleVerdict

SUBJECT = "graph"
_BEFORE_THE_RECORD = (gather, triage, analyze_market, check_risk, approve, execute_trade)


def measure(_: Path, count: int) -> Iterator[Figure]:
    """Milliseconds a cycle, all in memory: once with a trade, once on hold."""
    yield _figure("cycle that trades", _trend, CycleVerdict.TRADE, count)
    yield _figure("cycle that holds", _calm, CycleVerdict.HOLD, count)
    bare = in_virtual_time(lambda _: _samples_of_bare(count))
    for how, prepare in (("by rules", _by_rules), ("by function calling", _by_function_calling)):
        ours = in_virtual_time(partial(_samples_of_ours, prepare=prepare, count=count))
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            yield Figure(
                subject=SUBJECT,
                name=f"cycle that trades {how}, without model time, {name}",
                value=percentile(ours, share) * 1e3,
                unit="ms",
                baseline=percentile(bare, share) * 1e3,
                against="a bare LangGraph of the same shape",
            )


def _calm(_: Bench) -> None:
    """The market of the fakes is calm as it is."""


def _trend(bench: Bench) -> None:
    bench.readings.markets[BTC] = trending(BTC)


def _figure(name: str, prepare: Callable[[Bench], None], expected: CycleVerdict, count: int) -> Figure:
    through_graph = in_virtual_time(lambda clock: _by_graph(clock, prepare, expected, count))
    by_hand = in_virtual_time(lambda clock: _by_hand(clock, prepare, expected, count))
    return Figure(
        subject=SUBJECT,
        name=name,
        value=through_graph * 1e3,
        unit="ms",
        baseline=by_hand * 1e3,
        against="plain awaits",
        note=f"overhead {(through_graph - by_hand) * 1e3:.2f} ms",
    )


async def _by_graph(clock: LoopClock, prepare: Callable[[Bench], None], expected: CycleVerdict, count: int) -> float:
    bench = Bench(clock, RulesDecider())
    prepare(bench)
    agent = bench.agent()
    await agent.cycle(0)  # the first one also loads what is loaded late
    began = perf_counter()
    for number in range(1, count + 1):
        await agent.cycle(number)
    took = perf_counter() - began
    _assert_all(bench, expected)
    return took / count


async def _by_hand(clock: LoopClock, prepare: Callable[[Bench], None], expected: CycleVerdict, count: int) -> float:
    bench = Bench(clock, RulesDecider())
    prepare(bench)
    agent = bench.agent()
    await _awaited(agent._context(0))
    began = perf_counter()
    for number in range(1, count + 1):
        await _awaited(agent._context(number))
    took = perf_counter() - began
    _assert_all(bench, expected)
    return took / count


class _AtOnce:
    """A model that closes a position and does not think."""

    model = "gpt-5.4-mini"
    max_output_tokens = 100
    _reply = ChatReply(
        calls=(ChatCall(name="close_position", arguments=json.dumps(CLOSE_ARGUMENTS)),),
        usage=ChatUsage(input_tokens=1_000, output_tokens=50),
    )

    async def ask(self, request: ChatRequest) -> ChatReply:
        """The same each time."""
        del request
        return self._reply

    async def close(self) -> None:
        """Nothing is open."""


def _by_rules(bench: Bench) -> None:
    _trend(bench)


def _by_function_calling(bench: Bench) -> None:
    """With digest, reservation, both rows of the question and the thread in which virtual time lets a model answer."""
    prompt = RenderedPrompt(text="Trade carefully. " * 200, sha256="00")
    meter = metered(_AtOnce(), bench.journal, bench.clock)
    bench.decider = OpenAIDecider(model=meter, prompt=lambda: prompt, clock=bench.clock)


async def _samples_of_ours(clock: LoopClock, *, prepare: Callable[[Bench], None], count: int) -> list[float]:
    bench = Bench(clock, RulesDecider())
    prepare(bench)
    agent = bench.agent()
    await agent.cycle(0)
    samples: list[float] = []
    for number in range(1, count + 1):
        began = perf_counter()
        await agent.cycle(number)
        samples.append(perf_counter() - began)
    _assert_all(bench, CycleVerdict.TRADE)
    return samples


async def _samples_of_bare(count: int) -> list[float]:
    """Seven nodes in a row, each with a conditional edge to the last, the same saver and the same use of it."""
    names = [name.value for name in NodeName]
    graph = StateGraph(CycleState)
    for name in names:
        graph.add_node(name, _nothing)
    graph.add_edge(START, names[0])
    for name, after in pairwise(names[:-1]):
        graph.add_conditional_edges(name, _go, {"go": after, "hold": names[-1]})
    graph.add_edge(names[-2], names[-1])
    graph.add_edge(names[-1], END)
    saver = InMemorySaver()
    compiled = graph.compile(checkpointer=saver)
    samples: list[float] = []
    for number in range(count + 1):
        config: RunnableConfig = {"configurable": {"thread_id": str(number)}, "recursion_limit": RECURSION_LIMIT}
        began = perf_counter()
        await compiled.ainvoke({"cycle": number}, config, durability="exit")
        samples.append(perf_counter() - began)
    return samples[1:]


async def _nothing(state: CycleState) -> CycleState:
    return {"note": str(state["cycle"])}


async def _go(_: CycleState) -> str:
    return "go"


async def _awaited(context: CycleContext) -> None:
    """The same way through the same nodes, with their time limit, without the graph."""
    runtime = Runtime(context=context)
    state: CycleState = {"cycle": context.cycle}
    for node in _BEFORE_THE_RECORD:
        async with asyncio.timeout(context.seconds_left):
            state.update(await node(state, runtime))
        if "settled" in state:
            break
    await log_decision(state, runtime)


def _assert_all(bench: Bench, expected: CycleVerdict) -> None:
    """Both ways were measured doing the same."""
    assert {decision.verdict for decision in bench.journal.decisions} == {expected}
