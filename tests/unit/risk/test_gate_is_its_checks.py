"""Every check is needed, every code is reached, and every limit of the policy has a check that obeys it."""

from dataclasses import dataclass, replace
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
from tui_trader.core.instrument import Bracket
from tui_trader.core.order import Intent, OrderType, Purpose, TimeInForce
from tui_trader.core.position import Position
from tui_trader.core.words import Actor, Autonomy, BreakerCause, BreakerScope, ClientOrderId, Side, TradingState
from tui_trader.risk.book import Book, Consents
from tui_trader.risk.breakers import Breaker
from tui_trader.risk.checks import authority, filters, knowledge, leverage, losses, pace, protection, shape, size
from tui_trader.risk.codes import SENTENCES, Code
from tui_trader.risk.gate import ENTRY_CHECKS, EXIT_CHECKS, Judgement, Outcome, checks_for, judge, judge_by
from tui_trader.risk.hours import Window
from tui_trader.risk.incidents import Answer, Entered, Event, Filled, Incidents
from tui_trader.risk.policy import Policy, Requirement, RiskLimits
from tui_trader.risk.verdict import Check

D = Decimal
CALM_ENTRY = entry()


def happened(**kinds: object) -> Book:
    """The calm book after these incidents."""
    return metered(incidents=replace(Incidents(), **kinds))  # type: ignore[arg-type]  # replace checks the names


def events(count: int) -> tuple[Event, ...]:
    """So many, just now."""
    return (Event(NOW),) * count


def fills(worse_bps: Decimal, count: int) -> tuple[Filled, ...]:
    """So many orders that filled so much worse."""
    return tuple(Filled(NOW, ClientOrderId(str(number)), worse_bps) for number in range(count))


ALIKE = (Entered(later(NOW, -61.0), entry()),) * 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What brings a check to speak, and the code it speaks with."""

    code: Code
    intent: Intent = CALM_ENTRY
    book: Book = BOOK
    policy: Policy = POLICY


MARKET_ENTRY = Intent(
    symbol=BTC,
    side=Side.BUY,
    type=OrderType.MARKET,
    quantity=D(5),
    purpose=Purpose.ENTRY,
    protection=entry().protection,
    actor=Actor.OPERATOR,
)
LOW_TIER = (Bracket(D(300), D("0.01"), 5, D(0)), Bracket(D(10_000_000), D("0.02"), 2, D(3)))

ENTRY_SCENES: dict[Check, Scene] = {
    shape.well_formed: Scene(code=Code.MALFORMED_ORDER, intent=entry(D(0))),
    shape.entry_is_plain_limit: Scene(code=Code.ENTRY_TYPE, intent=MARKET_ENTRY),
    authority.trading_is_active: Scene(code=Code.HALTED, book=replace(BOOK, trading_state=TradingState.HALTED)),
    authority.agent_may_act: Scene(code=Code.OBSERVE, policy=POLICY.model_copy(update={"autonomy": Autonomy.OBSERVE})),
    authority.nobody_is_being_asked: Scene(
        code=Code.APPROVAL_WAITS, book=replace(BOOK, consents=Consents(waiting={BTC: "K7QF"}))
    ),
    authority.person_agreed: Scene(code=Code.NOT_APPROVED, policy=limits(approve_above_notional=D(400))),
    authority.symbol_is_allowed: Scene(
        code=Code.SYMBOL_NOT_ALLOWED, intent=entry(symbol=ETH), policy=POLICY.model_copy(update={"symbols": (BTC,)})
    ),
    knowledge.account_is_reconciled: Scene(code=Code.NOT_RECONCILED, book=replace(BOOK, reconciled=False)),
    knowledge.account_is_as_set: Scene(code=Code.MODE_DRIFT, book=replace(BOOK, drifted=("margin_mode",))),
    knowledge.symbol_is_ours_alone: Scene(
        code=Code.FOREIGN_EXPOSURE, book=replace(BOOK, foreign_positions={BTC: Position.held(BTC, D(1), D(100))})
    ),
    knowledge.equity_is_known: Scene(code=Code.EQUITY_UNKNOWN, book=replace(BOOK, equity=D(0))),
    knowledge.instrument_is_known: Scene(code=Code.INSTRUMENT_UNKNOWN, book=replace(BOOK, instruments={})),
    knowledge.prices_are_known: Scene(
        code=Code.PRICE_MISSING, book=replace(BOOK, markets={BTC: replace(view(), bid=None)})
    ),
    knowledge.prices_are_fresh: Scene(
        code=Code.PRICE_STALE, book=replace(BOOK, markets={BTC: replace(view(), mark_age=5.1)})
    ),
    authority.trading_hours_are_on: Scene(
        code=Code.OUTSIDE_TRADING_HOURS, policy=limits(trading_hours=(Window(0, 720), Window(721, 1_440)))
    ),
    losses.breakers_are_closed: Scene(
        code=Code.BREAKER_OPEN,
        book=metered(breakers={(BreakerScope.MODEL, BreakerCause.FAILURES): Breaker(BreakerScope.MODEL, failures=3)}),
    ),
    losses.drawdown_within_limit: Scene(code=Code.MAX_DRAWDOWN, book=metered(peak_equity=D(11_200))),
    losses.day_loss_within_limit: Scene(code=Code.MAX_DAILY_LOSS, book=metered(day_loss=D(400))),
    losses.streak_within_limit: Scene(code=Code.MAX_CONSECUTIVE_LOSSES, book=metered(consecutive_losses=4)),
    pace.does_not_reverse: Scene(code=Code.REVERSAL, book=holding(D(-1))),
    pace.cooled_down_since_stop: Scene(
        code=Code.REENTRY_COOLDOWN, book=metered(stopped_out={(BTC, Side.BUY): later(NOW, -899.0)})
    ),
    pace.agent_held_long_enough: Scene(
        code=Code.MIN_HOLD, book=metered(agent_entered={(BTC, Side.SELL): later(NOW, -179.0)})
    ),
    pace.agent_paused_since_trade: Scene(code=Code.ENTRY_SPACING, book=metered(agent_traded={BTC: later(NOW, -179.0)})),
    pace.agent_reversals_left_today: Scene(
        code=Code.MAX_REVERSALS_PER_DAY, book=metered(agent_side={BTC: Side.SELL}, reversals_today={BTC: 6})
    ),
    pace.entries_left_today: Scene(code=Code.MAX_ENTRIES_PER_DAY, book=metered(entries_today=20)),
    pace.order_rate_within_limit: Scene(code=Code.MAX_ORDERS_PER_MINUTE, book=metered(orders_last_minute=4)),
    pace.cancel_rate_within_limit: Scene(code=Code.MAX_CANCELS_PER_MINUTE, book=happened(cancels=events(6))),
    pace.agent_does_not_repeat_itself: Scene(code=Code.IDENTICAL_ORDERS, book=happened(entries=ALIKE)),
    pace.open_orders_within_limit: Scene(
        code=Code.MAX_OPEN_ORDERS,
        book=working(*(order(entry(D("0.1"), time_in_force=TimeInForce.GTC), name=str(n)) for n in range(2))),
    ),
    protection.price_near_mark: Scene(code=Code.MAX_PRICE_DEVIATION, intent=entry(price=D("100.51"))),
    protection.price_as_seen: Scene(code=Code.PRICE_MOVED, intent=replace(entry(), seen_price=D("99.50"))),
    protection.carries_stop: Scene(code=Code.NO_STOP, intent=entry(stop=None)),
    protection.carries_take_profit: Scene(code=Code.NO_TAKE_PROFIT, intent=entry(target=None)),
    protection.stop_behind_price: Scene(code=Code.STOP_SIDE, intent=entry(stop=D(100))),
    protection.target_beyond_price: Scene(code=Code.TAKE_PROFIT_SIDE, intent=entry(target=D("100.01"))),
    protection.stop_near_entry: Scene(code=Code.MAX_STOP_DISTANCE, intent=entry(stop=D(95), target=D(110))),
    protection.reward_pays_risk: Scene(code=Code.MIN_REWARD_TO_RISK, intent=entry(target=D("102.5"))),
    protection.target_pays_fees: Scene(
        code=Code.MIN_TARGET_TO_FEES, intent=entry(target=D("100.20")), policy=limits(min_reward_to_risk=D("0.01"))
    ),
    protection.protection_can_be_placed: Scene(code=Code.PROTECTION_FILTER, intent=entry(stop=D("98.001"))),
    leverage.leverage_setting_within_limit: Scene(code=Code.LEVERAGE_SETTING, book=replace(BOOK, leverage={BTC: 4})),
    size.order_notional: Scene(code=Code.MAX_ORDER_NOTIONAL, intent=entry(D(25))),
    size.position_notional: Scene(
        code=Code.MAX_POSITION_NOTIONAL, intent=entry(D(10)), book=holding(D(45), book=with_equity(D(100_000)))
    ),
    size.gross_notional: Scene(code=Code.MAX_GROSS_NOTIONAL, book=holding(D(97), symbol=ETH)),
    size.gross_leverage: Scene(code=Code.MAX_LEVERAGE, book=holding(D(28), symbol=ETH, book=with_equity(D(1_000)))),
    size.risk_per_trade: Scene(
        code=Code.MAX_RISK_PER_TRADE,
        intent=entry(D(15), stop=D(96), target=D(110)),
        book=with_equity(D(5_000)),
    ),
    size.leverage_tier: Scene(
        code=Code.LEVERAGE_TIER, book=replace(BOOK, instruments={BTC: instrument(brackets=LOW_TIER)})
    ),
    size.free_margin: Scene(code=Code.INSUFFICIENT_MARGIN, book=replace(BOOK, available=D(100))),
    leverage.liquidation_is_far: Scene(
        code=Code.MIN_LIQUIDATION_DISTANCE, policy=limits(min_liquidation_distance_pct=D(34))
    ),
    filters.quantity_fits_steps: Scene(code=Code.QUANTITY_STEP, intent=entry(D("5.0005"))),
    filters.exchange_takes_order: Scene(code=Code.EXCHANGE_FILTER, intent=entry(price=D("100.015"))),
}

EXIT_SCENES: dict[Check, Scene] = {
    shape.well_formed: Scene(code=Code.MALFORMED_ORDER, intent=market_exit(D(0))),
    shape.exit_only_reduces: Scene(code=Code.NOT_REDUCING, intent=unguarded(market_exit(D("1.1"))), book=holding(D(1))),
    filters.quantity_fits_steps: Scene(code=Code.QUANTITY_STEP, intent=market_exit(D("1.0005")), book=holding(D(2))),
    filters.exchange_takes_order: Scene(code=Code.EXCHANGE_FILTER, intent=stop_order(D("98.001")), book=holding(D(1))),
}

LOOSENED: dict[str, tuple[Check, object]] = {
    "max_order_notional": (size.order_notional, D(3_000)),
    "max_position_notional": (size.position_notional, D(10_000)),
    "max_gross_notional": (size.gross_notional, D(20_000)),
    "max_leverage": (leverage.leverage_setting_within_limit, 4),
    "max_risk_per_trade_pct": (size.risk_per_trade, D(5)),
    "stop_loss": (protection.carries_stop, "optional"),
    "take_profit": (protection.carries_take_profit, Requirement.OPTIONAL),
    "max_stop_distance_pct": (protection.stop_near_entry, D(6)),
    "min_reward_to_risk": (protection.reward_pays_risk, D(1)),
    "max_daily_loss_pct": (losses.day_loss_within_limit, D(4)),
    "max_consecutive_losses": (losses.streak_within_limit, 5),
    "max_drawdown_pct": (losses.drawdown_within_limit, D(11)),
    "max_consecutive_failures": (losses.breakers_are_closed, 4),
    "max_open_orders": (pace.open_orders_within_limit, 9),
    "max_orders_per_minute": (pace.order_rate_within_limit, 7),
    "max_entries_per_day": (pace.entries_left_today, 21),
    "reentry_cooldown": (pace.cooled_down_since_stop, 899.0),
    "min_hold": (pace.agent_held_long_enough, 179.0),
    "approve_above_notional": (authority.person_agreed, D(600)),
    "entry_spacing": (pace.agent_paused_since_trade, 179.0),
    "max_reversals_per_day": (pace.agent_reversals_left_today, 7),
    "min_target_to_fees": (protection.target_pays_fees, D(1)),
    "max_cancels_per_minute": (pace.cancel_rate_within_limit, 7),
    "trading_hours": (authority.trading_hours_are_on, (Window(0, 721),)),
    "max_identical_orders": (pace.agent_does_not_repeat_itself, 7),
    "breaker_window": (pace.agent_does_not_repeat_itself, 60.0),
    "max_price_deviation_bps": (protection.price_near_mark, D(51)),
    "max_quote_age": (knowledge.prices_are_fresh, 5.1),
    "min_liquidation_distance_pct": (leverage.liquidation_is_far, D(33)),
}
"""For each limit of the policy: the check that obeys it, and a value at which its scene passes."""

TRIPS: dict[str, tuple[Book, object]] = {
    "max_error_rate_pct": (
        happened(orders=tuple(Answer(NOW, is_error=number < 4) for number in range(6))),
        D(67),
    ),
    "max_unknown_outcomes": (happened(unknown=events(3)), 4),
    "max_slippage_bps": (happened(fills=fills(D("50.1"), 3)), D("50.1")),
    "max_slipped_orders": (happened(fills=fills(D("50.1"), 3)), 4),
}
"""The limits that open a breaker: what opens it, and a value at which it would not."""


def codes(judgement: Judgement) -> set[str]:
    """All that the gate had to say."""
    said = {clamp.code for clamp in judgement.clamps} | {judgement.code}
    return said - {""}


def name(check: Check) -> str:
    return check.__name__


def test_the_calm_scene_is_allowed_as_it_is() -> None:
    assert judge(entry(), BOOK, POLICY) == Judgement(verdict=Outcome.ALLOW, intent=entry())
    assert judge(entry(side=Side.SELL), BOOK, POLICY).verdict is Outcome.ALLOW
    assert judge(market_exit(), holding(D(1)), POLICY).verdict is Outcome.ALLOW


def test_every_check_of_the_gate_has_a_scene() -> None:
    assert set(ENTRY_SCENES) == set(ENTRY_CHECKS)
    assert set(EXIT_SCENES) == set(EXIT_CHECKS)


@pytest.mark.parametrize("check", ENTRY_CHECKS, ids=name)
def test_an_entry_check_taken_out_of_the_gate_is_missed(check: Check) -> None:
    _assert_needed(check, ENTRY_CHECKS, ENTRY_SCENES[check])


@pytest.mark.parametrize("check", EXIT_CHECKS, ids=name)
def test_an_exit_check_taken_out_of_the_gate_is_missed(check: Check) -> None:
    _assert_needed(check, EXIT_CHECKS, EXIT_SCENES[check])


def _assert_needed(check: Check, checks: tuple[Check, ...], scene: Scene) -> None:
    with_it = judge(scene.intent, scene.book, scene.policy)
    rest = tuple(each for each in checks if each is not check)
    without = judge_by(rest, scene.intent, scene.book, scene.policy)
    assert checks_for(scene.intent) == checks
    assert with_it.verdict is not Outcome.ALLOW
    assert scene.code.value in codes(with_it)
    assert scene.code.value not in codes(without)


def test_every_limit_of_the_policy_has_a_check() -> None:
    assert set(LOOSENED) | set(TRIPS) == set(RiskLimits.model_fields)


@pytest.mark.parametrize("field", TRIPS)
def test_what_opens_a_breaker_denies_before_its_row_is_written(field: str) -> None:
    book, loose = TRIPS[field]
    assert judge(entry(), book, POLICY).code == Code.BREAKER_OPEN.value
    assert judge(entry(), book, limits(**{field: loose})).intent is not None


@pytest.mark.parametrize("field", LOOSENED)
def test_a_check_obeys_the_value_of_its_limit(field: str) -> None:
    check, loose = LOOSENED[field]
    scene = ENTRY_SCENES[check]
    assert scene.code.value in codes(judge(scene.intent, scene.book, scene.policy))
    loosened = limits(scene.policy, **{field: loose})
    assert scene.code.value not in codes(judge(scene.intent, scene.book, loosened))


def test_gross_leverage_follows_the_limit_too() -> None:
    scene = ENTRY_SCENES[size.gross_leverage]
    assert Code.MAX_LEVERAGE.value not in codes(judge(scene.intent, scene.book, limits(max_leverage=5)))


def test_every_code_has_a_sentence_and_its_own_name_as_value() -> None:
    assert set(SENTENCES) == set(Code)
    assert all(code.name == code.value for code in Code)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


def test_how_far_the_price_may_move_while_somebody_thinks_follows_the_limit_too() -> None:
    scene = ENTRY_SCENES[protection.price_as_seen]
    assert Code.PRICE_MOVED.value not in codes(judge(scene.intent, scene.book, limits(max_price_deviation_bps=D(51))))
