"""The fold alone: the first durable answer stands whatever follows it, and what tightened before a yes voids it."""

import pytest

from tests.unit.engine.rows import D, Log, entry
from tests.unit.engine.time import NOON
from tui_trader.core.clock import later
from tui_trader.core.records import ApprovalChanged, EntryCard, EntryProposed, TradingStateChanged
from tui_trader.core.words import Actor, ApprovalStatus, TradingState
from tui_trader.risk.approvals import ApprovalFold

CARD = EntryCard(
    notional=D(1880),
    equity=D(10_000),
    equity_share_pct=D("18.8"),
    mark=D(94_000),
    max_loss=D(22),
    fees=D(2),
    stop_distance_bps=D(106),
)


def asked() -> tuple[Log, ApprovalFold]:
    fold = ApprovalFold()
    log = Log((fold,))
    log.write(EntryProposed(id="K7QF", intent=entry(), card=CARD, reason="", expires=later(NOON, 300)))
    return log, fold


def answer(log: Log, status: ApprovalStatus) -> None:
    log.write(ApprovalChanged(id="K7QF", status=status), actor=Actor.OPERATOR)


@pytest.mark.parametrize("first", [ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED])
def test_after_a_no_every_other_answer_changes_nothing(first: ApprovalStatus) -> None:
    log, fold = asked()
    answer(log, first)
    for status in ApprovalStatus:
        answer(log, status)
    question = fold.question("K7QF")
    assert question is not None
    assert (question.status, fold.open, fold.consents().given) == (first, (), {})


@pytest.mark.parametrize("second", [ApprovalStatus.REJECTED, ApprovalStatus.WAITING, ApprovalStatus.EXECUTED])
def test_after_a_yes_only_its_end_may_follow(second: ApprovalStatus) -> None:
    log, fold = asked()
    answer(log, ApprovalStatus.APPROVED)
    answer(log, second)
    assert set(fold.consents().given) == {"K7QF"}
    answer(log, ApprovalStatus.DENIED)
    assert fold.open == ()


def test_a_yes_behind_a_halt_is_none() -> None:
    log, fold = asked()
    log.write(TradingStateChanged(state=TradingState.HALTED, reason="x", generation=1))
    log.write(TradingStateChanged(state=TradingState.ACTIVE, reason="x", generation=1))
    answer(log, ApprovalStatus.APPROVED)
    assert fold.consents().given == {}


def test_an_id_is_given_once() -> None:
    log, fold = asked()
    answer(log, ApprovalStatus.REJECTED)
    log.write(EntryProposed(id="K7QF", intent=entry(), card=CARD, reason="", expires=later(NOON, 900)))
    assert fold.waiting == ()
