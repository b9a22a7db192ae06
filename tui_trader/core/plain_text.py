"""Words from outside as data: without control, format and private signs, normalised, on one line, cut."""

import unicodedata
from typing import Final

_CUT: Final = "…"
_ROOM_TO_SHRINK: Final = 4
"""So many times the longest text is looked at: blanks and signs that vanish leave room for what follows."""
LONGEST_REASON: Final = 280
"""Characters of a reason, whoever gives it."""


LONGEST_NAME = 64
"""Characters of a person's name that are kept."""


def one_line(text: str, longest: int = LONGEST_REASON) -> str:
    """Somebody's words as data: normalised, on one line, without control and format signs, at most `longest` long."""
    spelled = unicodedata.normalize("NFKC", text[: longest * _ROOM_TO_SHRINK])
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in spelled).split())
    return words if len(words) <= longest else words[: longest - 1] + _CUT


def printable(text: str) -> str:
    """The text as a terminal may have it: line ends stay, every other sign that prints nothing is a blank."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
