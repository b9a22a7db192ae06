"""One decision from start to record: runs the graph, bounds it in time, and answers with what was journalled."""

import asyncio
import logging
from collections.abc import Callable

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from tui_trader.agent.attention import Attention, skips_unchanged
from tui_trader.agent.context import CycleContext
from tui_trader.agent.deciders.ports import Decider
from tui_trader.agent.decision_log import DecisionLog
from tui_trader.agent.faults import Fault
from tui_trader.agent.graph import RECURSION_LIMIT, build_graph
from tui_trader.agent.nodes.log_decision import decided_of
from tui_trader.agent.nodes.request import faulted
from tui_trader.agent.nodes.sheltered import sheltered
from tui_trader.agent.trace import AgentListener, unheard
from tui_trader.agent.tracing import allow_tracing, forbid_tracing
from tui_trader.core.clock import Clock, later
from tui_trader.core.records import CycleDecided
from tui_trader.journal.ports import Journal
from tui_trader.risk.breakers import Breakers
from tui_trader.risk.policy import Policy
from tui_trader.tools.ports import Readings, Toolbox

STUCK_AFTER = 60.0
"""Seconds after which execution is given up as stuck. A desk's own deadlines are far below this."""
KEPT_THREADS = 50
"""How many cycles' checkpoints are kept; they are disposable, the journal is the record."""

_log = logging.getLogger(__name__)


class Agent:
    """Decides one cycle at a time, with one decider, through one toolbox."""

    def __init__(
        self,
        *,
        decider: Decider,
        toolbox: Toolbox,
        readings: Readings,
        journal: Journal,
        breakers: Breakers,
        clock: Clock,
        policy: Callable[[], Policy],
        checkpointer: "BaseCheckpointSaver[str]",
        emit: AgentListener = unheard,
        asks_model: bool = False,
        is_traced: bool = False,
    ) -> None:
        """`policy` is asked at the start of each cycle, since limits may be tightened between two.

        The decider's faults are counted on the breaker `MODEL`. `asks_model`: the decider is, or stands for, a model.
        `is_traced`: LangSmith may have every run, which nothing but the user's own setting may say.
        """
        if is_traced:
            allow_tracing()
        else:
            forbid_tracing()
        self._decider = decider
        self._toolbox = toolbox
        self._readings = readings
        self._journal = journal
        self._breakers = breakers
        self._clock = clock
        self._policy = policy
        self._checkpointer = checkpointer
        self._emit = emit
        self._asks_model = asks_model
        self.attention = Attention()
        self._graph = build_graph(checkpointer)

    async def cycle(self, number: int) -> CycleDecided:
        """Decide, act, record; the record is in the journal when this returns. Cycles must not overlap.

        Every fault is in the record. Raises JournalUnwritable where the record could not be written, and passes
        cancellation on.
        """
        context = self._context(number)
        try:
            async with asyncio.timeout(context.seconds_left + STUCK_AFTER):
                await sheltered(self._run(context), what=f"cycle {number}")
        except TimeoutError:
            _log.error("cycle %d was given up after its deadline", number)
        if context.log.written is not None:
            return context.log.written
        # The graph could not reach its own record: what is known is that it did not end well.
        return await context.log.write(decided_of(faulted(Fault.INTERNAL), context))

    async def close(self) -> None:
        """Lets go of what the decider holds open; call it once, after the last cycle, on the loop of the cycles."""
        await self._decider.close()

    @property
    def skips_unchanged(self) -> bool:
        """Whether a decision is skipped while nothing that matters has changed, by the policy in force."""
        return skips_unchanged(self._policy().triage, asks_model=self._asks_model)

    def _context(self, number: int) -> CycleContext:
        policy = self._policy()
        began = self._clock.now()
        return CycleContext(
            cycle=number,
            policy=policy,
            decider=self._decider,
            toolbox=self._toolbox,
            readings=self._readings,
            breakers=self._breakers,
            clock=self._clock,
            log=DecisionLog(self._journal, self._emit),
            emit=self._emit,
            attention=self.attention,
            asks_model=self._asks_model,
            began=began,
            due=later(began, policy.llm.deadline),
        )

    async def _run(self, context: CycleContext) -> None:
        await self._forget(context.cycle - KEPT_THREADS)
        # A cycle that a crash broke off is decided anew, not taken up where it was.
        await self._forget(context.cycle)
        config: RunnableConfig = {
            "configurable": {"thread_id": _thread(context.cycle)},
            "recursion_limit": RECURSION_LIMIT,
        }
        await self._graph.ainvoke({"cycle": context.cycle}, config, context=context, durability="exit")

    async def _forget(self, number: int) -> None:
        await self._checkpointer.adelete_thread(_thread(number))


def _thread(cycle: int) -> str:
    return f"cycle-{cycle}"
