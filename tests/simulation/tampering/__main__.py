"""`python -m tests.simulation.tampering --mutations N [--seed S]`: prints what was caught; exit 1 if not all was."""

import argparse
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.simulation.tampering.fuzzing import fuzzed


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.tampering")
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcome = fuzzed(Path(folder), asked.mutations, asked.seed)
    print(f"{outcome.tried} mutations in {perf_counter() - began:.0f} s, seed {asked.seed}")
    print(f"  caught: {outcome.caught}, {outcome.needed_the_anchor} of them by the anchored head alone")
    print(f"  rows unchanged: {outcome.harmless}; rows added after the anchored head: {outcome.behind_the_anchor}")
    print(f"  missed: {len(outcome.missed)}")
    for line in outcome.missed[:20]:
        print(f"    {line}")
    for kind, count in sorted(outcome.kinds.items()):
        print(f"  {count:>7} {kind}")
    return 1 if outcome.missed else 0


if __name__ == "__main__":
    sys.exit(main())
