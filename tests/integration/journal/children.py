"""Programs that write a journal and are then killed, starved of disk, or leave without closing it.

Run as `python -m tests.integration.journal.children NAME PATH`; an acknowledged row is one line on stdout.
"""

import asyncio
import math
import os
import resource
import sys
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

from tui_trader.core.chance import Chance
from tui_trader.core.clock import PacedLoop, WallClock
from tui_trader.core.records import EquityMarked
from tui_trader.core.words import Actor
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.journal.writer import JournalWriter, open_journal

KEPT: list[JournalWriter] = []
"""Holds the journal beyond the end of the loop, as a traceback or a global would."""


async def opened(path: Path, *, threaded: bool) -> JournalWriter:
    return await open_journal(path, WallClock(), Chance(None), threaded=threaded, redact=lambda text: text)


def acknowledge(text: str) -> None:
    """One write, so that no line is lost in a buffer when the process dies."""
    os.write(sys.stdout.fileno(), f"{text}\n".encode())


async def write_for_ever(path: Path, *, threaded: bool) -> None:
    """Four tasks append, each telling of a row only after it is durable."""
    journal = await opened(path, threaded=threaded)

    async def one(number: int) -> None:
        entry = Entry(record=EquityMarked(equity=Decimal(number), wallet=Decimal(0)), actor=Actor.SYSTEM)
        while True:
            for row in await journal.append(entry):
                acknowledge(f"{row.seq} {row.hash.hex()}")

    await asyncio.gather(*(one(number) for number in range(4)))


async def write_until_full(path: Path, *, threaded: bool) -> None:
    """The journal's files may grow by 200 kB, then the disk is full."""
    async with await opened(path, threaded=threaded) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        entry = Entry(record=EquityMarked(equity=Decimal(1), wallet=Decimal(0)), actor=Actor.SYSTEM)
        try:
            while True:
                for row in await journal.append(entry):
                    acknowledge(f"{row.seq} {row.hash.hex()}")
        except JournalUnwritable as error:
            acknowledge(f"refused {error}")


async def leave_open(path: Path, *, threaded: bool) -> None:
    """An error before `close`, with the journal still referenced."""
    journal = await opened(path, threaded=threaded)
    KEPT.append(journal)
    entry = Entry(record=EquityMarked(equity=Decimal(1), wallet=Decimal(0)), actor=Actor.SYSTEM)
    (row,) = await journal.append(entry)
    acknowledge(f"{row.seq} {row.hash.hex()}")
    raise SystemExit(3)


PROGRAMS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "write_for_ever": write_for_ever,
    "write_until_full": write_until_full,
    "leave_open": leave_open,
}


def main(name: str, store: str, path: str) -> None:
    """Run one of the programs on a real-time loop (thread) or a virtual one (loop)."""
    threaded = store == "thread"
    pace = 1.0 if threaded else math.inf
    with asyncio.Runner(loop_factory=lambda: PacedLoop(pace=pace)) as runner:
        runner.run(PROGRAMS[name](Path(path), threaded=threaded))


if __name__ == "__main__":
    main(*sys.argv[1:])
