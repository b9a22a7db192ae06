"""`python -m tests.matrix kills|faults|decisions|feed`: run the cases, print what came of them."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from tests.matrix import decisions, faults, feed, kills
from tests.matrix.report import Result, table
from tests.matrix.venue import FORK
from tui_trader.engine import running  # noqa: F401 - loaded before the forks, of which each would load it anew

C = TypeVar("C")
R = TypeVar("R")


def main() -> int:
    """Exit 1 where a case failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("matrix", choices=["kills", "faults", "decisions", "feed"], nargs="?", default="kills")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--every", type=int, default=1, help="every N-th case of them")
    parser.add_argument("--jobs", type=int, default=4, help="cases at a time: most of their time is waiting")
    parser.add_argument("--sample", action="store_true", help="the few that every change is held to")
    parser.add_argument("--count", type=int, default=200, help="decisions")
    parser.add_argument("--seed", type=int, default=7, help="of the market on which they are taken")
    parser.add_argument("--scale", type=float, default=60.0, help="how many times as fast that market goes")
    parser.add_argument("--seconds", type=float, default=1e9, help="of the recorded market (default: all)")
    asked = parser.parse_args()
    if asked.matrix == "feed":
        return _concluded([_said(feed.outcome(asked.seconds))])
    if asked.matrix == "decisions":
        return _concluded([_said(decisions.outcome(asked.count, scale=asked.scale, seed=asked.seed))])
    with ProcessPoolExecutor(asked.jobs, mp_context=FORK) as pool:
        run = _kills if asked.matrix == "kills" else _faults
        results = list(_sample(pool) if asked.sample else run(pool, asked.only, asked.every))
    return _concluded(results)


def _concluded(results: list[Result]) -> int:
    print(table(results))
    return 1 if not results or any(result.breaches for result in results) else 0


def _sample(pool: ProcessPoolExecutor) -> Iterator[Result]:
    futures = [pool.submit(kills.outcome_of, case) for case in kills.SAMPLE]
    for future in as_completed([*futures, pool.submit(faults.outcome_of, faults.sample())]):
        yield _said(future.result())


def _kills(pool: ProcessPoolExecutor, only: str, every: int) -> Iterator[Result]:
    wanted = [case for case in kills.rehearsals() if _is_meant(only, case.deed, case.answer.value)]
    cases: list[kills.Kill] = []
    for case, (result, points) in _each(pool, kills.points_of, wanted):
        yield _said(result)
        cases += [kills.Kill(case.deed, case.answer, point) for point in points]
    chosen = [c for c in sorted(cases, key=str) if _is_meant(only, c.deed, c.answer.value, c.point or "")]
    for _, result in _each(pool, kills.outcome_of, chosen[::every]):
        yield _said(result)


def _faults(pool: ProcessPoolExecutor, only: str, every: int) -> Iterator[Result]:
    chosen = [case for case in faults.cases() if _is_meant(only, case.target, case.name)]
    for _, result in _each(pool, faults.outcome_of, chosen[::every]):
        yield _said(result)


def _is_meant(only: str, *names: str) -> bool:
    """Whether all that was asked for is in the name; what is not known yet (a point) may still come."""
    name = " / ".join(names)
    return all(part.strip() in name for part in only.split("/")[: len(names)])


def _each(pool: ProcessPoolExecutor, work: Callable[[C], R], cases: Iterable[C]) -> Iterator[tuple[C, R]]:
    futures = {pool.submit(work, case): case for case in cases}
    for future in as_completed(futures):
        yield futures[future], future.result()


def _said(result: Result) -> Result:
    print(result, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
