"""How many orders the gate judges in a second, against one single check."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from tests.benchmarks.figure import Figure
from tests.unit.risk import scenes
from tui_trader.core.order import Intent
from tui_trader.risk.book import Book
from tui_trader.risk.checks import shape
from tui_trader.risk.gate import Outcome, checks_for, judge, judge_by

SUBJECT = "gate"


def measure(_: Path, count: int) -> Iterator[Figure]:
    """Judgements per second of an entry that is allowed and of an exit; each asks every check it has."""
    calm = scenes.BOOK
    held = scenes.holding(scenes.SIZE)
    crowded = scenes.working(*(scenes.order(scenes.stop_order(), name=str(n)) for n in range(3)), book=calm)
    yield _figure("entry, calm account", scenes.entry(), calm, count)
    yield _figure("entry, three orders open", scenes.entry(), crowded, count)
    yield _figure("exit", scenes.market_exit(), held, count)


def _figure(name: str, intent: Intent, book: Book, count: int) -> Figure:
    assert judge(intent, book, scenes.POLICY).verdict is not Outcome.DENY, name
    began = perf_counter()
    for _ in range(count):
        judge(intent, book, scenes.POLICY)
    rate = count / (perf_counter() - began)
    one = (shape.well_formed,)
    began = perf_counter()
    for _ in range(count):
        judge_by(one, intent, book, scenes.POLICY)
    single = count / (perf_counter() - began)
    return Figure(
        subject=SUBJECT,
        name=name,
        value=rate,
        unit="judgements/s",
        baseline=single,
        against="one check",
        note=f"{len(checks_for(intent))} checks",
    )
