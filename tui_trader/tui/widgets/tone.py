"""Tones and spans: what a piece of text means for the eye, before a theme gives it a colour."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias


class Tone(StrEnum):
    """The meaning of a text's look; the theme decides the colour, and no tone is told by colour alone."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    TITLE = "title"
    UP = "up"
    DOWN = "down"
    FLAT = "flat"
    BID = "bid"
    ASK = "ask"
    OWN = "own"
    WARNING = "warning"
    DANGER = "danger"
    PAPER = "paper"
    DEMO = "demo"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one tone. `badge` draws it in bold reverse video, which also shows without colours."""

    text: str
    tone: Tone = Tone.PLAIN
    badge: bool = False


Line: TypeAlias = tuple[Span, ...]
"""One line of the screen, left to right."""


def tone_of(value: Decimal | float | None) -> Tone:
    """UP above zero, DOWN below it, FLAT at zero, DIM where there is no value (None or not a number)."""
    if value is None or Decimal(value).is_nan():
        return Tone.DIM
    if value > 0:
        return Tone.UP
    return Tone.DOWN if value < 0 else Tone.FLAT
