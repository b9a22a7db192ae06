"""Foreign text made safe for one line of the screen, and fitted to a width in cells."""

import unicodedata
from enum import StrEnum

from rich.cells import cell_len, set_cell_size

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs


class Align(StrEnum):
    """Where a text stands in its column. Right is for figures: they are shown whole or not at all."""

    LEFT = "left"
    RIGHT = "right"


_VARIATION_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""They change the width of the sign before them in some terminals and not in others."""

_IN_ASCII = str.maketrans(
    {
        "▲": "^",
        "▼": "v",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "·": ".",
        "•": "*",
        "│": "|",
        "─": "-",
        "→": "->",
        "←": "<-",
        "×": "x",
        "≤": "<=",
        "≥": ">=",
        "±": "+/-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "ß": "ss",
        "€": "EUR",
    }
)


def on_one_line(text: str, glyphs: Glyphs = UNICODE) -> str:
    """The text as it may stand in a line: no control, format or private sign in it, white space as blanks.

    Escape sequences lose their escape, bidirectional overrides and zero-width signs vanish, markup is just text.
    For ASCII glyphs the rest is put in seven bits, with `?` for what has no likeness there.
    """
    if not text.isprintable() or not _VARIATION_SELECTORS.isdisjoint(text):
        text = "".join(map(_shown, text))
    if glyphs.is_ascii and not text.isascii():
        text = _seven_bits(text)
    return text


def _shown(sign: str) -> str:
    if sign in _VARIATION_SELECTORS:
        return ""
    if sign.isprintable():
        return sign
    return " " if sign.isspace() else ""


def _seven_bits(text: str) -> str:
    spelled = unicodedata.normalize("NFKD", text.translate(_IN_ASCII))
    return "".join(
        sign if sign.isascii() else "?" for sign in spelled if sign.isascii() or not unicodedata.combining(sign)
    )


def fitted(text: str, width: int, align: Align = Align.LEFT, glyphs: Glyphs = UNICODE) -> str:
    """The text in exactly `width` cells.

    A left-aligned text that is too long ends in an ellipsis. A right-aligned one, a figure, is replaced by overflow
    signs instead: `12345` cut to `1234` would be read as another figure.
    """
    if width <= 0:
        return ""
    length = cell_len(text)
    if length <= width:
        padding = " " * (width - length)
        return padding + text if align is Align.RIGHT else text + padding
    if align is Align.RIGHT:
        return glyphs.overflow * width
    return set_cell_size(text, width - 1) + glyphs.ellipsis
