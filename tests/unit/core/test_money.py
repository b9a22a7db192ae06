"""Money: plain text, and rounding that never goes the wrong way."""

import decimal
from decimal import Decimal

import pytest
from hypothesis import example, given

from tests.unit.core.strategies import any_decimals, steps
from tui_trader.core.money import (
    bps_of,
    ceil_to,
    floor_to,
    is_multiple,
    nearest_to,
    percent_of,
    plain,
    to_balance,
)


@given(any_decimals)
@example(Decimal("1E+10"))
@example(Decimal("1E-8"))
@example(Decimal("-0.000"))
@example(Decimal(100))
def test_plain_text_round_trips_and_has_no_exponent(value: Decimal) -> None:
    text = plain(value)
    assert Decimal(text) == value
    assert set(text) <= set("0123456789.-")
    assert not text.endswith(".")
    assert text == "0" or not text.removeprefix("-").startswith("00")
    assert "." not in text or not text.endswith("0")


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E-5", "0.00001"), ("1.20E+2", "120"), ("-3.50", "-3.5"), ("-0E+3", "0"), ("0.001000", "0.001"), ("100", "100")],
)
def test_plain_text_golden(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_amount_has_no_text(value: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        plain(Decimal(value))


@given(any_decimals, steps)
@example(Decimal("0." + "9" * 40), Decimal("0.001"))
@example(-Decimal("0." + "9" * 40), Decimal("0.001"))
@example(Decimal("1000000000000000.00000000000000000000001"), Decimal("0.00001"))
def test_floor_and_ceiling_enclose_the_value_within_one_step(value: Decimal, step: Decimal) -> None:
    """Exactly: the comparison is made in a context that rounds nothing."""
    with decimal.localcontext(prec=200):
        below, above = floor_to(value, step), ceil_to(value, step)
        assert below <= value <= above
        assert above - below == (0 if is_multiple(value, step) else step)
        assert below % step == 0
        assert above % step == 0


@given(any_decimals, steps)
def test_the_nearest_multiple_is_not_further_than_half_a_step(value: Decimal, step: Decimal) -> None:
    with decimal.localcontext(prec=200):
        nearest = nearest_to(value, step)
        assert nearest % step == 0
        assert abs(nearest - value) * 2 <= step


@pytest.mark.parametrize(("value", "nearest"), [("2.5", 2), ("3.5", 4), ("-2.5", -2), ("2.51", 3), ("2.49", 2)])
def test_halfway_goes_to_the_even_multiple(value: str, nearest: int) -> None:
    assert nearest_to(Decimal(value), Decimal(1)) == nearest


@given(any_decimals, steps)
def test_rounding_twice_is_rounding_once(value: Decimal, step: Decimal) -> None:
    for rounded in (floor_to(value, step), ceil_to(value, step), nearest_to(value, step)):
        assert floor_to(rounded, step) == ceil_to(rounded, step) == nearest_to(rounded, step) == rounded


@given(any_decimals, steps)
def test_rounding_does_not_depend_on_the_callers_context(value: Decimal, step: Decimal) -> None:
    expected = floor_to(value, step)
    with decimal.localcontext(prec=3, rounding=decimal.ROUND_UP):
        assert floor_to(value, step) == expected


@pytest.mark.parametrize("step", ["0", "-0.1"])
def test_a_step_must_be_positive(step: str) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        floor_to(Decimal(1), Decimal(step))


@pytest.mark.parametrize(
    ("value", "booked"),
    [("0.000000005", "0"), ("0.000000015", "0.00000002"), ("-1.234567894", "-1.23456789"), ("10", "10")],
)
def test_balances_are_kept_to_eight_decimals(value: str, booked: str) -> None:
    assert plain(to_balance(Decimal(value))) == booked


def test_parts_of_a_value() -> None:
    assert bps_of(Decimal(65_000), 50) == 325
    assert bps_of(Decimal(65_000), Decimal("0.5")) == Decimal("3.25")
    assert percent_of(Decimal(10_000), Decimal("1.5")) == 150
