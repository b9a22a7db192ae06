"""What a home's journal says before a run begins: whose it is, where its market stopped, what seed it had."""

from dataclasses import dataclass

from tui_trader.core.clock import Instant
from tui_trader.core.money import Money
from tui_trader.core.reconciliation import Difference
from tui_trader.core.records import AccountReconciled, CycleDecided, EngineStarted, EquityMarked, HomeOpened
from tui_trader.journal.ports import Row


@dataclass(slots=True)
class Past:
    """A fold over the rows that say how the home has been used."""

    opened: HomeOpened | None = None
    last_start: EngineStarted | None = None
    last_time: Instant | None = None
    last_cycle: int = 0
    last_equity: Money | None = None
    """As it was last written down."""
    last_differences: tuple[Difference, ...] = ()
    """What the last comparison that is written down found."""

    def apply(self, row: Row) -> None:
        """Take one row in."""
        self.last_time = row.time
        match row.record:
            case HomeOpened() as opened:
                self.opened = opened
            case EngineStarted() as started:
                self.last_start = started
            case EquityMarked(equity=equity):
                self.last_equity = equity
            case AccountReconciled(equity=equity, found=found):
                self.last_equity, self.last_differences = equity, found
            case CycleDecided(cycle=cycle):
                self.last_cycle = max(self.last_cycle, cycle)
            case _:
                pass
