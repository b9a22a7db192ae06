"""Seeds of the simulation: the whole engine under a random few of all faults breaks no rule."""

from pathlib import Path

import pytest

from tests.simulation.reporting import report
from tests.simulation.world import simulate

_SEEDS = 300
_CHUNK = 10
_REGRESSIONS = Path(__file__).with_name("regressions.txt")


def _once_failed() -> tuple[int, ...]:
    """The seeds of the list; what follows a seed on its line says what it found."""
    lines = _REGRESSIONS.read_text().splitlines()
    return tuple(int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#"))


def _holds(seed: int) -> None:
    outcome = simulate(seed)
    if outcome.violations:
        pytest.fail(report(outcome), pytrace=False)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(0, _SEEDS, _CHUNK))
def test_no_rule_is_broken(first: int) -> None:
    for seed in range(first, first + _CHUNK):
        _holds(seed)


@pytest.mark.parametrize("seed", _once_failed())
def test_what_failed_once_holds(seed: int) -> None:
    _holds(seed)


def test_a_seed_is_one_run() -> None:
    assert simulate(18).head == simulate(18).head
