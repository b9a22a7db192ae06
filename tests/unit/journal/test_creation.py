"""A new log gets its name when it is complete, and meets nothing that another log left behind."""

import sqlite3
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.unit.journal.samples import entry, opened
from tui_trader.journal import store
from tui_trader.journal.head import HeadFile
from tui_trader.journal.ports import JournalUnwritable
from tui_trader.journal.verify import Verified, verify


async def start(path: Path) -> None:
    """One life with one row."""
    async with await opened(path) as journal:
        await journal.append(entry(1))


async def test_until_it_is_complete_a_log_has_no_name(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with (
        patch.object(store, "_create_schema", side_effect=sqlite3.OperationalError("disk I/O error")),
        pytest.raises(JournalUnwritable, match="disk I/O error"),
    ):
        await opened(path)
    assert not path.exists()
    assert not HeadFile.beside(path).path.exists()
    await start(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["journal.db", "journal.head"]
    assert isinstance(verify(path), Verified)


async def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with await opened(path) as journal:
        await journal.append(entry(1))
        modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert set(modes) >= {"journal.db", "journal.db-wal", "journal.head"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("ending", [".new", ".new-journal", ".new-wal", ".new-shm", "-journal", "-shm"])
async def test_leftovers_of_an_interrupted_start_do_no_harm(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "journal.db"
    path.with_name(path.name + ending).write_bytes(b"half of something")
    await start(path)
    assert isinstance(verify(path), Verified)


async def test_a_new_log_does_not_take_in_the_write_ahead_log_of_one_that_was_put_away(tmp_path: Path) -> None:
    path, wal = tmp_path / "journal.db", tmp_path / "journal.db-wal"
    async with await opened(path, seed=1) as journal:
        await journal.append(entry(1), entry(2))
        left = wal.read_bytes()
    path.unlink()
    HeadFile.beside(path).path.unlink()
    wal.write_bytes(left)
    async with await opened(path, seed=2) as journal:
        assert journal.head.seq == 0
