"""The one read-write connection: settings, schema, and a batch of rows as one durable transaction.

Two stores write the same rows: one on the loop's own thread for virtual time, one through aiosqlite for real time.
"""

import asyncio
import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast

import aiosqlite

from tui_trader.journal import database, layout
from tui_trader.journal.head import HeadFile, sync_folder
from tui_trader.journal.layout import StoredRow
from tui_trader.journal.ports import Head, JournalUnwritable
from tui_trader.journal.seal import Seal

C = TypeVar("C")

_SETTINGS: Final = (
    ("journal_mode", "wal"),
    ("synchronous", 2),  # FULL: NORMAL lost acknowledged rows in three of five power cuts
    ("foreign_keys", 1),
    ("trusted_schema", 0),
)
"""Each is set and read back; a file system that cannot do WAL answers with another mode."""

_CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"

_FULL = "The disk is full: free some space and start again."
_READ_ONLY = "The file or its folder is read-only: give this user the right to write there."
_MISSING = "It cannot be opened: check that the folder exists and belongs to this user."

_WAYS_OUT: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _MISSING,
    sqlite3.SQLITE_BUSY: "Another program holds it: stop that program and start again.",
    sqlite3.SQLITE_CONSTRAINT: "Another program has written to it: stop that program and start again.",
    sqlite3.SQLITE_IOERR: "The disk reports an error: check its space and its health, then start again.",
}
_WAYS_OUT_OF_THE_SYSTEM: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.ENOENT: _MISSING,
    errno.ENOTDIR: _MISSING,
}


class HeadLags(OSError):
    """The rows are durable, but the head file could not follow; that is as after a crash, and legal once."""


class Store(Protocol):
    """Where sealed rows go."""

    async def write(self, rows: Sequence[StoredRow]) -> None:
        """Make the rows durable, all or none. Raises sqlite3.Error (none is), HeadLags (all are)."""
        ...

    async def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it. Raises sqlite3.Error when it could not."""
        ...


class Writing:
    """A connection whose `executemany` is one durable transaction, with the head file rewritten after it.

    One call a batch, so that through aiosqlite a batch costs one hop to the thread and not four.
    """

    def __init__(self, connection: sqlite3.Connection, head_file: HeadFile) -> None:
        """Plain or encrypted, the connection is this one's to close."""
        self.execute = connection.execute
        self.close = connection.close
        self._connection = connection
        self._head_file = head_file

    @property
    def in_transaction(self) -> bool:
        """Whether one is open."""
        return self._connection.in_transaction

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Raises sqlite3.Error, HeadLags; see `commit`."""
        rows: Sequence[StoredRow] = tuple(parameters)
        insert = partial(self._connection.executemany, sql, rows)
        return commit(self.execute, insert, Head(rows[-1].seq, rows[-1].hash), self._head_file)


def commit(execute: Callable[[str], object], insert: Callable[[], C], head: Head, head_file: HeadFile) -> C:
    """Begin, insert the rows, commit, rewrite the head. Raises sqlite3.Error, HeadLags."""
    execute("BEGIN IMMEDIATE")
    try:
        inserted = insert()
        execute("COMMIT")
    except BaseException:
        # A failed commit may have ended the transaction already; the first error is the one to tell.
        with contextlib.suppress(sqlite3.Error):
            execute("ROLLBACK")
        raise
    try:
        head_file.write(head, sync=False)
    except OSError as error:
        raise HeadLags(error.errno, error.strerror, error.filename) from None
    return inserted


def connect(path: Path, seal: Seal | None = None) -> Writing:
    """The read-write connection, with its settings read back; creates a file that is not there.

    With a seal the file is encrypted. Raises JournalUnwritable, SealUnusable.
    """
    try:
        if path.exists():
            _settle(path)
        else:
            _create(path, seal)
        connection = _opened(path, seal)
    except (OSError, sqlite3.Error) as error:
        raise unwritable(path, error) from None
    try:
        _configure(connection, path)
        _create_schema(connection)
    except (OSError, sqlite3.Error) as error:
        connection.close()
        raise unwritable(path, error) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _opened(path: Path, seal: Seal | None) -> Writing:
    """The one place in which the writer opens the file: a rehearsal of power cuts puts its recorder here."""
    return Writing(database.opened(path, seal), HeadFile.beside(path))


def _create(path: Path, seal: Seal | None) -> None:
    """Make an empty log that only its owner may read; it gets its name when it is complete and durable.

    Made in place, a power cut could leave it with a rollback journal, which no reader may play back, or with half a
    page: the next start would take either for damage. Raises OSError, sqlite3.Error, JournalUnwritable.
    """
    draft = path.with_name(path.name + ".new")
    for leftover in (draft, *_side_files(draft), *_side_files(path)):
        leftover.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection = _opened(draft, seal)
    try:
        _configure(connection, path)
        _create_schema(connection)
        connection.execute(_CHECKPOINT).close()
    finally:
        connection.close()
    draft.replace(path)
    sync_folder(path.parent)


def _side_files(path: Path) -> tuple[Path, ...]:
    """The files that SQLite keeps beside this one. Left behind without it, they must not meet another."""
    return tuple(path.with_name(path.name + ending) for ending in ("-journal", "-wal", "-shm"))


def _settle(path: Path) -> None:
    """Make durable what can be read. Raises OSError.

    A process that was killed between the write of a commit and its sync leaves rows that every reader sees and that
    a power cut still takes away. The head file, which is synced at the start, would then be ahead of the log, and
    the folds would have seen what never was.
    """
    try:
        descriptor = os.open(path.with_name(path.name + "-wal"), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _configure(connection: Writing, path: Path) -> None:
    for name, wanted in _SETTINGS:
        connection.execute(f"PRAGMA {name} = {wanted}").close()
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted:
            raise JournalUnwritable(
                f"{path}: the database would not set {name} to {wanted} (it says {found}). "
                "Put the home folder on a local disk."
            )


def _create_schema(connection: Writing) -> None:
    """In one transaction, so that a crash leaves all of it or nothing."""
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in layout.SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {layout.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {layout.SCHEMA_VERSION}")
    connection.execute("COMMIT")


def unwritable(path: Path, error: Exception) -> JournalUnwritable:
    """The sentence for a person: what failed, and what to do about it."""
    reason, way_out = str(error), None
    if isinstance(error, OSError):
        reason = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
        way_out = _WAYS_OUT_OF_THE_SYSTEM.get(error.errno or 0)
    elif isinstance(error, sqlite3.Error):
        way_out = _WAYS_OUT.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    way_out = way_out or "Check the disk and the rights of its folder."
    return JournalUnwritable(f"{path}: the journal cannot be written ({reason}). {way_out}")


class LoopStore:
    """Writes on the loop's own thread: in virtual time no thread may answer the loop."""

    def __init__(self, path: Path, seal: Seal | None = None) -> None:
        """Raises JournalUnwritable, SealUnusable."""
        self._connection = connect(path, seal)

    async def write(self, rows: Sequence[StoredRow]) -> None:
        """See Store."""
        self._connection.executemany(layout.INSERT, rows)

    async def close(self) -> None:
        """See Store."""
        try:
            self._connection.execute(_CHECKPOINT).close()
        finally:
            self._connection.close()


class ThreadStore:
    """Writes in aiosqlite's thread: the loop goes on while the disk syncs."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        """Use `opened`."""
        self._connection = connection

    @classmethod
    async def opened(cls, path: Path, seal: Seal | None = None) -> "ThreadStore":
        """Raises JournalUnwritable, SealUnusable."""
        # On this thread: aiosqlite's would outlive a failure here and trip over the loop.
        opened = cast("sqlite3.Connection", connect(path, seal))
        connection = aiosqlite.Connection(lambda: opened, iter_chunk_size=64)
        # Nothing is acknowledged before its commit, so the process may always exit; without this a crash before
        # `close` would leave it hanging for ever on the thread, which has no public switch.
        connection._thread.daemon = True  # noqa: SLF001
        return cls(await connection)

    async def write(self, rows: Sequence[StoredRow]) -> None:
        """See Store. Cancelled in between (the loop is torn down), it still finds out what became of the rows."""
        try:
            await self._connection.executemany(layout.INSERT, rows)
        except asyncio.CancelledError:
            if await self._last() != (rows[-1].seq, rows[-1].hash):
                raise

    async def _last(self) -> tuple[int, bytes] | None:
        """The last row. The thread works in order, so the answer comes after whatever was asked before."""
        async with self._connection.execute(layout.LAST) as cursor:
            row = await cursor.fetchone()
        return None if row is None else (row[0], row[1])

    async def close(self) -> None:
        """See Store."""
        try:
            await self._connection.execute_fetchall(_CHECKPOINT)
        finally:
            await self._connection.close()  # it stops the thread in a `finally` of its own
