"""The newest rows of the journal and the newest decisions, kept for whoever looks."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from tui_trader.core.clock import Instant
from tui_trader.core.order import Fill
from tui_trader.core.records import CycleDecided, OrderFilled
from tui_trader.journal.ports import Row

KEPT_ROWS = 500
_KEPT_DECISIONS = 100
_KEPT_FILLS = 200


class Tail:
    """A fold that forgets. Rows are kept as they are: at a start nearly all of them are never looked at."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque(maxlen=KEPT_ROWS)
        self._decisions: deque[tuple[Instant, CycleDecided]] = deque(maxlen=_KEPT_DECISIONS)
        self._fills: deque[Fill] = deque(maxlen=_KEPT_FILLS)
        self._heard = 0

    def apply(self, row: Row) -> None:
        """Take one row in, and let the oldest go."""
        self._heard += 1
        self._rows.append(row)
        match row.record:
            case CycleDecided():
                self._decisions.append((row.time, row.record))
            case OrderFilled(fill=fill):
                self._fills.append(fill)
            case _:
                pass

    @property
    def heard(self) -> int:
        """How many rows there have been."""
        return self._heard

    def newest(self, count: int) -> Sequence[Row]:
        """Up to so many of the newest rows that are kept, oldest first."""
        return tuple(islice(self._rows, max(0, len(self._rows) - count), None))

    @property
    def decisions(self) -> tuple[tuple[Instant, CycleDecided], ...]:
        """The newest decisions and their times, oldest first."""
        return tuple(self._decisions)

    @property
    def fills(self) -> tuple[Fill, ...]:
        """Our newest trades, oldest first."""
        return tuple(self._fills)
