"""Thousands of seeds over all cores: `python -m tests.simulation --seeds 5000`; exit 1 where one broke a rule."""

import argparse
import multiprocessing
import os
import sys
from collections import Counter

from tests.simulation.reporting import report
from tests.simulation.world import Outcome, simulate
from tui_trader.core.clock.pulse import stopwatch

_EVERY = 100
"""Seeds between two lines of progress."""


class Tally:
    """The sums of a run."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seeds = 0
        self.hours = 0.0
        self.failed: list[int] = []
        self._began = stopwatch()

    def add(self, outcome: Outcome) -> None:
        """One seed more; a failing one is told at once."""
        self.seeds += 1
        self.hours += outcome.hours
        self.counts.update(outcome.counts)
        if outcome.violations:
            self.failed.append(outcome.seed)
            print(report(outcome), end="\n\n", flush=True)
        if self.seeds % _EVERY == 0:
            print(self.line(), file=sys.stderr, flush=True)

    def line(self) -> str:
        """All of it in a line."""
        seconds, counts = stopwatch() - self._began, self.counts
        return (
            f"{self.seeds} seeds, {self.hours:.1f} virtual hours, {counts['cycles']} decisions, "
            f"{counts['orders']} orders, {counts['fills']} fills, {counts['unknown']} unknown, "
            f"{counts['crashes']} crashes, {counts['lives'] - self.seeds} restarts, {counts['halts']} halts, "
            f"{counts['resumes']} resumes, {len(self.failed)} violations, {self.seeds / seconds:.1f} seeds/s"
        )


def main() -> int:
    """Run, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--counts", action="store_true", help="print all that was counted")
    options = parser.parse_args()
    tally, seeds = Tally(), range(options.first, options.first + options.seeds)
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for outcome in pool.imap_unordered(simulate, seeds):
            tally.add(outcome)
    print(tally.line())
    if options.counts:
        print("\n".join(f"{number:8d}  {what}" for what, number in sorted(tally.counts.items())))
    if tally.failed:
        print(f"broken by the seeds {sorted(tally.failed)}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
