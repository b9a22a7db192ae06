"""Several folds attached as one: a start then reads the journal once for all of them, which after weeks counts."""

from tui_trader.journal.ports import Fold, Row


class Folds:
    """Each row goes to all of them, in their order: a later one may read what an earlier one has learned from it."""

    def __init__(self, *folds: Fold) -> None:
        self._folds = folds

    def apply(self, row: Row) -> None:
        """Hand the row on."""
        for fold in self._folds:
            fold.apply(row)
