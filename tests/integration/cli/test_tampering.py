"""A journal that was touched: verify names the place, `run` refuses in a sentence, and the evidence stays as it is."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cli.program import Launcher, Shell
from tests.integration.cli.records import bytes_of, tampering
from tests.integration.cli.test_run import run

PLACE = 40
"""The row that is touched; far from both ends."""


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher, minutes: Path) -> Path:
    """A home in which a run has ended well."""
    folder = tmp_path_factory.mktemp("once")
    ended = run(Shell(folder, launcher), folder / "home", minutes, "--seed", "1", cycles=70)
    assert ended.code == 0
    assert ended.summary["journal_entries"] > PLACE + 2
    return folder / "home"


@pytest.fixture
def used(run_once: Path, home: Path) -> Path:
    """A copy of it, to be spoilt."""
    shutil.copytree(run_once, home)
    return home


def one_byte_of_a_payload(home: Path) -> int:
    with tampering(home) as journal:
        (body,) = journal.execute("SELECT body FROM journal WHERE seq = ?", (PLACE,)).fetchone()
        changed = body[:-2] + bytes([body[-2] ^ 1]) + body[-1:]
        journal.execute("UPDATE journal SET body = ? WHERE seq = ?", (changed, PLACE))
    return PLACE


def the_last_row_dropped(home: Path) -> int:
    with tampering(home) as journal:
        (last,) = journal.execute("SELECT max(seq) FROM journal").fetchone()
        journal.execute("DELETE FROM journal WHERE seq = ?", (last,))
    return int(last)


def two_rows_swapped(home: Path) -> int:
    with tampering(home) as journal:
        for seq, to in ((PLACE, 0), (PLACE + 1, PLACE), (0, PLACE + 1)):
            journal.execute("PRAGMA ignore_check_constraints = 1")
            journal.execute("UPDATE journal SET seq = ? WHERE seq = ?", (to, seq))
    return PLACE


def a_row_in_the_middle_dropped(home: Path) -> int:
    with tampering(home) as journal:
        journal.execute("DELETE FROM journal WHERE seq = ?", (PLACE,))
    return PLACE


def a_bit_of_a_row_in_the_file(home: Path) -> int:
    with sqlite3.connect(home / "journal.db") as journal:
        (leaf,) = journal.execute("SELECT leaf FROM journal WHERE seq = ?", (PLACE,)).fetchone()
    flip(home / "journal.db", leaf, offset=len(leaf) // 2)
    return PLACE


def the_head_file_ahead(home: Path) -> int:
    (home / "journal.head").write_text(f"999999 {'0' * 64}\n", encoding="ascii")
    with sqlite3.connect(home / "journal.db") as journal:
        (last,) = journal.execute("SELECT max(seq) FROM journal").fetchone()
    return int(last) + 1


def flip(file: Path, found: bytes, *, offset: int) -> None:
    """One bit of the file, where these bytes stand in it."""
    content = bytearray(file.read_bytes())
    content[content.index(found) + offset] ^= 4
    file.write_bytes(content)


DAMAGES = (
    one_byte_of_a_payload,
    the_last_row_dropped,
    two_rows_swapped,
    a_row_in_the_middle_dropped,
    a_bit_of_a_row_in_the_file,
    the_head_file_ahead,
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_verify_names_the_place_and_run_refuses(
    shell: Shell, used: Path, minutes: Path, damage: Callable[[Path], int]
) -> None:
    place = damage(used)
    before = bytes_of(used)
    verified = shell.run("audit", "verify", "--home", used, "--json")
    assert (verified.code, verified.err) == (1, "")
    (verdict,) = verified.lines
    assert (verdict["ok"], verdict["seq"]) == (False, place), verdict
    in_words = shell.run("audit", "verify", "--home", used)
    assert in_words.code == 1
    assert f"row {place}:" in in_words.out

    refused = run(shell, used, minutes, "--seed", "1", cycles=3)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.count("\n") == 1
    assert str(used / "journal.db") in refused.err
    assert "evidence" in refused.err
    assert bytes_of(used) == before


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_no_other_command_falls_over_it(shell: Shell, used: Path, damage: Callable[[Path], int]) -> None:
    damage(used)
    before = bytes_of(used)
    for command in (("status",), ("audit", "show"), ("audit", "export"), ("doctor",)):
        ended = shell.run(*command, "--home", used)
        assert ended.code in (0, 1, 2), command
        assert "Traceback" not in ended.err
        assert ended.err.count("\n") <= 1, (command, ended.err)
    assert bytes_of(used) == before


def test_a_file_that_is_no_journal(shell: Shell, used: Path, minutes: Path) -> None:
    (used / "journal.db").write_bytes(b"this was a journal once " * 400)
    before = bytes_of(used)
    assert shell.run("audit", "verify", "--home", used).code == 1
    refused = run(shell, used, minutes, "--seed", "1", cycles=3)
    assert (refused.code, refused.out) == (2, "")
    assert str(used / "journal.db") in refused.err
    assert refused.err.count("\n") == 1
    assert bytes_of(used) == before


def test_an_export_is_checked_without_the_home(shell: Shell, used: Path, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    assert shell.run("audit", "export", "--home", used, "--output", file).code == 0
    assert shell.run("audit", "verify", "--file", file).code == 0
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:PLACE], *lines[PLACE + 1 :]]), encoding="utf-8")
    spoilt = shell.run("audit", "verify", "--file", file)
    assert spoilt.code == 1
    assert f"row {PLACE + 1}:" in spoilt.out
    again = shell.run("audit", "export", "--home", used, "--output", file)
    assert again.code == 2
    assert "exists already" in again.err
