"""What is remembered of earlier decisions: folded from the journal, so that it survives a restart, and bounded."""

from collections import deque
from collections.abc import Callable

from tui_trader.core.clock import Instant, start_of_day
from tui_trader.core.margin import FeeRates
from tui_trader.core.money import ZERO, Money, Price
from tui_trader.core.order import Fill
from tui_trader.core.records import CycleDecided, OrderFilled, PositionClosed
from tui_trader.core.words import CycleVerdict, Symbol
from tui_trader.desk.trips import TripFold
from tui_trader.journal.ports import Row
from tui_trader.risk.observed import ObservedFold, ProposedOutcome
from tui_trader.tools.ports import Memory, PastAction, PastDecision

_KEPT_DECISIONS = 5
_KEPT_OUTCOMES = 8


class MemoryFold:
    """Attach it to the journal, after the folds that it reads. A decision's reason is left out: a model wrote it."""

    def __init__(self, trips: TripFold, observed: ObservedFold, fees: FeeRates) -> None:
        self._trips = trips
        self._observed = observed
        self._fees = fees
        self._decisions: deque[PastDecision] = deque(maxlen=_KEPT_DECISIONS)
        self._day: Instant | None = None
        self._paid = ZERO

    def apply(self, row: Row) -> None:
        """Take one row in."""
        match row.record:
            case CycleDecided(verdict=CycleVerdict.SKIP):
                pass
            case CycleDecided() as decided:
                self._decisions.append(_past(decided, row.time))
            case OrderFilled(own=Fill() as fill):
                self._pay(fill.fee, row.time)
            case _:
                pass

    def at(self, now: Instant, mark: Callable[[Symbol], Price | None]) -> Memory:
        """What is remembered at this instant; `mark` is what proposed entries that are not over are worth."""
        over: list[PositionClosed | ProposedOutcome] = [*self._trips.outcomes, *self._observed.over]
        over.sort(key=lambda outcome: outcome.closed or now)
        return Memory(
            decisions=tuple(self._decisions),
            outcomes=(*over, *self._observed.under_way(mark))[-_KEPT_OUTCOMES:],
            fees=self._fees,
            fees_today=self._paid if self._day == start_of_day(now) else ZERO,
        )

    def _pay(self, fee: Money, time: Instant) -> None:
        day = start_of_day(time)
        if day != self._day:
            self._day, self._paid = day, ZERO
        self._paid += fee


def _past(decided: CycleDecided, time: Instant) -> PastDecision:
    actions = (
        PastAction(tool=a.tool, symbol=str(a.arguments.get("symbol", "")), outcome=a.outcome) for a in decided.actions
    )
    return PastDecision(cycle=decided.cycle, time=time, verdict=decided.verdict, actions=tuple(actions))
