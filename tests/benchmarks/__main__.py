"""`python -m tests.benchmarks [NAME…] [--json] [--scale X]`: run them and print their figures."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.catalogue import BENCHMARKS
from tests.benchmarks.figure import Figure, as_json, as_table


def main() -> None:
    """Run what is asked for, all by default; JSON lines come one by one, the table at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Figures; nothing is asserted.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    parser.add_argument("--scale", type=float, default=1.0, help="times the usual counts (default: 1)")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    figures: list[Figure] = []
    for name in asked.names or BENCHMARKS:
        for figure in _measured(name, asked.scale):
            figures.append(figure)
            if asked.json:
                print(as_json(figure), flush=True)
    if not asked.json:
        print(as_table(figures))


def _measured(name: str, scale: float) -> list[Figure]:
    benchmark = BENCHMARKS[name]
    sys.stderr.write(f"{name} …\n")
    with tempfile.TemporaryDirectory(prefix="tt-") as folder:
        return list(benchmark.measure(Path(folder), max(benchmark.least, round(benchmark.usual * scale))))


if __name__ == "__main__":
    main()
