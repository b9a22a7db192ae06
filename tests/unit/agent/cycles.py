"""Runs cycles of the agent in virtual time, for the tests of this folder."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

from tests.fakes.agent_parts import NOON, FakeReadings, MemoryJournal, ScriptedDecider, policy
from tests.fakes.agent_tools import FakeToolbox
from tui_trader.agent.deciders.ports import Decider, Decision, ProposedCall
from tui_trader.agent.runner import Agent
from tui_trader.agent.trace import AgentEvent, NodeStage, NodeTrace
from tui_trader.core.clock import LoopClock, PacedLoop
from tui_trader.core.records import CycleDecided, JsonObject
from tui_trader.risk.breakers import BreakerFold, Breakers
from tui_trader.risk.policy import Policy

T = TypeVar("T")


@dataclass
class Bench:
    """An agent's surroundings; tests change them before and look at them after."""

    clock: LoopClock
    decider: Decider
    policy: Policy = field(default_factory=policy)
    readings: FakeReadings = field(default_factory=FakeReadings)
    toolbox: FakeToolbox = field(default_factory=FakeToolbox)
    saver: BaseCheckpointSaver[str] = field(default_factory=InMemorySaver)
    asks_model: bool = False
    events: list[AgentEvent] = field(default_factory=list)
    journal: MemoryJournal = field(init=False)
    breakers: Breakers = field(init=False)

    def __post_init__(self) -> None:
        self.journal = MemoryJournal(self.clock)
        fold = BreakerFold()
        self.journal.attach(fold)
        self.breakers = Breakers(self.journal, fold, lambda: self.policy.risk.max_consecutive_failures)

    def agent(self) -> Agent:
        return Agent(
            decider=self.decider,
            toolbox=self.toolbox,
            readings=self.readings,
            journal=self.journal,
            breakers=self.breakers,
            clock=self.clock,
            policy=lambda: self.policy,
            checkpointer=self.saver,
            emit=self.events.append,
            asks_model=self.asks_model,
        )

    @property
    def finished(self) -> list[NodeTrace]:
        return [e for e in self.events if isinstance(e, NodeTrace) and e.stage is NodeStage.FINISHED]

    @property
    def path(self) -> list[str]:
        """The nodes that ran, in order."""
        return [event.node.value for event in self.finished]


def in_virtual_time(scenario: Callable[[LoopClock], Awaitable[T]]) -> T:
    """The scenario's result; a scenario that waits for nothing fails at once."""
    loop = PacedLoop(math.inf, deadlock_is_error=True)

    async def main() -> T:
        clock = LoopClock(loop, NOON)
        try:
            return await scenario(clock)
        finally:
            clock.close()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main())


def one_cycle(
    *decisions: Decision | Exception, prepare: Callable[[Bench], None] = lambda _: None, decider: Decider | None = None
) -> tuple[CycleDecided, Bench]:
    """One cycle with a scripted decider (or the one given)."""

    async def scenario(clock: LoopClock) -> tuple[CycleDecided, Bench]:
        bench = Bench(clock, decider or ScriptedDecider(decisions))
        prepare(bench)
        return await bench.agent().cycle(7), bench

    return in_virtual_time(scenario)


def wants(*calls: tuple[str, JsonObject], **more: str) -> Decision:
    """A decision for these calls."""
    return Decision(
        calls=tuple(ProposedCall(tool=tool, arguments=arguments) for tool, arguments in calls),
        reason=more.get("reason", "as scripted"),
    )
