"""The trading state: tightening always works, a resume answers one generation, and losses trip it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.rows import Story, noon
from tests.unit.risk.scenes import BOOK, METERS, POLICY, entry
from tui_trader.core.records import EmergencyImported, Record, TradingStateChanged
from tui_trader.core.words import Actor, TradingState
from tui_trader.journal.codec import encode
from tui_trader.risk.book import Meters
from tui_trader.risk.codes import Code
from tui_trader.risk.gate import Outcome, judge
from tui_trader.risk.trading_state import StateFold, Trip, trip

D = Decimal
ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


def folded(*changes: tuple[TradingState, int]) -> StateFold:
    story, fold = Story(), StateFold()
    for state, generation in changes:
        baseline = D(9_000) if state is ACTIVE else None
        story.tell(
            TradingStateChanged(state=state, reason=state.value, generation=generation, baseline_equity=baseline),
            at=float(len(story.rows)),
            actor=Actor.OPERATOR,
        )
    story.into(fold)
    return fold


def test_a_home_in_which_nobody_ever_halted_is_active() -> None:
    assert (StateFold().current, StateFold().generation) == (ACTIVE, 0)


def test_a_halt_and_its_resume() -> None:
    fold = folded((HALTED, 1))
    assert (fold.current, fold.generation, fold.status.since) == (HALTED, 1, noon())
    fold = folded((HALTED, 1), (ACTIVE, 1))
    assert (fold.current, fold.status.baseline_equity, fold.status.actor) == (ACTIVE, D(9_000), Actor.OPERATOR)


def test_a_resume_holds_only_for_the_generation_it_answers() -> None:
    assert folded((HALTED, 1), (HALTED, 2), (ACTIVE, 1)).current is HALTED
    assert folded((HALTED, 1), (ACTIVE, 0)).current is HALTED
    assert folded((HALTED, 1), (ACTIVE, 2)).current is HALTED


def test_two_halts_that_were_written_with_one_generation_are_still_two() -> None:
    """They were asked for at the same time; a resume that had seen only the first of them must not lift both."""
    assert folded((HALTED, 1), (HALTED, 1), (ACTIVE, 1)).current is HALTED
    assert folded((HALTED, 1), (HALTED, 1), (ACTIVE, 2)).current is ACTIVE


def test_reducing_never_loosens_a_halt() -> None:
    fold = folded((HALTED, 1), (REDUCING, 2))
    assert (fold.current, fold.generation) == (HALTED, 1)
    assert folded((REDUCING, 1), (HALTED, 2)).current is HALTED


def test_a_line_that_the_journal_could_not_take_means_that_trading_was_halted() -> None:
    story, fold = Story(), StateFold()
    story.tell(EmergencyImported(line={"kind": "order.intent"}))
    story.into(fold)
    assert (fold.current, fold.generation) == (HALTED, 1)


def kept(record: Record) -> EmergencyImported:
    return EmergencyImported(line={"entry": {"kind": record.KIND, "actor": "operator", "record": encode(record)}})


def test_a_halt_that_only_the_emergency_log_kept_is_in_force_with_its_reason() -> None:
    story, fold = Story(), StateFold()
    story.tell(kept(TradingStateChanged(state=HALTED, reason="the screen is black", code="OPERATOR_HALT")))
    story.tell(kept(TradingStateChanged(state=ACTIVE, reason="never from there", generation=1)))
    story.tell(EmergencyImported(line={"entry": {"kind": "state", "record": {"state": "WHAT"}}}))
    story.into(fold)
    assert (fold.current, fold.status.reason, fold.generation) == (HALTED, "the screen is black", 3)


@given(changes=st.lists(st.tuples(st.sampled_from(TradingState), st.integers(0, 12)), max_size=12))
def test_active_follows_only_a_resume_that_knows_the_last_tightening(changes: list[tuple[TradingState, int]]) -> None:
    fold, story = StateFold(), Story()
    for state, generation in changes:
        before = fold.status
        fold.apply(story.tell(TradingStateChanged(state=state, reason="", generation=generation)))
        assert fold.generation >= before.generation
        if before.state is not ACTIVE and fold.current is ACTIVE:
            assert state is ACTIVE
            assert generation == before.generation
        assert not (before.state is HALTED and fold.current is REDUCING)


# ---------------------------------------------------------------- trips


def test_nothing_trips_a_calm_account() -> None:
    assert trip(METERS, D(10_000), POLICY) is None


@pytest.mark.parametrize(
    ("meters", "equity", "state", "code", "flatten"),
    [
        (replace(METERS, day_loss=D(300)), D(9_700), REDUCING, Code.MAX_DAILY_LOSS, False),
        (replace(METERS, consecutive_losses=4), D(10_000), REDUCING, Code.MAX_CONSECUTIVE_LOSSES, False),
        (METERS, D(9_000), HALTED, Code.MAX_DRAWDOWN, True),
        (replace(METERS, day_loss=D(1_000)), D(9_000), HALTED, Code.MAX_DRAWDOWN, True),
    ],
)
def test_a_limit_that_is_reached_trips(
    meters: Meters, equity: Decimal, state: TradingState, code: Code, flatten: bool
) -> None:
    tripped = trip(meters, equity, POLICY)
    assert isinstance(tripped, Trip)
    assert (tripped.state, tripped.code, tripped.flatten) == (state, code.value, flatten)
    assert tripped.reason


@pytest.mark.parametrize(
    ("meters", "equity"),
    [
        (replace(METERS, day_loss=D("299.99")), D("9700.01")),
        (replace(METERS, consecutive_losses=3), D(10_000)),
        (METERS, D("9000.01")),
        (replace(METERS, day_loss=None, peak_equity=None), D(1)),
        (METERS, D("NaN")),
    ],
)
def test_below_a_limit_nothing_trips_and_a_lost_meter_is_the_gates_matter(meters: Meters, equity: Decimal) -> None:
    assert trip(meters, equity, POLICY) is None


def test_a_trip_only_tightens() -> None:
    lost = replace(METERS, day_loss=D(400), consecutive_losses=9)
    assert trip(lost, D(9_600), POLICY, HALTED) is None
    assert trip(lost, D(9_600), POLICY, REDUCING) is None
    falling = trip(lost, D(9_000), POLICY, REDUCING)
    assert falling is not None
    assert falling.state is HALTED


@given(
    day_loss=st.integers(-2_000, 5_000),
    streak=st.integers(0, 8),
    equity=st.integers(5_000, 12_000),
    peak=st.integers(5_000, 12_000),
)
def test_what_trips_is_what_the_gate_denies(day_loss: int, streak: int, equity: int, peak: int) -> None:
    """Between a loss and the row of its trip no new risk passes, and the gate denies nothing that does not trip."""
    meters = replace(METERS, day_loss=D(day_loss), consecutive_losses=streak, peak_equity=D(peak))
    book = replace(BOOK, equity=D(equity), available=D(equity), meters=meters)
    denied = judge(entry(D(1)), book, POLICY).verdict is Outcome.DENY
    assert denied is (trip(meters, D(equity), POLICY) is not None)
