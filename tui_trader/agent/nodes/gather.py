"""gather: looks at the market of every symbol, the account and the limits, all at once."""

import asyncio
from contextlib import suppress

from langgraph.runtime import Runtime

from tui_trader.agent.context import CycleContext
from tui_trader.agent.digest import digest_of
from tui_trader.agent.observation import Observation, Unusable, fault_of
from tui_trader.agent.state import CycleState
from tui_trader.core.words import BreakerScope
from tui_trader.journal.ports import JournalUnwritable


async def _report(observation: Observation, context: CycleContext) -> None:
    """A look that found no symbol to judge is a failure of the market's data; one that found any ends the row."""
    with suppress(JournalUnwritable):  # the cycle's own row will say so
        if observation.snapshots:
            await context.breakers.succeeded(BreakerScope.MARKET)
        elif observation.unusable:
            await context.breakers.failed(BreakerScope.MARKET, observation.unusable[0].reason)


async def gather(_: CycleState, runtime: Runtime[CycleContext]) -> CycleState:
    """One observation of everything, and the digest that it makes."""
    context = runtime.context
    readings, policy = context.readings, context.policy
    async with asyncio.TaskGroup() as group:
        markets = [(symbol, group.create_task(readings.snapshot(symbol))) for symbol in policy.symbols]
        account = group.create_task(readings.account())
        positions = group.create_task(readings.positions())
        orders = group.create_task(readings.orders())
        answers = group.create_task(readings.answers())
        limits = group.create_task(readings.limits())
        breakers = group.create_task(readings.breakers())
        memory = group.create_task(readings.memory())
    seen = [(symbol, task.result()) for symbol, task in sorted(markets, key=lambda pair: pair[0])]
    judged = [(symbol, snapshot, fault_of(snapshot, policy.risk.max_quote_age)) for symbol, snapshot in seen]
    observation = Observation(
        time=context.clock.now(),
        snapshots=tuple(snapshot for _, snapshot, fault in judged if snapshot is not None and fault is None),
        unusable=tuple(Unusable(symbol=symbol, reason=fault) for symbol, _, fault in judged if fault is not None),
        account=account.result(),
        positions=positions.result(),
        orders=orders.result(),
        limits=limits.result(),
        memory=memory.result(),
        answers=answers.result(),
        breakers=breakers.result(),
    )
    await _report(observation, context)
    return {
        "observation": observation,
        "digest": digest_of(observation),
        "note": f"{len(observation.snapshots)} of {len(judged)} symbols usable",
    }
