"""The benchmarks there are, with how much each does: as usual, and at least."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import (
    calls,
    digest,
    enduring,
    gate,
    graph,
    halting,
    history,
    hot_path,
    paper_fills,
    restarting,
    rows,
    sealed,
    starting,
    triage,
    wire,
)
from tests.benchmarks.figure import Figure


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`measure` is given an empty folder and a count: of calls, rows, starts, bars or cycles."""

    measure: Callable[[Path, int], Iterator[Figure]]
    usual: int
    least: int


BENCHMARKS: dict[str, Benchmark] = {
    "gate": Benchmark(gate.measure, usual=20_000, least=2),
    "rows": Benchmark(rows.measure, usual=6_400, least=64),
    "encryption": Benchmark(sealed.measure, usual=6_400, least=64),
    "calls": Benchmark(calls.measure, usual=500, least=2),
    "digest": Benchmark(digest.measure, usual=1, least=1),
    "graph": Benchmark(graph.measure, usual=500, least=2),
    "halting": Benchmark(halting.measure, usual=200, least=1),
    "starting": Benchmark(starting.measure, usual=5, least=1),
    "restarting": Benchmark(restarting.measure, usual=200_000, least=300),
    "history": Benchmark(history.measure, usual=1_440, least=1),
    "enduring": Benchmark(enduring.measure, usual=10_000, least=20),
    "wire": Benchmark(wire.measure, usual=200, least=2),
}
"""In the order in which they run."""

if paper_fills.CAPTURE.exists():
    BENCHMARKS["paper-fills"] = Benchmark(paper_fills.measure, usual=120, least=8)
    BENCHMARKS["hot-path"] = Benchmark(hot_path.measure, usual=93_954, least=3_000)

for _symbol, _name in (("BTCUSDT", "triage"), ("ETHUSDT", "triage-eth")):
    if triage.recorded(_symbol).exists():
        BENCHMARKS[_name] = Benchmark(triage.of_symbol(_symbol), usual=30_200, least=60)
