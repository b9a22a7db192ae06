"""Where exits are recorded while the journal cannot be written, and how those lines get into the journal later.

Each line is one canonical JSON object and is synced before the order that it announces is sent. The order of an
import makes it happen once, wherever a crash falls: the lines that the journal does not have yet are appended in one
transaction; only then is the file renamed. A crash between the two finds them in the journal and only renames.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock
from tui_trader.core.plain_text import printable
from tui_trader.core.records import EmergencyImported, JsonObject, Record
from tui_trader.core.words import Actor
from tui_trader.journal.canonical import canonical, parse
from tui_trader.journal.codec import decode, encode
from tui_trader.journal.head import sync_folder
from tui_trader.journal.ports import Entry, Journal, Row
from tui_trader.journal.seal import Seal, line_read, line_written
from tui_trader.journal.wire import Malformed

_TIMES = 3
"""How often a line is written at most; one start puts the file aside once."""
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

    def retire(self) -> tuple[EmergencyImported, ...]:
        """Put the file aside under the first free name, `emergency.jsonl.imported-1` and on; what is in it by then.

        Raises OSError.
        """
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.imported-{number}")).exists():
            number += 1
        self.path.rename(aside)
        sync_folder(self.path.parent)
        return kept_lines(aside, self._seal)


def kept_lines(path: Path, seal: Seal | None = None) -> tuple[EmergencyImported, ...]:
    """What the file at `path` keeps for the journal; nothing where there is none.

    A line that a crash cut short, or that another key encrypted, is kept as text under `unreadable`. Raises OSError.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    return tuple(_record(line, seal) for line in content.split(b"\n") if line)


def kept_record(kept: EmergencyImported) -> Record | None:
    """The record that the line stands for; None where it is of another kind, or cannot be read."""
    entry = kept.line.get("entry")
    if not isinstance(entry, Mapping):
        return None
    kind = entry.get("kind")
    try:
        return decode(kind, entry.get("record")) if isinstance(kind, str) else None
    except Malformed:
        return None


async def import_emergencies(log: EmergencyLog, journal: Journal) -> tuple[Row, ...]:
    """Bring the lines of the emergency log into the journal, each exactly once; the rows that were new.

    Raises JournalUnwritable, JournalCorrupt, OSError; then the file stays where it is and the next start goes on.
    """
    lines = log.take()
    if not lines:
        return ()
    known = _Imported()
    journal.attach(known)
    rows = await _appended(lines, known, journal)
    # Another process may have added a line since: one that halts without an engine does, while this one starts.
    return (*rows, *await _appended(log.retire(), known, journal))


async def _appended(lines: Iterable[EmergencyImported], known: "_Imported", journal: Journal) -> tuple[Row, ...]:
    """Those of the lines that the journal lacks."""
    fresh = {line_hash(record): record for record in lines}
    missing = [record for key, record in fresh.items() if key not in known.hashes]
    return await journal.append(*(Entry(record=record, actor=Actor.SYSTEM) for record in missing)) if missing else ()


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
    """Append and sync one line; on a line of its own even after one that was cut short. Raises OSError.

    Where the file was put aside meanwhile by a start that imports it, the line may have come too late for that: it is
    written once more, to the new file, and counts once.
    """
    for _ in range(_TIMES):
        if _is_at(path, _appended_to(path, line)):
            break
    # Each time: whoever made the file may have been killed before its name was durable.
    sync_folder(path.parent)


def _is_at(path: Path, written: tuple[int, int]) -> bool:
    """Whether the file that was written to has that name still."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return (now.st_dev, now.st_ino) == written


def _appended_to(path: Path, line: bytes) -> tuple[int, int]:
    """Append and sync; which file it was."""
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
        content = (b"" if whole else b"\n") + line + b"\n"
        if os.write(descriptor, content) != len(content):
            raise OSError(0, "only a part of the line could be written")
        os.fsync(descriptor)
        kept = os.fstat(descriptor)
        return kept.st_dev, kept.st_ino
    finally:
        os.close(descriptor)


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
