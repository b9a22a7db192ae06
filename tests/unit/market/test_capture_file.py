"""A capture is read line by line; what is damaged names file, line and way out."""

import gzip
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from tests.unit.market import captures
from tests.unit.market.captures import line, received, write_capture
from tui_trader.market.capture_file import RawMessage, read_capture
from tui_trader.market.ports import FeedError

MESSAGES = [line(second, captures.trade("100")) for second in range(300)]


@pytest.mark.parametrize("name", ["BTCUSDT-ws-a.txt", "BTCUSDT-ws-a.txt.gz"])
def test_plain_or_packed_it_gives_line_time_and_text(tmp_path: Path, name: str) -> None:
    path = write_capture(tmp_path / name, [f"{received(1)} {{}}", f"{received(1)} [1, 2]"])
    assert list(read_capture(path)) == [RawMessage(1, received(1), b"{}\n"), RawMessage(2, received(1), b"[1, 2]\n")]


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-ws.txt"
    path.write_bytes(f"{received(1)} {{}}".encode())
    assert [message.json for message in read_capture(path)] == [b"{}"]


def test_it_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    """What is broken further on does not keep the beginning from being played."""
    path = write_capture(tmp_path / "BTCUSDT-ws.txt", [*MESSAGES, "rubbish"])
    assert len(list(islice(read_capture(path), 300))) == 300


def _lines(*lines: str) -> Callable[[Path], object]:
    return lambda path: path.write_text("".join(f"{each}\n" for each in lines))


def _cut(path: Path) -> None:
    packed = gzip.compress("\n".join(MESSAGES).encode())
    path.write_bytes(packed[: len(packed) // 2])


def _spoilt(path: Path) -> None:
    packed = bytearray(gzip.compress("\n".join(MESSAGES).encode()))
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.unlink(missing_ok=True), "there is no such file"),
        (lambda path: path.mkdir(), "it cannot be read"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (_cut, "the gzip data is cut off or damaged"),
        (_spoilt, "the gzip data is cut off or damaged"),
        (_lines("open_time,open"), "line 1: it begins with 'open_time,open"),
        (_lines(MESSAGES[0], ""), "line 2: it begins with"),
        (_lines(MESSAGES[0], "1723161255030 {}"), "line 2: it begins with '1723161255030'|steps back"),
        (_lines("+1723161255030314667 {}"), "line 1: it begins with"),
        (_lines("172316125503031466799 {}"), "line 1: it begins with"),
        (_lines(MESSAGES[1], MESSAGES[0]), "line 2: the receive time steps back"),
        (lambda path: path.write_bytes(MESSAGES[0].encode() + b" " * (2 << 20)), "longer than any message"),
    ],
)
def test_a_fault_is_one_sentence_with_its_place(tmp_path: Path, make: Callable[[Path], object], sentence: str) -> None:
    path = tmp_path / "BTCUSDT-ws.txt.gz"
    make(path)
    with pytest.raises(FeedError, match=sentence) as caught:
        list(read_capture(path))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
