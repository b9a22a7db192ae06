"""Checks at their edges: where exactly a limit begins to hold, on both sides of the market, and what counts as used."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.risk.scenes import (
    BOOK,
    BTC,
    ETH,
    NOW,
    POLICY,
    entry,
    holding,
    instrument,
    limits,
    market_exit,
    metered,
    order,
    stop_order,
    unguarded,
    view,
    with_equity,
    working,
)
from tui_trader.core.clock import later
from tui_trader.core.order import Intent, Order, OrderStatus, TimeInForce
from tui_trader.core.words import Actor, Autonomy, Side, TradingState
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.gate import Judgement, Outcome, judge, judge_by
from tui_trader.risk.policy import Policy, Requirement
from tui_trader.risk.sizing import loss_per_unit, position_if_filled
from tui_trader.risk.verdict import Shrink, Verdict

D = Decimal
RICH = with_equity(D(100_000))


def denied(intent: Intent, book: Book = BOOK, policy: Policy = POLICY) -> str:
    """The code of the denial; empty if it passes."""
    judgement = judge(intent, book, policy)
    return judgement.code if judgement.verdict is Outcome.DENY else ""


def passed(judgement: Judgement) -> Decimal:
    return judgement.intent.quantity if judgement.intent else D(0)


# ---------------------------------------------------------------- sizes


def test_a_shrunk_order_keeps_its_clamp_with_before_and_after() -> None:
    judgement = judge(entry(D(25)), RICH, POLICY)
    assert judgement.verdict is Outcome.SHRINK
    assert judgement.code == Code.MAX_ORDER_NOTIONAL.value
    [clamp] = judgement.clamps
    assert (clamp.code, clamp.before, clamp.after) == ("MAX_ORDER_NOTIONAL", D(25), D("19.998"))
    assert passed(judgement) == D("19.998")


def test_a_limit_price_below_the_mark_does_not_make_an_order_count_for_less() -> None:
    assert passed(judge(entry(D(25), price=D("99.00"), target=D(110)), RICH, POLICY)) == D(20)


@pytest.mark.parametrize("status", [s for s in OrderStatus if not s.is_final])
@pytest.mark.parametrize("side", list(Side))
def test_whatever_can_still_trade_uses_up_the_room_of_its_symbol(status: OrderStatus, side: Side) -> None:
    waiting = order(entry(D(45), side, time_in_force=TimeInForce.GTC), status=status)
    allowed = passed(judge(entry(D(15), side), working(waiting, book=RICH), POLICY))
    assert D("4.9") < allowed <= D(5)


def test_what_is_final_uses_up_nothing() -> None:
    done = order(entry(D(45)), status=OrderStatus.CANCELED)
    assert passed(judge(entry(D(15)), working(done, book=RICH), POLICY)) == D(15)


def test_only_what_remains_of_a_partial_fill_counts_beside_the_position() -> None:
    half = order(entry(D(40)), status=OrderStatus.PARTIALLY_FILLED, filled=D(20))
    book = working(half, book=holding(D(20), book=RICH))
    assert D("9.9") < passed(judge(entry(D(15)), book, POLICY)) < D(10)


def test_gross_counts_every_symbol_and_a_symbol_without_a_price_denies() -> None:
    book = holding(D(95), symbol=ETH, book=RICH)
    assert D("4.9") < passed(judge(entry(D(15)), book, POLICY)) < D(5)
    blind = replace(book, markets={BTC: view()})
    assert denied(entry(), blind) == Code.PRICE_MISSING.value


def test_too_small_a_rest_is_denied_with_the_code_of_the_limit_that_left_it() -> None:
    book = holding(D("49.99"), book=RICH)
    assert denied(entry(), book) == Code.MAX_POSITION_NOTIONAL.value


def test_adding_to_a_position_counts_what_it_already_loses_at_the_stop() -> None:
    policy = limits(max_position_notional=D(100_000), max_order_notional=D(100_000), max_gross_notional=D(100_000))
    alone = passed(judge(entry(D(900)), RICH, policy))
    added = passed(judge(entry(D(900)), holding(D(100), book=RICH), policy))
    assert alone - added == pytest.approx(D(100), rel=D("0.01"))


def test_a_stop_that_hangs_farther_away_counts_as_the_stop_of_the_position() -> None:
    book = working(order(stop_order(D(50))), book=holding(D(20)))
    assert denied(entry(), book) == Code.MAX_RISK_PER_TRADE.value


def test_the_loss_at_the_stop_has_the_fees_of_both_legs() -> None:
    assert loss_per_unit(Side.BUY, D(100), D(98), BOOK.fees) == D("2.099")
    assert loss_per_unit(Side.SELL, D(100), D(102), BOOK.fees) == D("2.101")


def test_all_entries_of_the_side_are_in_the_position_that_could_come() -> None:
    book = working(order(entry(D(2))), order(entry(D(3), Side.SELL), name="other"), book=holding(D(1), D(90)))
    after = position_if_filled(entry(D(4)), D(100), book)
    assert (after.quantity, after.cost) == (D(7), D(90) + 2 * D("100.01") + 400)


def test_an_entry_that_works_above_the_mark_counts_at_what_it_may_pay() -> None:
    waiting = order(entry(D(10), price=D("100.40"), time_in_force=TimeInForce.GTC))
    assert working(waiting).worst_case_notional(BTC) == D(1_004)


def test_a_check_that_would_enlarge_changes_nothing() -> None:
    def generous(intent: Intent, _book: Book, _policy: Policy) -> Verdict:
        return Shrink(Code.MAX_ORDER_NOTIONAL, to=intent.quantity * 2)

    assert judge_by((generous,), entry(), BOOK, POLICY) == Judgement(verdict=Outcome.ALLOW, intent=entry())


def test_a_loss_limit_denies_when_it_is_reached_and_not_only_beyond() -> None:
    assert denied(entry(), metered(with_equity(D(9_700)), day_loss=D(300))) == Code.MAX_DAILY_LOSS.value
    assert denied(entry(), metered(with_equity(D("9700.01")), day_loss=D("299.99"))) == ""
    assert denied(entry(), metered(with_equity(D(9_000)), peak_equity=D(10_000))) == Code.MAX_DRAWDOWN.value
    assert denied(entry(), metered(with_equity(D("9000.01")), peak_equity=D(10_000))) == ""


# ---------------------------------------------------------------- prices and protection


@pytest.mark.parametrize(("side", "edge"), [(Side.BUY, D("100.50")), (Side.SELL, D("99.50"))])
def test_the_price_bound_is_inclusive_and_only_on_the_paying_side(side: Side, edge: Decimal) -> None:
    policy = limits(min_reward_to_risk=D("0.1"))
    assert denied(entry(side=side, price=edge), policy=policy) == ""
    beyond = edge + side.sign * D("0.01")
    assert denied(entry(side=side, price=beyond), policy=policy) == Code.MAX_PRICE_DEVIATION.value
    patient = D(100) - side.sign * D(1)
    assert denied(entry(side=side, price=patient), policy=policy) == ""


@pytest.mark.parametrize("side", list(Side))
def test_stop_and_target_must_be_on_their_sides(side: Side) -> None:
    assert denied(entry(side=side, stop=D("100.5"))) == Code.STOP_SIDE.value
    assert denied(entry(side=side, target=D(99))) == Code.TAKE_PROFIT_SIDE.value


def test_a_resting_entry_may_have_its_target_below_the_mark_but_a_crossing_one_may_not() -> None:
    policy = limits(min_reward_to_risk=D("0.1"))
    resting = entry(price=D(97), stop=D(95), target=D(99), time_in_force=TimeInForce.GTC)
    assert denied(resting, policy=policy) == ""
    book = replace(BOOK, markets={BTC: replace(view(), bid=D("98.8"), ask=D("98.9"))})
    crossing = entry(price=D(99), stop=D(97), target=D("99.9"))
    assert denied(crossing, book, policy) == Code.TAKE_PROFIT_SIDE.value


def test_reward_to_risk_is_from_what_would_really_be_paid() -> None:
    """The limit of a market entry lies at its bound; it would pay the ask, and that is what its reward is judged by."""
    bounded = entry(price=D("100.50"), stop=D(98), target=D(103))
    assert denied(bounded) == ""
    resting = replace(bounded, protection=entry(stop=D(98), target=D("102.55")).protection)
    assert denied(resting) == Code.MIN_REWARD_TO_RISK.value


def test_an_entry_without_take_profit_passes_where_that_is_optional() -> None:
    assert denied(entry(target=None), policy=limits(take_profit=Requirement.OPTIONAL)) == ""


@pytest.mark.parametrize("kind", list(TimeInForce))
def test_every_kind_of_limit_may_enter(kind: TimeInForce) -> None:
    assert denied(entry(time_in_force=kind)) == ""


def test_a_stop_beyond_the_liquidation_price_is_no_stop() -> None:
    policy = limits(
        max_stop_distance_pct=D(50), min_liquidation_distance_pct=D(5), min_reward_to_risk=D("0.1"), max_leverage=20
    )
    book = replace(BOOK, leverage={BTC: 10})
    assert denied(entry(D("0.1"), stop=D(92), target=D(110)), book, policy) == ""
    assert denied(entry(D("0.1"), stop=D(89), target=D(110)), book, policy) == Code.MIN_LIQUIDATION_DISTANCE.value


@pytest.mark.parametrize("setting", [{}, {BTC: 0}, {ETH: 3}])
def test_a_leverage_that_was_not_read_denies(setting: dict[object, int]) -> None:
    book = replace(BOOK, leverage=setting)  # type: ignore[arg-type]  # mixed keys on purpose
    assert denied(entry(), book) == Code.LEVERAGE_UNKNOWN.value


# ---------------------------------------------------------------- pace


def test_cool_down_and_hold_end_on_the_second() -> None:
    assert denied(entry(), metered(stopped_out={(BTC, Side.BUY): later(NOW, -900.0)})) == ""
    assert denied(entry(), metered(agent_entered={(BTC, Side.SELL): later(NOW, -180.0)})) == ""


def test_a_stop_out_rests_only_its_own_side_and_symbol() -> None:
    assert denied(entry(), metered(stopped_out={(BTC, Side.SELL): NOW, (ETH, Side.BUY): NOW})) == ""


def test_hold_binds_the_agent_alone_and_not_its_adding() -> None:
    book = metered(agent_entered={(BTC, Side.SELL): NOW, (BTC, Side.BUY): NOW})
    assert denied(entry(), book) == Code.MIN_HOLD.value
    assert denied(entry(actor=Actor.OPERATOR), book) == ""
    assert denied(entry(), metered(agent_entered={(BTC, Side.BUY): NOW})) == ""


@pytest.mark.parametrize(
    ("book", "policy", "intent"),
    [
        (metered(agent_traded={BTC: NOW}), POLICY, entry()),
        (metered(agent_side={BTC: Side.SELL}, reversals_today={BTC: 99}), POLICY, entry()),
        (BOOK, limits(min_reward_to_risk=D("0.01")), entry(target=D("100.20"))),
    ],
)
def test_what_keeps_from_churning_binds_the_agent_alone(book: Book, policy: Policy, intent: Intent) -> None:
    assert denied(intent, book, policy)
    assert denied(replace(intent, actor=Actor.OPERATOR), book, policy) == ""


def test_the_pause_after_a_trade_ends_on_the_second_and_concerns_its_symbol() -> None:
    assert denied(entry(), metered(agent_traded={BTC: later(NOW, -180.0)})) == ""
    assert denied(entry(), metered(agent_traded={ETH: NOW})) == ""


def test_staying_on_a_side_is_no_reversal() -> None:
    assert denied(entry(), metered(agent_side={BTC: Side.BUY}, reversals_today={BTC: 99})) == ""
    assert denied(entry(), metered(agent_side={BTC: Side.SELL}, reversals_today={BTC: 5, ETH: 99})) == ""


@pytest.mark.parametrize(
    ("seen", "code"), [("99.51", ""), ("100.50", ""), ("99.50", "PRICE_MOVED"), ("101", "PRICE_MOVED")]
)
@pytest.mark.parametrize("side", list(Side))
def test_a_price_that_moved_while_somebody_thought_denies_either_way(seen: str, code: str, side: Side) -> None:
    assert denied(replace(entry(side=side), seen_price=D(seen))) == code


def test_observe_binds_the_agent_alone() -> None:
    policy = POLICY.model_copy(update={"autonomy": Autonomy.OBSERVE})
    assert denied(entry(), policy=policy) == Code.OBSERVE.value
    assert denied(entry(actor=Actor.OPERATOR), policy=policy) == ""


def test_a_working_entry_on_the_other_side_is_a_reversal_too() -> None:
    waiting = order(entry(side=Side.SELL, time_in_force=TimeInForce.GTC), status=OrderStatus.UNKNOWN)
    assert denied(entry(), working(waiting)) == Code.REVERSAL.value
    assert denied(entry(), holding(D("0.001"))) == ""


def test_an_entry_counts_with_its_protection_among_open_orders_and_a_minutes_orders() -> None:
    assert denied(entry(), metered(orders_last_minute=3)) == ""
    assert denied(entry(target=None), metered(orders_last_minute=4), limits(take_profit=Requirement.OPTIONAL)) == ""
    protected = working(*(order(stop_order(), name=str(number)) for number in range(5)))
    assert denied(entry(), protected) == ""
    assert denied(entry(), working(order(stop_order(), name="6"), book=protected)) == Code.MAX_OPEN_ORDERS.value


def test_an_entry_that_began_to_trade_has_placed_its_protection() -> None:
    def with_entries(*entries: Order) -> Book:
        return working(*entries, *(order(stop_order(), name=f"s{n}") for n in range(2)))

    waiting = order(entry(time_in_force=TimeInForce.GTC))
    trading = replace(waiting, filled=D(1))
    assert denied(entry(D(1)), with_entries(trading)) == ""
    assert denied(entry(D(1)), with_entries(waiting)) == ""
    assert denied(entry(D(1)), working(order(stop_order(), name="s3"), book=with_entries(waiting))) == (
        Code.MAX_OPEN_ORDERS.value
    )


@pytest.mark.parametrize(("state", "code"), [(TradingState.REDUCING, "REDUCING"), (TradingState.HALTED, "HALTED")])
def test_only_active_takes_new_risk_from_anyone(state: TradingState, code: str) -> None:
    for actor in Actor:
        assert denied(entry(actor=actor), replace(BOOK, trading_state=state)) == code


# ---------------------------------------------------------------- ages


@pytest.mark.parametrize("field", ["quote_age", "mark_age"])
@pytest.mark.parametrize("age", [None, -0.1, 5.01, float("nan"), float("inf")])
def test_an_age_that_is_too_high_or_makes_no_sense_denies(field: str, age: float | None) -> None:
    stale = replace(view(), **{field: age})  # type: ignore[arg-type]  # both fields are ages
    assert denied(entry(), replace(BOOK, markets={BTC: stale})) == Code.PRICE_STALE.value


def test_the_age_limit_is_inclusive() -> None:
    old = replace(view(), quote_age=5.0, mark_age=5.0)
    assert denied(entry(), replace(BOOK, markets={BTC: old})) == ""


# ---------------------------------------------------------------- exits


@pytest.mark.parametrize(
    ("held", "works", "asked", "allowed"),
    [
        (D(1), D(0), D(1), True),
        (D(1), D(0), D("1.001"), False),
        (D(1), D("0.5"), D("0.5"), True),
        (D(1), D("0.5"), D("0.501"), False),
        (D(0), D(0), D(1), False),
        (D(-1), D(0), D(1), False),
    ],
)
def test_an_exit_without_flags_reduces_with_all_that_works(
    held: Decimal, works: Decimal, asked: Decimal, allowed: bool
) -> None:
    book = holding(held)
    book = working(order(market_exit(works)), book=book) if works else book
    said = denied(unguarded(market_exit(asked)), book)
    assert said == ("" if allowed else Code.NOT_REDUCING.value)


def test_an_exit_that_points_the_other_way_hides_nothing() -> None:
    book = working(order(market_exit(D(1))), order(market_exit(D(1), Side.BUY), name="wrong"), book=holding(D(1)))
    assert denied(unguarded(market_exit(D("0.1"))), book) == Code.NOT_REDUCING.value


def test_an_exit_without_flags_needs_a_reconciled_position() -> None:
    assert denied(unguarded(market_exit(D(1))), replace(holding(D(1)), reconciled=False)) == Code.NOT_REDUCING.value


def test_an_exit_has_no_least_worth_but_the_exchanges_least_quantity() -> None:
    assert denied(market_exit(D("0.001"))) == ""
    coarse = replace(instrument(), min_quantity=D("0.01"))
    assert denied(market_exit(D("0.001")), replace(BOOK, instruments={BTC: coarse})) == Code.EXCHANGE_FILTER.value
