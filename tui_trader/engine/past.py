"""What a home's journal says before a run begins: whose it is, where its market stopped, what seed it had."""

from dataclasses import dataclass, field
from pathlib import Path

from tui_trader.core.clock import Instant
from tui_trader.core.money import Money
from tui_trader.core.records import AccountReconciled, CycleDecided, EngineStarted, EquityMarked, HomeOpened
from tui_trader.desk.ledger import Ledger
from tui_trader.journal.ports import JournalCorrupt, JournalUnreadable, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.whole import whole_to


@dataclass(slots=True)
class Past:
    """A fold over the rows that say how the home has been used."""

    opened: HomeOpened | None = None
    last_start: EngineStarted | None = None
    last_time: Instant | None = None
    last_cycle: int = 0
    last_equity: Money | None = None
    """As it was last written down."""
    ledger: Ledger = field(default_factory=Ledger)

    def apply(self, row: Row) -> None:
        """Take one row in."""
        self.last_time = row.time
        self.ledger.apply(row)
        match row.record:
            case HomeOpened() as opened:
                self.opened = opened
            case EngineStarted() as started:
                self.last_start = started
            case EquityMarked(equity=equity) | AccountReconciled(equity=equity):
                self.last_equity = equity
            case CycleDecided(cycle=cycle):
                self.last_cycle = max(self.last_cycle, cycle)
            case _:
                pass


def past_of(path: Path) -> Past:
    """Read the whole journal, if there is one. Raises JournalUnreadable, JournalCorrupt.

    It is trusted here and verified when it is opened to be written; one that cannot be read is verified at once, for
    the verifier knows the first bad row and says what to do.
    """
    past = Past()
    if path.exists():
        try:
            with JournalReader(path) as reader:
                for row in reader.rows():
                    past.apply(row)
        except (JournalCorrupt, JournalUnreadable):
            whole_to(path)
            raise
    return past
