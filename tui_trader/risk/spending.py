"""What the model has cost, by hour, day and month: a fold over its questions and answers, so that nothing is forgotten.

A question counts at once, with the most that it can cost; its answer settles that. A question whose answer is never
written (a crash in between) stays counted: the service may have worked, and charged.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import EconomyChanged, ModelAnswered, ModelAsked
from tui_trader.core.words import Economy, SpendWindow
from tui_trader.journal.ports import Row

_DEAREST_INPUT = Decimal("0.00003")
_DEAREST_OUTPUT = Decimal("0.00018")
"""USD a token, above the list price of the general models of 2026: what a call of unknown price is taken to cost."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was spent in the window that began at `start`."""

    start: Instant
    spent: Money


@dataclass(frozen=True, slots=True)
class _Reservation:
    made: Instant
    amount: Money


def window_of(window: SpendWindow, now: Instant) -> tuple[Instant, Instant]:
    """The beginning and the end of the hour, day or month in which the instant lies, in UTC."""
    moment = datetime.fromtimestamp(now // NANOSECONDS, UTC)
    hour = moment.replace(minute=0, second=0, microsecond=0)
    match window:
        case SpendWindow.HOUR:
            return _instant(hour), _instant(hour + timedelta(hours=1))
        case SpendWindow.DAY:
            day = hour.replace(hour=0)
            return _instant(day), _instant(day + timedelta(days=1))
        case SpendWindow.MONTH:
            first = hour.replace(day=1, hour=0)
            return _instant(first), _instant((first + timedelta(days=31)).replace(day=1))


def _instant(moment: datetime) -> Instant:
    return Instant(int(moment.timestamp()) * NANOSECONDS)


class Spending:
    """The fold. It is charged to the windows in which a question was asked, however late its answer comes."""

    def __init__(self) -> None:
        self._counted: dict[SpendWindow, _Counted] = {}
        self._open: dict[int, _Reservation] = {}
        self._economy = EconomyChanged(economy=Economy.FULL, reason="")

    def apply(self, row: Row) -> None:
        """Take one row in."""
        match row.record:
            case ModelAsked(reserved=reserved):
                self._open[row.seq] = _Reservation(row.time, reserved)
                self._add(reserved, row.time)
            case ModelAnswered() as answered:
                self._settle(answered, row.time)
            case EconomyChanged() as changed:
                self._economy = changed
            case _:
                pass

    def spent(self, window: SpendWindow, now: Instant) -> Money:
        """USD spent or reserved in the window in which `now` lies."""
        counted = self._counted.get(window)
        start, _ = window_of(window, now)
        return counted.spent if counted is not None and counted.start >= start else ZERO

    def economy(self, now: Instant) -> EconomyChanged:
        """The rung of the ladder that is in force: the journalled one until its window has passed."""
        until = self._economy.until
        is_over = until is not None and now >= until
        return EconomyChanged(economy=Economy.FULL, reason="") if is_over else self._economy

    def journalled_economy(self) -> Economy:
        """The rung that the last row says, whether or not its window has passed."""
        return self._economy.economy

    def _settle(self, answered: ModelAnswered, time: Instant) -> None:
        reserved = self._open.pop(answered.asked, None)
        if reserved is None:
            self._add(cost_of(answered), time)
        else:
            self._add(cost_of(answered) - reserved.amount, reserved.made)

    def _add(self, amount: Money, made: Instant) -> None:
        """Count an amount in the windows that are still those in which it was made; a window that passed is closed."""
        for window in SpendWindow:
            start, _ = window_of(window, made)
            counted = self._counted.get(window)
            if counted is None or start > counted.start:
                counted = _Counted(start, ZERO)
            if start == counted.start:
                counted = _Counted(start, counted.spent + amount)
            self._counted[window] = counted


def cost_of(answer: ModelAnswered) -> Money:
    """What the call cost; by tokens at the dearest price where the model's own is not known."""
    if answer.cost is not None:
        return answer.cost
    return answer.input_tokens * _DEAREST_INPUT + answer.output_tokens * _DEAREST_OUTPUT
