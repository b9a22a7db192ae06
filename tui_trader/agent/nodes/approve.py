"""approve: whether what the gate allows may be done without a person's word."""

from typing import assert_never

from langgraph.runtime import Runtime

from tui_trader.agent.context import CycleContext
from tui_trader.agent.state import ActionState, CycleState, Outcome
from tui_trader.core.words import Autonomy, CycleVerdict


async def approve(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
    """Passes in `auto`; else nothing is executed, and the record says what was proposed and why it went no further."""
    match runtime.context.policy.autonomy:
        case Autonomy.AUTO:
            return {"note": "auto"}
        case Autonomy.OBSERVE:
            return _withheld(state, Outcome.PROPOSED, "observe: proposed only")
        case Autonomy.APPROVE:
            # A person cannot be asked yet; an answer that nobody gave is a no.
            return _withheld(state, Outcome.NOT_APPROVED, "not approved: there is nobody to ask")
        case unknown:
            assert_never(unknown)


def _withheld(state: CycleState, outcome: Outcome, reason: str) -> CycleState:
    actions = [
        ActionState(tool=a["tool"], arguments=a["arguments"], outcome=outcome.value, code=a["code"])
        if a["outcome"] == Outcome.ALLOWED
        else a
        for a in state["actions"]
    ]
    return {"actions": actions, "settled": CycleVerdict.HOLD.value, "reason": reason, "note": reason}
