"""Heads are kept elsewhere at their time and at the end, and a place that fails stops nothing."""

import json
import logging
import sys
from pathlib import Path

import pytest

from tui_trader.engine.anchoring import Anchoring, NotAnchored, Places
from tui_trader.journal.anchor import read_anchors
from tui_trader.journal.ports import Head

FIRST, SECOND = Head(3, bytes([3]) * 32), Head(9, bytes([9]) * 32)
NEVER = 3600.0


def test_the_last_head_is_kept_at_the_end_and_can_be_compared(tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    for head in (FIRST, SECOND):
        Anchoring(Places(file), lambda head=head: head, every=NEVER).close()  # type: ignore[misc]
    assert read_anchors(file).heads == {3: frozenset({FIRST.hash}), 9: frozenset({SECOND.hash})}
    assert file.stat().st_mode & 0o777 == 0o600


def test_heads_are_kept_as_often_as_is_set_and_the_same_one_once(tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    asked = 0

    def head() -> Head:
        nonlocal asked
        asked += 1
        return FIRST if asked < 4 else SECOND

    anchoring = Anchoring(Places(file), head, every=0.001)
    while asked < 8:
        pass
    anchoring.close()
    assert [json.loads(line)["journal_entries"] for line in file.read_text().splitlines()] == [3, 9]


def test_a_command_gets_the_line_without_a_shell(tmp_path: Path) -> None:
    file = tmp_path / "kept; true"
    copy = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"
    Anchoring(Places(command=(sys.executable, "-c", copy, str(file))), lambda: FIRST, every=NEVER).close()
    assert read_anchors(file).last == FIRST.seq


def test_a_place_that_fails_is_told_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Anchoring(Places(tmp_path / "none" / "anchors"), lambda: FIRST, every=NEVER).close()
    assert "row 3 is not anchored" in caplog.text
    for places, said in (
        (Places(command=(sys.executable, "-c", "raise SystemExit(3)")), "ended with 3"),
        (Places(command=(str(tmp_path / "nothing"),)), "No such file"),
    ):
        with pytest.raises(NotAnchored, match=said):
            places.keep(b"{}\n")


def test_without_a_place_nothing_is_started() -> None:
    anchoring = Anchoring(Places(), lambda: FIRST, every=NEVER)
    assert anchoring._thread is None
    anchoring.close()
