"""Asked, answered, halted, expired, crashed in any order: no entry without its own, timely, single yes."""

import asyncio
from collections import Counter
from enum import StrEnum
from typing import assert_never

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fakes.trader_parts import BTC, ETH, OPEN, Trader, shipped_policy, virtual_loop, world_of
from tui_trader.core.order import Purpose
from tui_trader.core.records import ApprovalChanged, EntryProposed, OrderIntended, TradingStateChanged
from tui_trader.core.words import Actor, ApprovalStatus, Autonomy, Symbol, TradingState
from tui_trader.journal.ports import Row

POLICY = shipped_policy()
POLICY = POLICY.model_copy(
    update={
        "autonomy": Autonomy.APPROVE,
        "approval_expiry": 60.0,
        "risk": POLICY.risk.model_copy(
            update={"entry_spacing": 0.0, "max_orders_per_minute": 500, "max_entries_per_day": 500}
        ),
    }
)


class Step(StrEnum):
    """What happens."""

    ASK_BTC = "ask BTC"
    ASK_ETH = "ask ETH"
    YES = "yes to the oldest"
    YES_AGAIN = "yes to the first that ever was"
    NO = "no to the newest"
    BOTH = "yes and no at once"
    SNEAK = "the agent enters without asking"
    WAIT = "some seconds pass"
    WAIT_LONG = "more than a question waits"
    HALT = "halt"
    RESUME = "resume"
    CRASH = "kill -9 and restart"
    YES_AND_CRASH = "kill -9 just after a yes"
    CLOSE = "the agent closes what it holds"


async def taken(trader: Trader, step: Step) -> Trader:
    """The trader after the step; another one after a crash."""
    questions = trader.desk.questions
    ids = [record.id for record in trader.records(EntryProposed)]
    waiting = [question.id for question in questions.waiting]
    match step:
        case Step.ASK_BTC | Step.ASK_ETH:
            wish = {**OPEN, "symbol": BTC if step is Step.ASK_BTC else ETH, "reason": "test"}
            await trader.tools.call("propose_position", wish, caller=Actor.SYSTEM, cycle=1)
        case Step.YES:
            await trader.operator("approve", approval=(waiting or ["ZZZZ"])[0])
        case Step.YES_AGAIN:
            await trader.operator("approve", approval=(ids or ["ZZZZ"])[0])
        case Step.NO:
            await trader.operator("reject", approval=(waiting or ["ZZZZ"])[-1], reason="no")
        case Step.BOTH:
            name = (waiting or ["ZZZZ"])[0]
            await asyncio.gather(
                trader.operator("approve", approval=name), trader.operator("reject", approval=name, reason="no")
            )
        case Step.SNEAK:
            assert not (await trader.open(ETH)).is_ok
        case Step.WAIT:
            await trader.wait(7)
        case Step.WAIT_LONG:
            await trader.wait(61.5)
        case Step.HALT:
            await trader.operator("halt", reason="test")
        case Step.RESUME:
            await trader.operator("resume", reason="test")
        case Step.CRASH:
            await trader.crash()
            return await trader.world.start(policy=POLICY)
        case Step.YES_AND_CRASH:
            asked = asyncio.ensure_future(trader.operator("approve", approval=(waiting or ["ZZZZ"])[0]))
            before = len(trader.journal.log.rows)
            while not asked.done() and len(trader.journal.log.rows) < before + 2:
                await asyncio.sleep(0)
            await trader.crash()
            asked.cancel()
            return await trader.world.start(policy=POLICY)
        case Step.CLOSE:
            for symbol in (BTC, ETH):
                await trader.agent("close_position", symbol=symbol)
        case _:
            assert_never(step)
    return trader


def check(rows: list[Row]) -> None:
    """The rules, from the journal alone."""
    asked: dict[str, tuple[Row, EntryProposed]] = {}
    open_in: dict[Symbol, str] = {}
    yes: dict[str, Row] = {}
    tightened = 0
    answers: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for row in rows:
        match row.record:
            case EntryProposed() as proposed:
                assert proposed.intent.symbol not in open_in, "one question a symbol"
                asked[proposed.id] = row, proposed
                open_in[proposed.intent.symbol] = proposed.id
            case ApprovalChanged(id=name, status=status):
                open_in.pop(asked[name][1].intent.symbol, None)
                if status in (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED):
                    answers[name] += 1
                    assert row.actor is Actor.OPERATOR
                if status is ApprovalStatus.APPROVED:
                    assert row.time < asked[name][1].expires, "no late yes"
                    yes[name] = row
                else:
                    yes.pop(name, None)
            case TradingStateChanged(state=state) if state is not TradingState.ACTIVE:
                tightened = row.seq
            case OrderIntended(intent=intent) if intent.purpose is Purpose.ENTRY:
                assert intent.actor is Actor.AGENT
                used[intent.approval] += 1
                assert intent.approval in yes, "no entry without a yes that stands"
                assert tightened < asked[intent.approval][0].seq, "a halt ends what was asked before it"
                agreed = asked[intent.approval][1].intent
                assert intent.quantity <= agreed.quantity
                assert (intent.symbol, intent.side, intent.protection) == (
                    agreed.symbol,
                    agreed.side,
                    agreed.protection,
                )
            case _:
                pass
    assert all(count == 1 for count in (*answers.values(), *used.values())), (answers, used)


async def _played(steps: list[Step]) -> None:
    async with world_of() as world:
        trader = await world.start(policy=POLICY)
        for step in steps:
            trader = await taken(trader, step)
            assert trader.failures == []
        await trader.wait(70)
        assert all(question.seconds_left(world.clock.now()) > 0 for question in trader.desk.questions.waiting)
        check(trader.journal.log.rows)
        trader.tasks.cancel()


@example(steps=[Step.ASK_BTC, Step.YES])
@example(steps=[Step.ASK_BTC, Step.YES_AND_CRASH, Step.YES_AGAIN])
@example(steps=[Step.ASK_BTC, Step.HALT, Step.RESUME, Step.YES_AGAIN])
@given(steps=st.lists(st.sampled_from(list(Step)), min_size=1, max_size=14))
@settings(max_examples=60, deadline=None)
def test_no_entry_without_its_own_timely_single_yes(steps: list[Step]) -> None:
    with asyncio.Runner(loop_factory=virtual_loop) as runner:
        runner.run(_played(steps))
