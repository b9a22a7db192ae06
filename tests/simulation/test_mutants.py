"""Each planted bug is caught within a fixed number of seeds, and a copy without one comes out clean."""

from pathlib import Path

import pytest

from tests.simulation.mutants.copies import Edit, PatchLost, Verdict, copy_with, try_out
from tests.simulation.mutants.planted import MUTANTS, Mutant
from tests.simulation.world import simulate

_SHORT = 40
"""Seeds from the one that caught it when it was planted: a change of the program changes every run a little."""
_BUDGET = 60
"""Seeds from the first one, in the long search."""


def _tried(mutant: Mutant, first: int, seeds: int, folder: Path) -> Verdict:
    return try_out(copy_with(mutant.edits, folder), range(first, first + seeds), mutant.focus)


def _is_caught(mutant: Mutant, verdict: Verdict) -> None:
    assert verdict.caught_by is not None, f"{verdict.seeds} seeds with {verdict.orders} orders noticed nothing"
    assert verdict.rules() & set(mutant.rules), f"noticed by another rule: {verdict.violations}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_caught(mutant: Mutant, tmp_path: Path) -> None:
    _is_caught(mutant, _tried(mutant, mutant.seed, _SHORT, tmp_path))


@pytest.mark.timeout(300)
def test_a_copy_without_a_bug_is_clean(tmp_path: Path) -> None:
    verdict = try_out(copy_with((), tmp_path), sorted({mutant.seed for mutant in MUTANTS if mutant.focus is None}))
    assert verdict.violations == ()
    assert verdict.orders > 0


_FOCUSED = [mutant for mutant in MUTANTS if mutant.focus is not None]


@pytest.mark.parametrize("mutant", _FOCUSED, ids=lambda mutant: mutant.name)
def test_no_rule_is_broken_under_a_focus_without_its_bug(mutant: Mutant) -> None:
    for seed in range(mutant.seed, mutant.seed + 2):
        outcome = simulate(seed, mutant.focus)
        assert outcome.violations == ()


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_caught_from_the_first_seed_on(mutant: Mutant, tmp_path: Path) -> None:
    _is_caught(mutant, _tried(mutant, 0, _BUDGET, tmp_path))


def test_a_patch_that_no_longer_fits_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PatchLost, match=r"desk/sender\.py has 0 places"):
        copy_with((Edit("desk/sender.py", "what nobody wrote", ""),), tmp_path)


def test_every_patch_fits(tmp_path: Path) -> None:
    for number, mutant in enumerate(MUTANTS):
        copy_with(mutant.edits, tmp_path / str(number))
