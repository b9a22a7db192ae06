"""Reading beside the writer, from a number on, by kind, and from a folder that nobody may write."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.journal.samples import Collected, as_nobody, entry, in_virtual_time, number_of, opened, written
from tui_trader.core.records import EngineStopped
from tui_trader.core.words import Actor
from tui_trader.journal import layout
from tui_trader.journal.ports import Entry, Head, JournalCorrupt, JournalUnreadable
from tui_trader.journal.reader import JournalReader, read_only
from tui_trader.journal.verify import Verified, verify


def test_rows_from_a_number_on_and_by_kind(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def main() -> None:
        async with await opened(path) as journal:
            await journal.append(entry(1), Entry(record=EngineStopped(reason="r"), actor=Actor.OPERATOR), entry(3))

    in_virtual_time(main)
    with JournalReader(path) as reader:
        assert [row.seq for row in reader.rows()] == [1, 2, 3]
        assert [row.seq for row in reader.rows(since=2)] == [2, 3]
        assert [row.seq for row in reader.rows(upto=2)] == [1, 2]
        (stop,) = reader.rows(kinds={"stop"})
        assert (stop.seq, stop.actor, stop.record) == (2, Actor.OPERATOR, EngineStopped(reason="r"))
        assert reader.head().seq == 3


def test_a_reader_sees_what_is_durable_and_does_not_disturb_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def main() -> None:
        async with await opened(path) as journal:
            with JournalReader(path) as reader:
                assert reader.head() == Head(0, bytes(32))
                assert list(reader.rows()) == []
                for number in range(1, 4):
                    (row,) = await journal.append(entry(number))
                    assert reader.head() == Head(number, row.hash)
                begun = reader.rows()
                assert number_of(next(begun)) == 1
                await journal.append(entry(4))
                assert [number_of(row) for row in begun] == [2, 3]

    in_virtual_time(main)
    assert isinstance(verify(path), Verified)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.db", 1)
    with closing(read_only(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("CREATE TABLE t(x)")


@pytest.mark.parametrize("wal", [False, True], ids=["closed", "with an empty side file"])
def test_a_closed_journal_is_read_in_a_folder_that_cannot_be_written(*, wal: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = written(folder / "journal.db", 3)
        if wal:
            (folder / "journal.db-wal").touch()
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        try:
            assert as_nobody(lambda: not os.access(folder, os.W_OK) and isinstance(verify(path), Verified))
        finally:
            folder.chmod(0o700)


@pytest.mark.parametrize("name", ["missing.db", "folder"])
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(JournalUnreadable, match=name):
        JournalReader(tmp_path / name)


def test_a_name_with_signs_that_mean_something_in_a_url_is_only_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "a?mode=rw#b %41"
    folder.mkdir()
    assert isinstance(verify(written(folder / "journal.db", 2)), Verified)


@pytest.mark.parametrize(
    ("body", "reason"), [(b"{}", "lacks"), (b"no json", "Expecting"), (b'{"equity":1.5}', "float")]
)
def test_a_row_that_cannot_be_decoded_is_named(tmp_path: Path, body: bytes, reason: str) -> None:
    path = written(tmp_path / "journal.db", 3)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER journal_no_update")
        connection.execute("UPDATE journal SET body = ? WHERE seq = 2", (body,))
    with JournalReader(path) as reader, pytest.raises(JournalCorrupt, match=f"row 2.*{reason}"):
        list(reader.rows())


def test_a_database_without_the_table_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t(x)")
    with JournalReader(path) as reader:
        with pytest.raises(JournalCorrupt, match="no such table"):
            reader.head()
        with pytest.raises(JournalCorrupt, match="no such table"):
            list(reader.rows())


def test_attaching_reads_no_further_than_what_the_other_folds_have_seen(tmp_path: Path) -> None:
    async def main() -> None:
        async with await opened(tmp_path / "journal.db") as journal:
            await journal.append(entry(1))
            with closing(sqlite3.connect(journal.path, isolation_level=None)) as stranger:
                stranger.execute(layout.INSERT, (2, b"{}", bytes(16), b"{}", bytes(32)))
            fold = Collected()
            journal.attach(fold)
            assert fold.numbers == [1]

    in_virtual_time(main)
