"""The recorder sees what a program does to a folder, in the order in which it did, or says that it did not."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.power_cut.recorder import Connection, Recorder
from tests.simulation.power_cut.tape import FolderSynced, Made, Operation, Removed, Renamed, Synced, Tape, Wrote
from tui_trader.journal.head import HeadFile, line
from tui_trader.journal.ports import Head


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    found = Recorder(tmp_path, Tape())
    yield found
    found.forget()


def test_a_synced_head_file_is_five_operations_in_this_order(recorder: Recorder) -> None:
    head = Head(1, bytes(32))
    with recorder.recording():
        HeadFile(recorder.folder / "journal.head").write(head, sync=True)
    inode = recorder.tape.names["journal.head"]
    assert recorder.tape.operations == [
        Made("journal.head.new", inode),
        Wrote(inode, 0, line(head)),
        Synced(inode),
        Renamed("journal.head.new", "journal.head", inode),
        FolderSynced(),
    ]


def test_a_commit_syncs_the_log_and_with_a_new_log_the_folder(recorder: Recorder) -> None:
    with recorder.recording():
        connection = Connection(recorder, recorder.folder / "a.db", pages_per_checkpoint=1000)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE t(x)"):
            connection.execute(statement).fetchall()
        log = recorder.tape.names["a.db-wal"]
        made = recorder.tape.operations.index(Made("a.db-wal", log))
        first = _syncs(recorder.tape.operations[made:])
        before = len(recorder.tape.operations)
        connection.execute("INSERT INTO t VALUES (1)")
        second = _syncs(recorder.tape.operations[before:])
        connection.close()
    assert first == [Synced(log), FolderSynced(), Synced(log)]
    assert second == [Synced(log)]
    assert Removed("a.db-wal") in recorder.tape.operations


def _syncs(operations: list[Operation]) -> list[Operation]:
    return [each for each in operations if isinstance(each, Synced | FolderSynced)]


def test_a_write_past_the_recorder_is_noticed(recorder: Recorder) -> None:
    with pytest.raises(AssertionError, match="did not see"), recorder.recording():
        (recorder.folder / "journal.head").write_bytes(b"unseen")


def test_other_folders_are_left_alone(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with recorder.recording():
        descriptor = os.open(elsewhere / "file", os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, b"content")
        os.fsync(descriptor)
        os.close(descriptor)
        (elsewhere / "file").rename(elsewhere / "other")
        (elsewhere / "other").unlink()
    assert recorder.tape.operations == []
