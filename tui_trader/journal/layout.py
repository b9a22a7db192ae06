"""The row on disk: table, header, hash, and the rule that links each row to the one before.

`hash` = SHA-256(0x00 || leaf) is the chain and, as in RFC 6962, a leaf hash. The leaf is the canonical header; it
commits to the salted body and to the previous row's hash.
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from tui_trader.core.clock import Instant
from tui_trader.core.records import JsonObject
from tui_trader.core.words import Actor
from tui_trader.journal.canonical import canonical, parse
from tui_trader.journal.ports import Head
from tui_trader.journal.signing import (
    SIGNATURES,
    UNSIGNED,
    BadSignature,
    Place,
    Trust,
    after_row,
    after_signature,
    signed_here,
)

SCHEMA_VERSION = 1
APPLICATION_ID = 0x74744A4C
"""`ttJL`: how `file` and the verifier tell a journal from other databases."""
HEADER_VERSION = 1
SALT_BYTES = 16
HASH_BYTES = 32
EMPTY = Head(0, bytes(HASH_BYTES))
"""The head of a log without rows, to which the first row links."""

TABLE = """CREATE TABLE journal(
  seq  INTEGER PRIMARY KEY CHECK(seq >= 1),
  leaf BLOB NOT NULL,
  salt BLOB NOT NULL CHECK(length(salt) = 16),
  body BLOB NOT NULL,
  hash BLOB NOT NULL CHECK(length(hash) = 32)
) STRICT"""
NO_UPDATE = """CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""
NO_DELETE = """CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""
SCHEMA = (TABLE, NO_UPDATE, NO_DELETE)
"""The triggers are a seat belt against a slip of the hand; what catches an attacker is the chain."""

INSERT = "INSERT INTO journal(seq, leaf, salt, body, hash) VALUES (?, ?, ?, ?, ?)"
SELECT = "SELECT seq, leaf, salt, body, hash FROM journal WHERE seq >= ? AND seq <= ? ORDER BY seq"
LAST = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"

_KEYS = frozenset({"v", "log", "seq", "ts", "kind", "actor", "corr", "body_sha256", "prev"})


class StoredRow(NamedTuple):
    """A row as the table holds it."""

    seq: int
    leaf: bytes
    salt: bytes
    body: bytes
    hash: bytes


WITHHELD = (b"", b"")
"""Salt and body of a row whose body an export leaves out. No real salt is empty."""


class BrokenLink(ValueError):
    """A row that is not the successor of the row before; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a row's leaf says."""

    log: str
    seq: int
    time: Instant
    kind: str
    actor: Actor
    correlation: str
    body_sha256: str
    prev: str

    def leaf(self) -> bytes:
        """The canonical bytes."""
        return canonical(
            {
                "v": HEADER_VERSION,
                "log": self.log,
                "seq": self.seq,
                "ts": str(self.time),
                "kind": self.kind,
                "actor": self.actor.value,
                "corr": self.correlation,
                "body_sha256": self.body_sha256,
                "prev": self.prev,
            }
        )


@dataclass(frozen=True, slots=True)
class Tip:
    """Where the chain stands: which log, its head, the last row's time, and who has signed how much of it.

    The log of an empty chain is empty.
    """

    log: str
    head: Head
    time: Instant
    trust: Trust = UNSIGNED

    def place(self, log: str, time: Instant) -> Place:
        """The place of the row that comes next at this time."""
        return Place(log, self.head.seq + 1, self.head.hash.hex(), max(self.time, time))


START = Tip("", EMPTY, Instant(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A row before it has its place."""

    time: Instant
    kind: str
    actor: Actor
    correlation: str
    body: bytes


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def body_hash(salt: bytes, body: bytes) -> str:
    """SHA-256(salt || body) in hexadecimal. The salt keeps short bodies from being guessed where they are withheld."""
    return hashlib.sha256(salt + body).hexdigest()


def sealed(tip: Tip, draft: Draft, *, log: str, salt: bytes, signed_by: bytes | None = None) -> tuple[StoredRow, Tip]:
    """The draft as the next row after `tip`, never earlier than it, and the tip after it.

    `signed_by` says that the draft is a signature which holds, and whose key is in force after it.
    """
    place = tip.place(log, draft.time)
    header = Header(
        log=log,
        seq=place.seq,
        time=place.time,
        kind=draft.kind,
        actor=draft.actor,
        correlation=draft.correlation,
        body_sha256=body_hash(salt, draft.body),
        prev=place.prev,
    )
    leaf = header.leaf()
    row = StoredRow(place.seq, leaf, salt, draft.body, leaf_hash(leaf))
    if signed_by is None:
        trust = after_row(tip.trust, place.seq, draft.kind)
    else:
        trust = signed_here(tip.trust, place, signed_by)
    return row, Tip(log, Head(place.seq, row.hash), place.time, trust)


def header_of(leaf: bytes) -> Header:
    """The header that the leaf's bytes say. Raises BrokenLink unless it is closed and canonical."""
    try:
        value = parse(leaf)
    except ValueError as error:
        raise BrokenLink(f"its header is not JSON: {error}") from None
    if not isinstance(value, dict) or value.keys() != _KEYS or value["v"] != HEADER_VERSION:
        raise BrokenLink("its header has other fields than version 1 has")
    try:
        header = _typed(value)
    except (ValueError, TypeError, KeyError):
        raise BrokenLink("a field of its header has a value that it cannot have") from None
    if header.leaf() != leaf:
        raise BrokenLink("its header is not written canonically")
    return header


def _typed(value: JsonObject) -> Header:
    texts = {key: text for key, text in value.items() if isinstance(text, str)}
    seq = value["seq"]
    if not isinstance(seq, int):
        raise TypeError("seq")
    return Header(
        log=texts["log"],
        seq=seq,
        time=Instant(int(texts["ts"])),
        kind=texts["kind"],
        actor=Actor(texts["actor"]),
        correlation=texts["corr"],
        body_sha256=texts["body_sha256"],
        prev=texts["prev"],
    )


def linked(tip: Tip, row: StoredRow, *, may_withhold: bool = False) -> tuple[Header, Tip]:
    """The row's header and the tip after it. Raises BrokenLink unless the row is the one that follows `tip`.

    With `may_withhold` a body may be left out, but never a signature's.
    """
    if row.seq != tip.head.seq + 1:
        raise BrokenLink(f"row {tip.head.seq + 1} is missing: the next one there is number {row.seq}")
    if not all(isinstance(part, bytes) for part in row[1:]):
        raise BrokenLink("it holds a value of another type than bytes")
    if leaf_hash(row.leaf) != row.hash:
        raise BrokenLink("its hash is not the hash of its header")
    header = header_of(row.leaf)
    if header.seq != row.seq:
        raise BrokenLink(f"its header was written for row {header.seq}")
    if header.prev != tip.head.hash.hex():
        raise BrokenLink(f"it does not follow row {tip.head.seq}: the hash of the previous row is another")
    is_withheld = may_withhold and (row.salt, row.body) == WITHHELD
    if not is_withheld and (len(row.salt) != SALT_BYTES or body_hash(row.salt, row.body) != header.body_sha256):
        raise BrokenLink("its payload is not the one that was written")
    if tip.log and header.log != tip.log:
        raise BrokenLink(f"it belongs to another log ({header.log}, not {tip.log})")
    if header.time < tip.time:
        raise BrokenLink("it is older than the row before")
    return header, Tip(header.log, Head(row.seq, row.hash), header.time, _trust_after(tip, header, row.body))


def _trust_after(tip: Tip, header: Header, body: bytes) -> Trust:
    """How the log is signed after this row. Raises BrokenLink where a signature is missing or does not hold."""
    try:
        if header.kind not in SIGNATURES:
            return after_row(tip.trust, header.seq, header.kind)
        if header.actor is not Actor.SYSTEM or header.correlation:
            raise BrokenLink("it is a signature that belongs to somebody's call")
        return after_signature(tip.trust, tip.place(header.log, header.time), header.kind, body)
    except BadSignature as error:
        raise BrokenLink(str(error)) from None
