"""The one reading of a log at a start: every row is checked, decoded once, and told to whoever must know the past."""

from pathlib import Path
from typing import assert_never

from tui_trader.journal.head import HeadFile, HeadGarbled
from tui_trader.journal.layout import START, Header, StoredRow, Tip
from tui_trader.journal.ports import Fold, JournalCorrupt
from tui_trader.journal.reader import row_of
from tui_trader.journal.seal import Seal
from tui_trader.journal.verify import Broken, Verified, verify


def recall(path: Path, *folds: Fold, seal: Seal | None = None) -> Tip:
    """Where the log at `path` stands after every row of it was checked and told to the folds, each row in their order.

    Raises JournalCorrupt with the way out, also for a row that this program cannot read; what the folds have heard by
    then is of no use.
    """
    if _is_fresh(path):
        return START

    def hear(header: Header, stored: StoredRow) -> None:
        try:
            row = row_of(header, stored)
        except ValueError as error:
            raise JournalCorrupt(f"{path}, row {stored.seq}: {error}") from None
        for fold in folds:
            fold.apply(row)

    match verify(path, hear if folds else None, seal=seal):
        case Broken() as broken:
            raise JournalCorrupt(
                f"{path}: {broken}. Keep the folder as evidence; restore journal and head file together "
                "from a backup, or start in a fresh home (--home)."
            )
        case Verified() as whole:
            return whole.tip
        case never:
            assert_never(never)


def _is_fresh(path: Path) -> bool:
    """Whether nothing was ever written here: no log, and no head file that knows of one."""
    try:
        head = HeadFile.beside(path).read()
    except (HeadGarbled, OSError):
        return False
    return not path.is_file() and (head is None or head.seq == 0)
