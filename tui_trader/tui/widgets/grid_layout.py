"""The grid's values and the arithmetic of its columns: which are shown at a width, and a row as one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.text import Align, fitted, on_one_line
from tui_trader.tui.widgets.tone import Line, Span, Tone

GAP = 1
"""Cells between two columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of fixed width in cells.

    `priority` 0 is kept longest; the highest number goes first when the width gets narrow, of equals the rightmost.
    Right-aligned columns are for figures, which are never cut. `stretches`: takes a share of the room left over.
    """

    title: str
    width: int
    align: Align = Align.LEFT
    priority: int = 0
    stretches: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A formatted text and what it means."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row, known by its key, with a cell for every column of the grid, shown or not."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A column that is shown: its number in the grid, and its width at this size."""

    index: int
    width: int


def place_columns(columns: Sequence[Column], width: int) -> tuple[Placed, ...]:
    """The columns that fit in `width` cells, in their order; at least one, narrowed if need be."""
    kept = list(range(len(columns)))
    while len(kept) > 1 and _total(columns, kept) > width:
        kept.remove(max(kept, key=lambda index: (columns[index].priority, index)))
    widths = {index: columns[index].width for index in kept}
    spare = width - _total(columns, kept)
    if spare < 0:
        widths = {index: max(width, 0) for index in kept}
    elif elastic := [index for index in kept if columns[index].stretches]:
        share, rest = divmod(spare, len(elastic))
        for place, index in enumerate(elastic):
            widths[index] += share + (1 if place < rest else 0)
    return tuple(Placed(index, widths[index]) for index in kept)


def _total(columns: Sequence[Column], kept: Sequence[int]) -> int:
    return sum(columns[index].width for index in kept) + GAP * sum(1 for _ in pairwise(kept))


def title_line(columns: Sequence[Column], placed: Sequence[Placed], glyphs: Glyphs = UNICODE) -> Line:
    """The titles over their columns. A title that is too long is cut, also over figures."""
    spans = []
    for place in placed:
        column = columns[place.index]
        title = fitted(on_one_line(column.title, glyphs), place.width, Align.LEFT, glyphs)
        spans.append(Span(fitted(title.rstrip(), place.width, column.align, glyphs), Tone.TITLE))
    return _with_gaps(spans)


def row_line(row: GridRow, columns: Sequence[Column], placed: Sequence[Placed], glyphs: Glyphs = UNICODE) -> Line:
    """The row's shown cells, each in exactly its column's width."""
    spans = []
    for place in placed:
        cell = row.cells[place.index]
        text = fitted(on_one_line(cell.text, glyphs), place.width, columns[place.index].align, glyphs)
        spans.append(Span(text, cell.tone))
    return _with_gaps(spans)


def _with_gaps(spans: Sequence[Span]) -> Line:
    """The gap belongs to the cell before it: a span of its own would cost forty bytes of colours each time."""
    return (*(Span(span.text + " " * GAP, span.tone) for span in spans[:-1]), *spans[-1:])
