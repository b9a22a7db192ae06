"""The newest rows of the journal and the newest decisions, kept for whoever looks."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from tui_trader.core.money import ZERO, Money
from tui_trader.core.order import Fill
from tui_trader.core.records import CycleDecided, OrderFilled, PositionClosed
from tui_trader.engine.views import DecisionRow
from tui_trader.journal.ports import Row

KEPT_ROWS = 500
_KEPT_DECISIONS = 500
_KEPT_FILLS = 200


class Tail:
    """A fold that forgets. Rows are kept as they are: at a start nearly all of them are never looked at."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque(maxlen=KEPT_ROWS)
        self._decisions: deque[DecisionRow] = deque(maxlen=_KEPT_DECISIONS)
        self._fills: deque[Fill] = deque(maxlen=_KEPT_FILLS)
        self._heard = 0

    def apply(self, row: Row) -> None:
        """Take one row in, and let the oldest go."""
        self._heard += 1
        self._rows.append(row)
        match row.record:
            case CycleDecided():
                self._decisions.append(DecisionRow(seq=row.seq, time=row.time, decided=row.record))
            case PositionClosed(cycle=int() as cycle, net=net):
                self._settle(cycle, net)
            case OrderFilled(fill=fill):
                self._fills.append(fill)
            case _:
                pass

    def _settle(self, cycle: int, net: Money) -> None:
        """Add what a position came to, to the decision that opened it, if it is still kept."""
        for index, row in enumerate(self._decisions):
            if row.decided.cycle == cycle:
                self._decisions[index] = replace(row, net=(row.net or ZERO) + net)

    @property
    def heard(self) -> int:
        """How many rows there have been."""
        return self._heard

    def newest(self, count: int) -> Sequence[Row]:
        """Up to so many of the newest rows that are kept, oldest first."""
        return tuple(islice(self._rows, max(0, len(self._rows) - count), None))

    @property
    def decisions(self) -> tuple[DecisionRow, ...]:
        """The newest decisions, oldest first."""
        return tuple(self._decisions)

    @property
    def fills(self) -> tuple[Fill, ...]:
        """Our newest trades, oldest first."""
        return tuple(self._fills)
