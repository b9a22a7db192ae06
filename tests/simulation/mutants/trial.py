"""One trial: `python -m tests.simulation.mutants.trial FOCUS SEED…` runs the seeds until one breaks a rule."""

import json
import sys

import tui_trader
from tests.simulation.focus import Focus
from tests.simulation.world import simulate


def main(focus: Focus | None, seeds: list[int]) -> None:
    """The last line on stdout is the answer."""
    ran, orders, caught_by = 0, 0, None
    violations: tuple[str, ...] = ()
    for seed in seeds:
        outcome = simulate(seed, focus)
        ran, orders = ran + 1, orders + outcome.counts["orders"]
        if outcome.violations:
            caught_by, violations = seed, outcome.violations
            break
    answer = {"seeds": ran, "orders": orders, "caught_by": caught_by, "violations": violations}
    print(json.dumps({**answer, "package": tui_trader.__file__}))


if __name__ == "__main__":
    told, *seeds = sys.argv[1:]
    main(Focus.of_json(told) if told else None, [int(seed) for seed in seeds])
