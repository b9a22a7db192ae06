"""A long run at full speed: what memory, CPU and the journal's rows come to, early and late.

The run is a process of its own (`python -m tests.benchmarks.enduring HOME CYCLES`), which tells a line each tenth.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from tests.benchmarks.figure import Figure
from tests.unit.engine.runs import run_options
from tui_trader.core.records import JsonObject
from tui_trader.engine.commands import Resume
from tui_trader.engine.thread import EngineThread

SUBJECT = "long run"
_TENTHS = 10
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mark:
    """How a run stands after so many cycles: bytes, seconds of CPU, real seconds, and what it did."""

    cycles: int
    resident: int
    cpu: float
    real: float
    orders: int
    fills: int


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """Memory after all cycles against memory after a tenth; time and rows a cycle of the last tenth and the first."""
    marks, entries = _run(folder / "home", count)
    first, before, last = marks[0], marks[-2], marks[-1]
    traded = f"{last.orders} order rows, {last.fills} fills"
    yield Figure(
        subject=SUBJECT,
        name=f"RSS after {last.cycles:,} cycles",
        value=last.resident / _MIB,
        unit="MiB",
        baseline=first.resident / _MIB,
        against=f"after {first.cycles:,}",
        note=f"after {before.cycles:,}: {before.resident / _MIB:.1f}; {traded}",
    )
    yield _a_cycle("CPU a cycle, last tenth", (last.cpu - before.cpu), first.cpu, first.cycles)
    yield _a_cycle("real time a cycle, last tenth", (last.real - before.real), first.real, first.cycles)
    yield Figure(subject=SUBJECT, name="journal rows a cycle", value=entries / last.cycles, unit="rows")
    again, fresh = (_run(folder / name, 1)[0][-1] for name in ("home", "fresh"))
    yield Figure(
        subject=SUBJECT,
        name="start to the first decision, used home",
        value=again.real * 1e3,
        unit="ms",
        baseline=fresh.real * 1e3,
        against="fresh home",
        note=f"{entries:,} rows",
    )


def _run(home: Path, cycles: int) -> tuple[list[Mark], int]:
    """The marks of a run in a process of its own, and how many rows its journal then has."""
    output = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.enduring", str(home), str(cycles)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ).stdout.splitlines()
    return [Mark(**json.loads(line)) for line in output[:-1]], int(json.loads(output[-1])["journal_entries"])


def _a_cycle(name: str, late: float, early: float, cycles: int) -> Figure:
    return Figure(
        subject=SUBJECT,
        name=name,
        value=late / cycles * 1e3,
        unit="ms",
        baseline=early / cycles * 1e3,
        against="first tenth",
    )


class _Observer:
    """Hears the lines of the run, marks each tenth, and resumes where a limit stopped trading, so that it goes on."""

    def __init__(self, cycles: int) -> None:
        self._step = max(1, cycles // _TENTHS)
        self._began = perf_counter()
        self._cycles = self._orders = self._fills = 0
        self._cpu = _cpu()
        self.engine: EngineThread | None = None

    def __call__(self, line: JsonObject) -> None:
        match line["event"]:
            case "order":
                self._orders += 1
            case "fill":
                self._fills += 1
            case "state" if line["trading_state"] == "REDUCING" and self.engine is not None:
                self.engine.submit(Resume(reason="the benchmark goes on"))
            case "decision":
                self._cycles += 1
                if self._cycles % self._step == 0:
                    print(json.dumps(asdict(self._mark())), flush=True)
            case _:
                pass

    def _mark(self) -> Mark:
        return Mark(
            cycles=self._cycles,
            resident=_resident(),
            cpu=_cpu() - self._cpu,
            real=perf_counter() - self._began,
            orders=self._orders,
            fills=self._fills,
        )


def _resident() -> int:
    """Bytes of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(home: Path, cycles: int) -> None:
    """Run so many cycles of both symbols of the shipped prompt on the synthetic market."""
    observer = _Observer(cycles)
    observer.engine = EngineThread(run_options(home, symbols=(), cycles=cycles), sink=observer)
    observer.engine.start()
    observer.engine.join()
    if observer.engine.failure is not None:
        raise observer.engine.failure
    assert observer.engine.ended is not None
    print(json.dumps(dict(observer.engine.ended.summary)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
