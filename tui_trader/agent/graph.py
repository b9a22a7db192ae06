"""The graph of one decision: which node follows which, and that every path ends in the record.

    gather -> triage -> analyze_market -> check_risk -> approve -> execute_trade -> log_decision

From every node but the last two an edge `hold` leads straight to log_decision. Nodes and conditions are coroutines,
because in virtual time no thread may answer the loop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, TypeAlias

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from tui_trader.agent.context import CycleContext
from tui_trader.agent.faults import Fault
from tui_trader.agent.nodes.analyze_market import analyze_market
from tui_trader.agent.nodes.approve import approve
from tui_trader.agent.nodes.check_risk import check_risk
from tui_trader.agent.nodes.execute_trade import execute_trade
from tui_trader.agent.nodes.gather import gather
from tui_trader.agent.nodes.log_decision import log_decision
from tui_trader.agent.nodes.request import faulted, spent_so_far
from tui_trader.agent.nodes.sheltered import sheltered
from tui_trader.agent.nodes.triage import triage
from tui_trader.agent.state import CycleState
from tui_trader.agent.trace import NodeName, NodeStage, NodeTrace
from tui_trader.core.clock import elapsed
from tui_trader.core.words import CycleVerdict

Node: TypeAlias = Callable[[CycleState, Runtime[CycleContext]], Awaitable[CycleState]]
"""A node as it is written: state and runtime in, the changed part of the state out."""


class GraphNode(Protocol):
    """A node as LangGraph takes it: it passes the runtime by name."""

    def __call__(self, state: CycleState, runtime: Runtime[CycleContext]) -> Awaitable[CycleState]:
        """The part of the state that changed."""
        ...


DecisionGraph: TypeAlias = CompiledStateGraph[CycleState, CycleContext, CycleState, CycleState]

RECURSION_LIMIT = 20
"""Steps of one cycle; LangGraph's own default is some ten thousand."""

_DELIBERATION: tuple[tuple[NodeName, Node], ...] = (
    (NodeName.GATHER, gather),
    (NodeName.TRIAGE, triage),
    (NodeName.ANALYZE_MARKET, analyze_market),
    (NodeName.CHECK_RISK, check_risk),
    (NodeName.APPROVE, approve),
)
"""The nodes that end when the deliberation is due; each can settle the cycle."""


def build_graph(checkpointer: "BaseCheckpointSaver[str] | None" = None) -> DecisionGraph:
    """The compiled graph. The checkpointer is the engine's choice: in memory in virtual time, SQLite in real time."""
    graph = StateGraph(CycleState, context_schema=CycleContext)
    for name, node in _DELIBERATION:
        graph.add_node(name, _traced(name, _in_time(node)))
    graph.add_node(NodeName.EXECUTE_TRADE, _traced(NodeName.EXECUTE_TRADE, _not_late(execute_trade)))
    graph.add_node(NodeName.LOG_DECISION, _traced(NodeName.LOG_DECISION, log_decision))
    graph.add_edge(START, NodeName.GATHER)
    following = [name for name, _ in _DELIBERATION[1:]] + [NodeName.EXECUTE_TRADE]
    for (name, _), after in zip(_DELIBERATION, following, strict=True):
        graph.add_conditional_edges(name, _next, {"go": after, "hold": NodeName.LOG_DECISION})
    graph.add_edge(NodeName.EXECUTE_TRADE, NodeName.LOG_DECISION)
    graph.add_edge(NodeName.LOG_DECISION, END)
    return graph.compile(checkpointer=checkpointer)


async def _next(state: CycleState) -> Literal["go", "hold"]:
    return "hold" if "settled" in state else "go"


def _in_time(node: Node) -> Node:
    """The node, ended in `Fault.LATE` when the deliberation is due."""

    async def timed(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
        try:
            async with asyncio.timeout(max(0.0, runtime.context.seconds_left)):
                return await node(state, runtime)
        except TimeoutError:
            return faulted(Fault.LATE)

    return timed


def _not_late(node: Node) -> Node:
    """The node, not begun when the deliberation is past due; once begun it runs to its end.

    An order on its way has a fate that must be recorded: nothing here may cut that short.
    """

    async def timely(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
        return faulted(Fault.LATE) if runtime.context.seconds_left <= 0 else await node(state, runtime)

    return timely


def _traced(name: NodeName, node: Node) -> GraphNode:
    """The node with its two trace events; an unexpected error in it becomes a fault that reaches the record."""

    async def traced(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
        context = runtime.context
        began = context.clock.now()
        before = state.get("tokens", 0), spent_so_far(state)
        context.emit(NodeTrace(cycle=context.cycle, node=name, stage=NodeStage.STARTED, time=began))
        result = await sheltered(node(state, runtime), what=f"node {name.value}")
        update = faulted(result) if isinstance(result, Fault) else result
        ended = context.clock.now()
        context.emit(
            NodeTrace(
                cycle=context.cycle,
                node=name,
                stage=NodeStage.FINISHED,
                time=ended,
                milliseconds=round(elapsed(began, ended) * 1_000),
                note=update.get("note", ""),
                fault=update.get("fault", ""),
                verdict=CycleVerdict(update["settled"]) if "settled" in update else None,
                tokens=update.get("tokens", before[0]) - before[0],
                cost=(spent_so_far(update) if "cost" in update else before[1]) - before[1],
            )
        )
        return update

    return traced
