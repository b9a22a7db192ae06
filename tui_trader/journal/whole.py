"""Where a log stands once every row of it was checked: what both writing and reading at a start ask first."""

from pathlib import Path
from typing import assert_never

from tui_trader.journal.head import HeadFile, HeadGarbled
from tui_trader.journal.layout import START, Tip
from tui_trader.journal.ports import JournalCorrupt
from tui_trader.journal.verify import Broken, Verified, verify


def whole_to(path: Path) -> Tip:
    """Where the log at `path` stands, after every row of it was checked. Raises JournalCorrupt with the way out."""
    if _is_fresh(path):
        return START
    match verify(path):
        case Broken() as broken:
            raise JournalCorrupt(
                f"{path}: {broken}. Keep the folder as evidence; restore journal and head file together "
                "from a backup, or start in a fresh home (--home)."
            )
        case Verified() as whole:
            return Tip(whole.log, whole.head, whole.time)
        case never:
            assert_never(never)


def _is_fresh(path: Path) -> bool:
    """Whether nothing was ever written here: no log, and no head file that knows of one."""
    try:
        head = HeadFile.beside(path).read()
    except (HeadGarbled, OSError):
        return False
    return not path.is_file() and (head is None or head.seq == 0)
