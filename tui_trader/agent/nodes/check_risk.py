"""check_risk: previews each proposed action against the gate; the binding judgement comes when it is executed."""

from langgraph.runtime import Runtime

from tui_trader.agent.context import CycleContext
from tui_trader.agent.deciders.ports import DeniedCall, ProposedCall
from tui_trader.agent.nodes.request import answer_to, request_of, seen_by
from tui_trader.agent.state import ActionState, CycleState, Outcome, shorten
from tui_trader.core.words import Actor, CycleVerdict
from tui_trader.tools.ports import Preview

_LEAST_TO_AMEND = 1.5
"""Seconds: with less left, a second question could not be answered in time."""


async def check_risk(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
    """The actions with the gate's word on each. Denied ones go no further; the decider may amend its answer once."""
    context = runtime.context
    actions, denied = await _judged(state["actions"], state, context)
    if not denied or not await _may_amend(state, context):
        return _told(actions)
    update = await answer_to(state, context, tuple(denied))
    if "settled" in update:
        # The first answer is withdrawn by asking again; what the gate refused of it stays in the record.
        kept = [action for action in actions if action["outcome"] == Outcome.DENIED]
        return {**update, "actions": kept, "note": f"amended to {update['note']}"}
    amended, _ = await _judged(update["actions"], state, context)
    return {**update, **_told(amended)}


async def _judged(
    actions: list[ActionState], state: CycleState, context: CycleContext
) -> tuple[list[ActionState], list[DeniedCall]]:
    judged: list[ActionState] = []
    denied: list[DeniedCall] = []
    for action in actions:
        preview = await context.toolbox.preview(
            action["tool"],
            action["arguments"],
            caller=Actor.AGENT,
            cycle=context.cycle,
            seen=seen_by(action, state),
        )
        outcome = _outcome_of(preview)
        code = preview.detail if outcome is Outcome.WAITS else preview.code
        judged.append({**action, "outcome": outcome.value, "code": shorten(code)})
        if outcome is Outcome.DENIED:
            call = ProposedCall(tool=action["tool"], arguments=action["arguments"])
            denied.append(DeniedCall(call=call, code=preview.code, detail=shorten(preview.detail)))
    return judged, denied


def _outcome_of(preview: Preview) -> Outcome:
    match preview.verdict:
        case "deny":
            return Outcome.DENIED
        case "hold":
            return Outcome.WAITS
        case _:
            return Outcome.NEEDS_A_PERSON if preview.needs_a_person else Outcome.ALLOWED


async def _may_amend(state: CycleState, context: CycleContext) -> bool:
    request = request_of(state, context)
    if not context.decider.amends or request.deadline < _LEAST_TO_AMEND:
        return False
    return not await context.decider.unaffordable(request)


def _told(actions: list[ActionState]) -> CycleState:
    codes = [action["code"] for action in actions if action["outcome"] == Outcome.DENIED]
    waits = [action["code"] for action in actions if action["outcome"] == Outcome.WAITS]
    allowed = len(actions) - len(codes) - len(waits)
    denied = [f"denied: {', '.join(codes)}"] if codes else []
    known = [f"{allowed} allowed"] if allowed or not waits else []
    note = ", ".join((*known, *denied, *waits))
    if allowed:
        return {"actions": actions, "note": note}
    settled = CycleVerdict.DENIED if codes else CycleVerdict.HOLD
    return {"actions": actions, "note": note, "settled": settled.value, "reason": note}
