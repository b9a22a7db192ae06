"""What the journal says of tool calls: how many there were, and which never had an answer."""

from collections.abc import Mapping

from tui_trader.core.records import RiskJudged, ToolCalled, ToolReturned
from tui_trader.journal.ports import Row

_CALL = "call-"


class CallLog:
    """Folds calls, their denials and their results; the tool layer numbers the next call by it."""

    def __init__(self) -> None:
        self._newest = 0
        self._unanswered: dict[str, ToolCalled] = {}
        self._judged: set[str] = set()
        """Calls under way whose denial the gate has journalled already."""

    def apply(self, row: Row) -> None:
        """Count calls and pair them with their results."""
        match row.record:
            case ToolCalled() as called:
                self._newest = max(self._newest, _number_of(row.correlation))
                self._unanswered[row.correlation] = called
            case RiskJudged(verdict="deny") if row.correlation:
                self._judged.add(row.correlation)
            case ToolReturned():
                self._judged.discard(row.correlation)
                self._unanswered.pop(row.correlation, None)
            case _:
                pass

    @property
    def newest(self) -> int:
        """The number of the newest call that was written down."""
        return self._newest

    @property
    def unanswered(self) -> Mapping[str, ToolCalled]:
        """Calls without a result, by what correlates their rows; a copy."""
        return dict(self._unanswered)

    def is_judged(self, correlation: str) -> bool:
        """Whether the gate's denial of a call under way is written down."""
        return correlation in self._judged


def correlation_of(number: int) -> str:
    """What correlates the rows of a call."""
    return f"{_CALL}{number}"


def _number_of(correlation: str) -> int:
    """The number in a call's correlation; zero where there is none."""
    number = correlation.removeprefix(_CALL)
    return int(number) if number.isascii() and number.isdecimal() else 0
