"""Reading the log from anywhere: read-only, beside a running writer, or from a folder that cannot be written."""

import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from tui_trader.journal import layout
from tui_trader.journal.canonical import parse
from tui_trader.journal.codec import decode
from tui_trader.journal.database import opened_to_read
from tui_trader.journal.layout import EMPTY, BrokenLink, Header, StoredRow, header_of
from tui_trader.journal.ports import Head, JournalCorrupt, JournalUnreadable, Row
from tui_trader.journal.seal import Seal

DAMAGE: Final = (sqlite3.Error, UnicodeDecodeError)
"""What sqlite3 raises on a damaged file; the second where its own message quotes bytes that are no text."""

_END = 2**62
"""Beyond any row's number."""


class JournalReader:
    """Rows of one log, each iteration a consistent view of what was durable when it began."""

    def __init__(self, path: Path, seal: Seal | None = None) -> None:
        """`seal` is the key of an encrypted log. Raises JournalUnreadable."""
        self._path = path
        try:
            self._connection = read_only(path, seal)
        except DAMAGE as error:
            raise JournalUnreadable(f"{path}: the journal cannot be read ({error}).") from None

    def __enter__(self) -> "JournalReader":
        """Closes at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Closes."""
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def head(self) -> Head:
        """The last durable row. Raises JournalCorrupt."""
        try:
            found = self._connection.execute(layout.LAST).fetchone()
        except DAMAGE as error:
            raise JournalCorrupt(f"{self._path}: the last row cannot be read ({error}).") from None
        return EMPTY if found is None else Head(found[0], found[1])

    def stored(self, since: int = 1, upto: int = _END) -> Iterator[StoredRow]:
        """Rows as they lie in the table, unchecked, numbers `since` to `upto`. Raises JournalCorrupt."""
        cursor = self._connection.cursor()
        try:
            for fields in cursor.execute(layout.SELECT, (since, upto)):
                yield StoredRow(*fields)
        except DAMAGE as error:
            raise JournalCorrupt(f"{self._path}: the rows from {since} on cannot be read ({error}).") from None
        finally:
            cursor.close()

    def rows(self, since: int = 1, upto: int = _END, kinds: Collection[str] | None = None) -> Iterator[Row]:
        """Decoded rows, oldest first; with `kinds` only those. Trusts the chain: `verify` is what checks it.

        Raises JournalCorrupt for a row that cannot be decoded.
        """
        for stored in self.stored(since, upto):
            try:
                row = decoded(stored, kinds)
            except ValueError as error:
                raise JournalCorrupt(f"{self._path}, row {stored.seq}: {error}") from None
            if row is not None:
                yield row


def decoded(stored: StoredRow, kinds: Collection[str] | None = None) -> Row | None:
    """The row that the table's row holds; None if its kind is not among `kinds`. Raises ValueError."""
    header = header_of(stored.leaf)
    if kinds is not None and header.kind not in kinds:
        return None
    if header.seq != stored.seq:
        raise BrokenLink(f"its header was written for row {header.seq}")
    return row_of(header, stored)


def row_of(header: Header, stored: StoredRow) -> Row:
    """The row of a header that was read and checked already. Raises ValueError."""
    return Row(
        seq=stored.seq,
        time=header.time,
        actor=header.actor,
        correlation=header.correlation,
        record=decode(header.kind, parse(stored.body)),
        hash=stored.hash,
    )


def read_only(path: Path, seal: Seal | None = None) -> sqlite3.Connection:
    """A connection that can neither write nor checkpoint. Raises what DAMAGE lists.

    A WAL database needs its two side files even to be read. Where they are absent and cannot be made (the folder is
    read-only and the writer closed cleanly), the file alone is complete and is read as immutable.
    """
    connection = opened_to_read(path, seal, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        wal = path.with_name(path.name + "-wal")
        if not path.is_file() or (wal.exists() and wal.stat().st_size):
            raise
        return opened_to_read(path, seal, "mode=ro&immutable=1")
    except BaseException:
        connection.close()
        raise
    return connection
