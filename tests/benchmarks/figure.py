"""A figure, what it is compared with, and how a list of them is printed."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. `baseline` is the same measured of something simple, `against` says of what."""

    subject: str
    name: str
    value: float
    unit: str
    baseline: float | None = None
    against: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value in units of the baseline; None without one."""
        return None if not self.baseline else self.value / self.baseline


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all do not exceed. Raises ValueError without samples."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def as_table(figures: Iterable[Figure]) -> str:
    """Aligned columns: subject, name, value, unit, ratio, and what it is compared with."""
    rows = [("subject", "figure", "value", "unit", "ratio", "against")]
    rows += [_row(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def as_json(figure: Figure) -> str:
    """One line."""
    return json.dumps(
        {
            "subject": figure.subject,
            "name": figure.name,
            "value": figure.value,
            "unit": figure.unit,
            "baseline": figure.baseline,
            "against": figure.against,
            "ratio": figure.ratio,
            "note": figure.note,
        }
    )


def _row(figure: Figure) -> tuple[str, str, str, str, str, str]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.3g}"
    told = figure.against if figure.baseline is None else f"{figure.against}: {_short(figure.baseline)}"
    said = "; ".join(part for part in (told, figure.note) if part)
    return figure.subject, figure.name, _short(figure.value), figure.unit, ratio, said


def _short(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    subject, name, value, unit, ratio, said = (
        cell.rjust(width) if column in (2, 4) else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"{subject}  {name}  {value} {unit}  {ratio}  {said}".rstrip()
