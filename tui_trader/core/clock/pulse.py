"""A pulse in real time, for what people watch: views are made no oftener than eyes or wires can take."""

import time


class Pulse:
    """Due at most once in `seconds` of real time, whatever the engine's clock does."""

    def __init__(self, seconds: float) -> None:
        """The first question finds it due."""
        self._seconds = seconds
        self._last = -seconds

    def is_due(self) -> bool:
        """Whether the time has come; if so, it begins anew."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


def stopwatch() -> float:
    """Real seconds from an arbitrary start, for measuring how long something took."""
    return time.monotonic()
