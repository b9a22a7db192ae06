"""The one writer: many tasks append, one transaction holds what they handed over, folds follow what is durable."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock
from tui_trader.core.records import Record
from tui_trader.journal.batch import Batch, Handover
from tui_trader.journal.canonical import canonical
from tui_trader.journal.codec import decode, encode
from tui_trader.journal.head import HeadFile
from tui_trader.journal.keys import KeyUnusable
from tui_trader.journal.layout import Draft, Tip
from tui_trader.journal.notary import Notary
from tui_trader.journal.ports import Entry, Fold, Head, JournalCorrupt, JournalUnwritable, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.recall import recall
from tui_trader.journal.seal import Seal
from tui_trader.journal.store import HeadLags, LoopStore, Store, ThreadStore, unwritable


async def open_journal(
    path: Path,
    clock: Clock,
    chance: Chance,
    *,
    threaded: bool,
    redact: Callable[[str], str],
    notary: Notary | None = None,
    recalled: Tip | None = None,
    folds: Sequence[Fold] = (),
    seal: Seal | None = None,
) -> "JournalWriter":
    """The journal at `path`, verified from the first row to the last; created where there is none.

    Whoever has just read it gives what `recall` answered, and the folds that heard it then: it is not read again, and
    they follow. `threaded` writes in a thread of its own (real time), else on the loop (virtual time); the rows are the
    same. `redact` is applied to every text before it is written. Without a notary nothing is signed, and a log that was
    signed before takes no row. With a seal the file is encrypted. Raises JournalCorrupt, JournalUnwritable,
    SealUnusable.
    """
    tip = recalled or recall(path, *folds, seal=seal)
    _find_key(path, tip, notary)
    store: Store = await ThreadStore.opened(path, seal) if threaded else LoopStore(path, seal)
    journal = JournalWriter(path, tip, store, clock=clock, chance=chance, redact=redact, notary=notary, seal=seal)
    journal.follow(*folds)
    try:
        _check_end(path, tip, seal)
        # Before the first row can be written: a log with rows and no head file can then not come from a crash.
        journal.head_file.write(tip.head, sync=True)
    except OSError as error:
        await store.close()
        raise unwritable(path, error) from None
    except JournalCorrupt:
        await store.close()
        raise
    return journal


def _check_end(path: Path, tip: Tip, seal: Seal | None) -> None:
    """Nobody has written since the log was read. Raises JournalCorrupt."""
    with JournalReader(path, seal) as reader:
        if reader.head() != tip.head:
            raise JournalCorrupt(f"{path}: rows came or went while the program started. Start it again.")


def _find_key(path: Path, tip: Tip, notary: Notary | None) -> None:
    """Raises JournalUnwritable where the log is signed and its key is not at hand."""
    if notary is None:
        if tip.trust.key:
            raise JournalUnwritable(f"{path}: the journal is signed, and nobody is here to sign what would follow.")
        return
    try:
        notary.begin(tip)
    except KeyUnusable as error:
        raise JournalUnwritable(str(error)) from None
    except OSError as error:
        raise unwritable(path, error) from None


class JournalWriter:
    """The journal of a running engine; see the port. All calls come from one loop.

    Group commit: whatever was handed over while the last transaction ran (or, on the loop's own thread, within one
    turn of the loop) becomes the next one. A caller resumes after the commit and after the folds have seen its rows.
    """

    def __init__(
        self,
        path: Path,
        tip: Tip,
        store: Store,
        *,
        clock: Clock,
        chance: Chance,
        redact: Callable[[str], str],
        notary: Notary | None = None,
        seal: Seal | None = None,
    ) -> None:
        """Use `open_journal`."""
        self.path = path
        self.head_file = HeadFile.beside(path)
        self.failed: JournalUnwritable | None = None
        """Why nothing can be written any more; None while all is well."""
        self._store = store
        self._clock = clock
        self._chance = chance
        self._redact = redact
        self._notary = notary
        self._seal = seal
        self._log = tip.log or chance.token("log")
        self._tip = tip
        self._head = tip.head
        self._folds: list[Fold] = []
        self._listeners: list[Callable[[JournalUnwritable], None]] = []
        self._waiting: list[Handover] = []
        self._in_flight: list[Handover] = []
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    async def __aenter__(self) -> "JournalWriter":
        """Closes at the end of the block."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Closes."""
        await self.close()

    @property
    def head(self) -> Head:
        """The last durable row that the folds have seen."""
        return self._head

    def attach(self, fold: Fold, *more: Fold) -> None:
        """Feed the folds all durable rows so far, in one reading, then each new one. Raises JournalCorrupt."""
        folds = (fold, *more)
        with JournalReader(self.path, self._seal) as reader:
            for row in reader.rows(upto=self._head.seq):
                for each in folds:
                    each.apply(row)
        self._folds.extend(folds)

    def follow(self, *folds: Fold) -> None:
        """Feed the folds each new row; what has been so far they know, or need not know."""
        self._folds.extend(folds)

    def when_unwritable(self, listener: Callable[[JournalUnwritable], None]) -> None:
        """Call `listener`, once, on the loop, at the moment at which the journal fails (now, if it has)."""
        if self.failed is not None:
            listener(self.failed)
        else:
            self._listeners.append(listener)

    async def append(self, *entries: Entry) -> tuple[Row, ...]:
        """See the port. Raises Malformed as well, for a record that cannot be written (then nothing happened)."""
        if self._closed:
            raise JournalUnwritable(f"{self.path}: the journal is closed.")
        if self.failed is not None:
            raise JournalUnwritable(str(self.failed))
        if not entries:
            return ()
        drafts = tuple(self._drafted(entry) for entry in entries)
        handover = Handover(drafts, asyncio.get_running_loop().create_future())
        self._waiting.append(handover)
        self._start_flushing()
        return await handover.written

    def _drafted(self, entry: Entry) -> tuple[Draft, Record]:
        """The entry as it will be written, and the record as every later start will read it."""
        body = encode(entry.record, self._redact)
        draft = Draft(
            time=self._clock.now(),
            kind=entry.record.KIND,
            actor=entry.actor,
            correlation=entry.correlation,
            body=canonical(body),
        )
        return draft, decode(entry.record.KIND, body)

    def _start_flushing(self) -> None:
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush(), name="journal")
            self._flushing.add_done_callback(self._flushed)

    async def _flush(self) -> None:
        while self._waiting and self.failed is None:
            self._in_flight, self._waiting = self._waiting, []
            await self._commit(self._in_flight)
            self._in_flight = []

    def _flushed(self, task: "asyncio.Task[None]") -> None:
        """Whatever ended the flushing, no caller is left waiting."""
        self._flushing = None
        if task.cancelled():
            if self._in_flight:
                self._fail(JournalUnwritable(f"{self.path}: the loop was stopped in the middle of a write."))
        elif error := task.exception():
            self._fail(_told(self.path, error))
        if self._waiting and self.failed is None:
            self._start_flushing()

    async def _commit(self, handovers: Sequence[Handover]) -> None:
        if self._notary is not None and not self._notary.has_begun:
            self._notary.propose(self._tip)
        batch = self._chained(handovers)
        # What came after a durable commit and failed: the rows are in the log all the same, and no more can follow.
        failure: JournalUnwritable | None = None
        try:
            await self._store.write(batch.stored)
        except HeadLags as error:
            failure = unwritable(self.head_file.path, error)
        if self._notary is not None:
            try:
                self._notary.adopt(batch.tip)
            except OSError as error:
                failure = unwritable(self.path, error)
        self._tip, self._head = batch.tip, batch.tip.head
        for row in batch.rows:
            for fold in self._folds:
                fold.apply(row)
        for handover, group in zip(handovers, batch.groups, strict=True):
            if not handover.written.done():
                handover.written.set_result(group)
        if failure is not None:
            self._in_flight = []
            self._fail(failure)

    def _chained(self, handovers: Sequence[Handover]) -> Batch:
        """What was handed over as the next rows, with the signatures that belong between them and at their end."""
        batch = Batch(self._log, self._chance, self._tip)
        for handover in handovers:
            batch.take(handover, self._notary)
        if self._notary is not None and (self._closed or self._notary.is_due(batch.tip)):
            batch.sign(self._notary)
        return batch

    def _fail(self, failure: JournalUnwritable) -> None:
        self.failed = failure
        for handover in (*self._in_flight, *self._waiting):
            if not handover.written.done():
                handover.written.set_exception(JournalUnwritable(str(failure)))
        self._in_flight, self._waiting = [], []
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener(failure)

    async def close(self) -> None:
        """Write what was handed over, sync the head file, let go of the file. Raises JournalUnwritable.

        After a failure it only lets go: what is in the log is what it said was in the log.
        """
        if self._closed:
            return
        self._closed = True
        try:
            while self._flushing is not None:
                await asyncio.wait({self._flushing})
            if self._notary is not None and self._notary.has_begun and self.failed is None:
                await self._sign_the_end()
        finally:
            await self._let_go()

    async def _sign_the_end(self) -> None:
        """At a clean end no row is left unsigned. Raises JournalUnwritable."""
        if self._tip.trust.signed < self._tip.head.seq:
            self._waiting.append(Handover((), asyncio.get_running_loop().create_future()))
            handover = self._waiting[-1]
            self._start_flushing()
            await handover.written

    async def _let_go(self) -> None:
        try:
            await self._store.close()
            self.head_file.write(self._head, sync=True)
        except (sqlite3.Error, OSError) as error:
            if self.failed is None:
                self.failed = unwritable(self.path, error)
                raise self.failed from None


def _told(path: Path, error: BaseException) -> JournalUnwritable:
    """Errors of the disk in a sentence; anything else is a defect (of a fold, most likely), and is named."""
    if isinstance(error, sqlite3.Error | OSError):
        return unwritable(path, error)
    return JournalUnwritable(f"{path}: the journal stopped at a defect of the program ({error!r}).")
