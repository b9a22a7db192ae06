"""A person is asked once, answers once, and what is sent is what was on the card, if the gate still lets it through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest

from tests.fakes.agent_over import AgentOver
from tests.fakes.agent_parts import ScriptedDecider
from tests.fakes.exchange import WriteFault
from tests.fakes.trader_parts import BTC, ETH, OPEN, Trader, entry, shipped_policy, trading, virtual
from tests.unit.agent.cycles import wants
from tui_trader.core.order import Intent, Purpose, TimeInForce
from tui_trader.core.records import (
    ApprovalChanged,
    EntryProposed,
    JsonValue,
    OrderIntended,
    RiskJudged,
    ToolCalled,
    ToolStatus,
    TradingStateChanged,
)
from tui_trader.core.words import Actor, ApprovalStatus, Autonomy, CycleVerdict, TradingState
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.risk.approvals import Question
from tui_trader.risk.policy import Policy
from tui_trader.tools.approving import APPROVAL_OVER, APPROVAL_UNKNOWN, WAITS
from tui_trader.tools.entering import ASKED_RECENTLY
from tui_trader.tools.ports import ToolAnswer

D = Decimal
EXPIRY: Final = 300.0


def asking(**changes: object) -> Policy:
    """The shipped policy, with a person to be asked."""
    return shipped_policy().model_copy(update={"autonomy": Autonomy.APPROVE, **changes})


@asynccontextmanager
async def asked_trader() -> AsyncIterator[Trader]:
    async with trading(policy=asking()) as trader:
        yield trader


async def propose(trader: Trader, **changes: JsonValue) -> ToolAnswer:
    """What the agent's approve node does."""
    wish = {**OPEN, "reason": "a trend", **changes}
    return await trader.tools.call("propose_position", wish, caller=Actor.SYSTEM, cycle=7)


async def asked(trader: Trader, **changes: JsonValue) -> Question:
    """A question that waits."""
    answer = await propose(trader, **changes)
    assert answer.is_ok, answer
    question = trader.desk.questions.question(str(answer.result["approval"]))
    assert question is not None
    return question


def entries(trader: Trader) -> list[Intent]:
    """Every entry that was ever intended."""
    intents = [record.intent for record in trader.records(OrderIntended)]
    return [intent for intent in intents if intent.purpose is Purpose.ENTRY]


def changes_of(trader: Trader, question: Question) -> list[tuple[ApprovalStatus, str]]:
    """What was written of a question."""
    return [(c.status, c.code) for c in trader.records(ApprovalChanged) if c.id == question.id]


@virtual
async def test_without_a_yes_the_agents_entry_does_not_leave() -> None:
    async with asked_trader() as trader:
        answer = await trader.open()
        assert (answer.status, answer.code) == (ToolStatus.DENIED, "NOT_APPROVED")
        assert entries(trader) == []


@virtual
async def test_a_card_says_what_is_at_stake() -> None:
    async with asked_trader() as trader:
        question = await asked(trader, reason="it\x1b[31m rises \n\u202e" + "x" * 400)
        intent, card = question.proposed.intent, question.proposed.card
        assert intent.price is not None
        assert intent.protection is not None
        stop, fee = intent.protection.stop_price, D("0.0005")
        assert card.max_loss == intent.quantity * ((intent.price - stop) + fee * (intent.price + stop))
        assert card.fees == intent.quantity * fee * (intent.price + stop)
        assert card.notional == intent.quantity * intent.price
        assert card.equity_share_pct == card.notional / 10_000 * 100
        assert card.liquidation_price is not None
        assert card.liquidation_price < stop
        assert (intent.actor, intent.cycle, intent.seen_price) == (Actor.AGENT, 7, trader.world.prices[BTC])
        assert question.seconds_left(trader.world.clock.now()) == pytest.approx(EXPIRY, abs=1)
        reason = question.proposed.reason
        assert reason.startswith("it [31m rises xxx")
        assert reason.isprintable()
        assert len(reason) == 160
        assert len(question.id) == 4


@virtual
async def test_a_yes_sends_what_was_on_the_card_once_and_it_is_protected() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        answer = await trader.operator("approve", approval=f" {question.id.lower()} ")
        assert answer.is_ok, answer
        assert answer.result["approval"] == question.id
        (sent,) = entries(trader)
        agreed = question.proposed.intent
        assert (sent.approval, sent.actor, sent.cycle) == (question.id, Actor.AGENT, 7)
        assert (sent.quantity, sent.protection) == (agreed.quantity, agreed.protection)
        assert trader.quantity() == agreed.quantity
        await trader.until(trader.world.is_protected)
        again = await trader.operator("approve", approval=question.id)
        assert (again.code, again.result["approval_status"]) == (APPROVAL_OVER, "EXECUTED")
        assert len(entries(trader)) == 1


@virtual
async def test_a_market_entry_follows_the_price_to_the_tamer_side_only() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        trader.world.go_to(trader.world.prices[BTC] - 200)
        await trader.wait(2)
        assert (await trader.operator("approve", approval=question.id)).is_ok
        (sent,) = entries(trader)
        assert sent.price is not None
        assert question.proposed.intent.price is not None
        assert sent.price < question.proposed.intent.price


@pytest.mark.parametrize(("side", "move"), [("long", 200), ("short", -200)])
@virtual
async def test_a_market_entry_does_not_follow_the_price_to_the_dearer_side(side: str, move: int) -> None:
    async with asked_trader() as trader:
        question = await asked(trader, side=side)
        trader.world.go_to(trader.world.prices[BTC] + move)
        await trader.wait(2)
        assert (await trader.operator("approve", approval=question.id)).is_ok
        (sent,) = entries(trader)
        assert sent.price == question.proposed.intent.price, "the bound that was on the card"


@virtual
async def test_a_price_that_moved_is_denied_with_its_code_and_the_yes_is_used_up() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        trader.world.go_to(trader.world.prices[BTC] * D("1.006"))
        await trader.wait(2)
        answer = await trader.operator("approve", approval=question.id)
        assert (answer.status, answer.code) == (ToolStatus.DENIED, "PRICE_MOVED")
        assert changes_of(trader, question) == [(ApprovalStatus.APPROVED, ""), (ApprovalStatus.DENIED, "PRICE_MOVED")]
        trader.world.go_to(question.proposed.card.mark)
        await trader.wait(2)
        assert (await trader.operator("approve", approval=question.id)).code == APPROVAL_OVER
        assert entries(trader) == []


@virtual
async def test_the_gate_judges_by_the_policy_of_the_answer() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        tight = trader.policy.current.risk.model_copy(update={"max_order_notional": D(200)})
        trader.policy.current = trader.policy.current.model_copy(update={"risk": tight})
        assert (await trader.operator("approve", approval=question.id)).is_ok
        (sent,) = entries(trader)
        assert sent.quantity < question.proposed.intent.quantity
        assert sent.quantity * trader.world.prices[BTC] <= 200


@virtual
async def test_a_no_has_a_reason_that_the_agent_is_told_and_the_same_is_not_asked_again() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        answer = await trader.operator("reject", approval=question.id, reason="news at\n14:00\u202e" + "!" * 300)
        assert answer.is_ok
        (told,) = await trader.readings.answers()
        assert (told.approval, told.status) == (question.id, ApprovalStatus.REJECTED)
        assert told.reason.startswith("news at 14:00 !!!")
        assert len(told.reason) == 160
        again = await propose(trader)
        assert (again.code, question.id in str(again.result["detail"])) == (ASKED_RECENTLY, True)
        assert (await propose(trader, side="short")).is_ok, "the other side is another question"
        assert (await propose(trader, symbol=ETH)).is_ok
        await trader.wait(EXPIRY + 2)
        assert (await propose(trader)).is_ok, "after a while it may be asked again"
        assert entries(trader) == []


@pytest.mark.parametrize("is_refused", [True, False])
@virtual
async def test_a_side_that_got_no_yes_holds_with_that_reason_and_no_denial(is_refused: bool) -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        if is_refused:
            await trader.operator("reject", approval=question.id, reason="news at 14:00")
        else:
            await trader.wait(EXPIRY + 2)
        over, decider = AgentOver(trader), ScriptedDecider([wants(("open_position", {**OPEN, "reason": "a trend"}))])
        decided = await over.cycle(decider)
        said = "REJECTED" if is_refused else "EXPIRED"
        assert decided.verdict is CycleVerdict.HOLD
        assert decided.reason.startswith(f"ASKED_RECENTLY: {question.id} was {said}; not asked again for ")
        assert "news" not in decided.reason
        assert [r.verdict for r in trader.records(RiskJudged) if r.cycle == decided.cycle] == []
        assert [c.tool for c in trader.records(ToolCalled) if c.cycle == decided.cycle] == []
        (told,) = await trader.readings.answers()
        assert told.reason == ("news at 14:00" if is_refused else "nobody answered within 300 s")
        await trader.wait(EXPIRY)
        assert (await over.cycle(decider)).reason.startswith("waits for approval "), "after a while it is asked again"


@virtual
async def test_nobody_answers_so_the_answer_is_no() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        await trader.wait(EXPIRY - 2)
        assert len(trader.desk.questions.waiting) == 1
        await trader.wait(4)
        assert changes_of(trader, question) == [(ApprovalStatus.EXPIRED, "APPROVAL_EXPIRED")]
        answer = await trader.operator("approve", approval=question.id)
        assert (answer.code, answer.result["approval_status"]) == (APPROVAL_OVER, "EXPIRED")
        assert entries(trader) == []


@virtual
async def test_a_yes_in_the_second_between_two_looks_is_late_all_the_same() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        left = question.seconds_left(trader.world.clock.now())
        await trader.wait(left + 0.001)
        answer = await trader.operator("approve", approval=question.id)
        assert answer.code == APPROVAL_OVER
        assert changes_of(trader, question) == [(ApprovalStatus.EXPIRED, "APPROVAL_EXPIRED")]
        assert entries(trader) == []


@virtual
async def test_while_one_waits_its_symbol_holds_and_others_do_not() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        call = {**OPEN, "reason": "again", "side": "short"}
        preview = await trader.tools.preview("open_position", call, caller=Actor.AGENT, cycle=8)
        assert (preview.verdict, preview.detail) == ("hold", f"waits for approval {question.id}")
        assert (await propose(trader, side="short")).code == WAITS
        assert (await asked(trader, symbol=ETH)).symbol == ETH
        assert {q.symbol for q in trader.desk.questions.waiting} == {BTC, ETH}
        held = await trader.tools.call(
            "open_position",
            {"symbol": BTC, "side": "BUY", "quantity": "0.01", "stop": "93000", "take_profit": "97000"},
            caller=Actor.OPERATOR,
        )
        assert held.is_ok, "the operator's own orders need no approval"


@virtual
async def test_exits_stops_and_cancels_do_not_wait() -> None:
    async with trading() as trader:
        await trader.opened()
        trader.policy.current = asking()
        await asked(trader, symbol=ETH)
        assert (await trader.agent("set_stop", symbol=BTC, stop_bps=50)).is_ok
        assert (await trader.agent("reduce_position", symbol=BTC, percent=50)).is_ok
        assert (await trader.agent("cancel_all", symbol=BTC)).is_ok
        assert (await trader.agent("close_position", symbol=BTC)).is_ok
        assert trader.quantity() == 0


@pytest.mark.parametrize("state", [TradingState.HALTED, TradingState.REDUCING])
@virtual
async def test_a_halt_ends_every_question_and_a_resume_brings_none_back(state: TradingState) -> None:
    async with asked_trader() as trader:
        questions = [await asked(trader), await asked(trader, symbol=ETH)]
        tighten = trader.desk.state.halt if state is TradingState.HALTED else trader.desk.state.reduce
        await tighten("a test", actor=Actor.OPERATOR, code="TEST")
        assert (await trader.operator("resume", reason="looked")).is_ok
        answer = await trader.operator("approve", approval=questions[0].id)
        assert (answer.code, answer.result["approval_status"]) == (APPROVAL_OVER, "EXPIRED")
        await trader.wait(2)
        for question in questions:
            assert changes_of(trader, question) == [(ApprovalStatus.EXPIRED, state.value)]
        assert entries(trader) == []
        assert (await propose(trader)).is_ok, "a halt is no person's no"


@virtual
async def test_a_halt_that_is_only_a_flag_or_a_file_ends_them_too() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        (trader.world.folder / "HALT").touch()
        answer = await trader.operator("approve", approval=question.id)
        assert (answer.code, answer.result["approval_status"]) == (APPROVAL_OVER, "EXPIRED")
        assert changes_of(trader, question) == [(ApprovalStatus.EXPIRED, "HALTED")]
        assert entries(trader) == []


@virtual
async def test_a_halt_that_becomes_durable_just_before_the_yes_wins() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        halted = Entry(
            record=TradingStateChanged(state=TradingState.HALTED, reason="now", generation=1), actor=Actor.SYSTEM
        )
        # Both are on their way to the journal at once; the switch is not tripped, so only the order of rows can tell.
        _, answered = await asyncio.gather(
            trader.journal.append(halted),
            trader.desk.approvals.answer(question.id, ApprovalStatus.APPROVED, reason="", correlation=""),
        )
        assert (answered.counts, answered.refusal) == (False, "trading is HALTED")
        assert trader.desk.questions.consents().given == {}


@pytest.mark.parametrize("first", ["approve", "reject"])
@virtual
async def test_of_two_answers_at_once_the_first_durable_row_wins(first: str) -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        yes = trader.operator("approve", approval=question.id)
        no = trader.operator("reject", approval=question.id, reason="no")
        one, other = await asyncio.gather(*((yes, no) if first == "approve" else (no, yes)))
        assert (one.is_ok, other.code) == (True, APPROVAL_OVER)
        assert len(changes_of(trader, question)) == 1
        assert len(entries(trader)) == (1 if first == "approve" else 0)


@virtual
async def test_two_yeses_at_once_send_one_order() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        answers = await asyncio.gather(*(trader.operator("approve", approval=question.id) for _ in range(5)))
        assert sorted(answer.is_ok for answer in answers) == [False] * 4 + [True]
        assert len(entries(trader)) == 1


@virtual
async def test_a_card_survives_a_crash_with_what_is_left_of_its_time() -> None:
    async with asked_trader() as trader:
        world = trader.world
        question = await asked(trader)
        await trader.wait(100)
        await trader.crash()
        after = await world.start(policy=asking())
        (waiting,) = after.desk.questions.waiting
        assert waiting == question
        assert waiting.seconds_left(world.clock.now()) == pytest.approx(EXPIRY - 100, abs=1)
        assert (await after.operator("approve", approval=question.id)).is_ok
        assert [intent.approval for intent in entries(after)] == [question.id]
        after.tasks.cancel()


@virtual
async def test_a_card_whose_time_passed_while_nobody_ran_is_expired_at_the_start() -> None:
    async with asked_trader() as trader:
        world = trader.world
        question = await asked(trader)
        await trader.crash()
        await world.clock.sleep(EXPIRY + 1)
        after = await world.start(policy=asking())
        await after.wait(1)
        assert changes_of(after, question) == [(ApprovalStatus.EXPIRED, "APPROVAL_EXPIRED")]
        after.tasks.cancel()


@virtual
async def test_a_yes_that_no_order_followed_is_void_after_a_crash() -> None:
    async with asked_trader() as trader:
        world = trader.world
        question = await asked(trader)
        await trader.desk.approvals.answer(question.id, ApprovalStatus.APPROVED, reason="", correlation="")
        await trader.crash()
        after = await world.start(policy=asking())
        assert changes_of(after, question) == [(ApprovalStatus.APPROVED, ""), (ApprovalStatus.EXPIRED, "RESTARTED")]
        await after.wait(5)
        assert (await after.operator("approve", approval=question.id)).code == APPROVAL_OVER
        assert entries(after) == []
        after.tasks.cancel()


@virtual
async def test_a_clean_stop_leaves_the_question_for_the_next_start_however_long_it_takes() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        trader.script.submit = lambda _: WriteFault.DELAYED
        prices = {"limit": "1790", "stop": "1760", "take_profit": "1900"}
        entering = asyncio.ensure_future(
            trader.operator("open_position", symbol=ETH, side="BUY", quantity="0.1", **prices)
        )
        await trader.wait(0.1)
        began = trader.world.loop.time()
        await trader.desk.stop()
        assert trader.world.loop.time() - began > 1, "long enough for a look at what waits"
        assert changes_of(trader, question) == []
        assert trader.desk.questions.waiting == (question,)
        await entering
        assert trader.working(Purpose.ENTRY, ETH) == []


@pytest.mark.parametrize(
    "name", ["ZZZZ", "0", " ", "\x1b[2J", "../../etc", "K7QF;halt", "\u202e", "A" * 64, "'; DROP TABLE", "{}"]
)
@virtual
async def test_an_id_that_nobody_gave_is_no_and_is_not_repeated(name: str) -> None:
    async with asked_trader() as trader:
        await asked(trader)
        for tool, more in (("approve", {}), ("reject", {"reason": "no"})):
            answer = await trader.operator(tool, approval=name, **more)
            assert (answer.status, answer.code) == (ToolStatus.DENIED, APPROVAL_UNKNOWN)
            assert name.strip() == "" or name not in str(answer.result)
        assert len(trader.desk.questions.waiting) == 1


@pytest.mark.parametrize("value", [None, 7, True, ["K7QF"], {"id": "K7QF"}, "", "A" * 65, "\ud800"])
@virtual
async def test_an_id_of_another_shape_is_invalid(value: JsonValue) -> None:
    async with asked_trader() as trader:
        assert (await trader.operator("approve", approval=value)).status is ToolStatus.INVALID


@pytest.mark.parametrize("tool", ["approve", "reject", "propose_position", "observe_position"])
@virtual
async def test_nothing_of_it_is_within_the_models_reach(tool: str) -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        answer = await trader.agent(tool, approval=question.id)
        assert (answer.status, answer.code) == (ToolStatus.DENIED, "NOT_PERMITTED")
        assert len(trader.desk.questions.waiting) == 1


@virtual
async def test_without_a_journal_there_is_no_yes() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        trader.journal.fails_at = (ApprovalChanged,)
        answer = await trader.operator("approve", approval=question.id)
        assert (answer.status, answer.code) == (ToolStatus.FAILED, "JOURNAL_UNWRITABLE")
        assert entries(trader) == []


@virtual
async def test_in_auto_only_what_is_large_enough_waits_also_in_small_parts() -> None:
    risk = shipped_policy().risk.model_copy(update={"approve_above_notional": D(600), "entry_spacing": 0.0})
    async with trading(policy=shipped_policy().model_copy(update={"risk": risk})) as trader:
        assert (await trader.open(risk_bps=5)).is_ok, "about 450 at the market need nobody"
        refused = await trader.open(risk_bps=5)
        assert refused.code == "NOT_APPROVED", "the second part brings the position above the limit"
        preview = await trader.tools.preview("open_position", {**OPEN, "reason": "more"}, caller=Actor.AGENT, cycle=2)
        assert (preview.verdict, preview.needs_a_person) == ("allow", True)
        question = await asked(trader)
        assert (await trader.operator("approve", approval=question.id)).is_ok
        assert [intent.approval for intent in entries(trader)] == ["", question.id]


@virtual
async def test_a_reversal_waits_as_a_whole_and_closes_first_on_a_yes() -> None:
    risk = shipped_policy().risk.model_copy(update={"min_hold": 1.0, "entry_spacing": 0.0})
    async with trading(policy=shipped_policy().model_copy(update={"risk": risk})) as trader:
        await trader.opened()
        trader.policy.current = trader.policy.current.model_copy(update={"autonomy": Autonomy.APPROVE})
        await trader.wait(61)
        held = trader.quantity()
        assert (await trader.open(side="short")).status is ToolStatus.DENIED
        assert trader.quantity() == held, "an entry without a yes closes nothing either"
        question = await asked(trader, side="short")
        assert question.proposed.card.reverses == held
        assert (await trader.operator("approve", approval=question.id)).is_ok
        assert trader.quantity() == -question.proposed.intent.quantity


@virtual
async def test_with_observe_a_yes_of_before_sends_nothing() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        trader.policy.current = asking(autonomy=Autonomy.OBSERVE)
        answer = await trader.operator("approve", approval=question.id)
        assert answer.code == "OBSERVE"
        assert entries(trader) == []


@virtual
async def test_what_cannot_be_written_down_is_not_asked() -> None:
    async with asked_trader() as trader:
        trader.journal.fails_at = (EntryProposed,)
        assert (await propose(trader)).code == "JOURNAL_UNWRITABLE"
        assert trader.desk.questions.waiting == ()
        with pytest.raises(JournalUnwritable):
            await trader.desk.approvals.ask((await _wish(trader)), (), "")


async def _wish(trader: Trader) -> Intent:
    preview = trader.desk.wished(_entry(trader))
    assert preview.intent is not None
    return preview.intent


def _entry(trader: Trader) -> Intent:
    return entry(price=trader.world.prices[BTC], actor=Actor.AGENT)


@virtual
async def test_a_yes_is_for_the_entry_on_the_card_and_no_other() -> None:
    async with asked_trader() as trader:
        question = await asked(trader)
        agreed = replace(question.proposed.intent, approval=question.id)
        await trader.desk.approvals.answer(question.id, ApprovalStatus.APPROVED, reason="", correlation="")
        wide = trader.policy.current.risk.model_copy(update={"max_price_deviation_bps": D(60)})
        trader.policy.current = trader.policy.current.model_copy(update={"risk": wide})
        assert agreed.price is not None
        assert agreed.protection is not None
        tighter = replace(agreed.protection, stop_price=agreed.protection.stop_price + 10)
        for other in (
            replace(agreed, quantity=agreed.quantity * 2),
            replace(agreed, price=agreed.price + trader.world.instruments[BTC].tick),
            replace(agreed, protection=tighter),
            replace(agreed, time_in_force=TimeInForce.GTC),
            replace(agreed, approval="ZZZZ"),
        ):
            assert trader.desk.judged(other).code == "NOT_APPROVED"
        assert trader.desk.judged(agreed).intent == agreed
        assert trader.desk.judged(replace(agreed, quantity=agreed.quantity / 2)).intent is not None


@virtual
async def test_who_said_yes_or_no_is_written_down_by_name() -> None:
    async with asked_trader() as trader:
        for tool, more in (("approve", {}), ("reject", {"reason": "not now"})):
            question = await asked(trader)
            arguments = {"approval": question.id, **more}
            await trader.tools.call(tool, arguments, caller=Actor.OPERATOR, person="anna")
            await trader.wait(EXPIRY)
        answers = [(c.status, c.person) for c in trader.records(ApprovalChanged) if c.person]
        assert answers == [(ApprovalStatus.APPROVED, "anna"), (ApprovalStatus.REJECTED, "anna")]
