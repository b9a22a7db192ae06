"""execute_trade: calls the tools, exits first, each once; what went wrong is told, never tried again."""

from langgraph.runtime import Runtime

from tui_trader.agent.context import CycleContext
from tui_trader.agent.faults import Fault
from tui_trader.agent.nodes.request import faulted, seen_by
from tui_trader.agent.nodes.sheltered import sheltered
from tui_trader.agent.state import ActionState, CycleState, Outcome
from tui_trader.core.records import ToolStatus
from tui_trader.core.words import Actor
from tui_trader.tools.ports import ToolAnswer


async def execute_trade(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
    """The allowed actions with what became of each; after a failure the rest is not reached.

    A denial is not a failure: the gate judged again under its lock, and time had passed.
    """
    done: list[ActionState] = []
    fault: Fault | None = None
    for action in state["actions"]:
        if action["outcome"] != Outcome.ALLOWED:
            done.append(action)
        elif fault is not None:
            done.append({**action, "outcome": Outcome.NOT_REACHED.value})
        else:
            answer = await sheltered(_called(action, state, runtime.context), what=f"tool {action['tool']}")
            done.append(_settled(action, answer))
            fault = _fault_of(answer)
    note = ", ".join(f"{action['tool']} {action['outcome']}" for action in done)
    if fault is None:
        return {"actions": done, "note": note}
    return {**faulted(fault), "actions": done, "note": note}


async def _called(action: ActionState, state: CycleState, context: CycleContext) -> ToolAnswer:
    return await context.toolbox.call(
        action["tool"], action["arguments"], caller=Actor.AGENT, cycle=context.cycle, seen=seen_by(action, state)
    )


def _settled(action: ActionState, answer: ToolAnswer | Fault) -> ActionState:
    if isinstance(answer, Fault):
        return {**action, "outcome": Outcome.FAILED.value, "code": answer.value}
    match answer.status:
        case ToolStatus.OK:
            return {**action, "outcome": Outcome.DONE.value}
        case ToolStatus.DENIED:
            return {**action, "outcome": Outcome.DENIED.value, "code": answer.code}
        case ToolStatus.INVALID | ToolStatus.FAILED | ToolStatus.INTERRUPTED:
            return {**action, "outcome": Outcome.FAILED.value, "code": answer.code or answer.status.value}


def _fault_of(answer: ToolAnswer | Fault) -> Fault | None:
    if isinstance(answer, Fault):
        return answer
    failed = answer.status in (ToolStatus.INVALID, ToolStatus.FAILED, ToolStatus.INTERRUPTED)
    return Fault.TOOL_FAILED if failed else None
