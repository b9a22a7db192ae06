"""The writer: order, durability, folds, cancellation and failure, the same on the loop and in a thread."""

import asyncio
import math
import os
import sqlite3
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.journal.samples import (
    EPOCH,
    SEED,
    Collected,
    HandClock,
    as_nobody,
    entry,
    filled,
    in_virtual_time,
    number_of,
    opened,
    unchanged,
    written,
)
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, later
from tui_trader.core.records import EquityMarked, ToolCalled
from tui_trader.core.words import Actor
from tui_trader.journal import store
from tui_trader.journal.head import HeadFile
from tui_trader.journal.layout import StoredRow
from tui_trader.journal.ports import Entry, Head, JournalCorrupt, JournalUnwritable, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Verified, verify
from tui_trader.journal.wire import Malformed
from tui_trader.journal.writer import JournalWriter, open_journal

both = pytest.mark.parametrize("threaded", [False, True], ids=["loop", "thread"])


def on_disk(path: Path) -> list[Row]:
    """What another process reads."""
    with JournalReader(path) as reader:
        return list(reader.rows())


class Transactions:
    """A store that notes how many rows each transaction had."""

    def __init__(self, journal: JournalWriter) -> None:
        self._inner = journal._store
        self.sizes: list[int] = []
        journal._store = self

    async def write(self, rows: Sequence[StoredRow]) -> None:
        self.sizes.append(len(rows))
        await self._inner.write(rows)

    async def close(self) -> None:
        await self._inner.close()


@both
async def test_rows_are_durable_and_linked_when_append_returns(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    async with await opened(path, threaded=threaded) as journal:
        rows = await journal.append(entry(1, correlation="call-1"), entry(2))
        assert [row.seq for row in rows] == [1, 2]
        assert rows[0].correlation == "call-1"
        assert journal.head == Head(2, rows[1].hash)
        assert on_disk(path) == list(rows)
        assert HeadFile.beside(path).read() == journal.head
    assert isinstance(verify(path), Verified)


@both
async def test_what_was_handed_over_in_one_turn_is_one_transaction(tmp_path: Path, *, threaded: bool) -> None:
    async with await opened(tmp_path / "journal.db", threaded=threaded) as journal:
        transactions = Transactions(journal)
        groups = await asyncio.gather(*(journal.append(entry(n), entry(n)) for n in range(50)))
        assert transactions.sizes == [100]
    assert [number_of(row) for group in groups for row in group] == [n for n in range(50) for _ in (1, 2)]
    assert [row.seq for group in groups for row in group] == list(range(1, 101))


async def test_what_arrives_during_a_commit_shares_the_next_one(tmp_path: Path) -> None:
    async with await opened(tmp_path / "journal.db", threaded=True) as journal:
        transactions = Transactions(journal)
        first = asyncio.ensure_future(journal.append(entry(0)))
        while not transactions.sizes:
            await asyncio.sleep(0)
        await asyncio.gather(*(journal.append(entry(n)) for n in range(1, 9)))
        await first
        assert transactions.sizes == [1, 8]


@both
async def test_folds_see_each_row_once_in_order_before_its_writer_goes_on(tmp_path: Path, *, threaded: bool) -> None:
    path = await filled(tmp_path / "journal.db", 7)
    async with await opened(path, threaded=threaded) as journal:
        early, late = Collected(), Collected()
        journal.attach(early)
        assert early.numbers == list(range(1, 8))

        async def one(number: int) -> None:
            (row,) = await journal.append(entry(number))
            assert early.rows[row.seq - 1] == row

        await asyncio.gather(*(one(number) for number in range(20)))
        journal.attach(late, Collected())
        await journal.append(entry(99))
        assert early.numbers == late.numbers == list(range(1, 29))
        assert early.rows == late.rows == on_disk(path)


@both
async def test_what_was_handed_over_is_written_though_its_caller_is_cancelled(
    tmp_path: Path, *, threaded: bool
) -> None:
    path = tmp_path / "journal.db"
    async with await opened(path, threaded=threaded) as journal:
        fold = Collected()
        journal.attach(fold)
        callers = [asyncio.ensure_future(journal.append(entry(n))) for n in range(10)]
        await asyncio.sleep(0)
        for caller in callers[::2]:
            caller.cancel()
        results = await asyncio.gather(*callers, return_exceptions=True)
        assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, False] * 5
        await journal.append(entry(10))
        assert [number_of(row) for row in fold.rows] == list(range(11))
    assert [number_of(row) for row in on_disk(path)] == list(range(11))


@both
async def test_closing_writes_what_was_handed_over(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path, threaded=threaded)
    callers = [asyncio.ensure_future(journal.append(entry(n))) for n in range(3)]
    await asyncio.sleep(0)
    await journal.close()
    assert [row[0].seq for row in await asyncio.gather(*callers)] == [1, 2, 3]
    await journal.close()
    with pytest.raises(JournalUnwritable, match="closed"):
        await journal.append(entry(4))
    assert len(on_disk(path)) == 3


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


@settings(max_examples=25, deadline=None)
@given(plan=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=12))
def test_any_interleaving_gives_one_gapless_log(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[int, int, bool]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.db"
    fold = Collected()
    acknowledged: list[Row] = []

    async def caller(journal: JournalWriter, number: int, size: int, delay: int) -> None:
        await asyncio.sleep(delay)
        acknowledged.extend(await journal.append(*(entry(number) for _ in range(size))))

    async def main() -> None:
        async with await opened(path) as journal:
            journal.attach(fold)
            tasks = [asyncio.ensure_future(caller(journal, n, size, delay)) for n, (size, delay, _) in enumerate(plan)]
            for turn in range(4):
                await asyncio.sleep(turn and 1)
                for task, (_, delay, cancelled) in zip(tasks, plan, strict=True):
                    if cancelled and delay == turn:
                        task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    in_virtual_time(main)
    assert fold.rows == on_disk(path)
    assert fold.numbers == list(range(1, len(fold.rows) + 1))
    assert [row for row in fold.rows if row in acknowledged] == acknowledged
    assert isinstance(verify(path), Verified)


def test_two_runs_with_one_seed_write_the_same_bytes(tmp_path: Path) -> None:
    def rows(home: Path, seed: int | None) -> list[StoredRow]:
        async def main() -> None:
            async with await opened(home, seed=seed) as journal:
                await asyncio.gather(*(journal.append(entry(n)) for n in range(20)))

        in_virtual_time(main)
        with JournalReader(home) as reader:
            return list(reader.stored())

    assert rows(tmp_path / "a.db", SEED) == rows(tmp_path / "b.db", SEED)
    assert rows(tmp_path / "c.db", SEED + 1) != rows(tmp_path / "a2.db", SEED)
    assert rows(tmp_path / "d.db", None)[0].salt != rows(tmp_path / "e.db", None)[0].salt


def test_thread_and_loop_write_the_same_bytes(tmp_path: Path) -> None:
    async def main(name: str, *, threaded: bool) -> list[StoredRow]:
        path = tmp_path / name
        async with await opened(path, threaded=threaded) as journal:
            await journal.append(entry(1), entry(2))
            await journal.append(entry(3))
        with JournalReader(path) as reader:
            return list(reader.stored())

    assert asyncio.run(main("a.db", threaded=True)) == in_virtual_time(lambda: main("b.db", threaded=False))


def test_a_restart_goes_on_where_the_log_ended_and_time_never_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    clock = HandClock()

    async def run(at: Instant) -> Row:
        clock.at = at
        async with await open_journal(path, clock, Chance(SEED), threaded=False, redact=unchanged) as journal:
            return (await journal.append(entry(0)))[0]

    rows = [in_virtual_time(partial(run, at)) for at in (EPOCH, later(EPOCH, -5.0), later(EPOCH, 1.0))]
    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.time - EPOCH for row in rows] == [0, 0, 1_000_000_000]
    assert isinstance(verify(path), Verified)


def test_the_log_keeps_its_name_whatever_the_next_start_would_call_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def run(seed: int | None) -> None:
        async with await opened(path, seed=seed) as journal:
            await journal.append(entry(0))

    for seed in (1, 2, None):
        in_virtual_time(partial(run, seed))
    found = verify(path)
    assert isinstance(found, Verified)
    assert found.log == Chance(1).token("log")


@both
async def test_secrets_never_reach_the_file_nor_the_folds(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    fold = Collected()
    journal = await open_journal(
        path, HandClock(), Chance(SEED), threaded=threaded, redact=lambda text: text.replace("hunter22", "***")
    )
    async with journal:
        journal.attach(fold)
        asked = ToolCalled(tool="t", arguments={"hunter22": ["a hunter22 b"]})
        await journal.append(Entry(record=asked, actor=Actor.AGENT))
        assert all(b"hunter22" not in file.read_bytes() for file in tmp_path.iterdir() if file.name != "journal.db-shm")
    assert fold.rows[0].record == ToolCalled(tool="t", arguments={"***": ("a *** b",)})


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


async def _full(journal: JournalWriter, *, threaded: bool) -> None:
    """From now on the database may not grow by a page, as on a full disk."""
    connection: Any = journal._store._connection  # type: ignore[attr-defined]
    if threaded:
        connection = connection._conn
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}").close()


@both
async def test_a_full_disk_reaches_every_caller_and_every_later_one(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path, threaded=threaded)
    fold, heard = Collected(), list[JournalUnwritable]()
    journal.attach(fold)
    journal.when_unwritable(heard.append)
    (kept,) = await journal.append(entry(1))
    await _full(journal, threaded=threaded)

    big = Entry(record=ToolCalled(tool="x" * 100_000, arguments={}), actor=Actor.SYSTEM)
    results = await asyncio.gather(*(journal.append(e) for e in (entry(2), big, entry(3))), return_exceptions=True)
    assert all(isinstance(result, JournalUnwritable) for result in results)
    assert "free some space" in str(results[0])
    with pytest.raises(JournalUnwritable, match="full"):
        await journal.append(entry(4))
    assert heard == [journal.failed]
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
    """What opening the journal at `path` says; empty if it opens."""
    try:
        in_virtual_time(lambda: filled(path, 1))
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


def test_virtual_time_does_not_pass_while_the_journal_writes(tmp_path: Path) -> None:
    async def main() -> float:
        async with await opened(tmp_path / "journal.db") as journal:
            for n in range(5):
                await journal.append(entry(n))
        return asyncio.get_running_loop().time()

    assert math.isclose(in_virtual_time(main), 0.0)
