"""Figures as text: fixed decimals, grouped thousands, signs, percentages, ages, durations, arrows."""

import math
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import TypeAlias

Figure: TypeAlias = Decimal | int | str
"""A number as it comes: a Decimal, an int, or a decimal string. Money never comes as a float."""

MISSING = "–"
"""What stands where there is no figure."""

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def number(value: Figure | None, places: int | None = None, *, signed: bool = False, grouped: bool = True) -> str:
    """`1,234.50`; with `signed` a plus is written too. `places` None keeps the decimals that the value has.

    Rounds half to even. Zero has no sign, also where it is what rounding left. MISSING for None, for text that is
    no number, and for NaN and infinities.
    """
    figure = _decimal(value)
    if figure is None:
        return MISSING
    if places is not None:
        figure = _rounded(figure, places)
    text = format(abs(figure), ",f" if grouped else "f")
    if figure == 0:
        return text
    if figure < 0:
        return f"-{text}"
    return f"+{text}" if signed else text


def percent(fraction: Figure | float | None, places: int = 2, *, signed: bool = True) -> str:
    """A fraction as per cent: 0.0123 is `+1.23%`. A float is allowed here, as indicators are floats."""
    figure = _decimal(repr(fraction) if isinstance(fraction, float) else fraction)
    if figure is None:
        return MISSING
    return f"{number(figure.scaleb(2), places, signed=signed)}%"


def compact(value: Figure | None, places: int = 1) -> str:
    """A size in few cells: `950`, `12.3k`, `4.0M`, `1.2B`; below a thousand the value as it is, at most `places`+2."""
    figure = _decimal(value)
    if figure is None:
        return MISSING
    for unit, exponent in (("B", 9), ("M", 6), ("k", 3)):
        # Compared after rounding, so that 999,960 is 1.0M and not 1000.0k.
        if _rounded(abs(figure).scaleb(3 - exponent), places) >= 1000:
            return f"{number(figure.scaleb(-exponent), places)}{unit}"
    text = number(figure, min(places + 2, _decimals(figure)))
    return text.rstrip("0").rstrip(".") if "." in text else text


def age(seconds: float | None) -> str:
    """How old something is, or how long until it comes: `0s`, `3s`, `2m`, `5h`, `4d`; never negative."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    whole = int(max(seconds, 0))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR}h"
    return f"{whole // _DAY}d"


def duration(milliseconds: int | None) -> str:
    """How long something took: `85ms`, `1.2s`, `2m05s`, `1h02m`."""
    if milliseconds is None:
        return MISSING
    if milliseconds < 1000:
        return f"{max(milliseconds, 0)}ms"
    seconds = milliseconds // 1000
    if seconds < _MINUTE:
        return f"{seconds}.{milliseconds % 1000 // 100}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m{seconds % _MINUTE:02}s"
    return f"{seconds // _HOUR}h{seconds % _HOUR // _MINUTE:02}m"


def arrow(value: Figure | float | None) -> str:
    """▲ above zero, ▼ below it, a blank at zero or where there is nothing; one cell wide in every case."""
    figure = _decimal(repr(value) if isinstance(value, float) else value)
    if figure is None or figure == 0:
        return " "
    return "▲" if figure > 0 else "▼"


def _decimal(value: Figure | None) -> Decimal | None:
    if value is None:
        return None
    try:
        figure = Decimal(value)
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None


def _rounded(figure: Decimal, places: int) -> Decimal:
    try:
        return figure.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    except InvalidOperation:  # more digits than the context's precision: then the decimals do not matter
        return figure


def _decimals(figure: Decimal) -> int:
    exponent = figure.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
