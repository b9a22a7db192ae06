"""Where exits are recorded while the journal cannot be written, and how those lines get into the journal later.

Each line is one canonical JSON object and is synced before the order that it announces is sent. The order of an
import makes it happen once, wherever a crash falls: the lines that the journal does not have yet are appended in one
transaction; only then is the file renamed. A crash between the two finds them in the journal and only renames.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock
from tui_trader.core.plain_text import printable
from tui_trader.core.records import EmergencyImported, JsonObject
from tui_trader.core.words import Actor
from tui_trader.journal.canonical import canonical, parse
from tui_trader.journal.codec import decode, encode
from tui_trader.journal.head import sync_folder
from tui_trader.journal.ports import Entry, Journal, Row
from tui_trader.journal.seal import Seal, line_read, line_written

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class EmergencyLog:
    """`emergency.jsonl`: appends that must not fail, and their import."""

    def __init__(
        self, path: Path, clock: Clock, chance: Chance, *, redact: Callable[[str], str], seal: Seal | None = None
    ) -> None:
        """Opens nothing yet: while all is well there is no file. With a seal its lines are encrypted."""
        self.path = path
        self._clock = clock
        self._chance = chance
        self._redact = redact
        self._seal = seal
        self._written = 0

    def append(self, entry: JsonObject) -> bytes:
        """Make a line of `entry` durable and return the line's SHA-256, from which an order's id can be made.

        The line holds a time, a number and a salt as well, so that no two are alike. Where the file cannot be
        written the line goes to stderr; this never fails for a reason of the disk. Raises Malformed for an entry
        that is not JSON without floats.
        """
        self._written += 1
        now = self._clock.now()
        body = encode(EmergencyImported(line=entry), self._redact)["line"]
        line = canonical(
            {
                "entry": body,
                "n": self._written,
                "salt": self._chance.salt(f"emergency:{now}:{self._written}").hex(),
                "ts": str(now),
            }
        )
        try:
            _append_synced(self.path, line_written(line, self._seal))
        except OSError as error:
            sys.stderr.write(f"{self.path}: {error.strerror}; not recorded there: {printable(line.decode())}\n")
            sys.stderr.flush()
        return hashlib.sha256(line).digest()

    def take(self) -> tuple[EmergencyImported, ...]:
        """The lines of the file, as the records that the journal keeps; call `retire` when it has them.

        Raises OSError.
        """
        return kept_lines(self.path, self._seal)

    def retire(self) -> None:
        """Put the file aside under the first free name, `emergency.jsonl.imported-1` and on. Raises OSError."""
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.imported-{number}")).exists():
            number += 1
        self.path.rename(aside)
        sync_folder(self.path.parent)


def kept_lines(path: Path, seal: Seal | None = None) -> tuple[EmergencyImported, ...]:
    """What the file at `path` keeps for the journal; nothing where there is none.

    A line that a crash cut short, or that another key encrypted, is kept as text under `unreadable`. Raises OSError.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    return tuple(_record(line, seal) for line in content.split(b"\n") if line)


async def import_emergencies(log: EmergencyLog, journal: Journal) -> tuple[Row, ...]:
    """Bring the lines of the emergency log into the journal, each exactly once; the rows that were new.

    Raises JournalUnwritable, JournalCorrupt, OSError; then the file stays where it is and the next start goes on.
    """
    lines = log.take()
    if not lines:
        return ()
    known = _Imported()
    journal.attach(known)
    fresh = {line_hash(record): record for record in lines}
    entries = (Entry(record=record, actor=Actor.SYSTEM) for key, record in fresh.items() if key not in known.hashes)
    rows = await journal.append(*entries)
    log.retire()
    return rows


def line_hash(record: EmergencyImported) -> bytes:
    """The SHA-256 of the line that the record was made from: what `append` returned for it."""
    return hashlib.sha256(canonical(encode(record)["line"])).digest()


class _Imported:
    """A fold of the lines that the journal has."""

    def __init__(self) -> None:
        self.hashes: set[bytes] = set()

    def apply(self, row: Row) -> None:
        """Take one row in."""
        if isinstance(row.record, EmergencyImported):
            self.hashes.add(line_hash(row.record))


def _append_synced(path: Path, line: bytes) -> None:
    """Append and sync one line; on a line of its own even after one that was cut short. Raises OSError."""
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
        content = (b"" if whole else b"\n") + line + b"\n"
        if os.write(descriptor, content) != len(content):
            raise OSError(0, "only a part of the line could be written")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    # Each time: whoever made the file may have been killed before its name was durable.
    sync_folder(path.parent)


def _record(line: bytes, seal: Seal | None) -> EmergencyImported:
    try:
        value = parse(line_read(line, seal))
    except ValueError:
        value = None
    if not isinstance(value, Mapping):
        value = {"unreadable": line.decode("utf-8", "backslashreplace")}
    record = decode(EmergencyImported.KIND, {"line": value})
    assert isinstance(record, EmergencyImported)
    return record
