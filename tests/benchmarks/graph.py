"""What the decision graph costs: a cycle through LangGraph, against plain awaits of the same nodes."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from langgraph.runtime import Runtime

from tests.benchmarks.figure import Figure
from tests.fakes.agent_parts import BTC, trending
from tests.unit.agent.cycles import Bench, in_virtual_time
from tui_trader.agent.context import CycleContext
from tui_trader.agent.deciders.rules import RulesDecider
from tui_trader.agent.nodes.analyze_market import analyze_market
from tui_trader.agent.nodes.approve import approve
from tui_trader.agent.nodes.check_risk import check_risk
from tui_trader.agent.nodes.execute_trade import execute_trade
from tui_trader.agent.nodes.gather import gather
from tui_trader.agent.nodes.log_decision import log_decision
from tui_trader.agent.nodes.triage import triage
from tui_trader.agent.state import CycleState
from tui_trader.core.clock import LoopClock
from tui_trader.core.words import CycleVerdict

SUBJECT = "graph"
_BEFORE_THE_RECORD = (gather, triage, analyze_market, check_risk, approve, execute_trade)


def measure(_: Path, count: int) -> Iterator[Figure]:
    """Milliseconds a cycle, all in memory: once with a trade, once on hold."""
    yield _figure("cycle that trades", _trend, CycleVerdict.TRADE, count)
    yield _figure("cycle that holds", _calm, CycleVerdict.HOLD, count)


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
