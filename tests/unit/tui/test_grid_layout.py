"""Columns go by priority when it gets narrow, and what is shown is shown in its full width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.tui.drawing import text_of
from tui_trader.tui.widgets.glyphs import ASCII
from tui_trader.tui.widgets.grid_layout import Cell, Column, GridRow, place_columns, row_line, title_line
from tui_trader.tui.widgets.text import Align
from tui_trader.tui.widgets.tone import Tone

_COLUMNS = (
    Column(title="Symbol", width=8),
    Column(title="Price", width=11, align=Align.RIGHT),
    Column(title="Change", width=8, align=Align.RIGHT, priority=1),
    Column(title="Funding", width=9, align=Align.RIGHT, priority=3),
    Column(title="Spread", width=7, align=Align.RIGHT, priority=2),
    Column(title="Note", width=10, priority=2, stretches=True),
)
_ROW = GridRow(
    "BTCUSDT",
    (
        Cell("BTCUSDT", Tone.STRONG),
        Cell("104,250.10"),
        Cell("+1.25%", Tone.UP),
        Cell("0.0100%"),
        Cell("0.1"),
        Cell("momentum and more words"),
    ),
)


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (118, ["Symbol", "Price", "Change", "Funding", "Spread", "Note"]),
        (78, ["Symbol", "Price", "Change", "Funding", "Spread", "Note"]),
        (50, ["Symbol", "Price", "Change", "Spread", "Note"]),
        (38, ["Symbol", "Price", "Change", "Spread"]),
        (30, ["Symbol", "Price", "Change"]),
        (20, ["Symbol", "Price"]),
        (5, ["Symbol"]),
    ],
)
def test_columns_leave_by_priority(width: int, titles: list[str]) -> None:
    assert [_COLUMNS[place.index].title for place in place_columns(_COLUMNS, width)] == titles


def test_a_row_is_drawn_cell_by_cell_at_its_column() -> None:
    placed = place_columns(_COLUMNS, 50)
    assert text_of(title_line(_COLUMNS, placed)) == "Symbol         Price   Change  Spread Note        "
    assert text_of(row_line(_ROW, _COLUMNS, placed)) == "BTCUSDT   104,250.10   +1.25%     0.1 momentum an…"


def test_the_stretching_column_takes_what_is_left() -> None:
    assert text_of(row_line(_ROW, _COLUMNS, place_columns(_COLUMNS, 118))).endswith(
        "momentum and more words" + " " * 47
    )


def test_a_figure_too_wide_for_its_column_is_not_cut() -> None:
    columns = (Column(title="Quantity", width=5, align=Align.RIGHT),)
    row = GridRow("a", (Cell("123456"),))
    assert text_of(row_line(row, columns, place_columns(columns, 5))) == "#####"


def test_a_title_wider_than_its_column_is_cut_also_over_figures() -> None:
    columns = (Column(title="Liquidation", width=6, align=Align.RIGHT),)
    assert text_of(title_line(columns, place_columns(columns, 6), ASCII)) == "Liqui~"


@given(
    st.lists(
        st.builds(Column, title=st.text(max_size=9), width=st.integers(1, 20), priority=st.integers(0, 4),
                  align=st.sampled_from(Align), stretches=st.booleans()),
        min_size=1, max_size=8,
    ),
    st.integers(1, 120),
    st.data(),
)  # fmt: skip
def test_a_row_never_exceeds_the_width(columns: list[Column], width: int, data: st.DataObject) -> None:
    cells = tuple(Cell(data.draw(st.text(max_size=30))) for _ in columns)
    placed = place_columns(columns, width)
    for text in (
        text_of(row_line(GridRow("k", cells), columns, placed, ASCII)),
        text_of(title_line(columns, placed, ASCII)),
    ):
        assert len(text) <= width
        assert text.isascii()
    assert cell_len(text_of(row_line(GridRow("k", cells), columns, placed))) <= width
    assert cell_len(text_of(title_line(columns, placed))) <= width
    kept = {place.index for place in placed}
    worst_kept = max(columns[index].priority for index in kept)
    assert all(columns[index].priority >= worst_kept for index in range(len(columns)) if index not in kept)
