"""The kill matrix: kill -9 at every await point of six acts, answered in three ways; then a start, and a look."""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.integration.binance.demo import until
from tests.matrix.acts import DEEDS, Answer, Deed, carry_out
from tests.matrix.books import breaches
from tests.matrix.points import Points
from tests.matrix.report import Result
from tests.matrix.trader import QUANTITY, asked, is_at_rest, options_in, trading
from tests.matrix.venue import Venue, apart, venue
from tui_trader.engine.commands import AskStatus
from tui_trader.exchange.loopback.control import Act

_WITHIN = 150.0
"""Seconds for one life of an engine, on a busy machine."""
_SIGKILL = -9


@dataclass(frozen=True, slots=True)
class Kill:
    """One case: the point at which it ends is named; None carries the act out to its end."""

    deed: str
    answer: Answer
    point: str | None = None

    @property
    def what(self) -> Deed:
        """The act."""
        return next(deed for deed in DEEDS if deed.name == self.deed)


def rehearsals() -> Iterator[Kill]:
    """Each act in each way, to its end: they tell which points there are."""
    for deed in DEEDS:
        for answer in Answer:
            yield Kill(deed.name, answer)


SAMPLE = (
    Kill("entry", Answer.RECEIVED, "POST order ENTRY: answered #1"),
    Kill("stop", Answer.LOST, "POST algoOrder STOP: answered #1"),
    Kill("move stop", Answer.LOST, "DELETE algoOrder STOP: answered #1"),
    Kill("close", Answer.OVERTAKEN, "POST order EXIT: on its way #1"),
    Kill("cancel", Answer.OVERTAKEN, "DELETE order ENTRY: on its way #1"),
    Kill("flatten", Answer.RECEIVED, "row fill EXIT: before it is durable #1"),
)
"""One point of each act: the first that come to mind, and each answer twice."""


def points_of(case: Kill) -> tuple[Result, tuple[str, ...]]:
    """Carry it out without a kill: what came of it, and the points that it passed."""
    with TemporaryDirectory(prefix="matrix-") as folder, venue() as there:
        path = Path(folder)
        code, seen = apart(lambda: _lived(path, there, case), log=path / "log", within=_WITHIN)
        broken = _judged(path, there, code, seen is not None)
        shown = tuple(name for name in seen or () if case.what.shown(name))
        return Result(case.deed, case.answer.value, "rehearsal", broken, f"{len(shown)} points"), shown


def outcome_of(case: Kill) -> Result:
    """Kill, start again, look."""
    assert case.point is not None
    with TemporaryDirectory(prefix="matrix-") as folder, venue() as there:
        path = Path(folder)
        code, _ = apart(lambda: _lived(path, there, case), log=path / "log", within=_WITHIN)
        there.wish(Act.CLEAR)
        broken: tuple[str, ...] = ()
        note = ""
        if code == 0:
            note = "the point was not reached"
        elif code != _SIGKILL:
            broken = _told(path, f"the engine ended with {code} before the point")
        code, state = apart(lambda: _revived(path, there), log=path / "log", within=_WITHIN)
        broken += _judged(path, there, code, state is not None)
        if state not in (None, "ACTIVE"):
            broken += (f"the engine is {state} after its start",)
        return Result(case.deed, case.answer.value, case.point, broken, note)


def _lived(folder: Path, there: Venue, case: Kill) -> list[str]:
    points = Points(case.point)
    points.install()
    with trading(folder, there) as engine:
        carry_out(case.what, case.answer, engine, there, points)
        points.is_armed = False
        there.wish(Act.CLEAR)
    return points.seen


def _revived(folder: Path, there: Venue) -> str:
    with trading(folder, there) as engine:
        until(lambda: is_at_rest(engine, there), every=0.3)
        return str(asked(engine, AskStatus()).result["trading_state"])


def _judged(folder: Path, there: Venue, code: int | None, is_whole: bool) -> tuple[str, ...]:
    if code != 0 or not is_whole:
        return _told(folder, f"an engine ended with {code}")
    try:
        return breaches(options_in(folder, there).home.journal, there, at_most=QUANTITY)
    except Exception:  # noqa: BLE001 - a case that cannot be judged has failed
        return _told(folder, f"it could not be judged: {traceback.format_exc(limit=3)}")


def _told(folder: Path, what: str) -> tuple[str, ...]:
    log = folder / "log"
    return what, *(log.read_text().splitlines()[-12:] if log.exists() else ())
