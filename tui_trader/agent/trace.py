"""What the agent tells while it decides: one event when a node starts, one when it has finished, and the decision."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import CycleDecided
from tui_trader.core.words import CycleVerdict


class NodeName(StrEnum):
    """The nodes of the graph, in the order in which a decision passes them."""

    GATHER = "gather"
    TRIAGE = "triage"
    ANALYZE_MARKET = "analyze_market"
    CHECK_RISK = "check_risk"
    APPROVE = "approve"
    EXECUTE_TRADE = "execute_trade"
    LOG_DECISION = "log_decision"


class NodeStage(StrEnum):
    """Whether a node begins or is done."""

    STARTED = "started"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTrace:
    """A node of one cycle began or finished.

    `milliseconds` is engine time spent in the node (zero when it starts); `note` says in a few words what came of
    it; `fault` is the fault's name where the node ended in one, `verdict` what it settled the cycle as, if it did.
    `tokens` and `cost` (USD) are what the node itself spent.
    """

    cycle: int
    node: NodeName
    stage: NodeStage
    time: Instant
    milliseconds: int = 0
    note: str = ""
    fault: str = ""
    verdict: CycleVerdict | None = None
    tokens: int = 0
    cost: Money = ZERO


AgentEvent: TypeAlias = NodeTrace | CycleDecided
AgentListener: TypeAlias = Callable[[AgentEvent], None]
"""Hears every event at once, on the engine's loop. It must return quickly and must not raise."""


def unheard(_: AgentEvent) -> None:
    """A listener for when nobody listens."""
