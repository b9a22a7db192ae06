"""A line of recent values in very few cells: block heights, a braille curve, or ASCII."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.line_view import Picture
from tui_trader.tui.widgets.tone import Line, Span, Tone


class SparkStyle(StrEnum):
    """Bars of eighths of a cell, or a curve of braille dots with twice the values and half the height steps."""

    BLOCKS = "blocks"
    BRAILLE = "braille"


_BRAILLE_BASE = 0x2800
_BRAILLE_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Bits of the left and the right column of a braille cell, bottom to top (Unicode, block 2800)."""
_BRAILLE_COLUMNS, _BRAILLE_ROWS = 2, 4


def spark_rows(
    values: Sequence[float],
    width: int,
    height: int = 1,
    *,
    style: SparkStyle = SparkStyle.BLOCKS,
    glyphs: Glyphs = UNICODE,
) -> tuple[str, ...]:
    """The values as `height` lines of `width` cells, top line first, newest value at the right.

    Scaled between the least and the greatest value; equal values stand at half height. Values that are not finite
    leave a gap. More values than there is room for are merged: a column shows the last of its values.
    """
    if width <= 0 or height <= 0:
        return ()
    if style is SparkStyle.BRAILLE and not glyphs.is_ascii:
        return _braille(values, width, height)
    steps = len(glyphs.levels)
    levels = [_level(value, steps * height) for value in _scaled(values, width)]
    rows = []
    for row in reversed(range(height)):
        cells = (None if level is None else level - row * steps for level in levels)
        rows.append("".join(_block(cell, glyphs.levels, lowest=row == 0) for cell in cells))
    return tuple(rows)


def _block(level: int | None, levels: str, *, lowest: bool) -> str:
    """One cell of a bar whose top is `level` steps above this cell's lowest step."""
    if level is None or (level < 0 and not lowest):
        return " "
    return levels[max(0, min(level, len(levels) - 1))]


def _braille(values: Sequence[float], width: int, height: int) -> tuple[str, ...]:
    columns = _scaled(values, width * _BRAILLE_COLUMNS)
    cells = [[0] * width for _ in range(height)]
    previous: int | None = None
    for x, value in enumerate(columns):
        level = _level(value, height * _BRAILLE_ROWS)
        if level is not None:
            # A curve, not a row of dots: each column also fills what lies between it and the one before.
            start = level if previous is None else previous + (1 if level > previous else -1 if level < previous else 0)
            for dot in range(min(start, level), max(start, level) + 1):
                row, bit = divmod(dot, _BRAILLE_ROWS)
                cells[height - 1 - row][x // _BRAILLE_COLUMNS] |= _BRAILLE_DOTS[x % _BRAILLE_COLUMNS][bit]
        previous = level
    return tuple("".join(chr(_BRAILLE_BASE + bits) if bits else " " for bits in row) for row in cells)


def _scaled(values: Sequence[float], columns: int) -> list[float | None]:
    """One value between 0 and 1 a column; None where there is none. Short series stand at the right."""
    merged = _merged(values, columns)
    finite = [value for value in merged if math.isfinite(value)]
    if not finite:
        return [None] * columns
    low, high = min(finite), max(finite)
    # Halves: the spread of two huge values of opposite sign is no longer a float, that of two tiny ones may be none.
    half = high / 2 - low / 2
    shown: list[float | None] = [None] * (columns - len(merged))
    for value in merged:
        if not math.isfinite(value):
            shown.append(None)
        else:
            shown.append(0.5 if half == 0 else (value / 2 - low / 2) / half)
    return shown


def _merged(values: Sequence[float], columns: int) -> list[float]:
    count = len(values)
    if count <= columns:
        return list(values)
    return [values[(column + 1) * count // columns - 1] for column in range(columns)]


def _level(value: float | None, steps: int) -> int | None:
    if value is None or not math.isfinite(value):
        return None
    return min(steps - 1, max(0, int(value * steps)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What a sparkline shows: values oldest first, and one tone for all of them."""

    values: tuple[float, ...] = ()
    tone: Tone = Tone.PLAIN
    style: SparkStyle = SparkStyle.BLOCKS


class Sparkline(Picture):
    """A curve as a widget, over the widget's whole width and height."""

    _curve = Curve()

    def show(self, curve: Curve) -> None:
        """Show this curve."""
        self._curve = curve
        self._redraw()

    def _picture(self, width: int, height: int) -> tuple[Line, ...]:
        curve = self._curve
        rows = spark_rows(curve.values, width, height, style=curve.style, glyphs=self._glyphs)
        return tuple((Span(row, curve.tone),) for row in rows)
