"""A copy of the package as a wheel lays it out, with a planted bug or without, tried in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.focus import Focus

_ROOT = Path(__file__).parents[3]
_LEAVE_OUT = shutil.ignore_patterns("__pycache__", "_data")
_LONGEST_TRIAL = 900.0
"""Seconds of real time."""


class PatchLost(Exception):
    """The text that a patch replaces is not there exactly once: the patch must be renewed."""


@dataclass(frozen=True, slots=True)
class Edit:
    """In `file` of the package, `before` becomes `after`."""

    file: str
    before: str
    after: str

    def apply(self, package: Path) -> None:
        """Change the copy. Raises PatchLost."""
        path = package / self.file
        text = path.read_text()
        if (found := text.count(self.before)) != 1:
            raise PatchLost(f"{self.file} has {found} places that read: {self.before!r}")
        path.write_text(text.replace(self.before, self.after))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a trial came to: the seeds that ran, the orders that left, and the first seed that broke a rule, if any."""

    seeds: int
    orders: int
    caught_by: int | None
    violations: tuple[str, ...]

    def rules(self) -> frozenset[str]:
        """The names of the broken rules."""
        return frozenset(violation.split(":")[0] for violation in self.violations)


def copy_with(edits: Sequence[Edit], folder: Path) -> Path:
    """A copy in `folder`, with prompts and themes inside the package and the simulation beside it. Raises PatchLost."""
    package = folder / "tui_trader"
    shutil.copytree(_ROOT / "tui_trader", package, ignore=_LEAVE_OUT)
    for kind in ("prompts", "themes"):
        shutil.copytree(_ROOT / kind, package / "_data" / kind)
    shutil.copytree(_ROOT / "tests" / "simulation", folder / "tests" / "simulation", ignore=_LEAVE_OUT)
    shutil.copy(_ROOT / "tests" / "__init__.py", folder / "tests")
    for edit in edits:
        edit.apply(package)
    return folder


def try_out(copy: Path, seeds: Sequence[int], focus: Focus | None = None) -> Verdict:
    """Run the seeds on the copy until one breaks a rule. Raises RuntimeError where the trial itself fails."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.mutants.trial", focus.as_json() if focus else "", *map(str, seeds)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_TRIAL,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the trial ended with {done.returncode}: {done.stderr[-2_000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    if not Path(said["package"]).is_relative_to(copy):
        raise RuntimeError(f"the trial ran {said['package']}, not the copy in {copy}")
    return Verdict(said["seeds"], said["orders"], said["caught_by"], tuple(said["violations"]))
