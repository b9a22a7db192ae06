"""A grid for moving data: fixed columns, rows by key, and only the rows that changed are painted again."""

from collections.abc import Iterable, Sequence
from itertools import groupby, zip_longest
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.grid_layout import Column, GridRow, Placed, place_columns, row_line, title_line
from tui_trader.tui.widgets.line_view import LineView
from tui_trader.tui.widgets.text import Align, fitted
from tui_trader.tui.widgets.tone import Span, Tone

_TITLE_LINES = 1
"""The titles stay at the top while the rows scroll."""


class LiveGrid(LineView, can_focus=True):
    """Rows of formatted cells under fixed titles.

    With a cursor, one row is marked; it is known by its key and stays on that key when rows move. What the user
    picks is told as a key in a message; nobody reads a cell back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Row up", show=False),
        Binding("down,j", "step(1)", "Row down", show=False),
        Binding("pageup", "leaf(-1)", "Page up", show=False),
        Binding("pagedown", "leaf(1)", "Page down", show=False),
        Binding("home", "edge(-1)", "First row", show=False),
        Binding("end", "edge(1)", "Last row", show=False),
        Binding("enter", "select", "Select row", show=False),
    ]
    DEFAULT_CSS = """
    LiveGrid {
        width: 1fr;
        height: 1fr;
        overflow-y: auto;
    }
    """

    class RowHighlighted(Message):
        """The cursor came to another row; `key` None: there is no row."""

        def __init__(self, grid: "LiveGrid", key: str | None) -> None:
            super().__init__()
            self.grid = grid
            self.key = key

        @property
        def control(self) -> "LiveGrid":
            """The grid, for `@on` with a selector."""
            return self.grid

    class RowSelected(Message):
        """The user pressed enter on a row, or clicked the row that the cursor was on."""

        def __init__(self, grid: "LiveGrid", key: str) -> None:
            super().__init__()
            self.grid = grid
            self.key = key

        @property
        def control(self) -> "LiveGrid":
            """The grid, for `@on` with a selector."""
            return self.grid

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        cursor: bool = False,
        empty: str = "",
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """`empty` is said where there are no rows. Raises ValueError without columns."""
        super().__init__(glyphs=glyphs, name=name, id=id, classes=classes)
        if not columns:
            raise ValueError("a grid needs a column")
        self._columns = tuple(columns)
        self._empty = empty
        self._has_cursor = cursor
        self._rows: tuple[GridRow, ...] = ()
        self._cursor = 0
        self._placed: tuple[Placed, ...] = ()
        self._placed_for = -1
        self._strips: dict[int, Strip] = {}

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor; None without a cursor or without rows."""
        return self._rows[self._cursor].key if self._has_cursor and self._rows else None

    def show(self, rows: Iterable[GridRow]) -> None:
        """Show these rows in this order; what did not change is not painted again.

        Raises ValueError for a row with too few or too many cells, or for a key that comes twice.
        """
        before, key = self._rows, self.cursor_key
        self._rows = self._checked(tuple(rows))
        dirty = {i for i, (old, new) in enumerate(zip_longest(before, self._rows)) if old != new}
        for index in dirty:
            self._strips.pop(index, None)
        dirty |= self._carry_cursor(key)
        if len(before) != len(self._rows):
            self.virtual_size = Size(0, len(self._rows) + _TITLE_LINES)
            dirty.add(0)  # the text that stands there when there are no rows
        self._repaint(dirty)
        if self._has_cursor and self.cursor_key != key:
            self.post_message(self.RowHighlighted(self, self.cursor_key))

    def point_at(self, key: str) -> bool:
        """Put the cursor on this row and bring it into view; False if there is no such row or no cursor."""
        index = self._index_of(key)
        if not self._has_cursor or index is None:
            return False
        self._move_to(index)
        return True

    def _checked(self, rows: tuple[GridRow, ...]) -> tuple[GridRow, ...]:
        wrong = next((row for row in rows if len(row.cells) != len(self._columns)), None)
        if wrong is not None:
            raise ValueError(f"row {wrong.key}: {len(wrong.cells)} cells for {len(self._columns)} columns")
        if len({row.key for row in rows}) != len(rows):
            raise ValueError("two rows have the same key")
        return rows

    def _index_of(self, key: str | None) -> int | None:
        return next((index for index, row in enumerate(self._rows) if row.key == key), None)

    def _carry_cursor(self, key: str | None) -> set[int]:
        """Keep the cursor on its key; if that is gone, near where it was. Returns the rows that look different."""
        if not self._has_cursor:
            return set()
        was, index = self._cursor, self._index_of(key)
        self._cursor = index if index is not None else max(0, min(was, len(self._rows) - 1))
        return {was, self._cursor} if was != self._cursor else set()

    def _repaint(self, indexes: Iterable[int]) -> None:
        """One refresh for all the rows that are in view; neighbours share a region."""
        width, height = self._room
        top = _TITLE_LINES - self.scroll_offset.y
        visible = sorted(y for y in {index + top for index in indexes} if _TITLE_LINES <= y < height)
        regions = []
        for _, run in groupby(enumerate(visible), key=lambda pair: pair[1] - pair[0]):
            lines = [y for _, y in run]
            regions.append(Region(0, lines[0], width, len(lines)))
        if regions:
            self.refresh(*regions)

    def _forget_paint(self) -> None:
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """The titles, or a row of those scrolled into view."""
        width = self._room.width
        if width != self._placed_for:
            self._placed = place_columns(self._columns, width - self._margin)
            self._placed_for = width
            self._strips.clear()
        if y < _TITLE_LINES:
            return self._paint(
                (Span(" " * self._margin), *title_line(self._columns, self._placed, self._glyphs)), width
            )
        index = y - _TITLE_LINES + self.scroll_offset.y
        if index >= len(self._rows):
            return self._paint(self._empty_line(width) if index == 0 else (), width)
        if self._has_cursor and index == self._cursor:
            return self._marked(index, width)
        strip = self._strips.get(index)
        if strip is None:
            strip = self._strips[index] = self._row_strip(index, " ", width)
        return strip

    @property
    def _margin(self) -> int:
        """Cells on the left that are kept for the cursor's sign."""
        return 1 if self._has_cursor else 0

    def _empty_line(self, width: int) -> tuple[Span, ...]:
        return (Span(fitted(self._empty, width, Align.LEFT, self._glyphs), Tone.DIM),)

    def _row_strip(self, index: int, margin: str, width: int) -> Strip:
        line = row_line(self._rows[index], self._columns, self._placed, self._glyphs)
        return self._paint((Span(margin * self._margin), *line), width)

    def _marked(self, index: int, width: int) -> Strip:
        look = self.get_component_rich_style("line--cursor")
        over = Style(bgcolor=look.bgcolor, bold=look.bold)
        strip = self._row_strip(index, self._glyphs.cursor, width)
        return Strip([Segment(text, (style or Style()) + over, control) for text, style, control in strip], width)

    def _move_to(self, index: int) -> None:
        index = max(0, min(index, len(self._rows) - 1))
        if not self._rows or index == self._cursor:
            return
        was, self._cursor = self._cursor, index
        self._bring_into_view(index)
        self._repaint((was, index))
        self.post_message(self.RowHighlighted(self, self.cursor_key))

    def _bring_into_view(self, index: int) -> None:
        shown = max(1, self.size.height - _TITLE_LINES)
        top = self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + shown:
            self.scroll_to(y=index - shown + 1, animate=False)

    def action_step(self, rows: int) -> None:
        """One row up or down: the cursor, or without one the view."""
        if self._has_cursor:
            self._move_to(self._cursor + rows)
        else:
            self.scroll_to(y=self.scroll_offset.y + rows, animate=False)

    def action_leaf(self, pages: int) -> None:
        """One screenful up or down."""
        self.action_step(pages * max(1, self.size.height - _TITLE_LINES))

    def action_edge(self, direction: int) -> None:
        """To the first or the last row."""
        self.action_step(direction * max(1, len(self._rows)))

    def action_select(self) -> None:
        """Tell which row was chosen."""
        if (key := self.cursor_key) is not None:
            self.post_message(self.RowSelected(self, key))

    def on_resize(self, _event: Resize) -> None:
        """The marked row stays in view at the new size."""
        if self._has_cursor:
            self._bring_into_view(self._cursor)

    def on_click(self, event: Click) -> None:
        """A click puts the cursor on a row; a click on the marked row chooses it."""
        offset = event.get_content_offset(self)
        if not self._has_cursor or offset is None or offset.y < _TITLE_LINES:
            return
        index = offset.y - _TITLE_LINES + self.scroll_offset.y
        if index >= len(self._rows):
            return
        if index == self._cursor:
            self.action_select()
        else:
            self._move_to(index)
