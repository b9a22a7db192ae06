"""Checkpoints on the disk: encrypted where there is a key, and begun anew where the file is of no use."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from tests.unit.journal.test_seal import OTHER, SEAL
from tui_trader.engine.checkpoints import checkpoints
from tui_trader.journal.database import opened
from tui_trader.journal.seal import Seal

MARKER = "planted-thread-4711"


async def put(path: Path, seal: Seal | None) -> int:
    """One more checkpoint; how many there were before."""
    config = {"configurable": {"thread_id": MARKER, "checkpoint_ns": ""}}
    async with checkpoints(path, seal) as saver:
        before = [each async for each in saver.alist(config)]  # type: ignore[arg-type]
        await saver.aput(config, empty_checkpoint(), {}, {})  # type: ignore[arg-type]
    return len(before)


async def test_an_encrypted_file_keeps_checkpoints_and_shows_none_of_them(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.db"
    assert [await put(path, SEAL), await put(path, SEAL)] == [0, 1]
    assert not any(MARKER.encode() in file.read_bytes() for file in tmp_path.iterdir())
    with closing(opened(path, SEAL)) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (2,)


@pytest.mark.parametrize(("before", "after"), [(None, SEAL), (SEAL, None), (OTHER, SEAL)])
async def test_a_file_that_does_not_open_is_put_aside(tmp_path: Path, before: Seal | None, after: Seal | None) -> None:
    path = tmp_path / "checkpoints.db"
    await put(path, before)
    assert await put(path, after) == 0
    assert await put(path, after) == 1


async def test_a_plain_file_is_a_database_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.db"
    await put(path, None)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT thread_id FROM checkpoints").fetchall() == [(MARKER,)]
