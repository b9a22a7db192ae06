"""The bar leaves facts out whole, the least important first, and never shows part of a figure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.tui.drawing import text_of, texts_of
from tui_trader.tui.widgets.glyphs import ASCII
from tui_trader.tui.widgets.status_bar import Fact, bar_lines
from tui_trader.tui.widgets.tone import Tone

_FACTS = (
    Fact(text="PAPER", tone=Tone.PAPER, badge=True),
    Fact(text="ACTIVE", priority=0),
    Fact(text="10,000.00", label="equity", priority=1),
    Fact(text="+12.50", label="day", tone=Tone.UP, priority=1),
    Fact(text="synthetic 0s", label="feed", priority=2),
    Fact(text="rules", label="decider", priority=3),
    Fact(text="0.00", label="spend", priority=4),
)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (118, " PAPER  | ACTIVE | equity 10,000.00 | day +12.50 | feed synthetic 0s | decider rules | spend 0.00"),
        (78, " PAPER  | ACTIVE | equity 10,000.00 | day +12.50 | feed synthetic 0s"),
        (40, " PAPER  | ACTIVE | equity 10,000.00"),
        (20, " PAPER  | ACTIVE"),
        (7, " PAPER "),
    ],
)
def test_the_least_important_leave_first(width: int, line: str) -> None:
    assert text_of(bar_lines(_FACTS, width, 1, ASCII)[0]) == line


def test_a_second_line_keeps_more() -> None:
    assert texts_of(bar_lines(_FACTS, 55, 2, ASCII)) == [
        " PAPER  | ACTIVE | equity 10,000.00 | day +12.50",
        "feed synthetic 0s | decider rules | spend 0.00",
    ]


@given(st.lists(st.builds(Fact, text=st.text(max_size=12), label=st.text(max_size=8), badge=st.booleans())))
def test_the_bar_is_measured_as_it_is_spelled(facts: list[Fact]) -> None:
    for line in texts_of(bar_lines(facts, 40, 2, ASCII)):
        assert line.isascii()
        assert len(line) <= 40


def test_a_badge_is_told_by_shape_and_word_not_only_by_colour() -> None:
    (span,) = bar_lines((Fact(text="LIVE", tone=Tone.LIVE, badge=True),), 40, 1)[0]
    assert span.badge
    assert span.text == " LIVE "


def test_the_last_fact_loses_its_label_before_its_figure() -> None:
    facts = (Fact(text="10,000.00", label="equity"),)
    assert texts_of(bar_lines(facts, 9, 1)) == ["10,000.00"]
    assert texts_of(bar_lines(facts, 8, 1)) == ["########"]


@given(
    st.lists(st.builds(Fact, text=st.text("0123456789", min_size=1, max_size=12), label=st.text(max_size=8),
                       priority=st.integers(0, 3), badge=st.booleans()), max_size=8),
    st.integers(1, 100),
    st.integers(1, 3),
)  # fmt: skip
def test_every_figure_on_the_bar_is_whole(facts: list[Fact], width: int, height: int) -> None:
    lines = bar_lines(facts, width, height)
    assert len(lines) <= height
    assert all(cell_len(text_of(line)) <= width for line in lines)
    shown = [span.text.strip() for line in lines for span in line if span.tone is Tone.PLAIN]
    assert all(text in {fact.text for fact in facts} or set(text) == {"#"} for text in shown)
