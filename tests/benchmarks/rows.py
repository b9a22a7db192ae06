"""Durable rows per second by group commit, against one plain SQLite transaction a row."""

import asyncio
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from tests.benchmarks.figure import Figure, percentile
from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.records import EquityMarked
from tui_trader.core.words import Actor
from tui_trader.journal.layout import INSERT, SCHEMA
from tui_trader.journal.ports import Entry
from tui_trader.journal.seal import Seal
from tui_trader.journal.writer import JournalWriter, open_journal

SUBJECT = "journal"
_AWAITERS = (1, 8, 64)
_ENTRY = Entry(record=EquityMarked(equity=Decimal(10_000), wallet=Decimal(9_990)), actor=Actor.SYSTEM)


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """Rows per second with so many tasks that each await their row, through the real-time store."""
    plain = _row_per_commit(folder / "plain.db", count)
    for awaiters in _AWAITERS:
        rate, waits = asyncio.run(appended(folder / f"group-{awaiters}.db", awaiters, count))
        yield Figure(
            subject=SUBJECT,
            name=f"durable rows, {awaiters} awaiting",
            value=rate,
            unit="rows/s",
            baseline=plain,
            against="a commit a row, unhashed",
            note=f"a row waits {percentile(waits, 0.5) * 1e3:.2f} ms (p50), {percentile(waits, 0.99) * 1e3:.2f} (p99)",
        )


async def appended(path: Path, awaiters: int, count: int, seal: Seal | None = None) -> tuple[float, list[float]]:
    """Rows per second, and how long each row waited, in seconds."""
    waits: list[float] = []
    async with await open_journal(path, WallClock(), Chance(None), threaded=True, redact=str, seal=seal) as journal:
        began = perf_counter()
        await asyncio.gather(*(_one_after_another(journal, max(1, count // awaiters), waits) for _ in range(awaiters)))
        took = perf_counter() - began
    return len(waits) / took, waits


async def _one_after_another(journal: JournalWriter, count: int, waits: list[float]) -> None:
    for _ in range(count):
        began = perf_counter()
        await journal.append(_ENTRY)
        waits.append(perf_counter() - began)


def _row_per_commit(path: Path, count: int) -> float:
    """The least that durability costs: the same table and settings, a row of the same size, no hash, no thread."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA synchronous = FULL")
        for statement in SCHEMA:
            connection.execute(statement)
        began = perf_counter()
        for number in range(1, count + 1):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                INSERT, (number, b"{" + b" " * 180 + b"}", bytes(16), b"{" + b" " * 60 + b"}", bytes(32))
            )
            connection.execute("COMMIT")
        return count / (perf_counter() - began)
    finally:
        connection.close()
