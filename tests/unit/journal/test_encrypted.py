"""An encrypted log: the same rows through either store, nothing of them on the disk, and no other key opens it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.journal.samples import (
    SEED,
    Collected,
    HandClock,
    as_nobody,
    entry,
    in_virtual_time,
    number_of,
    on_disk,
    opened,
    unchanged,
)
from tests.unit.journal.test_seal import OTHER, SEAL
from tui_trader.core.chance import Chance
from tui_trader.core.records import EmergencyImported
from tui_trader.journal import database
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.ports import JournalCorrupt, JournalUnwritable
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.seal import Seal
from tui_trader.journal.verify import Broken, Verified, verify
from tui_trader.journal.writer import JournalWriter, open_journal

MARKER = "planted-correlation-4711"
ROWS = 30
both = pytest.mark.parametrize("threaded", [False, True], ids=["loop", "thread"])


async def encrypted(path: Path, *, threaded: bool = False, seal: Seal | None = SEAL) -> JournalWriter:
    return await open_journal(path, HandClock(), Chance(SEED), threaded=threaded, redact=unchanged, seal=seal)


async def fill(path: Path, *, threaded: bool = False) -> None:
    async with await encrypted(path, threaded=threaded) as journal:
        for number in range(1, ROWS + 1):
            await journal.append(entry(number, correlation=MARKER))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    in_virtual_time(lambda: fill(tmp_path / "journal.db"))
    return tmp_path / "journal.db"


@both
async def test_an_encrypted_log_has_the_rows_of_a_plain_one_and_none_of_them_is_on_the_disk(
    tmp_path: Path, *, threaded: bool
) -> None:
    plain, path = tmp_path / "plain.db", tmp_path / "journal.db"
    async with await opened(plain) as twin:
        for number in range(1, ROWS + 1):
            await twin.append(entry(number, correlation=MARKER))
    journal = await encrypted(path, threaded=threaded)
    for number in range(1, ROWS + 1):
        await journal.append(entry(number, correlation=MARKER))
    held = {file.name: file.read_bytes() for file in tmp_path.iterdir()}  # the write-ahead log is there as well
    assert held["journal.db-wal"]
    fold = Collected()
    journal.attach(fold)
    await journal.close()
    held["journal.db"] += path.read_bytes()
    with JournalReader(path, SEAL) as reader:
        assert list(reader.rows()) == on_disk(plain) == fold.rows
    assert verify(path, seal=SEAL) == verify(plain)
    found = {name for name, content in held.items() if MARKER.encode() in content or b"equity" in content}
    assert found == {"plain.db"}


@pytest.mark.parametrize("seal", [None, OTHER], ids=["no key", "another key"])
async def test_without_its_key_nothing_is_read_nor_written(path: Path, seal: Seal | None) -> None:
    before = path.read_bytes()
    found = verify(path, seal=seal)
    assert isinstance(found, Broken)
    assert "not a database" in str(found)
    with pytest.raises(JournalCorrupt):
        await encrypted(path, seal=seal)
    with pytest.raises(JournalUnwritable, match="not a database"):
        # Whoever has read it with the right key cannot write with another one either.
        await open_journal(
            path,
            HandClock(),
            Chance(SEED),
            threaded=False,
            redact=unchanged,
            recalled=_whole(path).tip,
            seal=seal,
        )
    assert path.read_bytes() == before
    assert isinstance(verify(path, seal=SEAL), Verified)


def _whole(path: Path) -> Verified:
    found = verify(path, seal=SEAL)
    assert isinstance(found, Verified)
    return found


async def test_a_plain_log_is_not_taken_for_an_encrypted_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with await opened(path) as journal:
        await journal.append(entry(1))
    assert "not encrypted yet" in str(verify(path, seal=SEAL))


def test_each_changed_byte_is_found(path: Path, tmp_path: Path) -> None:
    size = path.stat().st_size
    for place in range(0, size, size // 12 + 1):
        other = tmp_path / "copy" / "journal.db"
        shutil.rmtree(other.parent, ignore_errors=True)
        other.parent.mkdir()
        shutil.copy(path.with_suffix(".head"), other.with_suffix(".head"))
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        other.write_bytes(content)
        assert isinstance(verify(other, seal=SEAL), Broken), place


async def test_a_second_run_goes_on_with_the_rows_of_the_first(path: Path) -> None:
    async with await encrypted(path, threaded=True) as journal:
        await journal.append(entry(ROWS + 1))
    with JournalReader(path, SEAL) as reader:
        assert [number_of(row) for row in reader.rows()] == list(range(1, ROWS + 2))


@both
async def test_what_the_encrypted_file_cannot_take_is_said_as_of_a_plain_one(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    journal = await encrypted(path, threaded=threaded)
    await journal.append(entry(1))
    stranger = database.opened(path, SEAL)
    stranger.execute("PRAGMA busy_timeout = 0")
    stranger.execute("INSERT INTO journal SELECT 2, leaf, salt, body, hash FROM journal")
    with pytest.raises(JournalUnwritable, match="Another program has written to it"):
        await journal.append(entry(2))
    stranger.close()
    await journal.close()


def test_errors_are_sqlite3s_with_its_codes(tmp_path: Path) -> None:
    with closing(database.opened(tmp_path / "x.db", SEAL)) as connection:
        connection.execute("CREATE TABLE t(a UNIQUE)")
        connection.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
        wrong = (
            lambda: connection.execute("SELECT * FROM nowhere"),
            lambda: connection.executescript("SELECT * FROM nowhere;"),
            lambda: connection.executemany("INSERT INTO t VALUES (?)", [(1,)]),
            lambda: connection.cursor().execute("INSERT INTO t VALUES (1)"),
            lambda: connection.execute("SELECT abs(-9223372036854775808) FROM t").fetchall(),
            # The second row is the one that overflows, so this fails on the way, not at the start.
            lambda: list(connection.execute("SELECT abs(-9223372036854775807 + 1 - a) FROM t ORDER BY a")),
        )
        kinds = []
        for call in wrong:
            with pytest.raises(sqlite3.Error) as raised:
                call()
            assert raised.value.__cause__ is None
            assert raised.value.__suppress_context__
            kinds.append((type(raised.value), raised.value.sqlite_errorcode & 0xFF))
        database.name_columns(connection)
        assert [row["a"] for row in connection.execute("SELECT a FROM t")] == [1, 2]
    assert kinds[0] == kinds[1] == (sqlite3.OperationalError, sqlite3.SQLITE_ERROR)
    assert kinds[2] == kinds[3] == (sqlite3.IntegrityError, sqlite3.SQLITE_CONSTRAINT)
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")


def test_nothing_is_said_on_stderr_of_a_wrong_key(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert isinstance(verify(path, seal=OTHER), Broken)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("is_clean", [True, False], ids=["closed", "beside a writer"])
def test_it_is_read_from_a_folder_that_cannot_be_written(path: Path, tmp_path: Path, *, is_clean: bool) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    for name in ("journal.db", "journal.head"):
        shutil.copy(path.with_name(name), folder / name)
        (folder / name).chmod(0o644)
    writer = None if is_clean else database.opened(folder / "journal.db", SEAL)
    if writer is not None:
        writer.execute("SELECT count(*) FROM journal").fetchone()
        for file in folder.iterdir():
            file.chmod(0o644)
    for each in (folder, *folder.parents):
        if each == Path(each.anchor) / "tmp":
            break
        each.chmod(0o755)
    folder.chmod(0o555)
    try:
        assert as_nobody(lambda: isinstance(verify(folder / "journal.db", seal=SEAL), Verified))
    finally:
        folder.chmod(0o755)
        if writer is not None:
            writer.close()


def test_the_emergency_log_of_an_encrypted_home_shows_nothing_and_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "emergency.jsonl"
    log = EmergencyLog(path, HandClock(), Chance(SEED), redact=unchanged, seal=SEAL)
    path.write_bytes(b'{"entry":{"note":"before it was encrypted"}}\n')
    log.append({"note": MARKER})
    assert MARKER.encode() not in path.read_bytes()
    notes = [_note(record) for record in log.take()]
    assert notes == ["before it was encrypted", MARKER]
    lost = EmergencyLog(path, HandClock(), Chance(SEED), redact=unchanged, seal=OTHER).take()
    assert "unreadable" in lost[1].line


def _note(record: EmergencyImported) -> object:
    inner = record.line["entry"]
    assert isinstance(inner, dict)
    return inner["note"]


def test_the_hash_of_an_emergency_line_is_the_same_with_and_without_a_key(tmp_path: Path) -> None:
    hashes = {
        EmergencyLog(tmp_path / str(seal), HandClock(), Chance(SEED), redact=unchanged, seal=seal).append({"a": 1})
        for seal in (None, SEAL)
    }
    assert len(hashes) == 1
