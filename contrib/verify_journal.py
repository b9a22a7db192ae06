#!/usr/bin/env python3
"""Checks a journal of tui-trader, or an export of one, without tui-trader: standard library and `cryptography`.

    python verify_journal.py --public-key journal.pub [--anchor FILE] journal.db
    python verify_journal.py --public-key journal.pub [--anchor FILE] export.jsonl

Get the public key (or its 64 hexadecimal digits) once, from whoever runs the trader, by another way than the journal.
Exit 0: whole; 1: changed, with the first bad row; 2: a file or an option cannot be used.

A row is a header (the leaf), a salt, a body and a hash. hash = SHA-256(0x00 || leaf). The leaf is canonical JSON with
the keys of HEADER; body_sha256 = SHA-256(salt || body), and prev is the hash of the row before. A row of kind `key`
introduces an Ed25519 key, signed by the key before it (the first one by itself); one of kind `checkpoint` is signed by
the key in force. What is signed is the text that `signed_text` makes. This file shares no code with the program.
"""

import argparse
import hashlib
import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

HEADER = {"v", "log", "seq", "ts", "kind", "actor", "corr", "body_sha256", "prev"}
ACTORS = {"agent", "operator", "system"}
MOST_UNSIGNED = 256
"""Rows that may stand between two signatures."""
SIGNED_AT_ONCE = {
    "breaker", "emergency", "fill", "home", "naked", "order.intent", "order.update", "position.adopted", "start",
    "state", "stop", "transfer",
}  # fmt: skip
"""Kinds of rows after which a signature must follow."""
CHECKPOINT = re.compile(rb'\{"signature":"([0-9a-f]{128})"\}', re.ASCII)
KEY = re.compile(rb'\{"public_key":"([0-9a-f]{64})","signature":"([0-9a-f]{128})"\}', re.ASCII)
NUMBER = re.compile(r"0|-?[1-9][0-9]{0,30}", re.ASCII)


class Changed(Exception):
    """What is wrong with the row that comes next."""


class Row(NamedTuple):
    """A row as it is stored; salt and body are None where an export withholds them."""

    seq: int
    leaf: bytes
    salt: bytes | None
    body: bytes | None
    hash: bytes


class Check:
    """Follows the chain, one row after the other."""

    def __init__(self, anchors: dict[int, set[bytes]]) -> None:
        self.anchors = anchors
        self.log: str | None = None
        self.seq = 0
        self.hash = bytes(32)
        self.time = 0
        self.first_key = self.key = b""
        self.signed = 0
        self.owed = 0

    def take(self, row: Row) -> None:
        """The next row. Raises Changed."""
        if row.seq != self.seq + 1:
            raise Changed(f"row {self.seq + 1} is missing: the next one is number {row.seq}")
        if hashlib.sha256(b"\x00" + row.leaf).digest() != row.hash:
            raise Changed("its hash is not the hash of its header")
        header = header_of(row.leaf)
        if header["seq"] != row.seq:
            raise Changed("its header was written for another row")
        if header["prev"] != self.hash.hex():
            raise Changed("it does not follow the row before")
        if row.salt is not None and row.body is not None:
            is_the_one = hashlib.sha256(row.salt + row.body).hexdigest() == header["body_sha256"]
            if len(row.salt) != 16 or not is_the_one:
                raise Changed("its payload is not the one that was written")
        if self.log is not None and header["log"] != self.log:
            raise Changed("it belongs to another log")
        if int(header["ts"]) < self.time:
            raise Changed("it is older than the row before")
        self._signatures(row, header)
        self.log, self.seq, self.hash, self.time = header["log"], row.seq, row.hash, int(header["ts"])
        if self.anchors.get(row.seq, {row.hash}) != {row.hash}:
            self.seq -= 1
            raise Changed("its hash is not the one that was anchored")

    def _signatures(self, row: Row, header: dict[str, Any]) -> None:
        kind = header["kind"]
        if kind not in {"key", "checkpoint"}:
            if self.key and row.seq - self.signed > MOST_UNSIGNED:
                raise Changed("too many rows up to this one are not signed")
            if self.key and kind in SIGNED_AT_ONCE:
                self.owed = self.owed or row.seq
            return
        if header["actor"] != "system" or header["corr"]:
            raise Changed("it is a signature that belongs to somebody's call")
        match = (KEY if kind == "key" else CHECKPOINT).fullmatch(row.body or b"")
        if match is None:
            raise Changed("its payload is not that of a signature")
        more = [match[1].decode()] if kind == "key" else []
        new = bytes.fromhex(more[0]) if more else self.key
        signer = self.key or new
        if not signer:
            raise Changed("it signs before any key was introduced")
        try:
            text = signed_text(kind, header, more)
            Ed25519PublicKey.from_public_bytes(signer).verify(bytes.fromhex(match[match.lastindex or 1].decode()), text)
        except (InvalidSignature, ValueError):
            raise Changed("its signature does not hold") from None
        self.first_key, self.key = self.first_key or new, new
        self.signed, self.owed = row.seq, 0

    def end(self, public_key: bytes) -> None:
        """After the last row. Raises Changed."""
        if self.anchors and max(self.anchors) > self.seq:
            raise Changed(f"the log ends here, though row {max(self.anchors)} was anchored")
        if self.first_key != public_key:
            raise Changed(f"the log is not signed by this key, but by {self.first_key.hex() or 'none'}")
        if self.owed:
            raise Changed(f"row {self.owed} must be signed at once, and no signature follows it")


def signed_text(kind: str, header: dict[str, Any], more: list[str]) -> bytes:
    """What is signed: the place of the row, and with `prev` everything before it."""
    facts = [header["log"], str(header["seq"]), header["prev"], header["ts"], *more]
    return "".join(line + "\n" for line in [f"tui-trader journal {kind} v1", *facts]).encode()


def header_of(leaf: bytes) -> dict[str, Any]:
    """The header, which must be closed and canonical. Raises Changed."""

    def no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands there twice")
        return found

    try:
        value = json.loads(leaf, object_pairs_hook=no_doubles)
        if not isinstance(value, dict) or value.keys() != HEADER or value["v"] != 1 or value["v"] is True:
            raise Changed("its header has other fields than version 1 has")
        texts = all(isinstance(value[name], str) for name in HEADER - {"v", "seq"})
        # Keys are plain ASCII, so sorting them is what RFC 8785 asks for; texts it writes as json does.
        same = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == leaf
    except (ValueError, RecursionError):
        raise Changed("its header is no canonical JSON") from None
    number = isinstance(value["seq"], int) and not isinstance(value["seq"], bool)
    if not (texts and same and number and value["actor"] in ACTORS and NUMBER.fullmatch(value["ts"])):
        raise Changed("a field of its header has a value that it cannot have")
    return value


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a database or of an export. Raises Changed where the file is damaged."""
    with path.open("rb") as file:
        is_database = file.read(16) == b"SQLite format 3\x00"
    return database_rows(path) if is_database else exported_rows(path)


def database_rows(path: Path) -> Iterator[Row]:
    """Read-only; beside a running trader, too."""
    wal = path.with_name(path.name + "-wal")
    rest = "" if wal.exists() and wal.stat().st_size else "&immutable=1"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro{rest}", uri=True)
        for answer in connection.execute("PRAGMA quick_check(1)"):
            if answer != ("ok",):
                raise Changed(f"the database is damaged ({answer[0]})")
        for fields in connection.execute("SELECT seq, leaf, salt, body, hash FROM journal ORDER BY seq"):
            if not all(isinstance(part, bytes) for part in fields[1:]):
                raise Changed("it holds a value of another type than bytes")
            yield Row(*fields)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise Changed(f"the file is damaged here, or not a journal ({error})") from None


def exported_rows(path: Path) -> Iterator[Row]:
    """One JSON object a line; without `body` and `salt` where they are withheld."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                value = json.loads(line)
                is_one = value.keys() in ({"leaf", "salt", "body", "hash"}, {"leaf", "hash"}) and line.endswith(b"\n")
                salt = bytes.fromhex(value["salt"]) if "salt" in value else None
                body = value["body"].encode() if "body" in value else None
                row: Row | None = Row(number, value["leaf"].encode(), salt, body, bytes.fromhex(value["hash"]))
            except (ValueError, TypeError, AttributeError, RecursionError):
                is_one, row = False, None
            if row is None or not is_one:
                raise Changed("the line is not what an export writes")
            yield row


def read_anchors(path: Path) -> dict[int, set[bytes]]:
    """Lines of JSON with `journal_entries` and `journal_head`. Raises ValueError, OSError."""
    found: dict[int, set[bytes]] = {}
    for line in path.read_bytes().splitlines():
        value = json.loads(line)
        if isinstance(value, dict) and {"journal_entries", "journal_head"} <= value.keys() and value["journal_entries"]:
            found.setdefault(int(value["journal_entries"]), set()).add(bytes.fromhex(value["journal_head"]))
    if not found:
        raise ValueError("no line has journal_entries and journal_head")
    return found


def read_public_key(given: str) -> bytes:
    """Hexadecimal, or a file in PEM. Raises ValueError, TypeError, OSError."""
    if re.fullmatch(r"[0-9a-f]{64}", given):
        return bytes.fromhex(given)
    key = load_pem_public_key(Path(given).read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("not an Ed25519 key")
    return key.public_bytes_raw()


def unusable(what: object, error: Exception) -> NoReturn:
    """Exit 2."""
    sys.stderr.write(f"verify_journal: {what}: cannot be used ({error})\n")
    raise SystemExit(2)


def main() -> int:
    """Check what the command line names; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="journal.db, or an export in JSON lines")
    parser.add_argument("--public-key", required=True, help="journal.pub, or 64 hexadecimal digits")
    parser.add_argument("--anchor", type=Path, help="lines of JSON with journal_entries and journal_head")
    asked = parser.parse_args()
    try:
        public_key = read_public_key(asked.public_key)
    except (OSError, ValueError, TypeError) as error:
        unusable(asked.public_key, error)
    try:
        anchors = read_anchors(asked.anchor) if asked.anchor else {}
    except (OSError, ValueError, TypeError) as error:
        unusable(asked.anchor, error)
    check, withheld = Check(anchors), 0
    try:
        for row in rows_of(asked.file):
            check.take(row)
            withheld += row.body is None
    except Changed as error:
        sys.stdout.write(f"CHANGED: row {check.seq + 1}: {error}\n")
        return 1
    except OSError as error:
        unusable(asked.file, error)
    try:
        check.end(public_key)
    except Changed as error:
        sys.stdout.write(f"CHANGED: {error}\n")
        return 1
    until = f"signed up to row {check.signed}" + (f", {withheld} bodies withheld" if withheld else "")
    sys.stdout.write(f"whole: {check.seq} rows, head {check.hash.hex()}, {until}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
