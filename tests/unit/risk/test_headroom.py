"""Headroom names every limit that is a figure, and what of it is used is what the gate counts."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from tests.unit.risk.scenes import (
    BOOK,
    BTC,
    ETH,
    NOW,
    POLICY,
    entry,
    holding,
    limits,
    metered,
    order,
    stop_order,
    view,
    working,
)
from tests.unit.risk.test_gate_properties import LOST_METERS, books
from tui_trader.core.clock import later
from tui_trader.core.order import TimeInForce
from tui_trader.core.words import BreakerCause, BreakerScope, ClientOrderId, Side, Symbol
from tui_trader.risk.book import Book
from tui_trader.risk.breakers import Breaker
from tui_trader.risk.headroom import LimitUse, headrooms
from tui_trader.risk.incidents import Answer, Entered, Event, Filled, Incidents
from tui_trader.risk.policy import RiskLimits

D = Decimal


SIX_ANSWERS = tuple(Answer(NOW, is_error=number < 3) for number in range(6))


def used(book: Book, limit: str, symbol: Symbol | None = None) -> Decimal | None:
    [found] = [use for use in headrooms(book, POLICY) if (use.limit, use.symbol) == (limit, symbol)]
    return found.used


NO_LIMITS = {"stop_loss", "take_profit", "approve_above_notional", "trading_hours"}
"""What is required, what the shipped policy leaves out, and what is no figure."""


def test_every_figure_of_the_policy_is_there_once_or_once_a_symbol() -> None:
    uses = headrooms(BOOK, POLICY)
    assert {use.limit for use in uses} == (set(RiskLimits.model_fields) - NO_LIMITS) | {"max_usd_per_day"}
    assert len({(use.limit, use.symbol) for use in uses}) == len(uses)
    assert {use.symbol for use in uses} == {None, BTC, ETH}


def test_values_are_the_policys_with_durations_in_seconds() -> None:
    values = {use.limit: use.value for use in headrooms(BOOK, POLICY)}
    assert values["max_leverage"] == 3
    assert values["reentry_cooldown"] == 900
    assert values["max_usd_per_day"] == 2


def test_what_is_used_of_an_account_that_holds_and_works_something() -> None:
    book = holding(D(10), D(101))
    book = working(
        order(stop_order(D(98))),
        order(entry(D(5), price=D(99), time_in_force=TimeInForce.GTC), name="two"),
        book=book,
    )
    book = metered(
        book,
        day_loss=D(250),
        peak_equity=D(12_500),
        consecutive_losses=2,
        breakers={(BreakerScope.MODEL, BreakerCause.FAILURES): Breaker(BreakerScope.MODEL, failures=1)},
        orders_last_minute=3,
        entries_today=7,
        model_spend_today=D("0.5"),
        incidents=Incidents(
            orders=(*SIX_ANSWERS, Answer(later(NOW, -901.0), is_error=True)),
            unknown=(Event(later(NOW, -901.0)), Event(NOW)),
            fills=(Filled(NOW, ClientOrderId("a"), D(51)), Filled(NOW, ClientOrderId("b"), D(50))),
            entries=(Entered(NOW, entry()), Entered(NOW, entry(D(1)))),
            cancels=(Event(later(NOW, -61.0)), Event(NOW)),
        ),
        stopped_out={(BTC, Side.SELL): later(NOW, -60.0)},
        agent_entered={(BTC, Side.BUY): later(NOW, -30.0)},
    )
    assert used(book, "max_position_notional", BTC) == 1_500
    assert used(book, "max_gross_notional") == 1_500
    assert used(book, "max_leverage") == D("0.15")
    assert used(book, "max_daily_loss_pct") == pytest.approx(D(250) / D(10_250) * 100)
    assert used(book, "max_drawdown_pct") == 20
    assert used(book, "max_consecutive_losses") == 2
    assert used(book, "max_consecutive_failures") == 1
    assert used(book, "max_error_rate_pct") == 50
    assert used(book, "max_unknown_outcomes") == 1
    assert used(book, "max_slipped_orders") == 1
    assert used(book, "max_identical_orders") == 1
    assert used(book, "max_cancels_per_minute") == 1
    assert used(book, "max_open_orders") == 4
    assert used(book, "max_orders_per_minute") == 3
    assert used(book, "max_entries_per_day") == 7
    assert used(book, "max_usd_per_day") == D("0.5")
    assert used(book, "max_quote_age", BTC) == 1
    assert used(book, "reentry_cooldown", BTC) == 60
    assert used(book, "min_hold", BTC) == 30
    lost = 10 * (D(3) + D("0.0005") * 199) + 5 * (D(1) + D("0.0005") * 197)
    assert used(book, "max_risk_per_trade_pct", BTC) == lost / 100
    distance = used(book, "min_liquidation_distance_pct", BTC)
    assert distance is not None
    assert D(31) < distance < D(33)


@pytest.mark.parametrize("equity", [None, D("NaN")])
def test_what_cannot_be_measured_is_not_invented(equity: Decimal | None) -> None:
    blind = replace(holding(D(1)), equity=equity, markets={}, meters=LOST_METERS)
    for limit in ("max_gross_notional", "max_leverage", "max_daily_loss_pct", "max_drawdown_pct"):
        assert used(blind, limit) is None
    for limit in ("max_position_notional", "max_risk_per_trade_pct", "min_liquidation_distance_pct", "max_quote_age"):
        assert used(blind, limit, BTC) is None


def test_a_position_without_a_stop_has_no_measurable_risk() -> None:
    assert used(holding(D(1)), "max_risk_per_trade_pct", BTC) is None
    assert used(BOOK, "max_risk_per_trade_pct", BTC) == 0


def test_a_gain_uses_up_nothing_of_a_loss_limit() -> None:
    assert used(metered(day_loss=D(-500), peak_equity=D(9_000)), "max_daily_loss_pct") == 0
    assert used(metered(day_loss=D(-500), peak_equity=D(9_000)), "max_drawdown_pct") == 0


@given(book=books())
def test_no_state_of_the_account_breaks_it(book: Book) -> None:
    uses = headrooms(replace(book, markets={BTC: replace(view(), mark=D("NaN"))}), POLICY)
    assert all(isinstance(use, LimitUse) for use in uses)
    assert all(use.used is None or use.used >= 0 for use in headrooms(book, POLICY))


def test_what_a_person_must_agree_to_is_a_limit_only_where_the_policy_sets_it() -> None:
    policy = limits(approve_above_notional=D(400))
    uses = [use for use in headrooms(holding(D(2)), policy) if use.limit == "approve_above_notional"]
    assert [(use.symbol, use.value, use.used) for use in uses] == [(BTC, D(400), D(200)), (ETH, D(400), D(0))]
