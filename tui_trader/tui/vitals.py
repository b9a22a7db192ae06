"""The engine's vital signs as seen from here, in real time: not started, starting, running, silent, ended, failed."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tui_trader.core.clock.pulse import stopwatch
from tui_trader.engine import views
from tui_trader.engine.client import EngineClient

SILENT_AFTER = 2.0
"""Real seconds without a sign of life. The engine gives two a second, whatever market and clock do."""


class Life(StrEnum):
    """How the engine does."""

    ASKED_FIRST = "asked first"
    """Not even started: a person has to answer before."""
    STARTING = "starting"
    RUNNING = "running"
    SILENT = "silent"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Vital:
    """A look at the engine. `seconds` is how long it is silent or starting; `words` how it ended."""

    life: Life
    seconds: int = 0
    words: str = ""

    @property
    def is_fresh(self) -> bool:
        """Whether what the engine last said holds now."""
        return self.life is Life.RUNNING


class Vitals:
    """Watches the pulse of one engine."""

    def __init__(
        self, client: EngineClient, now: Callable[[], float] = stopwatch, *, life: Life = Life.STARTING
    ) -> None:
        """`now` gives real seconds. `life` is STARTING, or ASKED_FIRST until `begin` is called."""
        self._client = client
        self._now = now
        self._heard_at = now()
        self._version = 0
        self._has_pulse = False
        self._is_asked_first = life is Life.ASKED_FIRST
        self.latest = Vital(life)

    def begin(self) -> None:
        """The engine is started now."""
        self._is_asked_first, self._heard_at = False, self._now()

    def look(self) -> Vital:
        """How the engine does at this moment."""
        self._version, news = self._client.mailbox.take((views.PULSE,), self._version)
        if news:
            self._heard_at, self._has_pulse = self._now(), True
        self.latest = self._judged()
        return self.latest

    def _judged(self) -> Vital:
        ending = self._client.ending
        if ending is not None:
            if ending.failure is None:
                return Vital(Life.ENDED, words=ending.reason)
            return Vital(Life.FAILED, words=type(ending.failure).__name__)
        if self._client.is_over:
            return Vital(Life.ENDED)
        if self._is_asked_first:
            return Vital(Life.ASKED_FIRST)
        silent = self._now() - self._heard_at
        if not self._has_pulse:
            return Vital(Life.STARTING, int(silent))
        return Vital(Life.SILENT, int(silent)) if silent > SILENT_AFTER else Vital(Life.RUNNING)
