"""What a model's reply amounts to: calls that may be acted on, readings to be answered, or the fault that voids it."""

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Never

from tui_trader.agent.canonical import canonical
from tui_trader.agent.deciders.ports import LONGEST_READING, Investigation, ProposedCall
from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.ports import ChatCall, ChatReply, ChatTurn
from tui_trader.agent.proposals import fault_in
from tui_trader.agent.state import MAX_ACTIONS
from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.tools.ports import ToolSpec

HOLD = ToolSpec(
    name="hold",
    description="Do nothing in this cycle: keep positions, orders and stops as they are. Call it alone.",
    parameters={
        "type": "object",
        "properties": {"reason": {"type": "string", "description": "Why, in one sentence."}},
        "required": ["reason"],
        "additionalProperties": False,
    },
    trades=False,
)
"""The one tool that is not in the catalogue: saying no needs no gate."""

_NOT_YET = canonical({"status": "not done", "detail": "decide after you have read what you asked for"})
LONGEST_TURN = ChatTurn(
    calls=(ChatCall(name="n" * 20, arguments="a" * 100),) * MAX_ACTIONS,
    answers=("r" * LONGEST_READING,) * MAX_ACTIONS,
)
"""What a round of looking things up adds to a question at most."""


def judged(reply: ChatReply, tools: tuple[ToolSpec, ...]) -> tuple[tuple[ProposedCall, ...], Fault | None]:
    """The calls of a reply that may be acted on, `hold` included, or the fault that voids the whole reply."""
    fault = _whole_fault(reply)
    if fault:
        return (), fault
    calls: list[ProposedCall] = []
    for call in reply.calls:
        arguments = parsed(call)
        if arguments is None:
            return (), Fault.BAD_JSON
        calls.append(ProposedCall(tool=call.name, arguments=arguments))
    if fault := fault_in(calls, tools):
        return (), fault
    holds = [call for call in calls if call.tool == HOLD.name]
    if holds and any(spec.trades and spec.name in {call.tool for call in calls} for spec in tools):
        return (), Fault.CONTRADICTORY
    return tuple(calls), None


def _whole_fault(reply: ChatReply) -> Fault | None:
    if reply.refused:
        return Fault.REFUSAL
    if reply.truncated:
        return Fault.TRUNCATED
    if not reply.calls:
        return Fault.PROSE if reply.text.strip() else Fault.EMPTY
    return None


def parsed(call: ChatCall) -> JsonObject | None:
    """The call's arguments as an object without floats, or None. `1.0` is a number and not an integer: kept as text."""
    try:
        value: JsonValue = json.loads(call.arguments, parse_float=_as_text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _as_text(figure: str) -> str:
    return str(Decimal(figure))


def _refuse(constant: str) -> Never:
    msg = f"{constant} is not JSON"
    raise ValueError(msg)


async def answered(calls: tuple[ProposedCall, ...], look: Investigation) -> ChatTurn:
    """What was asked and what it was told: readings all at once; a trade asked for beside them has to wait."""
    readable = {tool.name for tool in look.tools}

    async def told(call: ProposedCall) -> str:
        return await look.read(call) if call.tool in readable else _NOT_YET

    answers = await asyncio.gather(*(told(call) for call in calls))
    return ChatTurn(
        calls=tuple(ChatCall(name=call.tool, arguments=canonical(call.arguments)) for call in calls),
        answers=tuple(answers),
    )


def told_by(turn: ChatTurn) -> Iterator[JsonObject]:
    """A turn as the journal keeps it."""
    yield {
        "role": "assistant",
        "tool_calls": [{"name": call.name, "arguments": call.arguments} for call in turn.calls],
    }
    for answer in turn.answers:
        yield {"role": "tool", "content": answer}
