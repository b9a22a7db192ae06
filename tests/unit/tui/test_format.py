"""Figures as text never change their value, lose their sign, or grow an exponent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.tui.widgets.format import MISSING, age, arrow, compact, duration, number, percent

_FIGURES = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=8)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Decimal("1234.5"), 2, "1,234.50"),
        (Decimal("-0.004"), 2, "0.00"),
        ("104250.10", None, "104,250.10"),
        (Decimal("1E+5"), None, "100,000"),
        (Decimal("2.5"), 0, "2"),
        (7, None, "7"),
        (None, 2, MISSING),
        ("no figure", 2, MISSING),
        (Decimal("NaN"), 2, MISSING),
        (Decimal("-Infinity"), 2, MISSING),
    ],
)
def test_a_number_has_the_decimals_asked_for_and_no_exponent(
    value: Decimal | int | str | None, places: int | None, text: str
) -> None:
    assert number(value, places) == text


@given(_FIGURES)
def test_an_unrounded_number_reads_back_as_itself(value: Decimal) -> None:
    assert Decimal(number(value).replace(",", "")) == value


@given(_FIGURES, st.integers(0, 8))
def test_a_rounded_number_is_at_most_half_a_unit_off(value: Decimal, places: int) -> None:
    shown = Decimal(number(value, places).replace(",", ""))
    assert abs(shown - value) * 2 <= Decimal(1).scaleb(-places)


@given(_FIGURES, st.integers(0, 8))
def test_a_signed_number_shows_the_sign_of_what_is_shown(value: Decimal, places: int) -> None:
    text = number(value, places, signed=True)
    shown = Decimal(text.replace(",", ""))
    assert text.startswith("+") == (shown > 0)
    assert text.startswith("-") == (shown < 0)


def test_a_percentage_is_made_of_a_fraction() -> None:
    assert percent(Decimal("0.0123")) == "+1.23%"
    assert percent(-0.00005, 3) == "-0.005%"
    assert percent(0.1, 1, signed=False) == "10.0%"
    assert percent(None) == MISSING
    assert percent(float("nan")) == MISSING


@pytest.mark.parametrize(
    ("value", "text"),
    [("950", "950"), ("0.12345", "0.123"), ("12345", "12.3k"), ("999960", "1.0M"), ("-4000000", "-4.0M"), ("0", "0")],
)
def test_a_compact_size_takes_the_largest_unit(value: str, text: str) -> None:
    assert compact(value) == text


@given(_FIGURES)
def test_a_compact_size_fits_in_seven_cells(value: Decimal) -> None:
    assert len(compact(value).replace(",", "")) <= 8


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0s"), (0.9, "0s"), (59.9, "59s"), (60, "1m"), (3600, "1h"), (47 * 3600, "47h"), (49 * 3600, "2d")],
)
def test_an_age_is_rounded_down_to_its_unit(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_an_age_that_is_not_known_is_missing() -> None:
    assert age(None) == age(float("inf")) == age(float("nan")) == MISSING


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0ms"), (999, "999ms"), (1250, "1.2s"), (125_000, "2m05s"), (3_720_000, "1h02m"), (None, MISSING)],
)
def test_a_duration_keeps_two_units_at_most(milliseconds: int | None, text: str) -> None:
    assert duration(milliseconds) == text


def test_an_arrow_is_one_cell_in_every_case() -> None:
    assert [arrow(value) for value in (Decimal(1), -0.5, "0", None)] == ["▲", "▼", " ", " "]
