"""Is the log what was written? Every row, every link, the schema, the database itself, and the head file.

Caught without fail: an accident, or a hand that changes some of the files and not all of them: a payload, a header, a
salt, a row dropped, moved, inserted or renumbered, a chain computed anew under an old head file, an end cut off.
Caught by the signatures, even when the head file was forged with the log: all of that by someone who has not the key
that signed it, and what an earlier run's key signed, also by someone who has the present one.
Not caught, and nothing on this machine alone could: log and head file replaced together by an older copy of both, or
cut back together to an earlier row, and whatever someone forges who has the key. That takes a head that is kept
elsewhere (`anchor.py`); every order on the exchange keeps one (its client order id commits a row).
"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tui_trader.core.clock import Instant
from tui_trader.journal import layout
from tui_trader.journal.anchor import Anchors
from tui_trader.journal.head import HeadFile, HeadGarbled, line
from tui_trader.journal.keys import KeyFiles, KeyUnusable
from tui_trader.journal.keys import public_key as public_key_of
from tui_trader.journal.layout import START, BrokenLink, Header, StoredRow, Tip, linked
from tui_trader.journal.ports import Head
from tui_trader.journal.reader import DAMAGE, read_only
from tui_trader.journal.seal import Seal
from tui_trader.journal.signing import UNSIGNED, Trust


@dataclass(frozen=True, slots=True)
class Verified:
    """The log is whole up to `head`. `behind` rows are newer than the head file: a crash, and none at a clean end."""

    log: str
    head: Head
    time: Instant
    behind: int
    trust: Trust = UNSIGNED
    withheld: int = 0
    """Rows whose body an export leaves out; their hashes hold all the same."""

    @property
    def tip(self) -> Tip:
        """Where the chain stands."""
        return Tip(self.log, self.head, self.time, self.trust)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that is wrong. `seq` is the row it concerns; zero where it concerns no row."""

    seq: int
    reason: str

    def __str__(self) -> str:
        """One sentence for a person."""
        return f"row {self.seq}: {self.reason}" if self.seq else self.reason


Verdict: TypeAlias = Verified | Broken
Hearer: TypeAlias = Callable[[Header, StoredRow], None]


def verify(
    path: Path,
    hear: Hearer | None = None,
    *,
    public_key: bytes | None = None,
    anchors: Anchors | None = None,
    seal: Seal | None = None,
) -> Verdict:
    """Check the journal at `path`, in constant memory, beside a running writer if there is one.

    `hear` is told each row that fits those before it. The first signature must be by `public_key`; where none is given,
    by the key in the `.pub` file beside the log, if there is one. Every row that `anchors` name must be what they say.
    `seal` is the key of an encrypted log. Never raises but what `hear` raises. The head file is read first: with the
    writer at work the log can only be further than it by then.
    """
    try:
        expected = public_key or _published(path)
    except KeyUnusable as error:
        return Broken(0, str(error))
    except OSError as error:
        return Broken(0, f"{path} cannot be read ({error.strerror})")
    try:
        head = HeadFile.beside(path).read()
    except (HeadGarbled, OSError) as error:
        return Broken(0, f"the head file cannot be used: {error}")
    try:
        if not path.is_file():
            return _absent(path, head)
        with closing(read_only(path, seal)) as connection:
            verdict = _checked(connection, path, _Told(head, anchors), hear)
    except DAMAGE as error:
        return Broken(0, f"{path} is damaged or not a journal ({error})")
    except OSError as error:
        return Broken(0, f"{path} cannot be read ({error.strerror})")
    return signed_as_it_must_be(verdict, expected) if isinstance(verdict, Verified) else verdict


def signed_as_it_must_be(whole: Verified, expected: bytes | None) -> Verdict:
    """The same, unless what must be signed is not, or another key than the expected one signed it."""
    trust = whole.trust
    if expected is not None and trust.first != expected:
        by = f"its first key is {trust.first.hex()}" if trust.first else "no row of it is signed"
        return Broken(0, f"the log is not signed by the key {expected.hex()}: {by}")
    if trust.owed:
        return Broken(trust.owed, "it is signed in the transaction that writes it, and here no signature follows it")
    return whole


def _published(path: Path) -> bytes | None:
    file = KeyFiles(path).public
    return public_key_of(file) if file.exists() else None


def _absent(path: Path, head: Head | None) -> Broken:
    if head is None or head.seq == 0:
        return Broken(0, f"there is no journal at {path}")
    return Broken(1, f"{path} is gone, though the head file says that it had {head.seq} rows")


@dataclass(frozen=True, slots=True)
class _Told:
    """What others than the log say of it."""

    head: Head | None
    anchors: Anchors | None


def _checked(connection: sqlite3.Connection, path: Path, told: _Told, hear: Hearer | None) -> Verdict:
    head = told.head
    if _is_blank(connection):
        tip = follow((), head, anchors=told.anchors)
        return _against_head(path, tip, head) if isinstance(tip, Tip) else tip
    if reason := _no_journal(connection):
        return Broken(0, f"{path}: {reason}")
    tip = follow(_rows(connection), head, hear, anchors=told.anchors)
    if isinstance(tip, Broken):
        return tip
    verdict = _against_head(path, tip, head)
    if isinstance(verdict, Broken):
        return verdict
    # Only now: whoever changed a row had to take the triggers away first, and the row is what a person asks for.
    if reason := _altered_schema(connection):
        return Broken(0, f"{path}: {reason}")
    # The pages beyond the rows: indexes, free lists, what a reader of rows does not touch.
    for (answer,) in connection.execute("PRAGMA quick_check(1)"):
        if answer != "ok":
            return Broken(0, f"{path}: the database is damaged ({answer})")
    return verdict


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Whether the file was made, by whomever, and nothing was ever put into it."""
    return not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]


def _no_journal(connection: sqlite3.Connection) -> str | None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != layout.APPLICATION_ID:
        return "this is a database, but not a journal"
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != layout.SCHEMA_VERSION:
        return f"its layout is version {version}; this program reads version {layout.SCHEMA_VERSION}"
    return None


def _altered_schema(connection: sqlite3.Connection) -> str | None:
    found = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema")}
    if missing := set(layout.SCHEMA) - found:
        return f"its schema was changed; this is missing: {min(missing).splitlines()[0]}"
    if added := found - set(layout.SCHEMA):
        return f"its schema was changed; this was added: {added.pop()}"
    return None


def _rows(connection: sqlite3.Connection) -> Iterable[StoredRow]:
    return (StoredRow(*fields) for fields in connection.execute(layout.SELECT, (-(2**63), 2**63 - 1)))


def follow(
    rows: Iterable[StoredRow],
    head: Head | None,
    hear: Hearer | None = None,
    *,
    anchors: Anchors | None = None,
    may_withhold: bool = False,
) -> Tip | Broken:
    """The tip after all rows, each checked against the one before, and against the heads that name it."""
    tip = START
    try:
        for row in rows:
            header, tip = linked(tip, row, may_withhold=may_withhold)
            if head is not None and head.seq == row.seq and head.hash != row.hash:
                return Broken(row.seq, "its hash is not the one that the head file says")
            if anchors is not None and anchors.contradict(row):
                return Broken(row.seq, f"its hash is not the one that was anchored in {anchors.source}")
            if hear is not None:
                hear(header, row)
    except BrokenLink as error:
        return Broken(tip.head.seq + 1, str(error))
    except DAMAGE as error:
        return Broken(tip.head.seq + 1, f"the file is damaged here ({error})")
    last = tip.head.seq
    if anchors is not None and anchors.last > last:
        return Broken(last + 1, f"the log ends here, though row {anchors.last} was anchored in {anchors.source}")
    return tip


def _against_head(path: Path, tip: Tip, head: Head | None) -> Verdict:
    last = tip.head.seq
    if head is None:
        if last == 0:
            return Verified(tip.log, tip.head, tip.time, 0, tip.trust)
        return Broken(
            last,
            f"the head file {HeadFile.beside(path).path} is missing, so nobody can say whether this is the last row. "
            f"If you know why it is, make it anew with the line: {line(tip.head).decode().strip()}",
        )
    if head.seq > last:
        return Broken(last + 1, f"the log ends here, though the head file says that it had {head.seq} rows")
    return Verified(tip.log, tip.head, tip.time, last - head.seq, tip.trust)
