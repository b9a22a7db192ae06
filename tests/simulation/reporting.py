"""How a failing seed is told: seed, commit, faults, the last events, what is broken, and how to run it again."""

import subprocess
from pathlib import Path

from tests.simulation.world import Outcome

_ROOT = Path(__file__).parents[2]


def report(outcome: Outcome) -> str:
    """All that one needs to find the error."""
    return "\n".join(
        [
            f"seed {outcome.seed} at commit {_commit()} after {outcome.hours * 60:.1f} virtual minutes",
            f"faults: {', '.join(outcome.faults) or 'none'}",
            "the last events:",
            *outcome.events,
            "broken:",
            *outcome.violations,
            f"again: python -m tests.simulation --from {outcome.seed} --seeds 1",
            "once it is fixed, add the seed to tests/simulation/regressions.txt",
        ]
    )


def _commit() -> str:
    """The commit of the checkout, with a plus where files have changed since; `unknown` outside a repository."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12"],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
