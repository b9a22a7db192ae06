"""Whatever is done to the files, the verifier names the place, or the rows are still what they were."""

import asyncio
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.journal.samples import ROWS, as_nobody, entry, in_virtual_time, opened, stored, written
from tui_trader.journal import layout
from tui_trader.journal.head import HeadFile
from tui_trader.journal.layout import START, Draft, StoredRow, body_hash, header_of, leaf_hash, sealed
from tui_trader.journal.ports import Head, JournalCorrupt
from tui_trader.journal.verify import Broken, Verified, verify

Attack = Callable[[sqlite3.Connection], object]


def tampered(path: Path, attack: Attack) -> None:
    """Run the attack without the triggers, and put them back so that the schema does not tell."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER journal_no_update")
        connection.execute("DROP TRIGGER journal_no_delete")
        attack(connection)
        connection.execute(layout.NO_UPDATE)
        connection.execute(layout.NO_DELETE)


def head_of(path: Path) -> Head:
    head = HeadFile.beside(path).read()
    assert head is not None
    return head


def change(column: str, seq: int = 7) -> Attack:
    """One byte of one column of one row."""

    def attack(connection: sqlite3.Connection) -> None:
        ((value,),) = connection.execute(f"SELECT {column} FROM journal WHERE seq = ?", (seq,))
        other = value[:-1] + bytes([value[-1] ^ 1])
        connection.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (other, seq))

    return attack


def drop(seq: int) -> Attack:
    return lambda connection: connection.execute("DELETE FROM journal WHERE seq = ?", (seq,))


def swap(connection: sqlite3.Connection) -> None:
    for source, target in ((9, 1000), (10, 9), (1000, 10)):
        connection.execute("UPDATE journal SET seq = ? WHERE seq = ?", (target, source))


def renumber(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM journal WHERE seq = 9")
    for seq in range(10, ROWS + 1):
        connection.execute("UPDATE journal SET seq = ? WHERE seq = ?", (seq - 1, seq))


def insert(connection: sqlite3.Connection) -> None:
    for seq in range(ROWS, 8, -1):
        connection.execute("UPDATE journal SET seq = ? WHERE seq = ?", (seq + 1, seq))
    connection.execute("INSERT INTO journal SELECT 9, leaf, salt, body, hash FROM journal WHERE seq = 8")


def forge_from(start: int) -> Attack:
    """Change one payload and compute the chain anew from there: only the head file still knows better."""

    def attack(connection: sqlite3.Connection) -> None:
        rows = [StoredRow(*fields) for fields in connection.execute(layout.SELECT, (1, ROWS))]
        tip = START
        for row in rows:
            header = header_of(row.leaf)
            body = b'{"equity":"1000000","wallet":"0.5"}' if row.seq == start else row.body
            draft = Draft(time=header.time, kind=header.kind, actor=header.actor, correlation="", body=body)
            fresh, tip = sealed(tip, draft, log=header.log, salt=row.salt)
            connection.execute("DELETE FROM journal WHERE seq = ?", (row.seq,))
            connection.execute(layout.INSERT, fresh)

    return attack


def splice(connection: sqlite3.Connection) -> None:
    """A row of another log, linked and hashed as it should be."""
    rows = [StoredRow(*fields) for fields in connection.execute(layout.SELECT, (ROWS, ROWS))]
    header = header_of(rows[0].leaf)
    draft = Draft(time=header.time, kind=header.kind, actor=header.actor, correlation="", body=b"{}")
    tip = layout.Tip("another", Head(ROWS, rows[0].hash), header.time)
    fresh, _ = sealed(tip, draft, log="another", salt=bytes(16))
    connection.execute(layout.INSERT, fresh)


def rewrite_header(old: bytes, new: bytes, seq: int) -> Attack:
    """Another spelling of the header, with its hash computed anew."""

    def attack(connection: sqlite3.Connection) -> None:
        ((leaf,),) = connection.execute("SELECT leaf FROM journal WHERE seq = ?", (seq,))
        assert old in leaf
        other = leaf.replace(old, new, 1)
        connection.execute("UPDATE journal SET leaf = ?, hash = ? WHERE seq = ?", (other, leaf_hash(other), seq))

    return attack


def retype(connection: sqlite3.Connection) -> None:
    """Text instead of bytes, in a table that allows it."""
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'journal'")


def test_a_sound_journal_is_verified_to_its_head(journal: Path) -> None:
    found = verify(journal)
    assert isinstance(found, Verified)
    assert (found.head, found.behind) == (head_of(journal), 0)
    assert found.head.seq == ROWS


@pytest.mark.parametrize(
    ("attack", "seq", "reason"),
    [
        pytest.param(change("body"), 7, "payload", id="payload"),
        pytest.param(change("salt"), 7, "payload", id="salt"),
        pytest.param(change("leaf"), 7, "hash of its header", id="header"),
        pytest.param(change("hash"), 7, "hash of its header", id="hash"),
        pytest.param(change("body", 1), 1, "payload", id="first payload"),
        pytest.param(change("body", ROWS), ROWS, "payload", id="last payload"),
        pytest.param(drop(1), 1, "row 1 is missing", id="drop first"),
        pytest.param(drop(9), 9, "row 9 is missing", id="drop middle"),
        pytest.param(drop(ROWS), ROWS, "the log ends here", id="drop last"),
        pytest.param(lambda c: c.execute("DELETE FROM journal"), 1, "the log ends here", id="drop all"),
        pytest.param(swap, 9, "header was written for row 10", id="swap"),
        pytest.param(renumber, 9, "header was written for row 10", id="renumber"),
        pytest.param(insert, 9, "header was written for row 8", id="insert"),
        pytest.param(forge_from(5), ROWS, "head file", id="chain computed anew"),
        pytest.param(splice, ROWS + 1, "another log", id="row of another log"),
        pytest.param(rewrite_header(b'"v":1', b'"v":2', 6), 6, "other fields", id="header version"),
        pytest.param(rewrite_header(b'"v":1', b'"v":1,"x":1', 6), 6, "other fields", id="header field"),
        pytest.param(rewrite_header(b'"v":1', b'"v":1,"v":1', 6), 6, "twice", id="double key"),
        pytest.param(rewrite_header(b'"v":1', b'"v": 1', 6), 6, "canonically", id="blank in header"),
        pytest.param(rewrite_header(b'"ts":"', b'"ts":"+', 6), 6, "canonically", id="sign in time"),
        pytest.param(rewrite_header(b'"ts":"', b'"ts":"x', 6), 6, "cannot have", id="word in time"),
        pytest.param(rewrite_header(b'"actor":"system"', b'"actor":"nobody"', 6), 6, "cannot have", id="actor"),
        pytest.param(rewrite_header(b'"ts":"1', b'"ts":"', 6), 6, "older", id="time goes back"),
        pytest.param(rewrite_header(b'"seq":6', b'"seq":8', 6), 6, "row 8", id="number in header"),
        pytest.param(retype, 0, "schema was changed", id="schema"),
    ],
)
def test_what_was_changed_is_named(journal: Path, attack: Attack, seq: int, reason: str) -> None:
    tampered(journal, attack)
    found = verify(journal)
    assert isinstance(found, Broken)
    assert found.seq == seq
    assert reason in found.reason
    with pytest.raises(JournalCorrupt, match="Keep the folder as evidence"):
        in_virtual_time(lambda: opened(journal))


def test_a_header_that_was_rehashed_still_breaks_the_link_of_the_next_row(journal: Path) -> None:
    tampered(journal, rewrite_header(b'"corr":""', b'"corr":"x"', 6))
    assert verify(journal) == Broken(7, "it does not follow row 6: the hash of the previous row is another")


def test_triggers_that_are_gone_are_missed(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute("DROP TRIGGER journal_no_delete")
    assert "journal_no_delete" in str(verify(journal))


def test_a_log_and_head_cut_back_together_are_not_caught_here(journal: Path) -> None:
    """What this check cannot do, held down so that nobody claims it: that takes a head kept elsewhere."""
    tampered(journal, drop(ROWS))
    last = stored(journal)[-1]
    HeadFile.beside(journal).write(Head(last.seq, last.hash), sync=False)
    assert isinstance(verify(journal), Verified)


def test_a_head_file_behind_the_log_is_a_crash_and_is_caught_up(journal: Path) -> None:
    older = stored(journal)[-3]
    HeadFile.beside(journal).write(Head(older.seq, older.hash), sync=False)
    found = verify(journal)
    assert isinstance(found, Verified)
    assert found.behind == 2

    async def restart() -> None:
        async with await opened(journal) as writer:
            assert head_of(journal) == writer.head

    in_virtual_time(restart)


@pytest.mark.parametrize("content", [b"", b"\0" * 70])
def test_a_head_file_that_a_power_cut_emptied_does_not_stop_a_start(journal: Path, content: bytes) -> None:
    journal.with_suffix(".head").write_bytes(content)
    found = verify(journal)
    assert isinstance(found, Verified)
    assert found.behind == ROWS


@pytest.mark.parametrize(
    "content", [b"40", b"40 xyz\n", b"-1 " + b"0" * 64 + b"\n", b"040 " + b"0" * 64 + b"\n", b"\xff" * 10]
)
def test_a_head_file_that_nobody_wrote_is_refused(journal: Path, content: bytes) -> None:
    journal.with_suffix(".head").write_bytes(content)
    assert "journal.head" in str(verify(journal))
    with pytest.raises(JournalCorrupt, match=r"journal\.head"):
        in_virtual_time(lambda: opened(journal))


def test_a_head_file_that_is_gone_is_told_with_the_line_that_makes_it_anew(journal: Path) -> None:
    head = journal.with_suffix(".head")
    line = head.read_text()
    head.unlink()
    found = verify(journal)
    assert isinstance(found, Broken)
    assert line.strip() in found.reason
    head.write_text(line)
    assert isinstance(verify(journal), Verified)


def test_another_hash_at_the_same_row_is_named(journal: Path) -> None:
    HeadFile.beside(journal).write(Head(12, bytes(32)), sync=False)
    assert verify(journal) == Broken(12, "its hash is not the one that the head file says")


@pytest.mark.parametrize("kept", [0, 1, 100, 4095, 4096, 5000, 8192])
def test_a_truncated_file_is_told(journal: Path, kept: int) -> None:
    content = journal.read_bytes()
    assert kept < len(content)
    journal.write_bytes(content[:kept])
    assert isinstance(verify(journal), Broken)


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\0", bytes(8192)])
def test_what_is_not_a_database_is_told(journal: Path, content: bytes) -> None:
    journal.write_bytes(content)
    found = verify(journal)
    assert isinstance(found, Broken)
    assert "journal.db" in found.reason


def test_another_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t(x)")
    assert "not a journal" in str(verify(path))


def test_damage_that_no_row_shows_is_told_too(journal: Path) -> None:
    content = bytearray(journal.read_bytes())
    content[39] = 5  # the header's count of free pages
    journal.write_bytes(content)
    assert "the database is damaged" in str(verify(journal))


def test_a_later_layout_is_told(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute("PRAGMA user_version = 2")
    assert "version 2" in str(verify(journal))


def test_a_journal_that_is_gone_is_told(journal: Path, tmp_path: Path) -> None:
    journal.unlink()
    assert verify(journal) == Broken(1, f"{journal} is gone, though the head file says that it had {ROWS} rows")
    with pytest.raises(JournalCorrupt, match="is gone"):
        in_virtual_time(lambda: opened(journal))
    assert "no journal" in str(verify(tmp_path / "other.db"))


def test_every_byte_of_every_payload_counts(journal: Path) -> None:
    body = stored(journal)[10].body
    content = journal.read_bytes()
    start = content.index(body)
    assert content.count(body) == 1
    for offset in range(len(body)):
        other = bytearray(content)
        other[start + offset] ^= 0x20
        journal.write_bytes(other)
        found = verify(journal)
        assert isinstance(found, Broken)
        assert found.seq == 11


@pytest.mark.parametrize("harm", ["wal removed", "wal of another", "shm garbage"])
def test_side_files_that_do_not_belong_here_hide_no_row(tmp_path: Path, harm: str) -> None:
    path, copy, other = (tmp_path / name / "journal.db" for name in ("home", "copy", "other"))

    async def main() -> None:
        for folder in (path.parent, copy.parent, other.parent):
            folder.mkdir()
        async with await opened(path) as journal, await opened(other) as another:
            for number in range(5):
                await journal.append(entry(number))
                await another.append(entry(number + 100))
            for file in path.parent.iterdir():
                shutil.copy(file, copy.parent / file.name)
            wal, shm = (copy.with_name(f"journal.db-{suffix}") for suffix in ("wal", "shm"))
            match harm:
                case "wal removed":
                    wal.unlink()
                case "wal of another":
                    shutil.copy(other.with_name(wal.name), wal)
                case _:
                    shm.write_bytes(random.Random(1).randbytes(shm.stat().st_size))
            found = verify(copy)
            assert isinstance(found, Broken) or stored(copy) == stored(path)
            assert isinstance(found, Broken) is harm.startswith("wal")

    in_virtual_time(main)


def test_a_folder_that_may_not_be_entered_is_told_and_not_raised() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = written(folder / "journal.db", 1)
        folder.chmod(0o000)
        try:
            assert as_nobody(lambda: "Permission denied" in str(verify(path)))
        finally:
            folder.chmod(0o700)


def test_verifying_beside_a_running_writer_is_sound(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "journal.db"
        async with await opened(path, threaded=True) as journal:
            pending = [asyncio.ensure_future(journal.append(entry(n))) for n in range(5)]
            while not all(task.done() for task in pending):
                assert isinstance(verify(path), Verified)
                await asyncio.sleep(0)

    asyncio.run(main())


def test_the_salt_hides_a_body_that_could_be_guessed(journal: Path) -> None:
    first = stored(journal)[0]
    assert header_of(first.leaf).body_sha256 == body_hash(first.salt, first.body) != body_hash(b"", first.body)
