"""The model's money: reserved at the question, settled by its answer, never forgotten, over hour, day and month."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.clock import Instant, from_text, later
from tui_trader.core.records import EconomyChanged, ModelAnswered, ModelAsked, Record
from tui_trader.core.words import Actor, Economy, SpendWindow
from tui_trader.journal.ports import Row
from tui_trader.risk.economy import caps, economy_for, interval_at, over_cap
from tui_trader.risk.policy import ModelLimits
from tui_trader.risk.spending import Spending, window_of

D = Decimal
LATE = from_text("2025-05-31T23:59:58Z")
"""Two seconds before a new hour, day and month."""
NOON = from_text("2025-05-05T12:00:30Z")
HOUR, DAY, MONTH = SpendWindow


def limits(**more: str) -> ModelLimits:
    return ModelLimits.model_validate({"model": "m", "deadline": "5s", "max_usd_per_day": "2", **more})


class Told:
    """A spending fold and the rows that it was told."""

    def __init__(self) -> None:
        self.fold = Spending()
        self.rows: list[Row] = []

    def tell(self, record: Record, at: Instant) -> int:
        seq = len(self.rows) + 1
        row = Row(seq=seq, time=at, actor=Actor.AGENT, correlation="", record=record, hash=bytes(32))
        self.rows.append(row)
        self.fold.apply(row)
        return seq

    def ask(self, worst: str, at: Instant = NOON) -> int:
        return self.tell(ModelAsked(cycle=1, model="m", prompt_hash="", messages=(), reserved=D(worst)), at)

    def answer(self, asked: int, cost: str, at: Instant = NOON) -> None:
        self.tell(ModelAnswered(cycle=1, model="m", cost=D(cost), asked=asked), at)

    def spend(self, cost: str, at: Instant = NOON) -> None:
        self.answer(self.ask(cost, at), cost, at)

    def spent(self, window: SpendWindow, at: Instant = NOON) -> Decimal:
        return self.fold.spent(window, at)


def test_a_question_counts_its_worst_until_its_answer_settles_it() -> None:
    told = Told()
    asked = told.ask("0.50")
    assert [told.spent(window) for window in SpendWindow] == [D("0.50")] * 3
    told.answer(asked, "0.02")
    assert [told.spent(window) for window in SpendWindow] == [D("0.02")] * 3


def test_a_question_whose_answer_is_lost_stays_counted_whatever_is_answered_later() -> None:
    told = Told()
    told.ask("0.50")
    told.spend("0.10")
    assert told.spent(DAY) == D("0.60")


def test_windows_begin_anew_on_the_calendar() -> None:
    told = Told()
    told.spend("0.30", LATE)
    soon = later(LATE, 3)
    assert [told.spent(window, LATE) for window in SpendWindow] == [D("0.30")] * 3
    assert [told.spent(window, soon) for window in SpendWindow] == [0, 0, 0]
    told.spend("0.10", soon)
    assert [told.spent(window, later(soon, 3_600)) for window in SpendWindow] == [0, D("0.10"), D("0.10")]


def test_an_answer_after_midnight_settles_the_day_in_which_it_was_asked() -> None:
    told = Told()
    asked = told.ask("0.50", LATE)
    told.answer(asked, "0.02", later(LATE, 4))
    assert told.spent(DAY, later(LATE, 4)) == 0, "the new day owes nothing, and is owed nothing"


@given(moment=st.integers(0, 4_000_000_000))
def test_an_instant_lies_in_its_windows_and_they_in_each_other(moment: int) -> None:
    now = Instant(moment * 1_000_000_000)
    edges = [window_of(window, now) for window in SpendWindow]
    assert all(start <= now < end for start, end in edges)
    assert edges[2][0] <= edges[1][0] <= edges[0][0]
    assert edges[0][1] <= edges[1][1] <= edges[2][1]


steps = st.lists(st.tuples(st.booleans(), st.integers(0, 300), st.integers(0, 100), st.floats(0, 40_000)), max_size=25)


@given(happened=steps)
def test_what_is_spent_is_the_sum_of_answers_and_of_what_was_never_answered(
    happened: list[tuple[bool, int, int, float]],
) -> None:
    told, now = Told(), from_text("2025-05-01T00:00:00Z")
    costs: list[tuple[Instant, Decimal]] = []
    for is_answered, worst, share, wait in happened:
        now = later(now, wait)
        cost = D(worst * share) / 100
        asked = told.ask(str(worst), now)
        if is_answered:
            told.answer(asked, str(cost), now)
        costs.append((now, cost if is_answered else D(worst)))
    for window in SpendWindow:
        start, _ = window_of(window, now)
        assert told.spent(window, now) == sum((cost for at, cost in costs if at >= start), start=D(0))
    again = Spending()
    for row in told.rows:
        again.apply(row)
    assert [again.spent(window, now) for window in SpendWindow] == [told.spent(w, now) for w in SpendWindow]


@pytest.mark.parametrize(
    ("window", "name"), [(HOUR, "max_usd_per_hour"), (DAY, "max_usd_per_day"), (MONTH, "max_usd_per_month")]
)
def test_each_cap_has_room_for_what_fits_and_none_for_a_cent_more(window: SpendWindow, name: str) -> None:
    told, these = Told(), limits(**{"max_usd_per_day": "1000", name: "1"})
    told.spend("0.90")
    assert over_cap(told.fold, these, NOON, D("0.10")) is None
    assert over_cap(told.fold, these, NOON, D("0.11")) is window
    assert over_cap(told.fold, these, NOON, D("NaN")) is not None
    assert over_cap(told.fold, these, NOON, D(0)) is None


LADDER = {"fallback_model": "small", "fallback_at_pct": "50", "slow_interval": "5m", "slow_at_pct": "80"}


@pytest.mark.parametrize(
    ("spent", "rung"),
    [
        ("0.99", Economy.FULL),
        ("1.00", Economy.CHEAPER),
        ("1.59", Economy.CHEAPER),
        ("1.60", Economy.SLOWER),
        ("1.98", Economy.SLOWER),
        ("1.995", Economy.MANAGE),
    ],
)
def test_the_ladder_goes_down_as_the_cap_comes_near(spent: str, rung: Economy) -> None:
    told = Told()
    told.spend(spent)
    found = economy_for(told.fold, limits(**LADDER), NOON, worst=D("0.05"), worst_fallback=D("0.01"))
    assert found.economy is rung
    assert (found.window, found.until) == ((None, None) if rung is Economy.FULL else (DAY, window_of(DAY, NOON)[1]))


def test_a_rung_without_anything_to_do_is_left_out() -> None:
    told = Told()
    told.spend("1.90")
    assert economy_for(told.fold, limits(), NOON, worst=D("0.05"), worst_fallback=None).economy is Economy.FULL
    assert economy_for(told.fold, limits(), NOON, worst=D("0.11"), worst_fallback=None).economy is Economy.MANAGE


def test_the_dear_model_does_not_fit_and_the_cheap_one_does() -> None:
    told = Told()
    told.spend("0.10")
    found = economy_for(told.fold, limits(**LADDER), NOON, worst=D("1.95"), worst_fallback=D("0.01"))
    assert found.economy is Economy.CHEAPER


def test_what_costs_nothing_needs_no_ladder() -> None:
    told = Told()
    told.spend("1.99")
    assert economy_for(told.fold, limits(**LADDER), NOON, worst=D(0), worst_fallback=None).economy is Economy.FULL


def test_a_rung_holds_until_its_window_has_passed_and_is_then_undone() -> None:
    told, these = Told(), limits(**LADDER)
    told.spend("1.995")
    managing = economy_for(told.fold, these, NOON, worst=D("0.05"), worst_fallback=D("0.01"))
    told.tell(managing, NOON)
    shorter = economy_for(told.fold, these, NOON, worst=D("0.001"), worst_fallback=D("0.001"))
    assert shorter.economy is Economy.MANAGE, "a shorter question does not free it"
    midnight = window_of(DAY, NOON)[1]
    assert told.fold.economy(Instant(midnight - 1)).economy is Economy.MANAGE
    assert told.fold.economy(midnight).economy is Economy.FULL
    after = economy_for(told.fold, these, midnight, worst=D("0.05"), worst_fallback=D("0.01"))
    assert after == EconomyChanged(economy=Economy.FULL, reason="")


def test_decisions_come_slower_on_one_rung_only_and_never_faster() -> None:
    these = limits(**LADDER)
    assert [interval_at(rung, 60.0, these) for rung in Economy] == [60.0, 60.0, 300.0, 60.0]
    assert interval_at(Economy.SLOWER, 900.0, these) == 900.0


def test_only_the_caps_that_are_set_are_kept() -> None:
    assert [window for window, _ in caps(limits())] == [DAY]
    assert len(list(caps(limits(max_usd_per_hour="1", max_usd_per_month="30")))) == 3
