"""A bar with a limit marked on it: how much of something is used, and how much would be too much."""

from dataclasses import dataclass, replace
from decimal import Decimal

from rich.cells import cell_len

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.line_view import Picture
from tui_trader.tui.widgets.text import Align, fitted, on_one_line
from tui_trader.tui.widgets.tone import Line, Span, Tone

_NEAR = Decimal("0.8")
"""From this part of the limit on, the bar warns."""
_HEADROOM = Decimal("1.25")
"""The scale ends this far above the limit, so that the limit has a place on it and an excess can be seen."""
_LEAST_BAR = 4
"""Cells; a shorter bar says nothing, so the text stands alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A figure against its limit, in one unit. `value` None: not known. `text` is the same in words, shown whole."""

    label: str
    value: Decimal | None
    limit: Decimal
    text: str = ""


def tone_of_reading(reading: Reading) -> Tone:
    """DANGER at the limit and beyond, WARNING near it, DIM where nothing is known."""
    if reading.value is None:
        return Tone.DIM
    if reading.value >= reading.limit:
        return Tone.DANGER
    return Tone.WARNING if reading.value >= reading.limit * _NEAR else Tone.PLAIN


def bar(value: Decimal | None, limit: Decimal, width: int, glyphs: Glyphs = UNICODE) -> str:
    """The bar in `width` cells, from zero to a quarter above the limit, with the limit's mark.

    A value below zero is an empty bar; one beyond the scale ends in an arrow; one unknown is question marks. A bar
    never covers the mark, and only a value that has reached the limit reaches it.
    """
    if width <= 0:
        return ""
    if value is None or limit <= 0:
        return glyphs.unknown * width
    mark = min(width - 1, int(width / _HEADROOM))
    top = limit * _HEADROOM
    filled = filled_bar(min(max(value, Decimal(0)), top), top, width, glyphs)
    cells = list(filled.ljust(width, glyphs.bar_empty))
    cells[mark] = glyphs.limit
    if value > top:
        cells[-1] = glyphs.beyond
    return "".join(cells)


def filled_bar(value: Decimal, top: Decimal, width: int, glyphs: Glyphs = UNICODE) -> str:
    """The filled part of a bar of `width` cells that is full at `top`; `value` lies between zero and it."""
    steps = len(glyphs.bar_parts) + 1
    whole, part = divmod(int(value * width * steps / top), steps)
    return glyphs.bar_full * whole + (glyphs.bar_parts[part - 1] if part else "")


def gauge_line(reading: Reading, width: int, label_width: int = 0, glyphs: Glyphs = UNICODE) -> Line:
    """Label, bar and text in `width` cells; the bar shrinks first, then the label; the text is kept whole."""
    label = on_one_line(reading.label, glyphs)
    label = fitted(label, max(label_width, cell_len(label)), glyphs=glyphs)
    text = on_one_line(reading.text, glyphs)
    tone = tone_of_reading(reading)
    room = width - cell_len(label) - cell_len(text) - (1 if label else 0) - (1 if text else 0)
    if room >= _LEAST_BAR:
        spans = [Span(f"{label} ", Tone.DIM)] if label else []
        spans.append(Span(bar(reading.value, reading.limit, room, glyphs), tone))
        if text:
            spans.append(Span(f" {text}", tone))
        return tuple(spans)
    if text:
        room = width - cell_len(text) - 1
        shown = fitted(label.rstrip(), room, glyphs=glyphs) + " " if room > 0 and label else ""
        figure = text if cell_len(text) <= width else fitted(text, width, Align.RIGHT, glyphs)
        return (Span(shown, Tone.DIM), Span(figure, tone))
    return (Span(bar(reading.value, reading.limit, width, glyphs), tone),)


class Gauges(Picture):
    """Readings under one another, a line each, their bars beginning at the same cell."""

    DEFAULT_CSS = """
    Gauges {
        height: auto;
    }
    """

    _readings: tuple[Reading, ...] = ()

    def show(self, *readings: Reading) -> None:
        """Show these readings, in this order."""
        grew = len(readings) != len(self._readings)
        self._readings = readings
        if grew:
            self.virtual_size = self.virtual_size.with_height(len(readings))
        self._redraw()

    def _picture(self, width: int, height: int) -> tuple[Line, ...]:
        labels = (on_one_line(reading.label, self._glyphs) for reading in self._readings)
        longest = max(map(cell_len, labels), default=0)
        texts = [on_one_line(reading.text, self._glyphs) for reading in self._readings]
        widest = max(map(cell_len, texts), default=0)
        # Texts of one width, so that bars end at the same cell too and can be compared.
        readings = [replace(r, text=fitted(t, widest)) for r, t in zip(self._readings, texts, strict=True)]
        return tuple(gauge_line(reading, width, longest, self._glyphs) for reading in readings[:height])
