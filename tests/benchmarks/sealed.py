"""What encryption costs: durable rows through the real-time store, and the reading of a log that checks every row."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from tests.benchmarks.figure import Figure, percentile
from tests.benchmarks.rows import appended
from tui_trader.journal.seal import Seal, fresh_key
from tui_trader.journal.verify import Verified, verify

SUBJECT = "encryption"
_AWAITERS = (1, 8, 64)
_AGAINST = "not encrypted"


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """Each figure of an encrypted log beside that of a plain one."""
    seal = Seal.of(fresh_key())
    for awaiters in _AWAITERS:
        plain, _ = asyncio.run(appended(folder / f"plain-{awaiters}.db", awaiters, count))
        rate, waits = asyncio.run(appended(folder / f"sealed-{awaiters}.db", awaiters, count, seal))
        yield Figure(
            subject=SUBJECT,
            name=f"durable rows, {awaiters} awaiting",
            value=rate,
            unit="rows/s",
            baseline=plain,
            against=_AGAINST,
            note=f"a row waits {percentile(waits, 0.5) * 1e3:.2f} ms (p50), {percentile(waits, 0.99) * 1e3:.2f} (p99)",
        )
    last = _AWAITERS[-1]
    yield Figure(
        subject=SUBJECT,
        name="rows verified",
        value=_verified(folder / f"sealed-{last}.db", seal),
        unit="rows/s",
        baseline=_verified(folder / f"plain-{last}.db", None),
        against=_AGAINST,
    )


def _verified(path: Path, seal: Seal | None) -> float:
    began = perf_counter()
    found = verify(path, seal=seal)
    took = perf_counter() - began
    assert isinstance(found, Verified)
    return found.head.seq / took
