"""Which proposed calls may go on: few enough, of tools on offer, with fitting arguments; and in which order."""

from collections.abc import Sequence
from types import MappingProxyType

from tui_trader.agent.deciders.ports import ProposedCall
from tui_trader.agent.faults import Fault
from tui_trader.agent.schema import mismatch
from tui_trader.agent.state import MAX_ACTIONS, ActionState, Outcome, shorten
from tui_trader.core.records import JsonValue
from tui_trader.tools.ports import ToolSpec

_RANK = MappingProxyType(
    {
        "halt": 0,
        "cancel_all": 1,
        "cancel_order": 1,
        "close_position": 2,
        "reduce_position": 3,
        "set_stop": 4,
        "set_take_profit": 4,
    }
)
"""What makes things safer runs first; what adds risk, last."""
_LAST = 9


def screened(calls: Sequence[ProposedCall], tools: Sequence[ToolSpec]) -> tuple[list[ActionState], Fault | None]:
    """The calls as actions in the order in which they shall run, or the fault that makes all of them void.

    One bad call voids the rest: an answer that is partly wrong was not understood, and half of it is another plan.
    """
    if fault := fault_in(calls, tools):
        return [], fault
    ordered = sorted(calls, key=lambda call: _RANK.get(call.tool, _LAST))
    return [_action(call) for call in ordered], None


def fault_in(calls: Sequence[ProposedCall], tools: Sequence[ToolSpec]) -> Fault | None:
    """Why these calls may not be acted on: too many, a tool not on offer, or arguments that break its schema."""
    if len(calls) > MAX_ACTIONS:
        return Fault.TOO_MANY_CALLS
    offered = {spec.name: spec for spec in tools}
    for call in calls:
        spec = offered.get(call.tool)
        if spec is None:
            return Fault.UNKNOWN_TOOL
        if mismatch(call.arguments, spec.parameters):
            return Fault.BAD_ARGUMENTS
    return None


def _action(call: ProposedCall) -> ActionState:
    arguments = {key: _bounded(value) for key, value in call.arguments.items()}
    return ActionState(tool=call.tool, arguments=arguments, outcome=Outcome.PROPOSED.value, code="")


def _bounded(value: JsonValue) -> JsonValue:
    return shorten(value) if isinstance(value, str) else value
