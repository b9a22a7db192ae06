"""Alerts by a command of the user's: what should not wait until somebody looks at the console.

The command runs in a thread of its own, one at a time, within bounds; a command that fails or hangs delays other alerts
at most, and never the trader. Of each kind one alert is told at once; for a while after that more of the kind are
counted, and the last of them is told when the while is over.
"""

import json
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from tui_trader.core.clock import WallClock, text
from tui_trader.core.clock.pulse import stopwatch
from tui_trader.core.money import plain
from tui_trader.core.order import OrderStatus
from tui_trader.core.plain_text import one_line
from tui_trader.core.records import (
    BreakerChanged,
    EconomyChanged,
    EmergencyImported,
    ExchangeClosed,
    JsonObject,
    OrderChanged,
    ProtectionFailed,
    TradingStateChanged,
)
from tui_trader.core.words import Economy, TradingState
from tui_trader.engine.outside_command import CommandFailed, bare_environment, hand_over
from tui_trader.journal.emergency import kept_record
from tui_trader.journal.ports import Row
from tui_trader.journal.redact import SECRETS

_COMMAND_WITHIN = 20.0
"""Real seconds that the command has for one alert."""
_MOST_WAITING = 100
_LAST_WITHIN = 5.0
"""Real seconds that the end of a run waits for alerts that are not told yet."""
_log = logging.getLogger(__name__)


class AlertKind(StrEnum):
    """What it is about."""

    HALT = "halt"
    """Trading is HALTED or REDUCING."""
    NAKED = "naked"
    """A position is not proven protected."""
    CLOSED = "closed"
    """The exchange itself closed a position: a liquidation, say."""
    REJECT = "reject"
    """The exchange refused an order."""
    BUDGET = "budget"
    """The model's money is short."""
    BREAKER = "breaker"
    """Exchange or model failed several times in a row: no new risk."""
    FEED = "feed"
    """Prices are old."""
    ANCHOR = "anchor"
    """The journal's head could not be kept elsewhere."""
    HUNG = "hung"
    """The engine's loop does not answer: the process ends."""
    TEST = "test"
    """A person tries the command."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell. `suppressed` are those of the kind that were not told since the last one."""

    kind: AlertKind
    text: str
    suppressed: int = 0

    def line(self, time: str) -> bytes:
        """As the command gets it: one JSON object on one line, without secrets."""
        said: JsonObject = {
            "event": "alert",
            "time": time,
            "kind": self.kind.value,
            "text": SECRETS(one_line(self.text)),
            "suppressed": self.suppressed,
        }
        return json.dumps(dict(said), separators=(",", ":")).encode() + b"\n"


def alert_of(row: Row) -> Alert | None:
    """What a row is an alert of; most are none of any."""
    match row.record:
        case EmergencyImported() as line:
            kept = kept_record(line)
            return alert_of(replace(row, record=kept)) if kept is not None else None
        case TradingStateChanged(state=state, reason=reason) if state is not TradingState.ACTIVE:
            return Alert(AlertKind.HALT, f"{state.value}: {reason}")
        case ProtectionFailed(symbol=symbol, reason=reason):
            return Alert(AlertKind.NAKED, f"{symbol} is not proven protected: {reason}")
        case ExchangeClosed(symbol=symbol, cause=cause, price=price):
            return Alert(AlertKind.CLOSED, f"the exchange closed {symbol} at {plain(price)}: {cause.value}")
        case OrderChanged(client_order_id=order_id, status=OrderStatus.REJECTED, reason=reason):
            return Alert(AlertKind.REJECT, f"{order_id}: {reason}")
        case EconomyChanged(economy=economy, reason=reason) if economy is not Economy.FULL:
            return Alert(AlertKind.BUDGET, f"{economy.value}: {reason}")
        case BreakerChanged(scope=scope, open=True, reason=reason):
            return Alert(AlertKind.BREAKER, f"{scope.value}: {reason}")
        case _:
            return None


def deliver(command: tuple[str, ...], alert: Alert) -> None:
    """Run the command for one alert, now. Raises CommandFailed."""
    line = alert.line(text(WallClock().now()))
    hand_over(command, line, within=_COMMAND_WITHIN, environment=bare_environment())


@dataclass(slots=True)
class _Turn:
    """A kind's turn: not before `next_at` again; what came since waits in `waiting`."""

    next_at: float
    waiting: Alert | None = None
    count: int = 0


class Alerting:
    """From its making until `close`. A fold of the journal; `tell` takes what is in no row. Safe from any thread."""

    def __init__(
        self,
        command: tuple[str, ...],
        *,
        every: float,
        now: Callable[[], float] = stopwatch,
    ) -> None:
        """`every` is in real seconds. Without a command nothing is started, and nothing told."""
        self.problem = ""
        """Why the last alert could not be delivered; empty while all were."""
        self._command = command
        self._every = every
        self._now = now
        self._alerts: queue.Queue[Alert | None] = queue.Queue(_MOST_WAITING)
        self._turns: dict[AlertKind, _Turn] = {}
        self._thread: threading.Thread | None = None
        if command:
            # A daemon: the end of the process does not wait for a command that hangs.
            self._thread = threading.Thread(target=self._work, name="alerts", daemon=True)
            self._thread.start()

    @property
    def is_on(self) -> bool:
        """Whether a command is there."""
        return self._thread is not None

    def apply(self, row: Row) -> None:
        """Take one row in."""
        if self.is_on and (alert := alert_of(row)) is not None:
            self.tell(alert)

    def tell(self, alert: Alert) -> None:
        """Hand it over; returns at once. Where too many wait, the log has it."""
        if not self.is_on:
            return
        try:
            self._alerts.put_nowait(alert)
        except queue.Full:
            _log.warning("alert %s is not told, too many wait: %s", alert.kind.value, alert.text)

    def close(self, within: float = _LAST_WITHIN) -> None:
        """Tell what waits, rate or not, and end."""
        if self._thread is not None:
            with_room = threading.Thread(target=self._alerts.put, args=(None,), daemon=True)
            with_room.start()
            self._thread.join(within)

    def _work(self) -> None:
        while True:
            try:
                alert = self._alerts.get(timeout=self._next_turn())
            except queue.Empty:
                pass
            else:
                if alert is None:
                    break
                self._take(alert)
            self._tell_due(at=self._now())
        self._tell_due(at=float("inf"))

    def _next_turn(self) -> float | None:
        """Seconds until something that waits may be told; None where nothing waits."""
        due = [turn.next_at for turn in self._turns.values() if turn.waiting is not None]
        return max(0.0, min(due) - self._now()) if due else None

    def _take(self, alert: Alert) -> None:
        turn = self._turns.setdefault(alert.kind, _Turn(next_at=self._now()))
        turn.count += turn.waiting is not None
        turn.waiting = alert

    def _tell_due(self, *, at: float) -> None:
        for turn in self._turns.values():
            if turn.waiting is not None and turn.next_at <= at:
                alert = replace(turn.waiting, suppressed=turn.count)
                turn.waiting, turn.count, turn.next_at = None, 0, self._now() + self._every
                self._deliver(alert)

    def _deliver(self, alert: Alert) -> None:
        try:
            deliver(self._command, alert)
        except CommandFailed as error:
            self.problem = str(error)
            _log.warning("alert %s was not delivered: %s (%s)", alert.kind.value, alert.text, error)
        else:
            self.problem = ""
