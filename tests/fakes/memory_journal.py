"""A journal in memory with the writer's manners: rows as they will be read again, chained, after a turn of the loop."""

import asyncio
import hashlib
from dataclasses import dataclass, field

from tui_trader.core.clock import Clock
from tui_trader.core.records import Record
from tui_trader.journal.canonical import canonical
from tui_trader.journal.codec import decode, encode
from tui_trader.journal.ports import Entry, Fold, Head, JournalUnwritable, Row


@dataclass
class Log:
    """What outlives a crash."""

    rows: list[Row] = field(default_factory=list)

    @property
    def records(self) -> list[Record]:
        return [row.record for row in self.rows]


class MemoryJournal:
    """`Journal` over a `Log`. `fails_at` names the kinds of rows from which on the disk is full."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self.log = log
        self.fails_at: tuple[type, ...] = ()
        self.failed = False
        self._clock = clock
        self._folds: list[Fold] = []
        self._closed = False

    @property
    def head(self) -> Head:
        last = self.log.rows[-1] if self.log.rows else None
        return Head(last.seq, last.hash) if last else Head(0, bytes(32))

    def attach(self, fold: Fold) -> None:
        for row in self.log.rows:
            fold.apply(row)
        self._folds.append(fold)

    def follow(self, *folds: Fold) -> None:
        self._folds.extend(folds)

    async def append(self, *entries: Entry) -> tuple[Row, ...]:
        bodies = [encode(entry.record) for entry in entries]
        await asyncio.sleep(0)
        if self._closed:
            await asyncio.get_running_loop().create_future()  # the process is dead: nobody is told anything
        if self.failed or any(isinstance(entry.record, self.fails_at) for entry in entries):
            self.failed = True
            raise JournalUnwritable("the disk is full")
        rows: list[Row] = []
        for entry, body in zip(entries, bodies, strict=True):
            head = self.head
            row = Row(
                seq=head.seq + 1,
                time=self._clock.now(),
                actor=entry.actor,
                correlation=entry.correlation,
                record=decode(entry.record.KIND, body),
                hash=hashlib.sha256(head.hash + entry.record.KIND.encode() + canonical(body)).digest(),
            )
            self.log.rows.append(row)
            rows.append(row)
        for row in rows:
            for fold in self._folds:
                fold.apply(row)
        return tuple(rows)

    def die(self) -> None:
        """The process is gone: nothing is written any more, and nobody hears of it."""
        self._closed = True
