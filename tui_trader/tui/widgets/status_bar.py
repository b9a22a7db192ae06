"""A bar of facts: the least important ones go first when it gets narrow, and no figure is ever cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.line_view import Picture
from tui_trader.tui.widgets.text import Align, fitted, on_one_line
from tui_trader.tui.widgets.tone import Line, Span, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One item of the bar: a dim label and a text.

    `priority` 0 is kept longest. A badge is drawn in reverse video without a label: it is told from others by its
    word and its shape, also where there are no colours.
    """

    text: str
    label: str = ""
    tone: Tone = Tone.PLAIN
    priority: int = 0
    badge: bool = False


def bar_lines(facts: Sequence[Fact], width: int, height: int, glyphs: Glyphs = UNICODE) -> tuple[Line, ...]:
    """The facts in their order over at most `height` lines; those that do not fit are left out whole.

    The highest priority number goes first, of equals the rightmost. If a single fact is all that is left and is still
    too wide, it loses its label, and in the end its text makes way for overflow signs.
    """
    kept = list(range(len(facts)))
    items = {index: _item(facts[index], glyphs) for index in kept}
    while len(kept) > 1:
        lines = _flowed([items[index] for index in kept], width, height, glyphs)
        if lines is not None:
            return lines
        kept.remove(max(kept, key=lambda index: (facts[index].priority, index)))
    if not kept or width <= 0 or height <= 0:
        return ()
    return (_alone(facts[kept[0]], items[kept[0]], width, glyphs),)


def _item(fact: Fact, glyphs: Glyphs) -> Line:
    text = on_one_line(fact.text, glyphs)
    if fact.badge:
        return (Span(f" {text} ", fact.tone, badge=True),)
    label = on_one_line(fact.label, glyphs)
    return (Span(f"{label} ", Tone.DIM), Span(text, fact.tone)) if label else (Span(text, fact.tone),)


def _width(line: Line) -> int:
    return sum(cell_len(span.text) for span in line)


def _flowed(items: Sequence[Line], width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...] | None:
    """The items from left to right, line after line; None if they do not fit."""
    between = Span(f" {glyphs.separator} ", Tone.DIM)
    lines: list[Line] = []
    for item in items:
        if _width(item) > width:
            return None
        if lines and _width((*lines[-1], between, *item)) <= width:
            lines[-1] = (*lines[-1], between, *item)
        elif len(lines) < height:
            lines.append(item)
        else:
            return None
    return tuple(lines)


def _alone(fact: Fact, item: Line, width: int, glyphs: Glyphs) -> Line:
    if _width(item) <= width:
        return item
    text = on_one_line(fact.text, glyphs)
    shown = text if cell_len(text) <= width else fitted(text, width, Align.RIGHT, glyphs)
    return (Span(shown, fact.tone, badge=fact.badge),)


class StatusBar(Picture):
    """The bar as a widget; its height in lines is the style sheet's."""

    _facts: tuple[Fact, ...] = ()

    def show(self, facts: Sequence[Fact]) -> None:
        """Show these facts; a line that stays the same is not painted again."""
        self._facts = tuple(facts)
        self._redraw()

    def _picture(self, width: int, height: int) -> tuple[Line, ...]:
        return bar_lines(self._facts, width, height, self._glyphs)
