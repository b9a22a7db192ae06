"""Reads what a policy writes: figures, whole numbers and durations, each within bounds, from text and never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic_core import PydanticCustomError

from tui_trader.core.money import plain

_PLAIN_NUMBER = re.compile(r"\d{1,20}(\.\d{1,12})?", re.ASCII)
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhd])", re.ASCII)
_SECONDS_IN = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def wrong(demand: str) -> PydanticCustomError:
    """A refusal whose message says what the value must be."""
    return PydanticCustomError("policy", "It must be {demand}.", {"demand": demand})


@dataclass(frozen=True, slots=True)
class Figure:
    """Reads a figure from text (or an exact number) and keeps it within sane bounds, both included."""

    least: str
    most: str

    def __call__(self, value: object) -> Decimal:
        exact = isinstance(value, Decimal | int) and not isinstance(value, bool)
        written = isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value)
        if not exact and not written:
            raise self._refusal()
        figure = Decimal(str(value))
        if not figure.is_finite() or not Decimal(self.least) <= figure <= Decimal(self.most):
            raise self._refusal()
        return figure

    def _refusal(self) -> PydanticCustomError:
        return wrong(f"a number from {self.least} to {self.most} in plain digits")


@dataclass(frozen=True, slots=True)
class Whole:
    """Reads a whole number within bounds, both included."""

    least: int
    most: int

    def __call__(self, value: object) -> int:
        try:
            figure = Figure(str(self.least), str(self.most))(value)
        except PydanticCustomError:
            figure = Decimal("0.5")
        if figure != int(figure):
            raise wrong(f"a whole number from {self.least} to {self.most} in plain digits")
        return int(figure)


@dataclass(frozen=True, slots=True)
class Duration:
    """Reads `60s`, `15m`, `1h` or `1d` into seconds within bounds, both included."""

    least: str
    most: str

    def __call__(self, value: object) -> float:
        seconds = seconds_of(value) if isinstance(value, str) else None
        least, most = seconds_of(self.least), seconds_of(self.most)
        if seconds is None or least is None or most is None or not least <= seconds <= most:
            raise wrong(f"a number with one of the units s, m, h, d, from {self.least} to {self.most}")
        return seconds


def seconds_of(text: str) -> float | None:
    """The seconds that `60s`, `0.5s`, `15m`, `1h` or `1d` means; None if the text is no such duration."""
    found = _DURATION.fullmatch(text)
    return float(Decimal(found[1]) * _SECONDS_IN[found[2]]) if found else None


def duration_text(seconds: float) -> str:
    """The seconds as a policy writes them, in the largest unit that divides them: 900.0 is `15m`."""
    exact = Decimal(str(seconds))
    for unit in ("d", "h", "m"):
        if exact % _SECONDS_IN[unit] == 0:
            return f"{plain(exact / _SECONDS_IN[unit])}{unit}"
    return f"{plain(exact)}s"


AS_TEXT = PlainSerializer(plain, return_type=str)
AS_DURATION = PlainSerializer(duration_text, return_type=str)
"""How figures and durations are written back."""


class Closed(BaseModel):
    """Frozen, and every key it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
