"""log_decision: writes the cycle's one record; every path ends here."""

from decimal import Decimal

from langgraph.runtime import Runtime

from tui_trader.agent.context import CycleContext
from tui_trader.agent.state import ActionState, CycleState, Outcome
from tui_trader.core.clock import elapsed
from tui_trader.core.records import Action, CycleDecided, FiguresSeen
from tui_trader.core.words import CycleVerdict


async def log_decision(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
    """Appends the record, durable when this returns."""
    context = runtime.context
    decided = await context.log.write(decided_of(state, context), _seen(state, context))
    return {"settled": decided.verdict.value, "note": f"{decided.verdict.value}: {decided.reason}"}


def _seen(state: CycleState, context: CycleContext) -> FiguresSeen | None:
    """What a decider that is no model was shown; None where nobody decided, or the figures stand in a question."""
    if state.get("is_on_record", True):
        return None
    return FiguresSeen(cycle=context.cycle, decider=context.decider.name, digest=state["digest"])


def decided_of(state: CycleState, context: CycleContext) -> CycleDecided:
    """The record of a cycle that got as far as this state. Milliseconds are engine time."""
    actions = state.get("actions", [])
    return CycleDecided(
        cycle=context.cycle,
        symbols=context.policy.symbols,
        verdict=verdict_of(state),
        reason=state.get("reason") or _summary(actions) or "hold",
        actions=tuple(
            Action(tool=a["tool"], arguments=a["arguments"], outcome=f"{a['outcome']}:{a['code']}".rstrip(":"))
            for a in actions
        ),
        decider=context.decider.name,
        tokens=state.get("tokens", 0),
        cost=Decimal(state.get("cost", "0")),
        milliseconds=round(elapsed(context.began, context.clock.now()) * 1_000),
    )


def verdict_of(state: CycleState) -> CycleVerdict:
    """The first that applies of fault, trade, denied, hold, skip."""
    outcomes = {action["outcome"] for action in state.get("actions", [])}
    if "fault" in state:
        return CycleVerdict.FAULT
    if Outcome.DONE in outcomes:
        return CycleVerdict.TRADE
    if Outcome.DENIED in outcomes:
        return CycleVerdict.DENIED
    settled = CycleVerdict(state.get("settled", CycleVerdict.HOLD))
    return settled if settled is CycleVerdict.SKIP else CycleVerdict.HOLD


def _summary(actions: list[ActionState]) -> str:
    return ", ".join(f"{action['tool']} {action['outcome']}" for action in actions)
