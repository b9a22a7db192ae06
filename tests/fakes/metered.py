"""A metered model over a chat model of a test's making: the real meter, reservations and rows."""

from tests.fakes.agent_parts import policy
from tui_trader.agent.llm.lines import LiveLine
from tui_trader.agent.llm.metered import MeteredModel
from tui_trader.agent.llm.ports import ChatModel
from tui_trader.core.clock import Clock
from tui_trader.journal.ports import Journal
from tui_trader.risk.policy import ModelLimits
from tui_trader.risk.spending import Spending


def metered(
    chat: ChatModel,
    journal: Journal,
    clock: Clock,
    *,
    fallback: ChatModel | None = None,
    limits: ModelLimits | None = None,
) -> MeteredModel:
    """The chat model behind its meter, with a budget that starts unspent."""
    spending = Spending()
    journal.attach(spending)
    in_force = limits or policy(budget="10000").llm
    return MeteredModel(
        LiveLine(chat, clock),
        fallback=LiveLine(fallback, clock) if fallback is not None else None,
        spending=spending,
        limits=lambda: in_force,
        journal=journal,
        clock=clock,
    )
