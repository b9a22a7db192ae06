"""approve: what may be done at once goes on; an entry that needs a person is proposed, and the cycle ends without it.

The question outlives the cycle: whoever answers it sets the tools going, not this graph. A cycle that waited for a
person would hold up the next one, which must be free to close what is open.
"""

from typing import assert_never

from langgraph.runtime import Runtime

from tui_trader.agent.context import CycleContext
from tui_trader.agent.nodes.request import seen_by
from tui_trader.agent.state import ActionState, CycleState, Outcome, shorten
from tui_trader.core.records import ToolStatus
from tui_trader.core.words import Actor, Autonomy, CycleVerdict

_ENTRY = "open_position"
_PROPOSE = "propose_position"
_OBSERVE = "observe_position"


async def approve(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
    """The actions with those that a person must agree to proposed; with `observe` nothing goes on at all."""
    context = runtime.context
    match context.policy.autonomy:
        case Autonomy.AUTO | Autonomy.APPROVE:
            actions = [await _proposed(action, state, context) for action in state["actions"]]
            return _told(actions)
        case Autonomy.OBSERVE:
            return _withheld([await _observed(action, state, context) for action in state["actions"]])
        case unknown:
            assert_never(unknown)


async def _proposed(action: ActionState, state: CycleState, context: CycleContext) -> ActionState:
    if action["outcome"] != Outcome.NEEDS_A_PERSON:
        return action
    return await _asked(_PROPOSE, "approval", action, state, context)


async def _observed(action: ActionState, state: CycleState, context: CycleContext) -> ActionState:
    if action["tool"] != _ENTRY or action["outcome"] not in (Outcome.ALLOWED, Outcome.NEEDS_A_PERSON):
        return action
    return await _asked(_OBSERVE, "observed", action, state, context)


async def _asked(tool: str, key: str, action: ActionState, state: CycleState, context: CycleContext) -> ActionState:
    """The action with what the tool made of it: a question or an observation, by its id, or why there is none."""
    answer = await context.toolbox.call(
        tool, action["arguments"], caller=Actor.SYSTEM, cycle=context.cycle, seen=seen_by(action, state)
    )
    match answer.status:
        case ToolStatus.OK:
            return {**action, "outcome": Outcome.WAITS.value, "code": f"{key} {answer.result.get(key, '')}"}
        case ToolStatus.DENIED:
            return {**action, "outcome": Outcome.DENIED.value, "code": answer.code}
        case ToolStatus.INVALID | ToolStatus.FAILED | ToolStatus.INTERRUPTED:
            return {**action, "outcome": Outcome.FAILED.value, "code": answer.code or answer.status.value}


def _told(actions: list[ActionState]) -> CycleState:
    """On to the tools if anything is free to go; else the cycle holds, and says what it waits for."""
    waits = [action["code"] for action in actions if action["outcome"] == Outcome.WAITS]
    if any(action["outcome"] == Outcome.ALLOWED for action in actions):
        return {"actions": actions, "note": ", ".join(waits) or "no question"}
    codes = [f"{a['outcome']} {a['code']}" for a in actions if a["outcome"] in (Outcome.DENIED, Outcome.FAILED)]
    words = [name if name.startswith("waits") else f"waits for {name}" for name in waits]
    reason = shorten(", ".join([*words, *codes])) or "hold"
    return {"actions": actions, "settled": CycleVerdict.HOLD.value, "reason": reason, "note": reason}


def _withheld(actions: list[ActionState]) -> CycleState:
    """Nothing is done: what was free to go was only proposed."""
    free = (Outcome.ALLOWED, Outcome.NEEDS_A_PERSON)
    kept: list[ActionState] = [
        {**action, "outcome": Outcome.PROPOSED.value} if action["outcome"] in free else action for action in actions
    ]
    seen = [action["code"] for action in kept if action["outcome"] == Outcome.WAITS]
    reason = shorten(", ".join(("observe: proposed only", *seen)))
    return {"actions": kept, "settled": CycleVerdict.HOLD.value, "reason": reason, "note": reason}
