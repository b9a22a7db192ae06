"""Instruments: Binance's filters with their codes, and rounding that never asks for more."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.core.strategies import BITCOIN, instruments, order, order_types, positive, sides
from tui_trader.core.instrument import Bracket, FilterBreach, Instrument
from tui_trader.core.money import is_multiple
from tui_trader.core.order import Intent, OrderType
from tui_trader.core.words import Side

MARK = Decimal(65_000)
MARKET, STOP = OrderType.MARKET, OrderType.STOP_MARKET
BUY, SELL = Side.BUY, Side.SELL

BREACHES: list[tuple[str, Intent, int | None]] = [
    ("a plain order", order(), None),
    ("at most two decimals of a price are read", order(price="65000.001"), -1111),
    ("at most three decimals of a quantity are read", order(quantity="0.0015"), -1111),
    ("a price of zero", order(price="0"), -4001),
    ("a negative price", order(price="-1"), -4001),
    ("the highest price is 4529764", order(price="4529764.1"), -4002),
    ("a quantity of zero", order(quantity="0"), -4003),
    ("a negative quantity", order(quantity="-0.001"), -4003),
    ("the largest limit order", order(quantity="1000"), None),
    ("more than the largest limit order", order(quantity="1000.001"), -4005),
    ("the largest market order", order(MARKET, quantity="120"), None),
    ("more than the largest market order", order(MARKET, quantity="120.001"), -4005),
    ("a stop with a quantity is a market order", order(STOP, quantity="120.001"), -4005),
    ("a stop price of zero", order(STOP, stop_price="0"), -4006),
    ("a stop price above all prices", order(STOP, stop_price="4529764.1"), -4007),
    ("a stop price below all prices", order(STOP, stop_price="556.7"), -4013),
    ("a stop price off the tick", order(STOP, stop_price="64000.05"), -4014),
    ("a price below all prices", order(side=BUY, price="556.7"), -4013),
    ("a price off the tick", order(price="65000.05"), -4014),
    ("a buy at the upper bound", order(price="68250"), None),
    ("a buy above the bound", order(price="68250.1"), -4016),
    ("a buy far below is only a poor bid", order(price="40000"), None),
    ("a sell at the lower bound", order(side=SELL, price="61750"), None),
    ("a sell below the bound", order(side=SELL, price="61749.9"), -4024),
    ("a sell far above is only a dear offer", order(side=SELL, price="90000"), None),
    ("99.9 USDT", order(quantity="0.002", price="49950"), -4164),
    ("100 USDT", order(quantity="0.002", price="50000"), None),
    ("a market order counts at the mark price", order(MARKET, quantity="0.001"), -4164),
    ("a market order of 130 USDT at the mark price", order(MARKET, quantity="0.002"), None),
    ("exits may be as small as a step", order(MARKET, quantity="0.001", reduce_only=True), None),
    ("a limit exit too", order(quantity="0.001", price="65000", reduce_only=True), None),
    ("an exit is on the step all the same", order(MARKET, quantity="0.0005", reduce_only=True), -1111),
    ("a closing stop sends no quantity", order(STOP, quantity="0", close_position=True), None),
    ("a closing stop has a proper price", order(STOP, quantity="0", stop_price="64000.05", close_position=True), -4014),
]


@pytest.mark.parametrize(("case", "intent", "code"), BREACHES, ids=[case for case, _, _ in BREACHES])
def test_filters_and_their_codes(case: str, intent: Intent, code: int | None) -> None:
    """BTCUSDT's filters of 2026 and Binance's error codes."""
    found = BITCOIN.breach(intent, MARK)
    assert (found and found.code) == code, case


def test_quantities_off_the_step_where_the_precision_is_finer() -> None:
    fives = replace(BITCOIN, step=Decimal("0.005"), min_quantity=Decimal("0.005"))
    assert fives.breach(order(quantity="0.004"), MARK) is FilterBreach.QUANTITY_BELOW_MIN
    assert fives.breach(order(quantity="0.012"), MARK) is FilterBreach.QUANTITY_OFF_STEP
    assert fives.breach(order(quantity="0.015"), MARK) is None


def test_market_orders_may_have_a_coarser_step() -> None:
    coarse = replace(BITCOIN, market_step=Decimal("0.01"))
    assert coarse.breach(order(quantity="0.015"), MARK) is None
    assert coarse.breach(order(MARKET, quantity="0.015"), MARK) is FilterBreach.QUANTITY_OFF_STEP
    assert coarse.round_quantity(Decimal("0.019"), OrderType.MARKET) == Decimal("0.01")
    assert coarse.round_quantity(Decimal("0.0199"), OrderType.LIMIT) == Decimal("0.019")


def test_without_a_mark_price_only_what_needs_it_is_left_out() -> None:
    assert BITCOIN.breach(order(price="99999"), None) is None
    assert BITCOIN.breach(order(MARKET, quantity="0.001"), None) is None
    assert BITCOIN.breach(order(quantity="0.001"), None) is FilterBreach.NOTIONAL_BELOW_MIN


def test_codes_are_binances_numbers() -> None:
    assert {breach.code for breach in FilterBreach} == {int(breach.value) for breach in FilterBreach}
    assert FilterBreach.NOTIONAL_BELOW_MIN.code == -4164


@given(instruments, positive, positive, order_types)
def test_rounding_never_raises_the_notional(
    instrument: Instrument, quantity: Decimal, price: Decimal, order_type: OrderType
) -> None:
    rounded = instrument.round_quantity(quantity, order_type)
    assert 0 <= rounded <= quantity
    assert rounded * price <= quantity * price
    assert is_multiple(rounded, instrument.step)


@given(instruments, positive, sides)
def test_a_rounded_price_is_never_worse(instrument: Instrument, price: Decimal, side: Side) -> None:
    rounded = instrument.round_price(price, side)
    assert side.sign * rounded <= side.sign * price
    assert abs(rounded - price) < instrument.tick
    assert is_multiple(rounded, instrument.tick)


@given(instruments, positive, sides)
def test_a_rounded_stop_never_lies_further_away(instrument: Instrument, price: Decimal, position_side: Side) -> None:
    rounded = instrument.round_stop(price, position_side)
    assert position_side.sign * rounded >= position_side.sign * price
    assert abs(rounded - price) < instrument.tick
    assert is_multiple(rounded, instrument.tick)


@given(instruments, positive, st.integers(1, 10**7), order_types)
def test_the_quantity_within_a_notional_is_the_largest(
    instrument: Instrument, notional: Decimal, ticks: int, order_type: OrderType
) -> None:
    price = ticks * instrument.tick
    quantity = instrument.quantity_within(notional, price, order_type)
    assert quantity * price <= notional
    assert (quantity + instrument.step) * price > notional
    assert instrument.round_quantity(quantity, order_type) == quantity


def test_no_quantity_is_within_a_notional_that_is_used_up() -> None:
    assert BITCOIN.quantity_within(Decimal(-5), MARK, MARKET) == 0


@given(instruments, positive, positive, order_types, sides)
def test_what_is_rounded_has_no_breach_of_tick_or_step(
    instrument: Instrument, quantity: Decimal, price: Decimal, order_type: OrderType, side: Side
) -> None:
    rounded = order(
        order_type,
        side=side,
        quantity=instrument.round_quantity(quantity, order_type),
        price=instrument.round_price(price, side),
        stop_price=instrument.round_stop(price, side),
    )
    found = instrument.breach(rounded, None)
    assume(found is not None)
    assert found not in (FilterBreach.TOO_MANY_DECIMALS, FilterBreach.QUANTITY_OFF_STEP, FilterBreach.PRICE_OFF_TICK)


def test_decimals_follow_from_tick_and_step() -> None:
    assert (BITCOIN.price_decimals, BITCOIN.quantity_decimals) == (1, 3)
    tens = replace(BITCOIN, tick=Decimal(10), step=Decimal("1E+2"))
    assert (tens.price_decimals, tens.quantity_decimals) == (0, 0)


@pytest.mark.parametrize(
    ("notional", "leverage"), [("0", 150), ("300000", 150), ("300000.01", 100), ("1800000000", 1), ("9e12", 1)]
)
def test_the_tier_is_that_of_the_notional(notional: str, leverage: int) -> None:
    assert BITCOIN.bracket_of(Decimal(notional)).max_leverage == leverage
    assert BITCOIN.max_leverage == 150


FIRST, SECOND = BITCOIN.brackets[:2]


@pytest.mark.parametrize(
    ("tick", "brackets", "message"),
    [
        ("0", (FIRST,), "tick and step"),
        ("0.1", (), "at least one"),
        ("0.1", (SECOND, FIRST), "rising order"),
        ("0.1", (replace(FIRST, maintenance_rate=Decimal(1)),), "between zero and one"),
    ],
)
def test_filters_that_contradict_themselves_are_refused(tick: str, brackets: tuple[Bracket, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(BITCOIN, tick=Decimal(tick), brackets=brackets)
