"""SQLCipher behind sqlite3's interface: the only importer of sqlcipher3, whose exceptions go no further.

They are no relatives of sqlite3's. What catches a full disk, a damaged page or a missing table by sqlite3's names (also
in aiosqlite and in LangGraph's saver) would not see them.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

from sqlcipher3 import dbapi2

from tui_trader.journal.seal import Seal

_NOT_OPENED: Final = "file is not a database: not encrypted yet, encrypted with another key, or damaged"


class _Cursor(dbapi2.Cursor):  # type: ignore[misc]  # the library has no types
    """A cursor whose errors are sqlite3's."""

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        """Raises sqlite3.Error, as all here."""
        try:
            super().execute(sql, parameters)
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Self:
        """For each of the parameters."""
        try:
            super().executemany(sql, parameters)
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None
        return self

    def executescript(self, script: str, /) -> Self:
        """All statements."""
        try:
            super().executescript(script)
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None
        return self

    def __next__(self) -> Any:
        """The next row."""
        try:
            return super().__next__()
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None

    def fetchone(self) -> Any:
        """The next row, or None."""
        try:
            return super().fetchone()
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None

    def fetchmany(self, *size: int) -> Any:
        """Some rows."""
        try:
            return super().fetchmany(*size)
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None

    def fetchall(self) -> Any:
        """The other rows."""
        try:
            return super().fetchall()
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None


class _Connection(dbapi2.Connection):  # type: ignore[misc]  # the library has no types
    """A connection whose errors, and whose cursors' errors, are sqlite3's. Its own shortcuts go through `cursor`."""

    def cursor(self, factory: Any = _Cursor, /) -> Any:
        """A cursor of the kind above."""
        try:
            return super().cursor(factory)
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None

    def commit(self) -> None:
        """Raises sqlite3.Error, as all here."""
        try:
            super().commit()
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None

    def rollback(self) -> None:
        """Take back what was not committed."""
        try:
            super().rollback()
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None

    def close(self) -> None:
        """Let go of the file."""
        try:
            super().close()
        except dbapi2.Error as error:
            raise _as_sqlite3(error) from None


def connected(
    place: str, seal: Seal, *, timeout: float, isolation_level: Literal["DEFERRED"] | None, uri: bool = False
) -> sqlite3.Connection:
    """A connection to the file with this key; a wrong one shows at the first statement. Raises sqlite3.Error."""
    try:
        connection = dbapi2.connect(
            place,
            timeout=timeout,
            isolation_level=isolation_level,
            check_same_thread=False,
            uri=uri,
            factory=_Connection,
        )
    except dbapi2.Error as error:
        raise _as_sqlite3(error) from None
    # SQLCipher writes what it finds wrong to stderr, where a console is drawn; the exception says it.
    connection.execute("PRAGMA cipher_log_level = NONE").close()
    connection.execute(f"PRAGMA key = \"x'{seal.of_databases}'\"").close()
    return cast("sqlite3.Connection", connection)


def name_columns(connection: sqlite3.Connection) -> None:
    """Rows by name: sqlite3's own row takes a cursor of sqlite3's only."""
    connection.row_factory = dbapi2.Row


def copy_encrypted(path: Path, draft: Path, seal: Seal) -> None:
    """See `database.copy_encrypted`."""
    connection = dbapi2.connect(str(path), isolation_level=None, factory=_Connection)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE").close()
        (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise sqlite3.OperationalError("database is locked: another program reads or writes it")
        connection.execute("ATTACH DATABASE ? AS sealed KEY ?", (str(draft), f"x'{seal.of_databases}'"))
        connection.execute("SELECT sqlcipher_export('sealed')").fetchall()
        for name in ("application_id", "user_version"):  # which the export leaves out
            (number,) = connection.execute(f"PRAGMA main.{name}").fetchone()
            connection.execute(f"PRAGMA sealed.{name} = {number}").close()
        connection.execute("DETACH DATABASE sealed")
    finally:
        connection.close()


def cipher_version() -> str:
    """The library's."""
    connection = dbapi2.connect(":memory:")
    try:
        (version,) = connection.execute("PRAGMA cipher_version").fetchone()
    finally:
        connection.close()
    return f"SQLCipher {version} on SQLite {dbapi2.sqlite_version}"


def _as_sqlite3(error: Exception) -> sqlite3.Error:
    """The same as sqlite3 would raise it, code included."""
    kind = getattr(sqlite3, type(error).__name__, sqlite3.DatabaseError)
    code = getattr(error, "sqlite_errorcode", None)
    said = kind(_NOT_OPENED if code == sqlite3.SQLITE_NOTADB else str(error))
    if code is not None:
        said.sqlite_errorcode = code
        said.sqlite_errorname = getattr(error, "sqlite_errorname", "")
    return cast("sqlite3.Error", said)
