"""The journal under power cuts: every acknowledged row is there, transactions are whole, the home opens again."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from unittest.mock import patch

from tests.simulation.power_cut import recorder as recording
from tests.simulation.power_cut.image import Image
from tests.simulation.power_cut.recorder import Recorder
from tests.simulation.power_cut.subject import Outcome, Synchronous, Unusable, Verdict
from tests.simulation.power_cut.tape import Told
from tests.unit.journal.samples import EPOCH, Collected, HandClock, entry, opened, unchanged
from tui_trader.core.chance import Chance
from tui_trader.core.records import EmergencyImported, ToolCalled
from tui_trader.core.words import Actor
from tui_trader.journal import store
from tui_trader.journal.emergency import EmergencyLog, import_emergencies, line_hash
from tui_trader.journal.head import HeadFile
from tui_trader.journal.layout import StoredRow, Tip
from tui_trader.journal.ports import Entry, Head, JournalCorrupt, JournalUnreadable, JournalUnwritable
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Verified, follow, verify
from tui_trader.journal.writer import JournalWriter

FILE = "journal.db"
_PAGES_PER_CHECKPOINT = (6, 25, 1000)
_LARGEST_BODY = 12_000
"""Bytes: some pages of 4 KiB, so that one transaction is many writes."""
_UNWRITABLE = 0.2
"""Of the lives begin with an exit before the journal can be opened."""
_LINE = "line "
"""How the name of an acknowledged line of the emergency log begins."""


class _Connection(recording.Connection):
    """The store's connection on the recorder's layer: its `executemany` is the production transaction."""

    def __init__(self, recorder: Recorder, path: Path, *, pages_per_checkpoint: int) -> None:
        super().__init__(recorder, path, pages_per_checkpoint=pages_per_checkpoint)
        self.head_file = HeadFile.beside(path)

    def executemany(self, sql: str, rows: tuple[StoredRow, ...]) -> object:
        """One durable transaction."""
        head = Head(rows[-1].seq, rows[-1].hash)
        return store.commit(self.execute, lambda: self._connection.executemany(sql, rows), head, self.head_file)


class JournalSubject:
    """A journal with one to four tasks that append to it."""

    def __init__(self) -> None:
        self._ends: set[bytes] = set()
        """Hashes of the rows with which a transaction may end: the last ones of what was appended at once."""

    async def live(self, recorder: Recorder, chance: Random, synchronous: Synchronous) -> None:
        """See Subject. One life in two ends without `close`."""
        path = recorder.folder / FILE
        connections: list[_Connection] = []
        pages = chance.choice(_PAGES_PER_CHECKPOINT)

        def connected(path: Path, _: None) -> _Connection:
            connections.append(_Connection(recorder, path, pages_per_checkpoint=pages))
            return connections[-1]

        try:
            with recorder.recording(), _on(connected, synchronous):
                log = _emergency_log(recorder.folder, chance.getrandbits(32))
                if chance.random() < _UNWRITABLE:
                    _note(log, recorder)
                try:
                    journal = await opened(path, seed=chance.getrandbits(32))
                except JournalCorrupt as refusal:
                    raise Unusable(str(refusal)) from None
                if imported := await import_emergencies(log, journal):
                    self._ends.add(imported[-1].hash)
                tasks = (self._append(journal, recorder, Random(chance.random())) for _ in range(chance.randint(1, 4)))
                await asyncio.gather(*tasks)
                for _ in range(chance.choice((0, 0, 1, 2))):
                    _note(log, recorder)
                if chance.random() < 1 / 2:
                    await journal.close()
        finally:
            for each in connections:
                each.close()

    async def _append(self, journal: JournalWriter, recorder: Recorder, chance: Random) -> None:
        for _ in range(chance.randint(1, 6)):
            rows = await journal.append(*(_entry(chance) for _ in range(chance.randint(1, 3))))
            self._ends.add(rows[-1].hash)
            recorder.tape.add(Told(_named(rows[-1].seq, rows[-1].hash)))

    async def judge(self, image: Image, folder: Path) -> Verdict:
        """See Subject. A home that opens must take a further row as well, and be whole and up to date after it."""
        path = folder / FILE
        told = {each.what for each in image.told}
        try:
            journal = await opened(path)
        except (JournalCorrupt, JournalUnwritable) as refusal:
            return self._closer_look(path, told, str(refusal))
        try:
            async with journal:
                if harm := await self._used(journal, folder, told):
                    return harm
        except (JournalCorrupt, JournalUnwritable) as damage:
            return Verdict(Outcome.CORRUPT, str(damage))
        verdict = verify(path)
        if verdict != Verified(journal._log, journal.head, EPOCH, behind=0):
            return Verdict(Outcome.CORRUPT, f"after a further row: {verdict}")
        return Verdict(Outcome.WHOLE if told else Outcome.EARLY)

    async def _used(self, journal: JournalWriter, folder: Path, told: set[str]) -> Verdict | None:
        """What is wrong with a journal that opened, if it is used as at a start."""
        known = Collected()
        journal.attach(known)
        if harm := self._harm(((row.seq, row.hash) for row in known.rows), told):
            return harm
        await import_emergencies(_emergency_log(folder, seed=0), journal)
        records = (row.record for row in known.rows)
        lines = Counter(_line(line_hash(each)) for each in records if isinstance(each, EmergencyImported))
        if wrong := {line for line in told if line.startswith(_LINE) and lines[line] != 1}:
            return Verdict(Outcome.LOST, f"{len(wrong)} emergency lines are not there once")
        await journal.append(entry(1))
        return None

    def _closer_look(self, path: Path, told: set[str], refusal: str) -> Verdict:
        """Why the program would not start: the rows alone say whether they are all there."""
        try:
            with JournalReader(path) as reader:
                rows = list(reader.stored())
        except JournalUnreadable:
            return Verdict(Outcome.LOST if told and not path.exists() else Outcome.REFUSED, refusal)
        except JournalCorrupt:
            return Verdict(Outcome.CORRUPT if told else Outcome.REFUSED, refusal)
        if not isinstance(follow(rows, None), Tip):
            return Verdict(Outcome.CORRUPT, refusal)
        return self._harm(((row.seq, row.hash) for row in rows), told) or Verdict(Outcome.REFUSED, refusal)

    def _harm(self, rows: Iterable[tuple[int, bytes]], told: set[str]) -> Verdict | None:
        """What is wrong with rows whose chain is whole."""
        found = tuple(rows)
        if missing := {each for each in told if not each.startswith(_LINE)} - {_named(*row) for row in found}:
            return Verdict(Outcome.LOST, f"{len(missing)} of {len(told)} acknowledged transactions")
        if found and found[-1][1] not in self._ends:
            return Verdict(Outcome.CORRUPT, f"row {found[-1][0]} is the last, in the middle of a transaction")
        return None


def _named(seq: int, digest: bytes) -> str:
    return f"row {seq} {digest.hex()}"


def _line(digest: bytes) -> str:
    return f"{_LINE}{digest.hex()}"


def _emergency_log(folder: Path, seed: int) -> EmergencyLog:
    return EmergencyLog(folder / "emergency.jsonl", HandClock(), Chance(seed), redact=unchanged)


def _note(log: EmergencyLog, recorder: Recorder) -> None:
    """An exit while the journal cannot be written: its line must be durable before it goes out."""
    recorder.tape.add(Told(_line(log.append({"exit": "BTCUSDT"}))))


def _entry(chance: Random) -> Entry:
    if chance.random() < 2 / 3:
        return entry(chance.randint(1, 10**6))
    size = chance.randint(1, _LARGEST_BODY)
    return Entry(record=ToolCalled(tool="get_snapshot", arguments={"noise": "x" * size}), actor=Actor.AGENT)


@contextmanager
def _on(connected: Callable[[Path, None], _Connection], synchronous: Synchronous) -> Iterator[None]:
    """The production store, on another way to open a file and with another setting."""
    settings = tuple((name, int(synchronous) if name == "synchronous" else value) for name, value in store._SETTINGS)
    with patch.object(store, "_opened", connected), patch.object(store, "_SETTINGS", settings):
        yield
