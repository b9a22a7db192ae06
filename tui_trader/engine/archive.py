"""The journal for screens: read on a thread of its own, so that neither the engine nor a screen waits for a disk."""

from concurrent.futures import Future, ThreadPoolExecutor

from tui_trader.engine.cycle_story import Told, cycle_story
from tui_trader.engine.home import Home
from tui_trader.engine.vault import seal_to_read
from tui_trader.journal.reader import JournalReader

_ROWS_BEFORE = 1_000
"""Rows before a decision among which all that led to it lies: one cycle leaves some dozens."""


class Archive:
    """Reads one home. Each question opens the log anew, read-only, and is answered by a future."""

    def __init__(self, home: Home) -> None:
        """No file is touched before the first question."""
        self._home = home
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")

    def story(self, cycle: int, near: int) -> "Future[tuple[Told, ...]]":
        """All rows of a cycle, whose decision is row `near`. See EngineClient."""
        return self._thread.submit(self._story, cycle, near)

    def close(self) -> None:
        """Answer nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _story(self, cycle: int, near: int) -> tuple[Told, ...]:
        with JournalReader(self._home.journal, seal_to_read(self._home)) as reader:
            return cycle_story(reader.rows(max(1, near - _ROWS_BEFORE)), cycle)
