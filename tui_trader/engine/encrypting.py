"""Encrypts the home of a trader that does not run: each file once, whole at every moment, and checked before it counts.

The home is marked first: from then on whatever is not encrypted yet is refused by name, and the same command goes on
where it was broken off.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui_trader.engine.home import Home
from tui_trader.engine.vault import mark
from tui_trader.journal.database import copy_encrypted, opened
from tui_trader.journal.head import HeadFile, sync_folder
from tui_trader.journal.seal import Seal, SealUnusable, line_written
from tui_trader.journal.verify import Broken, verify

_PLAIN: Final = b"SQLite format 3\0"
"""How a database begins that is not encrypted."""
_SIDES: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Encrypted:
    """What became of a file: `encrypted` now, `already`, or `dropped` (nothing in it was needed)."""

    file: Path
    outcome: str


def encrypt_home(home: Home, seal: Seal) -> Iterator[Encrypted]:
    """Encrypt what lies in the home; whoever calls holds its lock. Raises SealUnusable, OSError."""
    mark(home, seal)
    if home.journal.exists():
        yield _database(home.journal, seal)
    if home.paper.exists():
        yield _database(home.paper, seal)
    if _is_plain(home.checkpoints):
        for path in (home.checkpoints, *_side_files(home.checkpoints)):
            path.unlink(missing_ok=True)
        yield Encrypted(home.checkpoints, "dropped")
    texts = (*home.folder.glob(f"{home.emergency.name}*"), *home.cassettes.glob("*.jsonl"))
    for path in sorted(texts):
        yield _lines(path, seal)


def _database(path: Path, seal: Seal) -> Encrypted:
    if not _is_plain(path):
        _read_through(path, seal)
        return Encrypted(path, "already")
    # The name decides which head file and public key it is checked against: those of the original.
    draft = path.with_suffix(".encrypting")
    for leftover in (draft, *_side_files(draft)):
        leftover.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        copy_encrypted(path, draft, seal)
        _read_through(draft, seal)
        _agree(path, draft, seal)
    except sqlite3.Error as error:
        raise SealUnusable(f"{path}: cannot be encrypted ({error}). Nothing of it was changed.") from None
    for leftover in _side_files(draft):
        leftover.unlink(missing_ok=True)
    draft.replace(path)
    for leftover in _side_files(path):
        leftover.unlink(missing_ok=True)
    sync_folder(path.parent)
    return Encrypted(path, "encrypted")


def _read_through(path: Path, seal: Seal) -> None:
    """Every page opens with this key. Raises SealUnusable."""
    try:
        with closing(opened(path, seal)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        said = f"{path}: cannot be read with the journal_key at hand ({verdict})"
        raise SealUnusable(f"{said}. Nothing of it was changed.")


def _agree(path: Path, draft: Path, seal: Seal) -> None:
    """A journal was whole, and is the same log up to the same row. Raises SealUnusable."""
    if not HeadFile.beside(path).path.exists():
        return  # the paper exchange's books are no log
    before, after = verify(path), verify(draft, seal=seal)
    if isinstance(before, Broken):
        raise SealUnusable(f"{path}: {before}. Encrypt only what is whole; nothing of it was changed.")
    if before != after:
        raise SealUnusable(f"{path}: its encrypted copy is not the same log ({after}). Nothing of it was changed.")


def _lines(path: Path, seal: Seal) -> Encrypted:
    lines = path.read_bytes().split(b"\n")
    written = [line and line_written(line, seal) for line in lines]
    if written == lines:
        return Encrypted(path, "already")
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"\n".join(written))
        file.flush()
        os.fsync(file.fileno())
    kept = path.stat()
    os.utime(draft, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # the newest recording stays the newest
    draft.replace(path)
    sync_folder(path.parent)
    return Encrypted(path, "encrypted")


def _is_plain(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open("rb") as file:
        return file.read(len(_PLAIN)) in (_PLAIN, b"")
    return False


def _side_files(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + ending) for ending in _SIDES)
