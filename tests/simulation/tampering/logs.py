"""A signed log of several runs, an attacker's tools to rebuild one from rows, and the questions put to the verifier."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from tests.unit.journal.samples import HandClock, entry, in_virtual_time, stored, unchanged
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant
from tui_trader.core.records import TransferBooked
from tui_trader.core.words import Actor
from tui_trader.journal import layout
from tui_trader.journal.anchor import Anchors, anchored_by
from tui_trader.journal.canonical import canonical
from tui_trader.journal.codec import encode
from tui_trader.journal.head import HeadFile
from tui_trader.journal.keys import KeyFiles
from tui_trader.journal.layout import Header, StoredRow, body_hash, header_of, leaf_hash
from tui_trader.journal.notary import Notary
from tui_trader.journal.ports import Entry, Head
from tui_trader.journal.signing import SIGNATURES, Place, SigningKey
from tui_trader.journal.store import connect
from tui_trader.journal.verify import Broken, Verdict, Verified, follow, signed_as_it_must_be
from tui_trader.journal.writer import open_journal

RUNS = 3
_EACH = 8
"""Appends in a run, every third of which is signed at once."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A log in its parts: where it lies, its rows, its first public key, and the key of its last run."""

    path: Path
    rows: tuple[StoredRow, ...]
    public_key: bytes
    stolen: SigningKey

    @property
    def anchors(self) -> Anchors:
        """Its last head, kept elsewhere."""
        return anchored_by("elsewhere", [Head(self.rows[-1].seq, self.rows[-1].hash)])


def signed_log(path: Path, *, runs: int = RUNS, seed: int = 1) -> Signed:
    """A journal that several runs have written; the last one crashed, so its end is not signed."""
    for run in range(runs):
        in_virtual_time(lambda run=run: _run(path, Chance(seed), run, ends=run < runs - 1))  # type: ignore[misc]
    rows = tuple(stored(path))
    files = KeyFiles(path)
    tip = follow(rows, None)
    assert isinstance(tip, layout.Tip)
    return Signed(path, rows, tip.trust.first, files.matching(tip.trust.key))


async def _run(path: Path, chance: Chance, run: int, *, ends: bool) -> None:
    clock = HandClock(Instant(1_000_000_000 * (run + 1)))
    notary = Notary(KeyFiles(path), chance)
    journal = await open_journal(path, clock, chance, threaded=False, redact=unchanged, notary=notary)
    for number in range(_EACH):
        clock.at = Instant(clock.at + 1)
        await journal.append(entry(100 * run + number))
        if number % 3 == 2:
            await journal.append(money(number), entry(number))
    if ends:
        await journal.close()
    else:
        await journal.append(entry(1), entry(2))
        await journal._store.close()


def money(number: int) -> Entry:
    """An entry of a kind that is signed at once."""
    record = TransferBooked(id=f"t{number}", amount=Decimal(number), time=Instant(number))
    return Entry(record=record, actor=Actor.SYSTEM)


# ---------------------------------------------------------------------- the attacker's tools


def rebuilt(row: StoredRow, previous: StoredRow | None, **changes: object) -> StoredRow:
    """The row with a header that fits its place, its body and the row before, and with the hash of that."""
    header = replace(header_of(row.leaf), **changes)  # type: ignore[arg-type]
    seq = 1 if previous is None else previous.seq + 1
    fitting: Header = replace(
        header,
        seq=seq,
        prev=(layout.EMPTY.hash if previous is None else previous.hash).hex(),
        body_sha256=body_hash(row.salt, row.body),
    )
    leaf = fitting.leaf()
    return StoredRow(seq, leaf, row.salt, row.body, leaf_hash(leaf))


def relinked(rows: Iterable[StoredRow]) -> tuple[StoredRow, ...]:
    """The rows as a chain without a fault: numbered, linked and hashed anew. Their signatures stay as they are."""
    chain: list[StoredRow] = []
    for row in rows:
        chain.append(rebuilt(row, chain[-1] if chain else None))
    return tuple(chain)


def resigned(rows: Iterable[StoredRow], key: SigningKey, since: int) -> tuple[StoredRow, ...]:
    """The same, and every checkpoint from row `since` on signed anew with a key that the attacker has."""
    chain: list[StoredRow] = []
    for row in rows:
        previous = chain[-1] if chain else None
        header = header_of(row.leaf)
        seq = 1 if previous is None else previous.seq + 1
        if header.kind == "checkpoint" and seq >= since:
            prev = (layout.EMPTY.hash if previous is None else previous.hash).hex()
            record = key.checkpoint(Place(header.log, seq, prev, header.time))
            row = row._replace(body=canonical(encode(record)))  # noqa: PLW2901
        chain.append(rebuilt(row, previous))
    return tuple(chain)


def kind_of(row: StoredRow) -> str:
    """What the row's header says."""
    return header_of(row.leaf).kind


def is_signature(row: StoredRow) -> bool:
    """Whether the row is a checkpoint or a key."""
    return kind_of(row) in SIGNATURES


def write_log(path: Path, rows: Sequence[StoredRow]) -> None:
    """A database of exactly these rows, with a head file that agrees."""
    for leftover in path.parent.glob(path.name + "*"):
        leftover.unlink()
    connect(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("BEGIN")
        connection.executemany(layout.INSERT, rows)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    last = Head(rows[-1].seq, rows[-1].hash) if rows else layout.EMPTY
    HeadFile.beside(path).write(last, sync=False)


# ---------------------------------------------------------------------- the verifier


def judged(rows: Iterable[StoredRow], public_key: bytes, anchors: Anchors | None) -> Verdict:
    """What the verifier says of rows, wherever they are stored; the head file always agrees."""
    tip = follow(rows, None, anchors=anchors)
    if isinstance(tip, Broken):
        return tip
    return signed_as_it_must_be(Verified(tip.log, tip.head, tip.time, 0, tip.trust), public_key)
