"""The signs that the widgets draw with, in Unicode and in ASCII, and the choice between the two."""

import sys
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One set of signs, each one cell wide. Lists run from low to high."""

    is_ascii: bool
    up: str
    down: str
    flat: str
    ellipsis: str
    overflow: str
    """Fills the place of a figure that does not fit: part of a figure would be a wrong figure."""
    separator: str
    horizontal: str
    vertical: str
    cursor: str
    more_below: str
    idle: str
    running: str
    done: str
    skipped: str
    failed: str
    levels: str
    """Heights of a bar within one cell, from just visible to full."""
    bar_full: str
    bar_parts: str
    """Widths of a bar within one cell, below full."""
    bar_empty: str
    limit: str
    beyond: str
    unknown: str
    dashed: str
    """Of a line at a price."""
    dot: str
    rising: str
    falling: str
    """Of candles: nine signs each, by what stands in the upper half (nothing, wick, body) and in the lower half."""

    def candle(self, upper: int, lower: int, *, rises: bool) -> str:
        """One cell of a candle; each half is 0 (nothing), 1 (wick) or 2 (body). Falling bodies are the filled ones."""
        return (self.rising if rises else self.falling)[upper * 3 + lower]


UNICODE = Glyphs(
    is_ascii=False,
    up="▲",
    down="▼",
    flat="=",
    ellipsis="…",
    overflow="#",
    separator="│",
    horizontal="─",
    vertical="│",
    cursor="▌",
    more_below="▼",
    idle="○",
    running="◉",
    done="●",
    skipped="◌",
    failed="✗",
    levels="▁▂▃▄▅▆▇█",
    bar_full="█",
    bar_parts="▏▎▍▌▋▊▉",
    bar_empty="░",
    limit="┃",
    beyond="▶",
    unknown="?",
    dashed="┄",
    dot="·",
    rising=" ╷╻╵│╽╹╿┃",
    falling=" ╷▄╵│▄▀▀█",
)
"""Signs that common terminal fonts hold at a width of one cell; no emoji, no private-use signs."""

ASCII = Glyphs(
    is_ascii=True,
    up="^",
    down="v",
    flat="=",
    ellipsis="~",
    overflow="#",
    separator="|",
    horizontal="-",
    vertical="|",
    cursor=">",
    more_below="v",
    idle=".",
    running="*",
    done="o",
    skipped="-",
    failed="x",
    levels="_.:-=+*#",
    bar_full="#",
    bar_parts="",
    bar_empty=".",
    limit="|",
    beyond=">",
    unknown="?",
    dashed="-",
    dot=".",
    rising=" |o||oooo",
    falling=" |#||####",
)
"""The same in seven bits, for a terminal or a locale without UTF-8."""


def glyphs_for(encoding: str | None) -> Glyphs:
    """The richest set that `encoding` can write; ASCII where the encoding is missing or unknown."""
    signs = "".join(str(getattr(UNICODE, field.name)) for field in fields(UNICODE) if field.name != "is_ascii")
    try:
        (signs + "⠿").encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def terminal_glyphs() -> Glyphs:
    """The set for this process's screen: Textual writes to the original stderr, so its encoding decides."""
    return glyphs_for(getattr(sys.__stderr__, "encoding", None))
