"""Run as `python -m tests.simulation.power_cut --images N`: so many images a mode, over all cores, and a table.

Exit 1 if the program as it is lost anything, or if a control (another setting, a disk that lies) lost nothing.
`--story S --cut C` lays the files of one image out in a new folder instead, for a closer look.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.simulation.power_cut.rehearsal import SUBJECTS, Mode, Tally, laid_out, rehearse
from tests.simulation.power_cut.subject import Outcome

_CUTS_PER_STORY = 50
_LINE = "{:<8} {:<20} {:>9} {:>9} {:>9} {:>9} {:>9} {:>22}"


def main() -> int:
    """Rehearse, print, judge."""
    options = _options()
    if options.story is not None:
        folder = Path(tempfile.mkdtemp(prefix="power-cut-"))
        print(laid_out(options.subject or "journal", options.mode or Mode.FULL, options.story, options.cut, folder))
        print(folder)
        return 0
    print(_LINE.format("file", "mode", "images", "ok", "lost", "corrupt", "refused", "before the first ack"))
    good = True
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for subject in [options.subject] if options.subject else SUBJECTS:
            for mode in [options.mode] if options.mode else Mode:
                stories = -(-options.images // _CUTS_PER_STORY)
                work = partial(rehearse, subject, mode, images=_CUTS_PER_STORY)
                tally = _sum(pool.imap_unordered(work, range(options.seed, options.seed + stories), chunksize=4))
                print(_row(subject, mode, tally), flush=True)
                if (tally.harmed > 0) is (mode is Mode.FULL):
                    good = False
                    print(*(f"  {each}: {case}" for each, case in tally.first.items()), sep="\n", file=sys.stderr)
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.power_cut", description=__doc__)
    parser.add_argument("--images", type=int, default=20_000, help="images a mode")
    parser.add_argument("--seed", type=int, default=0, help="the first story")
    parser.add_argument("--subject", choices=tuple(SUBJECTS), help="only this file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--story", type=int, help="lay out the image of one story")
    parser.add_argument("--cut", type=int, default=0, help="and of this cut in it")
    parser.add_argument("--mode", type=Mode, choices=tuple(Mode), help="only this mode")
    return parser.parse_args()


def _sum(tallies: Iterator[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total


def _row(subject: str, mode: Mode, tally: Tally) -> str:
    columns = (Outcome.WHOLE, Outcome.LOST, Outcome.CORRUPT, Outcome.REFUSED, Outcome.EARLY)
    return _LINE.format(subject, mode, tally.counts.total(), *(tally.counts[each] for each in columns))


if __name__ == "__main__":
    sys.exit(main())
