"""The journal as the rest of the program sees it."""

from dataclasses import dataclass
from typing import Protocol

from tui_trader.core.clock import Instant
from tui_trader.core.records import Record
from tui_trader.core.words import Actor


class JournalUnwritable(Exception):
    """The log could not take a row (disk full, read-only, gone). What it announced must not happen."""


class JournalCorrupt(Exception):
    """The log on disk is not what was written. The sentence names the first bad row and the way out."""


class JournalUnreadable(Exception):
    """There is no log to read, or this process may not read it. Nothing is said about what is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record that is to be written, by whom, and to which tool call it belongs (empty: to none)."""

    record: Record
    actor: Actor
    correlation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A durable entry with its place in the chain. `hash` is the SHA-256 that the next row commits to."""

    seq: int
    time: Instant
    actor: Actor
    correlation: str
    record: Record
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last row's number and hash; number zero is the empty log."""

    seq: int
    hash: bytes


class Fold(Protocol):
    """State that is derived from rows, one at a time, in order."""

    def apply(self, row: Row) -> None:
        """Take one durable row in. Must not fail on a row it does not care for."""
        ...


class Journal(Protocol):
    """One writer, durable before it returns."""

    @property
    def head(self) -> Head:
        """The last durable row."""
        ...

    def attach(self, fold: Fold) -> None:
        """Feed the fold all durable rows so far, then each new one as it becomes durable, in order."""
        ...

    def follow(self, *folds: Fold) -> None:
        """Feed the folds each row from now on; what has been so far they know, or need not know."""
        ...

    async def append(self, *entries: Entry) -> tuple[Row, ...]:
        """Write the entries in one transaction; they are durable and folded when this returns.

        Survives the cancellation of its caller: what was handed over is written all the same. Raises
        JournalUnwritable; then none of the entries is in the log, and every later append raises too.
        """
        ...
