"""Looking before deciding: reading tools through the one road, each in time, its answer cut."""

import asyncio

from tui_trader.agent.canonical import canonical
from tui_trader.agent.context import CycleContext
from tui_trader.agent.deciders.ports import LONGEST_READING, Investigation, ProposedCall
from tui_trader.core.words import Actor

READ_WITHIN = 0.5
"""Seconds of engine time for one reading."""
_CUT = "… (cut)"


def investigation_of(context: CycleContext) -> Investigation | None:
    """What this cycle may look up; None where the policy says that the digest suffices."""
    rounds = context.policy.llm.investigate_rounds
    if not rounds:
        return None

    async def read(call: ProposedCall) -> str:
        return await _answer(call, context)

    tools = tuple(spec for spec in context.toolbox.catalogue(Actor.AGENT) if not spec.trades)
    return Investigation(rounds=rounds, tools=tools, read=read)


async def _answer(call: ProposedCall, context: CycleContext) -> str:
    """The reading as JSON, cut; or that there is none. The tool's own rows say what it really answered."""
    try:
        async with asyncio.timeout(READ_WITHIN):
            answer = await context.toolbox.call(call.tool, call.arguments, caller=Actor.AGENT, cycle=context.cycle)
    except TimeoutError:
        return canonical({"status": "failed", "detail": f"no answer within {READ_WITHIN} s"})
    text = canonical({"status": answer.status.value, **answer.result})
    return text if len(text) <= LONGEST_READING else f"{text[: LONGEST_READING - len(_CUT)]}{_CUT}"
