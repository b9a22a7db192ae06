"""The real agent over a real trader in a world by hand: gate, desk, paper exchange; only the model is a test's."""

from dataclasses import dataclass, field

from langgraph.checkpoint.memory import InMemorySaver

from tests.fakes.agent_parts import policy
from tests.fakes.door import Door
from tests.fakes.metered import metered
from tests.fakes.trader_parts import Trader
from tui_trader.agent.canonical import sha256_of
from tui_trader.agent.deciders.openai import OpenAIDecider
from tui_trader.agent.deciders.ports import Decider
from tui_trader.agent.llm.ports import ChatModel
from tui_trader.agent.prompt import RenderedPrompt
from tui_trader.agent.runner import Agent
from tui_trader.core.records import CycleDecided
from tui_trader.risk.breakers import BreakerFold, Breakers

PROMPT = RenderedPrompt(text="Trade carefully.", sha256=sha256_of("Trade carefully."))
_NEVER = 10_000
"""Failures in a row: tests of faults go on where a breaker would rest."""


@dataclass
class AgentOver:
    """Runs cycles, one after the other; every order passes the door first."""

    trader: Trader
    door: Door = field(init=False)
    last_cycle: int = 1
    _breakers: Breakers = field(init=False)
    _agent: Agent | None = None
    _decider: Decider | None = None

    def __post_init__(self) -> None:
        fold = BreakerFold()
        self.trader.journal.attach(fold)
        self._breakers = Breakers(self.trader.journal, fold, lambda: _NEVER)
        self.door = Door(self.trader)
        self.trader.exchange.door = self.door

    def asking(self, chat: ChatModel) -> Decider:
        """The model behind its meter, with money enough."""
        clock = self.trader.world.clock
        meter = metered(chat, self.trader.journal, clock, limits=policy(budget="10000").llm)
        return OpenAIDecider(model=meter, prompt=lambda: PROMPT, clock=clock)

    async def cycle(self, decider: Decider) -> CycleDecided:
        """One cycle under the policy in force."""
        self.last_cycle += 1
        return await self._agent_of(decider).cycle(self.last_cycle)

    def _agent_of(self, decider: Decider) -> Agent:
        """The agent of the last cycle, unless another decider decides."""
        trader = self.trader
        if self._agent is None or decider is not self._decider:
            self._decider = decider
            self._agent = Agent(
                decider=decider,
                toolbox=trader.tools,
                readings=trader.readings,
                journal=trader.journal,
                breakers=self._breakers,
                clock=trader.world.clock,
                policy=lambda: trader.policy.current,
                checkpointer=InMemorySaver(),
            )
        return self._agent
