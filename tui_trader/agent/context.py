"""What the nodes of one cycle may use. LangGraph neither checkpoints nor streams it; no secret is in it either."""

from dataclasses import dataclass

from tui_trader.agent.attention import Attention, skips_unchanged
from tui_trader.agent.deciders.ports import Decider
from tui_trader.agent.decision_log import DecisionLog
from tui_trader.agent.trace import AgentListener
from tui_trader.core.clock import Clock, Instant, elapsed
from tui_trader.risk.breakers import Breakers
from tui_trader.risk.policy import Policy
from tui_trader.tools.ports import Readings, Toolbox


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleContext:
    """One cycle's reach: the readings, the tools, the decider, the clock, and what the policy allows.

    `due` is when deliberation must be over: nothing is executed that was not decided by then.
    """

    cycle: int
    policy: Policy
    decider: Decider
    toolbox: Toolbox
    readings: Readings
    breakers: Breakers
    clock: Clock
    log: DecisionLog
    emit: AgentListener
    attention: Attention
    asks_model: bool
    """Whether the decider is, or stands for, a model: slow, and usually paid for."""
    began: Instant
    due: Instant

    @property
    def skips_unchanged(self) -> bool:
        """Whether a decision is skipped while nothing that matters has changed."""
        return skips_unchanged(self.policy.triage, asks_model=self.asks_model)

    @property
    def seconds_left(self) -> float:
        """Engine time until `due`; negative when it is past."""
        return elapsed(self.clock.now(), self.due)
