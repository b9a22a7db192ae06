"""Folds that are attached as one see every row, each row in their order."""

from tests.unit.engine.rows import D, Log
from tui_trader.core.records import EquityMarked
from tui_trader.engine.folds import Folds
from tui_trader.journal.ports import Row


def test_each_row_goes_to_all_before_the_next_comes() -> None:
    heard: list[tuple[str, int]] = []

    class Named:
        def __init__(self, name: str) -> None:
            self._name = name

        def apply(self, row: Row) -> None:
            heard.append((self._name, row.seq))

    log = Log((Folds(Named("first"), Named("second")),))
    for _ in range(2):
        log.write(EquityMarked(equity=D(1), wallet=D(1)))
    assert heard == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]
