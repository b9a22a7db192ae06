"""The line at one price: nobody is served before those who stood before them."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.exchange.bench import D
from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO
from tui_trader.exchange.paper.place import EXPLAINED_WITHIN, Place

STEP = D("0.001")
SOON = EXPLAINED_WITHIN // 100
LATE = EXPLAINED_WITHIN + 1

quantities = st.integers(1, 5000).map(lambda n: n * STEP)


def place(ahead: str | D, shown: str | D | None = None) -> Place:
    return Place(D(ahead), D(ahead if shown is None else shown), STEP)


def test_a_loss_that_no_trade_explains_in_time_was_cancelled_in_proportion() -> None:
    line = place("2", "8")
    line.hear_level(D(4), Instant(0))
    assert line.hear_trade(D("0.5"), Instant(LATE)) == 0
    assert line.ahead == D("0.5")


def test_a_loss_counts_once_whichever_stream_is_first() -> None:
    level_first, trade_first = place("2", "8"), place("2", "8")
    level_first.hear_level(D(7), Instant(0))
    level_first.hear_trade(D(1), Instant(SOON))
    trade_first.hear_trade(D(1), Instant(0))
    trade_first.hear_level(D(7), Instant(SOON))
    for line in (level_first, trade_first):
        line.hear_level(D(7), Instant(LATE))
        line.hear_level(D(7), Instant(3 * LATE))
        assert line.ahead == 1


def test_of_a_loss_only_what_the_trade_before_it_does_not_explain_was_cancelled() -> None:
    """1 of 8 is traded, then 3 are missing: 2 of the 7 that were left went from anywhere in the line."""
    line = place("2", "8")
    line.hear_trade(D(1), Instant(0))
    line.hear_level(D(5), Instant(SOON))
    line.hear_level(D(5), Instant(2 * LATE))
    assert line.ahead == D("0.715"), "5/7 of 1, rounded up to a step"


def test_a_level_that_ended_is_nobodys_once_no_trade_can_explain_it() -> None:
    line = place("2")
    line.hear_level(ZERO, Instant(0))
    assert line.hear_trade(D("2.3"), Instant(SOON)) == D("0.3"), "the 2 before us were traded, not cancelled"
    line = place("2")
    line.hear_level(ZERO, Instant(0))
    assert line.hear_trade(D("2.3"), Instant(LATE)) == D("2.3")


def test_a_trade_that_the_level_never_showed_does_not_explain_a_loss_much_later() -> None:
    """It was refilled before the level was told; the later loss is a cancellation of its own."""
    line = place("4", "8")
    line.hear_trade(D(2), Instant(0))
    line.hear_level(D(8), Instant(SOON))
    line.hear_level(D(4), Instant(2 * LATE))
    line.hear_level(D(4), Instant(4 * LATE))
    assert line.ahead == 1


events = st.lists(st.tuples(st.booleans(), quantities, st.sampled_from([0, SOON, LATE])), min_size=1, max_size=30)


@given(quantities, st.integers(0, 5000).map(lambda n: n * STEP), st.lists(st.tuples(quantities, st.booleans())))
def test_without_cancellations_exactly_what_comes_after_those_before_us_reaches_us(
    ahead: D, behind: D, trades: list[tuple[D, bool]]
) -> None:
    """Each trade and its level are told within the time, in either order."""
    line, traded, reached, level = place(ahead, ahead + behind), ZERO, ZERO, ahead + behind
    for number, (quantity, level_first) in enumerate(trades):
        at = number * 10 * LATE
        level = max(ZERO, level - quantity)
        if level_first:
            line.hear_level(level, Instant(at))
        reached += line.hear_trade(quantity, Instant(at + SOON))
        if not level_first:
            line.hear_level(level, Instant(at + 2 * SOON))
        traded += quantity
        assert reached == max(ZERO, traded - ahead)


@given(quantities, quantities, events)
def test_whatever_is_told_nothing_reaches_us_before_what_was_neither_traded_nor_lost(
    ahead: D, behind: D, told: list[tuple[bool, D, int]]
) -> None:
    """All that a level ever lost and all that was traded together bound what can have gone from before us."""
    line = place(ahead, ahead + behind)
    at, traded, lost, reached, level = 0, ZERO, ZERO, ZERO, ahead + behind
    for is_trade, quantity, later in told:
        at += later
        before = line.ahead
        if is_trade:
            traded += quantity
            reached += line.hear_trade(quantity, Instant(at))
        else:
            lost, level = lost + max(ZERO, level - quantity), quantity
            line.hear_level(quantity, Instant(at))
        assert 0 <= line.ahead <= before, "a line before us never grows"
        assert line.ahead % STEP == 0
        assert reached <= traded
        assert reached == 0 or traded + lost >= ahead
        assert line.ahead >= ahead - traded - lost
    line.hear_level(level, Instant(at + 2 * LATE))
    assert line.ahead <= level, "in the end no more is before us than there is"
