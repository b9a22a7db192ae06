"""A sparkline keeps its size, its order and its extremes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.tui.widgets.glyphs import ASCII, UNICODE
from tui_trader.tui.widgets.sparkline import SparkStyle, spark_rows

_ANY = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=200)


def test_heights_rise_with_the_values() -> None:
    assert spark_rows([1, 2, 3, 4, 5, 6, 7, 8], 8) == ("▁▂▃▄▅▆▇█",)
    assert spark_rows([1, 2, 3, 4, 5, 6, 7, 8], 8, glyphs=ASCII) == ("_.:-=+*#",)


def test_two_lines_have_twice_the_steps() -> None:
    assert spark_rows([0, 7, 8, 15], 4, 2) == ("  ▁█", "▁███")


def test_braille_draws_a_joined_curve() -> None:
    assert spark_rows([0, 1, 2, 3], 2, style=SparkStyle.BRAILLE) == ("⡠⠊",)


def test_ascii_has_no_braille() -> None:
    assert "".join(spark_rows([1, 2], 2, style=SparkStyle.BRAILLE, glyphs=ASCII)).isascii()


@pytest.mark.parametrize("width", [20, 78, 118])
def test_a_short_series_stands_at_the_right(width: int) -> None:
    (row,) = spark_rows([1, 2], width)
    assert row == " " * (width - 2) + "▁█"


def test_the_newest_value_is_always_shown_and_equal_values_stand_in_the_middle() -> None:
    assert spark_rows([0] * 1000 + [1], 5)[0][-1] == "█"
    assert spark_rows([5, 5, 5], 3) == ("▅▅▅",)
    assert spark_rows([0.0, 5e-324], 2) == ("▅▅",), "half of the smallest number is none"


def test_what_is_not_finite_leaves_a_gap() -> None:
    assert spark_rows([1, math.nan, 2, math.inf, 1], 5) == ("▁ █ ▁",)


@given(_ANY, st.integers(0, 40), st.integers(0, 4), st.sampled_from(SparkStyle), st.sampled_from([True, False]))
def test_every_picture_has_its_size(
    values: list[float], width: int, height: int, style: SparkStyle, unicode: bool
) -> None:
    rows = spark_rows(values, width, height, style=style, glyphs=UNICODE if unicode else ASCII)
    assert len(rows) == (height if width else 0)
    assert all(len(row) == width for row in rows)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_a_higher_value_is_never_drawn_lower(values: list[float]) -> None:
    (row,) = spark_rows(values, len(values))
    levels = [UNICODE.levels.index(sign) for sign in row]
    ordered = [level for _, level in sorted(zip(values, levels, strict=True))]
    assert ordered == sorted(ordered)
