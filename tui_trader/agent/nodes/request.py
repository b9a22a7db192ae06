"""What the nodes that face the decider share: the request, the question, and what its answer does to the state."""

from tui_trader.agent.context import CycleContext
from tui_trader.agent.deciders.ports import Decision, DecisionRequest, DeniedCall
from tui_trader.agent.faults import FAULT_TEXT, Fault
from tui_trader.agent.nodes.investigation import investigation_of
from tui_trader.agent.nodes.sheltered import sheltered
from tui_trader.agent.proposals import screened
from tui_trader.agent.state import ActionState, CycleState, shorten
from tui_trader.core.money import ZERO, Money, Price, plain
from tui_trader.core.words import Actor, BreakerScope, CycleVerdict, Symbol

_LONGEST_JUDGEMENT = 0.25
_SHARE_TO_JUDGE = 0.1
"""What is kept for previewing the answer: seconds at most, and a share of the deadline."""


def request_of(state: CycleState, context: CycleContext, denied: tuple[DeniedCall, ...] = ()) -> DecisionRequest:
    """The request for this cycle: trading tools are on offer, and reading tools where the policy lets it look first."""
    return DecisionRequest(
        cycle=context.cycle,
        observation=state["observation"],
        tools=tuple(spec for spec in context.toolbox.catalogue(Actor.AGENT) if spec.trades),
        investigation=investigation_of(context),
        deadline=max(0.0, context.seconds_left - _time_to_judge(context)),
        denied=denied,
    )


def _time_to_judge(context: CycleContext) -> float:
    """Seconds of the deliberation that the decider leaves: its answer has to pass the gate in time, too."""
    return min(_LONGEST_JUDGEMENT, context.policy.llm.deadline * _SHARE_TO_JUDGE)


def spent_so_far(state: CycleState) -> Money:
    """What this cycle has cost, in USD."""
    return Money(state["cost"]) if "cost" in state else ZERO


def seen_by(action: ActionState, state: CycleState) -> Price | None:
    """The mark price that the decider was shown of the symbol that the action names; None where it names none."""
    observation, symbol = state.get("observation"), action["arguments"].get("symbol")
    snapshot = observation.snapshot(Symbol(symbol)) if observation is not None and isinstance(symbol, str) else None
    return snapshot.mark if snapshot is not None else None


async def answer_to(state: CycleState, context: CycleContext, denied: tuple[DeniedCall, ...] = ()) -> CycleState:
    """Asks the decider. Its actions, or a settled hold with or without a fault; its price in any case.

    Faults are counted on the model's breaker, a usable answer closes it.
    """
    request = request_of(state, context, denied)
    said = await sheltered(context.decider.decide(request), what=f"decider {context.decider.name}")
    decision = Decision(fault=said) if isinstance(said, Fault) else said
    actions, void = screened(decision.calls, request.tools)
    update: CycleState = {
        "actions": actions,
        "reason": shorten(decision.reason),
        "is_on_record": decision.is_on_record or state.get("is_on_record", False),
        "tokens": state.get("tokens", 0) + decision.tokens,
        "cost": plain(spent_so_far(state) + decision.cost),
        "note": ", ".join(action["tool"] for action in actions) or "hold",
    }
    if fault := decision.fault or void:
        await context.breakers.failed(BreakerScope.MODEL, fault.value)
        return {**update, **faulted(fault), "actions": []}
    await context.breakers.succeeded(BreakerScope.MODEL)
    context.attention.looked(state["observation"], context.policy.triage)
    return update if actions else {**update, "settled": CycleVerdict.HOLD.value}


def faulted(fault: Fault) -> CycleState:
    """The part of the state that says that the cycle ended in this fault."""
    return {
        "settled": CycleVerdict.FAULT.value,
        "fault": fault.value,
        "reason": f"{fault.value}: {FAULT_TEXT[fault]}",
        "note": fault.value,
    }
