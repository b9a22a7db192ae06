"""The base of all widgets here: Textual's Line API with tones, and pictures that repaint only changed lines."""

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.text import on_one_line
from tui_trader.tui.widgets.tone import Line, Span, Tone

_BLANK_CELL = (" ", Tone.PLAIN, False)
_BADGE = Style(bold=True, reverse=True)


class LineView(ScrollView, can_focus=False):
    """Draws lines of spans. The tones' colours come from the theme's variables through component classes.

    The app has to define the variables (`themes.theme_variable_defaults`), or Textual refuses the style sheet.
    """

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in Tone} | {"line--cursor"}
    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: hidden;
        scrollbar-size-vertical: 1;
        & > .tone--plain { color: $foreground; }
        & > .tone--strong { color: $foreground; text-style: bold; }
        & > .tone--dim { color: $flat; }
        & > .tone--title { color: $flat; text-style: bold; }
        & > .tone--up { color: $up; }
        & > .tone--down { color: $down; }
        & > .tone--flat { color: $flat; }
        & > .tone--bid { color: $bid; }
        & > .tone--ask { color: $ask; }
        & > .tone--own { color: $own; text-style: bold; }
        & > .tone--warning { color: $warning; text-style: bold; }
        & > .tone--danger { color: $danger; text-style: bold; }
        & > .tone--paper { color: $paper; }
        & > .tone--demo { color: $demo; }
        & > .tone--live { color: $live; }
        & > .line--cursor { background: $boost; text-style: bold; }
    }
    """

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """`glyphs` decides the signs, and whether foreign text is put in seven bits."""
        super().__init__(name=name, id=id, classes=classes)
        self._glyphs = glyphs
        self._tones: dict[tuple[Tone, bool], Style] = {}
        if glyphs.is_ascii:
            self.styles.scrollbar_size_vertical = 0  # Textual draws the ends of a scrollbar with block elements

    def notify_style_update(self) -> None:
        """The theme or the style sheet changed: what was painted is forgotten."""
        super().notify_style_update()
        self._tones.clear()
        self._forget_paint()

    def _forget_paint(self) -> None:
        """Drop cached strips; the widgets that keep some say so here."""

    @property
    def _room(self) -> Size:
        """The cells that can be drawn on: the content without the scrollbar, which Textual's `size` includes."""
        return self.scrollable_content_region.size

    def _paint(self, line: Iterable[Span], width: int) -> Strip:
        """The line in exactly `width` cells, on the widget's own background."""
        segments = [
            Segment(on_one_line(span.text, self._glyphs), self._look(span.tone, badge=span.badge))
            for span in line
            if span.text
        ]
        # Neighbours of one look become one segment, as each segment sends its colours again.
        return Strip(segments).simplify().adjust_cell_length(width, self._look(Tone.PLAIN, badge=False))

    def _look(self, tone: Tone, *, badge: bool) -> Style:
        style = self._tones.get((tone, badge))
        if style is None:
            style = self.get_component_rich_style(f"tone--{tone}")
            if badge:
                style += _BADGE
            self._tones[tone, badge] = style
        return style


def _line_at(lines: tuple[Line, ...], y: int) -> Line:
    return lines[y] if y < len(lines) else ()


def changed_cells(before: Line, after: Line, width: int, glyphs: Glyphs = UNICODE) -> tuple[int, int]:
    """From which cell to before which one two lines of a screen differ; equal numbers where they do not.

    A chart's line is long and its newest bar is one cell: over a slow link the difference is what one waits for.
    """
    if before == after:
        return 0, 0
    old, new = _cells(before, glyphs), _cells(after, glyphs)
    if old is None or new is None:
        return 0, width
    longest = max(len(old), len(new))
    old += [_BLANK_CELL] * (longest - len(old))
    new += [_BLANK_CELL] * (longest - len(new))
    differing = [x for x in range(longest) if old[x] != new[x]]
    return (differing[0], min(width, differing[-1] + 1)) if differing else (0, 0)


def _cells(line: Line, glyphs: Glyphs) -> list[tuple[str, Tone, bool]] | None:
    """A sign a cell, as they are painted; None where one may not be one cell wide, so that places cannot be counted."""
    cells: list[tuple[str, Tone, bool]] = []
    for span in line:
        text = on_one_line(span.text, glyphs)
        if cell_len(text) != len(text):
            return None
        cells += [(sign, span.tone, span.badge) for sign in text]
    return cells


class Picture(LineView):
    """A widget of fixed lines that do not scroll: says what it looks like at a size, repaints what differs."""

    DEFAULT_CSS = """
    Picture {
        width: 1fr;
        height: 1;
    }
    """

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """See LineView."""
        super().__init__(glyphs=glyphs, name=name, id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._drawn_for: Size | None = None

    def _picture(self, width: int, height: int) -> tuple[Line, ...]:
        """The lines at this size, from what was last shown; at most `height` of them."""
        raise NotImplementedError

    def _redraw(self) -> None:
        """Compare with what is on the screen and ask for the lines that differ, in one refresh."""
        if not self.size or self._drawn_for != self.size:
            self._drawn_for = None
            self.refresh()
            return
        before, self._lines = self._lines, self._picture(*self.size)
        width, height = self.size
        dirty = []
        for y in range(height):
            first, end = changed_cells(_line_at(before, y), _line_at(self._lines, y), width, self._glyphs)
            if first < end:
                dirty.append(Region(first, y, end - first, 1))
        if dirty:
            self.refresh(*dirty)

    def render_line(self, y: int) -> Strip:
        """One line of the picture, drawn anew when the size has changed."""
        if self._drawn_for != self.size:
            self._lines = self._picture(*self.size)
            self._drawn_for = self.size
        return self._paint(self._lines[y] if y < len(self._lines) else (), self.size.width)
