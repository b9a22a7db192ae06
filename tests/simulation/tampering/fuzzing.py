"""So many mutations of a log, two thirds of its rows and one third of its file."""

import shutil
from pathlib import Path

from tests.simulation.tampering.logs import signed_log
from tests.simulation.tampering.mutations import Mutator, Outcome


def fuzzed(folder: Path, mutations: int, seed: int) -> Outcome:
    """What became of them. Two runs with the same seed do the same."""
    for name in ("sound", "another", "attacked"):
        (folder / name).mkdir()
    log = signed_log(folder / "sound" / "journal.db")
    mutator = Mutator(log, signed_log(folder / "another" / "journal.db", seed=2), seed)
    for suffix in (".head", ".pub"):
        shutil.copy(log.path.with_suffix(suffix), folder / "attacked" / f"journal{suffix}")
    for number in range(mutations):
        if number % 3 == 2:
            mutator.try_file(folder / "attacked")
        else:
            mutator.try_rows()
    return mutator.outcome
