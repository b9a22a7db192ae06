"""The mailbox: the latest immutable view per key, written by the engine, taken by whoever looks, on any thread."""

import threading
from collections.abc import Iterable, Mapping

from tui_trader.core.clock.pulse import stopwatch

_WANTED_FOR = 3.0
"""Real seconds after its last take for which a key counts as wanted; panes look at least every second."""


class Mailbox:
    """Keeps only the newest value per key. Nobody ever waits for anybody here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, object] = {}
        self._versions: dict[str, int] = {}
        self._version = 0
        self._taken: dict[str, float] = {}
        self.has_reader = False
        """Set by the first take: while nobody looks, views need not be made."""

    def publish(self, key: str, value: object) -> None:
        """Put a view; an equal one is not news."""
        with self._lock:
            if key in self._values and self._values[key] == value:
                return
            self._version += 1
            self._values[key] = value
            self._versions[key] = self._version

    def take(self, keys: Iterable[str], since: int = 0) -> tuple[int, Mapping[str, object]]:
        """What changed of these keys after version `since`, and the version to ask with next time."""
        self.has_reader = True
        keys = tuple(keys)
        with self._lock:
            self._taken.update(dict.fromkeys(keys, stopwatch()))
            changed = {key: self._values[key] for key in keys if self._versions.get(key, 0) > since}
            return self._version, changed

    def wanted(self, prefix: str) -> tuple[str, ...]:
        """What follows `prefix` in the keys that somebody has looked at lately: for views that are costly to make."""
        since = stopwatch() - _WANTED_FOR
        with self._lock:
            return tuple(
                key.removeprefix(prefix) for key, at in self._taken.items() if at > since and key.startswith(prefix)
            )
