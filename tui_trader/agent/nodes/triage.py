"""triage: whether there is anything to decide; code answers this, so that a model is not paid for it."""

from langgraph.runtime import Runtime

from tui_trader.agent.attention import news
from tui_trader.agent.context import CycleContext
from tui_trader.agent.nodes.request import request_of
from tui_trader.agent.observation import Observation
from tui_trader.agent.state import CycleState, shorten
from tui_trader.core.words import BreakerScope, CycleVerdict, TradingState

_NOTHING_NEW = "nothing that matters has changed since the last decision"


async def triage(state: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
    """Goes on, or settles the cycle as skipped with the reason."""
    observation = state["observation"]
    context = runtime.context
    reason = _nothing_to_decide(observation) or _a_person_has_to_resume(observation) or _breaker_open(context)
    why = reason or _what_is_new(observation, context)
    reason = reason or (_NOTHING_NEW if why is None else await _budget_spent(state, context))
    if reason is None:
        return {"note": shorten(f"worth a decision: {why}")}
    reason = shorten(reason)
    return {"settled": CycleVerdict.SKIP.value, "reason": reason, "note": reason}


def _what_is_new(observation: Observation, context: CycleContext) -> str | None:
    """Why it is worth a decision; None where nothing that matters has changed since the decider last answered."""
    if not context.skips_unchanged:
        return "every interval is"
    seen = context.attention.seen
    if seen is None:
        return "the first look since the start"
    return news(seen, observation, context.policy.triage, context.policy.interval)


def _nothing_to_decide(observation: Observation) -> str | None:
    match observation.account.trading_state:
        case TradingState.HALTED:
            return f"HALTED: {observation.account.reason or 'no reason given'}"
        case TradingState.REDUCING if observation.is_flat:
            return "REDUCING, and nothing is left to reduce"
        case TradingState.REDUCING | TradingState.ACTIVE:
            pass
    if not observation.snapshots:
        return "; ".join(f"{u.symbol}: {u.reason}" for u in observation.unusable) or "no symbols"
    return None


def _a_person_has_to_resume(observation: Observation) -> str | None:
    """Nothing can be opened until somebody resumes, and nothing is there to be managed."""
    waits = next((breaker for breaker in observation.breakers if breaker.needs_a_person), None)
    return f"{waits.scope.value}: {waits.reason}; a person has to resume" if waits and observation.is_flat else None


def _breaker_open(context: CycleContext) -> str | None:
    """After too many faults in a row the decider rests; once it has rested it is asked again, as a probe."""
    if context.breakers.may_try(BreakerScope.MODEL, context.clock.now()):
        return None
    return "the decider failed too often in a row and rests before it is asked again"


async def _budget_spent(state: CycleState, context: CycleContext) -> str | None:
    """The most that this decision can cost must fit under every cap; what is held is managed all the same."""
    why = await context.decider.unaffordable(request_of(state, context))
    return why if why and state["observation"].is_flat else None
