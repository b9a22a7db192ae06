"""What a trader knows from its journal: all folds, fed in one reading at a start and row by row from then on."""

from dataclasses import dataclass, field
from pathlib import Path

from tui_trader.core.margin import FeeRates
from tui_trader.desk.ledger import Ledger
from tui_trader.desk.trips import TripFold
from tui_trader.engine.past import Past
from tui_trader.engine.since_halt import HaltMemory
from tui_trader.engine.tail import Tail
from tui_trader.journal.layout import Tip
from tui_trader.journal.ports import Row
from tui_trader.journal.recall import recall
from tui_trader.journal.seal import Seal
from tui_trader.risk.approvals import ApprovalFold
from tui_trader.risk.meters import LossMeters
from tui_trader.risk.observed import ObservedFold
from tui_trader.risk.trading_state import StateFold
from tui_trader.tools.calls import CallLog
from tui_trader.tools.memory import MemoryFold


@dataclass(slots=True)
class Knowledge:
    """The folds that need the whole past. A new one belongs here: a second reading would cost a start seconds."""

    past: Past = field(default_factory=Past)
    ledger: Ledger = field(default_factory=Ledger)
    state: StateFold = field(default_factory=StateFold)
    meters: LossMeters = field(default_factory=LossMeters)
    trips: TripFold = field(default_factory=TripFold)
    approvals: ApprovalFold = field(default_factory=ApprovalFold)
    observed: ObservedFold = field(default_factory=ObservedFold)
    fees: FeeRates = field(default_factory=FeeRates)
    """What the account pays; no fold, but one of them shows it."""
    memory: MemoryFold = field(init=False)
    since_halt: HaltMemory = field(init=False)
    calls: CallLog = field(default_factory=CallLog)
    tail: Tail = field(default_factory=Tail)

    def __post_init__(self) -> None:
        """What is remembered for the model reads the trips and what was only observed."""
        self.memory = MemoryFold(self.trips, self.observed, self.fees)
        self.since_halt = HaltMemory(self.ledger, self.state)

    def apply(self, row: Row) -> None:
        """Hand the row on: to the ledger before those that read its orders, to what the memory reads before it."""
        self.past.apply(row)
        self.ledger.apply(row)
        self.state.apply(row)
        self.meters.apply(row)
        self.approvals.apply(row)
        self.observed.apply(row)
        self.trips.apply(row)
        self.memory.apply(row)
        self.since_halt.apply(row)
        self.calls.apply(row)
        self.tail.apply(row)


def known_from(path: Path, seal: Seal | None = None) -> tuple[Knowledge, Tip]:
    """What the journal at `path` says (nothing where there is none), and where the journal stands.

    Raises JournalCorrupt.
    """
    knowledge = Knowledge()
    return knowledge, recall(path, knowledge, seal=seal)
