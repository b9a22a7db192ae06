"""A raw capture, line by line: when a message was received, and the message as Binance sent it."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tui_trader.core.clock import Instant
from tui_trader.market.rows import fault, is_gzip, reading

_EARLIEST = 1_230_768_000_000_000_000
_LATEST = 4_102_444_800_000_000_000
"""Nanoseconds of 2009-01-01 and 2100-01-01: a time outside was not written in nanoseconds."""
_LONGEST_LINE = 1 << 20
"""Bytes; a snapshot of a thousand levels a side has a twentieth of it."""
_BUFFER = 1 << 18


class RawMessage(NamedTuple):
    """One line: its number, the receive time, and the JSON text."""

    line: int
    received: Instant
    json: bytes


def read_capture(path: Path) -> Iterator[RawMessage]:
    """Yield the messages of a capture (`receive-time-in-ns JSON` a line, plain or gzip) without loading the file.

    Raises FeedError: missing or unreadable file, broken gzip, empty file, a line without a plausible time, time that
    steps back.
    """
    previous = 0
    with reading(path), _opened(path) as stream:
        line = 0
        while text := stream.readline(_LONGEST_LINE):
            line += 1
            written, _, json = text.partition(b" ")
            # What int() takes beyond digits (a sign, blanks, underscores) no capture writes.
            received = int(written) if written.isdigit() else 0
            if received < previous or not _EARLIEST <= received < _LATEST:
                what = _what_is_wrong(written, received, previous)
                raise fault(path, line, what, "Cut the file there, or record it again")
            if not text.endswith(b"\n"):
                _check_whole(path, line, text)
            previous = received
            yield RawMessage(line, Instant(received), json)
    if not previous:
        raise fault(path, None, "the file is empty", "Record it again")


def _opened(path: Path) -> BinaryIO:
    return io.BufferedReader(gzip.GzipFile(path), _BUFFER) if is_gzip(path) else path.open("rb", _BUFFER)


def _check_whole(path: Path, line: int, text: bytes) -> None:
    """The last line may lack its end of line, but nothing else; a line without end is no capture."""
    if len(text) >= _LONGEST_LINE:
        raise fault(path, line, "the line is longer than any message", "Name a capture: receive time, space, JSON")


def _what_is_wrong(written: bytes, received: int, previous: int) -> str:
    if received and received < previous:
        return f"the receive time steps back from {previous} to {received}"
    begins = written[:40].decode(errors="replace")
    return f"it begins with {begins!r}, not with a receive time in nanoseconds since 1970"
