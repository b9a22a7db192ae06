"""Processes that die: what they acknowledged is in the log, the log is sound, and the next start goes on."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Verified, verify

ROOT = Path(__file__).parents[3]
LIMIT = 30.0
"""Seconds after which a child counts as hanging; none takes more than a second."""

both = pytest.mark.parametrize("store", ["loop", "thread"])


def command(name: str, store: str, path: Path) -> list[str]:
    return [sys.executable, "-m", "tests.integration.journal.children", name, store, str(path)]


@contextmanager
def running(name: str, store: str, path: Path) -> Iterator[IO[str]]:
    """The child's acknowledgements; killed without warning at the end of the block."""
    with subprocess.Popen(command(name, store, path), cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child.stdout
        finally:
            child.kill()


def hashes(path: Path) -> dict[int, str]:
    with JournalReader(path) as reader:
        return {row.seq: row.hash.hex() for row in reader.rows()}


@both
def test_a_killed_writer_has_lost_nothing_that_it_acknowledged(tmp_path: Path, store: str) -> None:
    path = tmp_path / "journal.db"
    acknowledged: dict[int, str] = {}
    for rows in (1, 57, 8):
        with running("write_for_ever", store, path) as told:
            for _ in range(rows):
                seq, row_hash = told.readline().split()
                assert int(seq) not in acknowledged, "a number was given twice"
                acknowledged[int(seq)] = row_hash
        found = hashes(path)
        assert {seq: found.get(seq) for seq in acknowledged} == acknowledged
        verdict = verify(path)
        assert isinstance(verdict, Verified)
        assert verdict.head.seq == len(found)
        # Rows that were committed but not read from the pipe belong to the log as well.
        acknowledged = found


@both
def test_a_full_disk_is_told_and_what_was_acknowledged_stays(tmp_path: Path, store: str) -> None:
    path = tmp_path / "journal.db"
    done = subprocess.run(
        command("write_until_full", store, path), cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    *acknowledged, refusal = done.stdout.splitlines()
    assert refusal.startswith(f"refused {path}: the journal cannot be written")
    assert len(acknowledged) > 10
    assert isinstance(verify(path), Verified)
    found = hashes(path)
    assert [f"{seq} {found[seq]}" for seq in range(1, len(acknowledged) + 1)] == acknowledged


@both
def test_a_process_that_fails_before_it_closes_the_journal_still_ends(tmp_path: Path, store: str) -> None:
    path = tmp_path / "journal.db"
    done = subprocess.run(
        command("leave_open", store, path), cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 3
    assert done.stdout.split()[1] == hashes(path)[1]
    assert isinstance(verify(path), Verified)
