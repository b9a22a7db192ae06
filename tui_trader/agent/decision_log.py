"""The record of one decision, with what it was made by: written once, whatever happened on the way."""

from tui_trader.agent.trace import AgentListener
from tui_trader.core.records import CycleDecided, FiguresSeen
from tui_trader.core.words import Actor
from tui_trader.journal.ports import Entry, Journal


class DecisionLog:
    """Writes the cycle's one `CycleDecided` row and tells of it."""

    def __init__(self, journal: Journal, emit: AgentListener) -> None:
        """One for each cycle."""
        self._journal = journal
        self._emit = emit
        self.written: CycleDecided | None = None

    async def write(self, decided: CycleDecided, seen: FiguresSeen | None = None) -> CycleDecided:
        """The row that stands in the journal: this one, or the first if there is one. Raises JournalUnwritable.

        `seen` comes before it in the same commit, so that no decision waits for the disk on its account.
        """
        if self.written is None:
            records = (decided,) if seen is None else (seen, decided)
            await self._journal.append(*(Entry(record=record, actor=Actor.AGENT) for record in records))
            self.written = decided
            self._emit(decided)
        return self.written
