"""The disk under one home: it fills up, it lets the head file lag, and a process can die before or after a commit."""

import asyncio
import errno
import random
import sqlite3
from collections.abc import Callable, Sequence

from tests.simulation.faults import Faults
from tests.simulation.lives import Life
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock
from tui_trader.core.records import JsonObject
from tui_trader.engine.home import Home
from tui_trader.journal.codec import verbatim
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.layout import StoredRow
from tui_trader.journal.store import HeadLags, LoopStore
from tui_trader.journal.writer import JournalWriter


class Disk:
    """What the world knows of it."""

    def __init__(self) -> None:
        self.is_full = False


class FaultyStore:
    """`Store` over the loop's store, for one life."""

    def __init__(
        self, inner: LoopStore, disk: Disk, life: Life, chance: random.Random, faults: Callable[[], Faults]
    ) -> None:
        self._inner = inner
        self._disk = disk
        self._life = life
        self._chance = chance
        self._faults = faults

    async def write(self, rows: Sequence[StoredRow]) -> None:
        """All of them or none, unless the process dies."""
        if not self._life.alive:
            await self._life.sealed()
        if self._disk.is_full:
            raise sqlite3.OperationalError("database or disk is full")
        dies = self._chance.random() < self._faults().crash_at_disk
        if dies and self._chance.random() < 0.5:
            self._life.kill()
            await self._life.sealed()
        if (rate := self._faults().disk_slow) and self._chance.random() < rate:
            await asyncio.sleep(self._chance.uniform(0.01, 0.3))
            if not self._life.alive:
                await self._life.sealed()
        await self._inner.write(rows)
        if dies:
            self._life.kill()
            await self._life.sealed()
        if self._chance.random() < self._faults().head_lost:
            raise HeadLags(errno.ENOSPC, "No space left on device")

    async def close(self) -> None:
        """As it should be, or as the system does it for a dead process."""
        if self._life.alive:
            await self._inner.close()
        else:
            self.let_go()

    def let_go(self) -> None:
        """The process is gone, and so are its file handles."""
        self._inner._connection.close()


class LifesEmergencyLog(EmergencyLog):
    """The emergency log of one life: a dead one writes nothing."""

    def __init__(self, home: Home, clock: Clock, chance: Chance, life: Life, noted: Callable[[bytes], None]) -> None:
        super().__init__(home.emergency, clock, chance, redact=verbatim)
        self._life = life
        self._noted = noted

    def append(self, entry: JsonObject) -> bytes:
        if not self._life.alive:
            return bytes(32)
        line = super().append(entry)
        self._noted(line)
        return line


def on_this_disk(
    journal: JournalWriter, disk: Disk, life: Life, chance: random.Random, faults: Callable[[], Faults]
) -> FaultyStore:
    """Put the journal's store behind the disk's faults."""
    assert isinstance(journal._store, LoopStore)
    store = FaultyStore(journal._store, disk, life, chance, faults)
    journal._store = store
    return store
