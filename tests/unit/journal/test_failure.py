"""The writer where the disk, a fold, a rival or the loop fails: nobody waits in vain, nothing false is said."""

import asyncio
import os
import sqlite3
import tempfile
import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from tests.unit.journal.samples import (
    SEED,
    Collected,
    as_nobody,
    entry,
    in_virtual_time,
    on_disk,
    opened,
    written,
)
from tui_trader.core.chance import Chance
from tui_trader.core.records import EquityMarked, ToolCalled
from tui_trader.core.words import Actor
from tui_trader.journal import store
from tui_trader.journal.head import HeadFile
from tui_trader.journal.layout import StoredRow
from tui_trader.journal.ports import Entry, Head, JournalCorrupt, JournalUnwritable, Row
from tui_trader.journal.verify import Verified, verify
from tui_trader.journal.wire import Malformed
from tui_trader.journal.writer import JournalWriter

both = pytest.mark.parametrize("threaded", [False, True], ids=["loop", "thread"])


@pytest.mark.parametrize("turns", range(6))
def test_a_loop_that_is_torn_down_amid_a_write_leaves_no_caller_in_doubt(tmp_path: Path, turns: int) -> None:
    path = tmp_path / "journal.db"
    told: list[Row | JournalUnwritable] = []

    async def caller(journal: JournalWriter, number: int) -> None:
        try:
            told.extend(await asyncio.shield(journal.append(entry(number))))
        except JournalUnwritable as error:
            told.append(error)

    async def main() -> None:
        async with await opened(path, threaded=True) as journal:
            tasks = [asyncio.ensure_future(caller(journal, n)) for n in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)
            flushing = journal._flushing
            if flushing is not None:
                flushing.cancel()
            await asyncio.gather(*tasks)

    asyncio.run(main())
    acknowledged = [row for row in told if isinstance(row, Row)]
    assert len(told) == 3
    assert on_disk(path)[: len(acknowledged)] == acknowledged
    assert isinstance(verify(path), Verified)


@both
async def test_a_record_that_cannot_be_written_harms_only_its_own_caller(tmp_path: Path, *, threaded: bool) -> None:
    async with await opened(tmp_path / "journal.db", threaded=threaded) as journal:
        bad = Entry(record=EquityMarked(equity=Decimal("NaN"), wallet=Decimal(0)), actor=Actor.SYSTEM)
        results = await asyncio.gather(
            journal.append(entry(1)), journal.append(entry(2), bad), journal.append(entry(3)), return_exceptions=True
        )
        assert isinstance(results[1], Malformed)
        assert await journal.append() == ()
        assert journal.failed is None
        assert [row.seq for row in (*_rows(results[0]), *_rows(results[2]))] == [1, 2]


def _rows(result: Any) -> tuple[Row, ...]:
    assert isinstance(result, tuple)
    return result


def _connection(journal: JournalWriter, *, threaded: bool) -> Any:
    connection: Any = journal._store._connection  # type: ignore[attr-defined]
    return connection._conn if threaded else connection


def _fill_up(journal: JournalWriter, *, threaded: bool) -> None:
    """From now on the database may not grow by a page, as on a full disk."""
    connection = _connection(journal, threaded=threaded)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}").close()


BIG = Entry(record=ToolCalled(tool="x" * 100_000, arguments={}), actor=Actor.SYSTEM)
"""An entry that takes many pages."""


@both
async def test_a_full_disk_reaches_every_caller_and_every_later_one(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path, threaded=threaded)
    fold, heard = Collected(), list[JournalUnwritable]()
    journal.attach(fold)
    journal.when_unwritable(heard.append)
    (kept,) = await journal.append(entry(1))
    _fill_up(journal, threaded=threaded)

    results = await asyncio.gather(*(journal.append(e) for e in (entry(2), BIG, entry(3))), return_exceptions=True)
    assert all(isinstance(result, JournalUnwritable) for result in results)
    assert "free some space" in str(results[0])
    with pytest.raises(JournalUnwritable, match="full"):
        await journal.append(entry(4))
    assert heard == [journal.failed]
    assert not _connection(journal, threaded=threaded).in_transaction
    journal.when_unwritable(heard.append)
    assert len(heard) == 2

    await journal.close()
    assert fold.rows == on_disk(path) == [kept]
    assert verify(path) == Verified(Chance(SEED).token("log"), Head(1, kept.hash), kept.time, 0)


@both
async def test_a_second_writer_is_found_out_and_overwrites_nothing(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    ours = await opened(path, threaded=threaded)
    theirs = await opened(path, threaded=threaded)
    (row,) = await theirs.append(entry(1))
    with pytest.raises(JournalUnwritable, match="Another program"):
        await ours.append(entry(2))
    assert not _connection(ours, threaded=threaded).in_transaction, "the rival would wait for our lock"
    await ours.close()
    await theirs.close()
    assert on_disk(path) == [row]


@both
async def test_a_head_file_that_cannot_follow_stops_the_journal_but_takes_nothing_back(
    tmp_path: Path, *, threaded: bool
) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path, threaded=threaded)
    (tmp_path / "journal.head.new").mkdir()
    (row,) = await journal.append(entry(1))
    with pytest.raises(JournalUnwritable, match=r"journal\.head"):
        await journal.append(entry(2))
    await journal.close()
    assert on_disk(path) == [row]
    assert isinstance(verify(path), Verified)


@both
async def test_a_fold_that_fails_stops_the_journal_by_name(tmp_path: Path, *, threaded: bool) -> None:
    class Faulty:
        def apply(self, row: Row) -> None:
            raise KeyError(f"row {row.seq}")

    async with await opened(tmp_path / "journal.db", threaded=threaded) as journal:
        journal.attach(Faulty())
        with pytest.raises(JournalUnwritable, match="row 1"):
            await journal.append(entry(1))
        assert journal.failed is not None


def test_the_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with await opened(tmp_path / "journal.db") as journal:
            await journal.append(entry(1))
            assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {
                "journal.db": 0o600,
                "journal.db-wal": 0o600,
                "journal.db-shm": 0o600,
                "journal.head": 0o600,
            }

    previous = os.umask(0)
    try:
        in_virtual_time(main)
    finally:
        os.umask(previous)
    assert {file.name for file in tmp_path.iterdir()} == {"journal.db", "journal.head"}


@pytest.mark.parametrize("name", ["missing/journal.db", "folder.db"])
@both
async def test_where_nothing_can_be_created_one_sentence_says_so(tmp_path: Path, name: str, *, threaded: bool) -> None:
    (tmp_path / "folder.db").mkdir()
    with pytest.raises((JournalUnwritable, JournalCorrupt), match=name):
        await opened(tmp_path / name, threaded=threaded)


def refused(path: Path) -> str:
    """What opening the journal at `path`, and no more, says; empty if it opens."""

    async def main() -> None:
        await (await opened(path)).close()

    try:
        in_virtual_time(main)
    except JournalUnwritable as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o555, 0o444), (0o777, 0o444), (0o555, 0o666)])
def test_a_home_that_cannot_be_written_is_told_at_the_start(folder_mode: int, file_mode: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = written(folder / "journal.db", 1)
        for file in folder.iterdir():
            file.chmod(file_mode)
        folder.chmod(folder_mode)
        try:
            assert as_nobody(lambda: str(path) in refused(path))
        finally:
            folder.chmod(0o700)
        assert refused(path) == ""


def test_a_file_system_that_will_not_sync_as_asked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_SETTINGS", (("journal_mode", "wal"), ("synchronous", 7)))
    assert "would not set synchronous to 7" in refused(tmp_path / "journal.db")


@both
async def test_a_head_file_that_cannot_be_synced_at_the_end_is_told(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path, threaded=threaded)
    (row,) = await journal.append(entry(1))
    (tmp_path / "journal.head.new").mkdir()
    with pytest.raises(JournalUnwritable, match=r"journal\.head"):
        await journal.close()
    assert on_disk(path) == [row]
    (tmp_path / "journal.head.new").rmdir()
    assert isinstance(verify(path), Verified)


@pytest.mark.parametrize("full", [False, True], ids=["the write succeeds", "the write fails"])
async def test_a_loop_torn_down_during_a_write_still_learns_what_became_of_it(tmp_path: Path, *, full: bool) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path, threaded=True)
    if full:
        _fill_up(journal, threaded=True)
    gate = threading.Event()
    journal._store._connection._tx.put_nowait((None, gate.wait))  # type: ignore[attr-defined]
    waiting = asyncio.ensure_future(journal.append(BIG))
    while not journal._in_flight:
        await asyncio.sleep(0)
    assert journal._flushing is not None
    journal._flushing.cancel()
    await asyncio.sleep(0)
    gate.set()
    (result,) = await asyncio.gather(waiting, return_exceptions=True)
    await journal.close()
    assert isinstance(result, JournalUnwritable) is full
    assert on_disk(path) == ([] if full else list(cast("tuple[Row, ...]", result)))


async def test_a_write_of_which_nobody_can_tell_the_end_is_a_failure_and_not_a_success(tmp_path: Path) -> None:
    class Stuck:
        async def write(self, rows: Sequence[StoredRow]) -> None:
            await asyncio.Event().wait()

        async def close(self) -> None:
            await inner.close()

    journal = await opened(tmp_path / "journal.db")
    inner, journal._store = journal._store, Stuck()
    waiting = [asyncio.ensure_future(journal.append(entry(n))) for n in range(2)]
    while not journal._in_flight:
        await asyncio.sleep(0)
    waiting.append(asyncio.ensure_future(journal.append(entry(2))))
    await asyncio.sleep(0)
    assert journal._flushing is not None
    journal._flushing.cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [JournalUnwritable] * 3
    await journal.close()


def test_a_crash_between_the_steps_of_creation_leaves_a_home_that_starts(tmp_path: Path) -> None:
    head_only, blank = tmp_path / "a.db", tmp_path / "b.db"
    HeadFile.beside(head_only).write(Head(0, bytes(32)), sync=True)
    HeadFile.beside(blank).write(Head(0, bytes(32)), sync=True)
    blank.touch()
    for path in (head_only, blank):
        assert written(path, 2).exists()
        assert isinstance(verify(path), Verified)


def test_the_settings_that_durability_rests_on_are_set(tmp_path: Path) -> None:
    async def main() -> None:
        async with await opened(tmp_path / "journal.db") as journal:
            connection = journal._store._connection  # type: ignore[attr-defined]
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)

    in_virtual_time(main)


def test_rows_cannot_be_changed_by_a_slip_of_the_hand(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.db", 3)
    with sqlite3.connect(path) as connection:
        for statement in ("UPDATE journal SET body = x'7b7d'", "DELETE FROM journal"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
    connection.close()
