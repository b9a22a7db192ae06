"""A gauge says the truth about its limit: the mark is always there, and only an excess passes it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.tui.drawing import text_of
from tui_trader.tui.widgets.gauge import Reading, bar, gauge_line, tone_of_reading
from tui_trader.tui.widgets.glyphs import ASCII, UNICODE
from tui_trader.tui.widgets.tone import Tone

_AMOUNTS = st.decimals(min_value=-1000, max_value=100_000, places=3)
_LIMITS = st.decimals(min_value="0.001", max_value=50_000, places=3)


@pytest.mark.parametrize(
    ("value", "picture"),
    [
        (0, "........|."),
        (50, "####....|."),
        (99, "#######.|."),
        (100, "########|."),
        (125, "########|#"),
        (126, "########|>"),
    ],
)
def test_the_bar_fills_up_to_its_mark_and_beyond(value: int, picture: str) -> None:
    assert bar(Decimal(value), Decimal(100), 10, ASCII) == picture


def test_an_unknown_value_is_question_marks() -> None:
    assert bar(None, Decimal(100), 6) == "??????"


@given(_AMOUNTS, _LIMITS, st.integers(2, 60), st.sampled_from([True, False]))
def test_the_bar_passes_its_mark_only_at_the_limit(value: Decimal, limit: Decimal, width: int, unicode: bool) -> None:
    glyphs = UNICODE if unicode else ASCII
    picture = bar(value, limit, width, glyphs)
    assert cell_len(picture) == width
    if value < limit:
        before, mark, after = picture.partition(glyphs.limit)
        assert mark
        assert set(after) <= {glyphs.bar_empty}
        assert len(before) == int(width / Decimal("1.25"))


def test_the_tone_warns_near_the_limit_and_at_it() -> None:
    def tone(value: str | None) -> Tone:
        return tone_of_reading(Reading(label="", value=None if value is None else Decimal(value), limit=Decimal(3)))

    assert [tone(value) for value in (None, "0", "2.39", "2.4", "2.99", "3")] == [
        Tone.DIM, Tone.PLAIN, Tone.PLAIN, Tone.WARNING, Tone.WARNING, Tone.DANGER,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (40, "day loss ##########...........|..... 1/2"),
        (17, "day loss #..| 1/2"),
        (12, "day loss 1/2"),
        (8, "day~ 1/2"),
        (3, "1/2"),
        (2, "##"),
    ],
)
def test_the_text_outlives_the_bar(width: int, line: str) -> None:
    reading = Reading(label="day loss", value=Decimal(1), limit=Decimal(2), text="1/2")
    assert text_of(gauge_line(reading, width, glyphs=ASCII)) == line


@given(st.text(max_size=12), st.text(max_size=12), st.none() | _AMOUNTS, _LIMITS, st.integers(1, 80))
def test_a_gauge_never_exceeds_its_width(
    label: str, text: str, value: Decimal | None, limit: Decimal, width: int
) -> None:
    reading = Reading(label=label, value=value, limit=limit, text=text)
    assert cell_len(text_of(gauge_line(reading, width))) <= width
    spelled = text_of(gauge_line(reading, width, glyphs=ASCII))
    assert spelled.isascii()
    assert len(spelled) <= width
