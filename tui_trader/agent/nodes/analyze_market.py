"""analyze_market: asks the decider, once, within the policy's deadline."""

from langgraph.runtime import Runtime

from tui_trader.agent.context import CycleContext
from tui_trader.agent.nodes.request import answer_to
from tui_trader.agent.state import CycleState


async def analyze_market(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
    """The proposed actions, a hold, or the fault by name."""
    return await answer_to(state, runtime.context)
