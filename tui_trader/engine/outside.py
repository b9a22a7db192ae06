"""What a trader has outside: where its log's head is kept, and whom its alerts reach."""

from collections.abc import Callable
from dataclasses import dataclass

from tui_trader.core.clock import Clock, Instant, elapsed
from tui_trader.engine.alerting import Alert, Alerting, AlertKind
from tui_trader.engine.anchoring import Anchoring
from tui_trader.engine.views import AnchorView

_OLD_FOR = 10.0
"""Seconds of engine time for which prices are old before that is an alert: a feed that reconnects is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """None: not asked for."""

    anchoring: Anchoring | None = None
    alerting: Alerting | None = None

    @property
    def anchor(self) -> AnchorView | None:
        """How far the log is kept elsewhere."""
        return self.anchoring.state if self.anchoring is not None else None

    @property
    def alert_problem(self) -> str | None:
        """Why the last alert could not be delivered; empty where it could."""
        return self.alerting.problem if self.alerting is not None and self.alerting.is_on else None


class FeedWatch:
    """Looks at the age of the prices now and then, and tells once when they are old for too long."""

    def __init__(
        self,
        clock: Clock,
        *,
        oldest: Callable[[], float | None],
        most: Callable[[], float],
        tell: Callable[[Alert], None],
    ) -> None:
        """`oldest` is the age of the oldest price in seconds (None: one is missing), `most` what the policy allows."""
        self._clock = clock
        self._oldest = oldest
        self._most = most
        self._tell = tell
        self._old_since: Instant | None = None
        self._is_told = False

    def look(self) -> None:
        """On the engine's loop."""
        oldest = self._oldest()
        if oldest is not None and oldest <= self._most():
            self._old_since, self._is_told = None, False
            return
        now = self._clock.now()
        self._old_since = self._old_since or now
        if not self._is_told and elapsed(self._old_since, now) >= _OLD_FOR:
            self._is_told = True
            age = "there is none yet" if oldest is None else f"the oldest is of {oldest:.0f} s ago"
            self._tell(Alert(AlertKind.FEED, f"prices are old: {age}; nothing new is risked"))
