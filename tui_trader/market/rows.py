"""Rows of a data file: plain or gzip CSV with a header, read line by line, every fault one sentence."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import IO

from tui_trader.core.clock import from_milliseconds, text
from tui_trader.market.ports import FeedError

_GZIP_MAGIC = b"\x1f\x8b"
_EARLIEST = 1_230_768_000_000
_LATEST = 4_102_444_800_000
"""Milliseconds of 2009-01-01 and 2100-01-01: a time outside was not written in milliseconds."""
_LONGEST_LINE = 1_000


def fault(path: Path, line: int | None, what: str, way_out: str) -> FeedError:
    """The error for one place of a file: what is wrong there, and what to do."""
    where = f"{path}" if line is None else f"{path}, line {line}"
    return FeedError(f"{where}: {what}. {way_out}.")


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each row's line number and its fields of `columns`, in that order; other columns are left out.

    Needs two columns or more. Raises FeedError: missing or unreadable file, broken gzip, empty file, missing column,
    row of another width, text that is not plain ASCII.
    """
    with reading(path), _opened(path) as stream:
        yield from _rows(path, stream, columns)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What goes wrong while the file is opened and read becomes a FeedError."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise fault(path, None, "the gzip data is cut off or damaged", "Fetch the file again") from error
    except UnicodeDecodeError as error:
        raise fault(path, None, "it is not a text file", "Name a CSV file, plain or gzip") from error
    except FileNotFoundError as error:
        raise fault(path, None, "there is no such file", "Check the path after file:") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise fault(path, None, f"it cannot be read ({reason})", "Check the path and its permissions") from error


def parse_time(path: Path, line: int, field: str, written: str, *, grid: int) -> int:
    """The time in milliseconds; FeedError unless it is a plausible whole multiple of `grid` milliseconds."""
    try:
        milliseconds = int(written)
    except ValueError:
        milliseconds = -1
    if not _EARLIEST <= milliseconds < _LATEST:
        what = f"{field} is {written!r}, not a time in milliseconds since 1970"
        raise fault(path, line, what, "Fetch or convert the file again")
    if milliseconds % grid:
        what = f"{field} {written} is not a whole multiple of {grid // 1000} seconds"
        raise fault(path, line, what, "Use a file of the right interval")
    return milliseconds


def check_order(path: Path, line: int, previous: int, current: int, *, step: int | None = None) -> None:
    """Times only rise, and where `step` (milliseconds) is given, by exactly that. Raises FeedError."""
    if step is not None and current == previous + step:
        return
    moment = text(from_milliseconds(current))
    if current == previous:
        raise fault(path, line, f"{moment} is there twice", "Remove the duplicate row")
    if current < previous:
        before = text(from_milliseconds(previous))
        raise fault(path, line, f"time steps back from {before} to {moment}", "Sort the file by its first column")
    if step is not None:
        missing = (current - previous) // step - 1
        hole = text(from_milliseconds(previous + step))
        what = f"a gap (missing rows: {missing}, from {hole} on)"
        raise fault(path, line, what, "Fetch the missing rows or cut the file there")


def is_gzip(path: Path) -> bool:
    """Whether the file is packed, whatever its name says. Raises OSError."""
    with path.open("rb") as probe:
        return probe.read(2) == _GZIP_MAGIC


def _opened(path: Path) -> IO[str]:
    if is_gzip(path):
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _rows(path: Path, stream: IO[str], columns: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    header = stream.readline(_LONGEST_LINE)
    if not header.strip():
        raise fault(path, None, "the file is empty", "Fetch the file again")
    names = [name.strip() for name in header.split(",")]
    for column in columns:
        if column not in names:
            expected = ",".join(columns)
            raise fault(path, 1, f"the column {column} is missing", f"The header must hold {expected}")
    pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*(names.index(column) for column in columns))
    width = len(names)
    seen = False
    blank = 0
    for number, line in enumerate(stream, start=2):
        fields = line.rstrip("\r\n").split(",")
        if len(fields) != width:
            if not line.strip():
                blank = blank or number
                continue
            raise fault(path, number, f"the row has {len(fields)} fields, the header {width}", "Fetch the file again")
        if blank:
            raise fault(path, blank, "a blank line stands between rows", "Remove it or fetch the file again")
        # int() and Decimal() also read underscores and other scripts' digits, which no exchange writes.
        if "_" in line or not line.isascii() or len(line) > _LONGEST_LINE:
            raise fault(path, number, "the row does not hold plain numbers", "Fetch the file again")
        seen = True
        yield number, pick(fields)
    if not seen:
        raise fault(path, None, "the file has a header and no rows", "Fetch the file again")
