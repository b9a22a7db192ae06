"""Cases and what came of them, on a screen."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One case. `breaches` are sentences, none where all holds; `note` is what a reader wants to know besides."""

    row: str
    column: str
    name: str
    breaches: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        """A line, and one for each breach."""
        said = f"{self.row} / {self.column} / {self.name}" + (f" ({self.note})" if self.note else "")
        return "\n".join(
            [f"{'FAILED' if self.breaches else 'ok    '}  {said}", *(f"          {b}" for b in self.breaches)]
        )


def table(results: Iterable[Result]) -> str:
    """Cases and failures by row and column, and their sums."""
    results = list(results)
    rows = list(dict.fromkeys(result.row for result in results))
    columns = list(dict.fromkeys(result.column for result in results))
    cases = Counter((result.row, result.column) for result in results)
    failed = Counter((result.row, result.column) for result in results if result.breaches)

    def cell(row: str, column: str) -> str:
        return f"{cases[row, column]} cases, {failed[row, column]} failed" if cases[row, column] else "-"

    lines = [("", *columns), *((row, *(cell(row, column) for column in columns)) for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns) + 1)]
    return "\n".join([*(_aligned(line, widths) for line in lines), f"{cases.total()} cases, {failed.total()} failed"])


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(each.ljust(width) for each, width in zip(line, widths, strict=True)).rstrip()
