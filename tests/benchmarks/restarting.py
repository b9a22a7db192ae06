"""A restart after weeks: from the start of the process to the end of one cycle, in a home with a long journal.

The journal is one day's rows of a real run, told again and again with new order ids, so that it holds what weeks would.
"""

import asyncio
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.benchmarks.starting import PROGRAM, one_cycle, until_exit
from tests.unit.engine.runs import SEED, finished, run_options
from tui_trader.core.chance import Chance
from tui_trader.core.clock import LoopClock, PacedLoop
from tui_trader.core.ids import client_order_id
from tui_trader.core.records import (
    EngineStarted,
    HomeOpened,
    LogSigned,
    OrderIntended,
    Record,
    SigningKeyIntroduced,
)
from tui_trader.engine.home import Home
from tui_trader.journal.codec import decode, encode, verbatim
from tui_trader.journal.keys import KeyFiles
from tui_trader.journal.notary import Notary
from tui_trader.journal.ports import Entry, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.writer import JournalWriter, open_journal

_CYCLES = 150
_ONCE = (HomeOpened, EngineStarted, SigningKeyIntroduced, LogSigned)
"""Rows that a telling does not repeat: they say whose home it is, or are the notary's own."""


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """The whole command in a fresh home, and in one with `rows` rows."""
    fresh = until_exit((*PROGRAM, *one_cycle(folder / "fresh")))
    options = run_options(folder / "used", symbols=(), cycles=_CYCLES)
    finished(options)
    written = _lengthened(options.home, rows)
    took = until_exit((*PROGRAM, *one_cycle(options.home.folder)))
    yield Figure(
        subject="restart",
        name="run --cycles 1, whole",
        value=took * 1e3,
        unit="ms",
        baseline=fresh * 1e3,
        against="in a fresh home",
        note=f"{written} rows, {(took - fresh) / written * 1e6:.0f} µs a row",
    )


def _lengthened(home: Home, rows: int) -> int:
    """Tell the home's rows again until there are so many; the number that there are then."""
    with JournalReader(home.journal) as reader:
        told = tuple(row for row in reader.rows() if not isinstance(row.record, _ONCE))
    loop = PacedLoop(math.inf)

    async def write() -> int:
        clock = LoopClock(loop, told[-1].time)
        chance = Chance(SEED)
        notary = Notary(KeyFiles(home.journal), chance)
        journal = await open_journal(home.journal, clock, chance, threaded=False, redact=verbatim, notary=notary)
        async with journal:
            while journal.head.seq < rows:
                await _retold(journal, told)
            return journal.head.seq

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(write())


async def _retold(journal: JournalWriter, told: Sequence[Row]) -> None:
    """Each row once more; what named an order names the new one. Nothing waits for the disk but the intents."""
    ids: dict[str, str] = {}
    batch: list[Entry] = []
    for row in told:
        batch.append(Entry(record=_renamed(row.record, ids), actor=row.actor, correlation=row.correlation))
        if isinstance(row.record, OrderIntended):
            written = await journal.append(*batch)
            batch.clear()
            ids[client_order_id(row.hash)] = client_order_id(written[-1].hash)
    await journal.append(*batch)


def _renamed(record: Record, ids: dict[str, str]) -> Record:
    said = json.dumps(encode(record))
    if not any(before in said for before in ids):
        return record
    for before, after in ids.items():
        said = said.replace(before, after)
    return decode(record.KIND, json.loads(said))
