"""The loss meters: what they count, from where, and that they are the same after any restart."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.rows import Story, noon
from tests.unit.risk.scenes import BTC, ETH, entry, market_exit, stop_order
from tui_trader.core.clock import DAY
from tui_trader.core.records import (
    AccountReconciled,
    BreakerChanged,
    EmergencyImported,
    FundingBooked,
    ModelAnswered,
    PositionAdopted,
    TradingStateChanged,
    TransferBooked,
)
from tui_trader.core.words import Actor, BreakerScope, ClientOrderId, Side, TradingState
from tui_trader.risk.book import Meters
from tui_trader.risk.breakers import most_failures, open_breakers
from tui_trader.risk.meters import LossMeters

D = Decimal
HALF_DAY = DAY / 2
MIDNIGHT = HALF_DAY
"""The next one, in seconds from noon."""


def meters(story: Story, equity: int | str | None = None, at: float = 0.0) -> Meters:
    fold = LossMeters()
    story.into(fold)
    return fold.at(noon(at), None if equity is None else D(equity))


def transfer(amount: int, at: float, name: str = "t") -> TransferBooked:
    return TransferBooked(id=name, amount=D(amount), time=noon(at))


# ---------------------------------------------------------------- the day's loss


def test_without_any_equity_the_losses_are_not_known() -> None:
    found = meters(Story(), 10_000)
    assert (found.day_loss, found.drawdown, found.day_start_equity, found.peak_equity) == (None, None, None, None)


def test_without_equity_now_the_losses_are_not_known() -> None:
    story = Story()
    story.equity(10_000)
    assert meters(story, None).day_loss is None
    assert meters(story, "NaN").day_loss is None
    assert meters(story, None).peak_equity == 10_000


def test_the_day_begins_with_the_first_reconciliation_of_a_fresh_home() -> None:
    story = Story()
    story.tell(AccountReconciled(wallet=D(10_000), equity=D(10_000)))
    story.equity(10_400, at=60)
    found = meters(story, 9_700, at=120)
    assert found.day_loss == 300
    assert found.peak_equity == 10_400
    assert found.drawdown == pytest.approx(700 / 10_400)


def test_at_midnight_the_day_begins_with_the_equity_of_midnight() -> None:
    story = Story()
    story.equity(10_000)
    story.equity(9_000, at=MIDNIGHT - 60)
    story.equity(8_950, at=MIDNIGHT + 60)
    assert meters(story, 8_900, at=MIDNIGHT + 90).day_loss == 100


def test_before_the_first_mark_of_a_new_day_its_loss_counts_from_the_last_mark() -> None:
    story = Story()
    story.equity(9_000, at=MIDNIGHT - 60)
    assert meters(story, 8_900, at=MIDNIGHT + 1).day_loss == 100


def test_a_mark_from_long_before_midnight_says_nothing_of_it() -> None:
    story = Story()
    story.equity(9_000)
    assert meters(story, 8_900, at=MIDNIGHT + 1).day_loss is None
    story.equity(8_000, at=MIDNIGHT + 7_200)
    assert meters(story, 7_900, at=MIDNIGHT + 7_201).day_loss == 100


def test_a_mark_that_is_no_number_says_nothing() -> None:
    story = Story()
    story.equity(10_000)
    story.equity("NaN", at=1)
    assert meters(story, 9_900, at=2).day_loss == 100


def test_a_transfer_is_neither_profit_nor_loss() -> None:
    story = Story()
    story.equity(10_000)
    story.tell(transfer(5_000, at=10), at=10)
    story.equity(15_000, at=20)
    found = meters(story, 14_900, at=30)
    assert (found.day_loss, found.peak_equity, found.day_start_equity) == (D(100), D(15_000), D(15_000))
    story.tell(transfer(-10_000, at=40, name="u"), at=40)
    found = meters(story, 4_900, at=50)
    assert (found.day_loss, found.peak_equity) == (D(100), D(5_000))


def test_news_of_a_transfer_that_a_mark_already_contains_moves_nothing_twice() -> None:
    story = Story()
    story.equity(15_000, at=20)
    story.tell(transfer(5_000, at=10), at=30)
    assert meters(story, 15_000, at=40).day_loss == 0
    assert meters(story, 15_000, at=40).peak_equity == 15_000


def test_a_transfer_told_twice_counts_once() -> None:
    story = Story()
    story.equity(10_000)
    story.tell(transfer(5_000, at=10), at=10)
    story.tell(transfer(5_000, at=10), at=11)
    assert meters(story, 15_000, at=12).day_loss == 0


# ---------------------------------------------------------------- resume


def tripped(generation: int = 1) -> TradingStateChanged:
    return TradingStateChanged(state=TradingState.REDUCING, reason="lost", generation=generation)


def resumed(equity: int, generation: int = 1) -> TradingStateChanged:
    return TradingStateChanged(
        state=TradingState.ACTIVE, reason="seen to", generation=generation, baseline_equity=D(equity)
    )


def test_a_resume_sets_new_baselines_so_that_it_does_not_trip_again() -> None:
    story = Story()
    story.equity(10_000)
    for _ in range(4):
        story.round_trip(-100)
    story.tell(tripped(), at=10)
    story.tell(resumed(9_600), at=20, actor=Actor.OPERATOR)
    found = meters(story, 9_590, at=30)
    assert (found.day_loss, found.peak_equity, found.consecutive_losses) == (D(10), D(9_600), 0)
    assert found.day_start_equity == 10_000


@pytest.mark.parametrize("generation", [0, 1])
def test_a_resume_that_a_halt_overtook_moves_no_baseline(generation: int) -> None:
    story = Story()
    story.equity(10_000)
    story.tell(tripped(1))
    story.tell(TradingStateChanged(state=TradingState.HALTED, reason="again", generation=2))
    story.tell(resumed(9_000, generation))
    assert meters(story, 9_000).day_loss == 1_000


def test_a_resume_while_active_forgives_nothing() -> None:
    story = Story()
    story.equity(10_000)
    story.tell(resumed(9_000, 0))
    assert meters(story, 9_000).day_loss == 1_000


def test_an_emergency_halts_so_its_resume_counts() -> None:
    story = Story()
    story.equity(10_000)
    story.tell(EmergencyImported(line={"kind": "state"}))
    story.tell(resumed(9_000, 1))
    assert meters(story, 9_000).day_loss == 0


# ---------------------------------------------------------------- round trips


def test_losing_round_trips_count_until_one_wins() -> None:
    story = Story()
    story.round_trip(-1)
    story.round_trip(-1)
    assert meters(story).consecutive_losses == 2
    story.round_trip(0)
    assert meters(story).consecutive_losses == 0


def test_a_partial_exit_ends_no_trip() -> None:
    story = Story()
    story.fill(ClientOrderId("a"), Side.SELL, 3)
    story.fill(ClientOrderId("b"), Side.BUY, 1, realised=-10)
    story.fill(ClientOrderId("b"), Side.BUY, 1, realised=-10)
    assert meters(story).consecutive_losses == 0
    story.fill(ClientOrderId("b"), Side.BUY, 1, realised=15)
    assert meters(story).consecutive_losses == 1


def test_fees_and_funding_decide_whether_a_trip_lost() -> None:
    story = Story()
    story.fill(ClientOrderId("a"), Side.BUY, 1, fee="0.6")
    story.fill(ClientOrderId("b"), Side.SELL, 1, realised=1, fee="0.6")
    assert meters(story).consecutive_losses == 1
    story = Story()
    story.fill(ClientOrderId("a"), Side.BUY, 1, fee="0.6")
    story.tell(FundingBooked(id="f", symbol=BTC, amount=D("0.3"), rate=D("0.0001"), mark=D(100), time=noon()))
    story.tell(FundingBooked(id="f", symbol=BTC, amount=D("-9"), rate=D("0.0001"), mark=D(100), time=noon()))
    story.fill(ClientOrderId("b"), Side.SELL, 1, realised=1, fee="0.6")
    assert meters(story).consecutive_losses == 0


def test_a_fill_told_twice_counts_once() -> None:
    story = Story()
    story.fill(ClientOrderId("a"), Side.BUY, 1, trade="1")
    story.fill(ClientOrderId("a"), Side.BUY, 1, trade="1")
    story.fill(ClientOrderId("b"), Side.SELL, 1, realised=-1, trade="2")
    assert meters(story).consecutive_losses == 1


def test_a_fill_across_zero_ends_one_trip_and_begins_another() -> None:
    story = Story()
    story.fill(ClientOrderId("a"), Side.BUY, 1)
    story.fill(ClientOrderId("b"), Side.SELL, 3, realised=-5)
    assert meters(story).consecutive_losses == 1
    story.fill(ClientOrderId("c"), Side.BUY, 2, realised=7)
    assert meters(story).consecutive_losses == 0


def test_a_position_that_vanished_unseen_counts_as_a_loss() -> None:
    story = Story()
    story.fill(ClientOrderId("a"), Side.BUY, 1)
    story.tell(PositionAdopted(symbol=BTC, quantity=D(0), entry_price=D(0), was=D(1), reason="gone"))
    assert meters(story).consecutive_losses == 1
    story.tell(PositionAdopted(symbol=BTC, quantity=D(-2), entry_price=D(100), was=D(0), reason="found"))
    story.fill(ClientOrderId("b"), Side.BUY, 2, realised=3)
    assert meters(story).consecutive_losses == 0


# ---------------------------------------------------------------- counters


def test_entries_count_by_day_and_all_orders_by_minute() -> None:
    story = Story()
    for second in (0, 30, 59):
        story.intent(entry(), at=second)
        story.intent(stop_order(), at=second)
    assert meters(story, at=59.5).entries_today == 3
    assert meters(story, at=59.5).orders_last_minute == 6
    assert meters(story, at=60).orders_last_minute == 4
    assert meters(story, at=119).orders_last_minute == 0
    assert meters(story, at=MIDNIGHT).entries_today == 0


def test_an_entry_of_the_next_day_counts_alone() -> None:
    story = Story()
    story.intent(entry())
    story.intent(entry(), at=MIDNIGHT)
    assert meters(story, at=MIDNIGHT).entries_today == 1


def test_a_stop_that_fills_is_a_stop_out_of_the_side_that_was_held() -> None:
    story = Story()
    opened = story.intent(entry())
    story.fill(opened, Side.BUY, 1)
    stopped = story.intent(stop_order())
    story.fill(stopped, Side.SELL, 1, realised=-2, at=100)
    assert meters(story, at=200).stopped_out == {(BTC, Side.BUY): noon(100)}


def test_an_ordinary_exit_is_no_stop_out() -> None:
    story = Story()
    story.fill(story.intent(entry()), Side.BUY, 1)
    story.fill(story.intent(market_exit()), Side.SELL, 1)
    assert meters(story).stopped_out == {}


def test_a_liquidation_is_a_stop_out() -> None:
    story = Story()
    story.fill(story.intent(entry(side=Side.SELL)), Side.SELL, 1)
    story.fill(ClientOrderId("autoclose-123"), Side.BUY, 1, realised=-50, at=5)
    assert meters(story).stopped_out == {(BTC, Side.SELL): noon(5)}


def test_only_the_agents_own_entries_start_its_hold_and_only_when_they_trade() -> None:
    story = Story()
    story.intent(entry(symbol=ETH))
    story.fill(story.intent(entry(actor=Actor.OPERATOR)), Side.BUY, 1)
    assert meters(story).agent_entered == {}
    story.fill(story.intent(entry()), Side.BUY, 1, at=7)
    story.fill(story.intent(market_exit()), Side.SELL, 2, at=9)
    assert meters(story, at=10).agent_entered == {(BTC, Side.BUY): noon(7)}


def test_the_agents_entries_and_exits_begin_its_pause_and_nobody_elses_do() -> None:
    story = Story()
    story.fill(story.intent(entry(actor=Actor.OPERATOR)), Side.BUY, 1, at=1)
    story.fill(story.intent(stop_order()), Side.SELL, 1, at=2)
    assert meters(story).agent_traded == {}
    story.fill(story.intent(entry(), 3), Side.BUY, 1, at=4)
    assert meters(story).agent_traded == {BTC: noon(4)}
    story.fill(story.intent(market_exit(), 5), Side.SELL, 1, at=6)
    assert meters(story).agent_traded == {BTC: noon(6)}


def test_reversals_are_the_agents_turns_between_its_entries_of_the_day() -> None:
    story = Story()
    for at, side in enumerate((Side.BUY, Side.BUY, Side.SELL, Side.BUY)):
        story.intent(entry(side=side), at)
    story.intent(entry(side=Side.SELL, actor=Actor.OPERATOR), 9)
    assert meters(story, at=10).reversals_today == {BTC: 2}
    assert meters(story, at=10).agent_side == {BTC: Side.BUY}
    assert meters(story, at=HALF_DAY + 1).reversals_today == {}


def test_model_spending_counts_by_day_and_an_unknown_price_is_a_dear_one() -> None:
    story = Story()
    story.tell(ModelAnswered(cycle=1, model="m", cost=D("0.5")))
    assert meters(story).model_spend_today == D("0.5")
    story.tell(ModelAnswered(cycle=2, model="m", cost=None, input_tokens=1_000, output_tokens=100))
    assert meters(story).model_spend_today > D("0.54")
    assert meters(story, at=MIDNIGHT).model_spend_today == 0


def counted(story: Story) -> tuple[tuple[BreakerScope, ...], int]:
    board = meters(story).breakers
    return tuple(breaker.scope for breaker in open_breakers(board)), most_failures(board)


def test_breakers_are_part_of_the_meters() -> None:
    story = Story()
    story.tell(BreakerChanged(scope=BreakerScope.MODEL, open=False, failures=2, reason="timeout"))
    assert counted(story) == ((), 2)
    story.tell(BreakerChanged(scope=BreakerScope.MODEL, open=True, failures=3, reason="timeout"))
    assert counted(story) == ((BreakerScope.MODEL,), 3)


# ---------------------------------------------------------------- restart


events = st.lists(
    st.tuples(
        st.sampled_from(
            ["equity", "enter", "stop", "exit", "transfer", "funding", "trip", "resume", "model", "adopt", "breaker"]
        ),
        st.integers(-500, 500),
        st.floats(0, 20_000),
    ),
    max_size=30,
)


def told(happenings: list[tuple[str, int, float]]) -> Story:
    """A story of whatever happens, over up to a few days."""
    story, at, generation = Story(), 0.0, 0
    for number, (what, amount, pause) in enumerate(happenings):
        at += pause
        match what:
            case "equity":
                story.equity(10_000 + amount, at)
            case "enter":
                story.fill(story.intent(entry(), at), Side.BUY if amount > 0 else Side.SELL, abs(amount) + 1, at=at)
            case "stop":
                story.fill(story.intent(stop_order(), at), Side.SELL, abs(amount) + 1, realised=amount, at=at)
            case "exit":
                story.fill(story.intent(market_exit(), at), Side.BUY, abs(amount) + 1, realised=amount, at=at)
            case "transfer":
                story.tell(transfer(amount, at, name=str(number)), at)
            case "funding":
                paid = FundingBooked(
                    id=str(number), symbol=BTC, amount=D(amount), rate=D(0), mark=D(100), time=noon(at)
                )
                story.tell(paid, at)
            case "trip":
                generation += 1
                story.tell(tripped(generation), at)
            case "resume":
                story.tell(resumed(10_000 + amount, generation), at)
            case "model":
                story.tell(ModelAnswered(cycle=number, model="m", cost=D(abs(amount))), at)
            case "adopt":
                held = PositionAdopted(symbol=BTC, quantity=D(amount), entry_price=D(1), was=D(0), reason="")
                story.tell(held, at)
            case _:
                story.tell(
                    BreakerChanged(scope=BreakerScope.EXCHANGE, open=amount > 0, failures=abs(amount), reason=""), at
                )
    return story


@given(happenings=events, cut=st.integers(0, 60), asked=st.floats(0, 100_000))
def test_a_restart_anywhere_changes_no_meter(happenings: list[tuple[str, int, float]], cut: int, asked: float) -> None:
    """A run that is asked at every row, dies, and is folded anew knows what one knows that heard all in one go."""
    story = told(happenings)
    whole, first, second = LossMeters(), LossMeters(), LossMeters()
    story.into(whole)
    for row in story.rows[:cut]:
        first.apply(row)
        first.at(row.time, D(10_000))
    for row in story.rows:
        second.apply(row)
        if row.seq == cut:
            assert second.at(row.time, D(9_999)) == first.at(row.time, D(9_999))
    assert second.at(noon(asked), D(9_999)) == whole.at(noon(asked), D(9_999))


@given(happenings=events)
def test_losses_are_never_hidden_by_a_sum(happenings: list[tuple[str, int, float]]) -> None:
    """Peak is at least any equity marked since the last resume, less what was taken out; drawdown lies in [0, 1]."""
    found = meters(told(happenings), 9_000)
    assert found.drawdown is None or 0 <= found.drawdown <= 1
    assert found.consecutive_losses >= 0
