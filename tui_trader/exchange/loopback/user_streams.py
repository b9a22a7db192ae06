"""The account's streams: listen keys and their hour, who listens with them, and events that go astray on demand."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock, Instant, later, to_milliseconds
from tui_trader.exchange.loopback.connection import Connection
from tui_trader.exchange.loopback.figures import Json, JsonObject
from tui_trader.exchange.loopback.hub import tell
from tui_trader.exchange.loopback.refusals import refuse

_KEPT = 500
"""Newest events that are kept for a test to look at."""


_TRADED = ("TRADE", "CALCULATED")


@dataclass(frozen=True, slots=True)
class UserListener:
    """A connection and the events that it asked for; none named means all."""

    connection: Connection
    key: str
    events: frozenset[str] = frozenset()

    def hears(self, event: JsonObject) -> bool:
        """Whether it asked for events of this kind."""
        return not self.events or event["e"] in self.events


@dataclass(slots=True)
class UserFaults:
    """What goes wrong with the next events; each count goes down as it is used."""

    duplicates: int = 0
    reorders: int = 0
    losses: int = 0
    _held: list[JsonObject] = field(default_factory=list)

    def pass_through(self, event: JsonObject) -> list[JsonObject]:
        """What is told instead of the event, and now.

        A reorder holds what a fill did to the account back until the fill itself has been told.
        """
        if self.losses:
            self.losses -= 1
            return []
        if self.reorders and _word(event, "a", "m") == "ORDER":
            self.reorders -= 1
            self._held.append(event)
            return []
        told = [event]
        if self.duplicates:
            self.duplicates -= 1
            told.append(event)
        if self._held and _word(event, "o", "x") in _TRADED:
            told += self._held
            self._held.clear()
        return told


def _word(event: JsonObject, part: str, name: str) -> Json:
    body = event.get(part)
    return body.get(name) if isinstance(body, Mapping) else None


class UserStreams:
    """One account's listen key and those who listen with it."""

    def __init__(self, clock: Clock, lifetime: float) -> None:
        """A key lives `lifetime` seconds from when it was made or last renewed."""
        self._clock = clock
        self._lifetime = lifetime
        self._key = ""
        self._until = Instant(0)
        self._listeners: list[UserListener] = []
        self._chance = Chance(None)
        self.faults = UserFaults()
        self.told: deque[JsonObject] = deque(maxlen=_KEPT)

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def open(self) -> str:
        """The account's key: the one in use, renewed, or a new one."""
        if not self._is_alive():
            salts = [self._chance.salt("listen").hex() for _ in range(2)]
            self._key = "".join(salts)
        self._renew()
        return self._key

    def renew(self) -> str:
        """Give the key in use another hour. Raises Refusal -1125 where there is none."""
        if not self._is_alive():
            raise refuse(-1125)
        self._renew()
        return self._key

    def close(self) -> None:
        """End the key in use; who listens with it hears nothing more. Raises Refusal -1125 where there is none."""
        if not self._is_alive():
            raise refuse(-1125)
        self._key = ""
        self._listeners.clear()

    def expire(self) -> None:
        """The key's time is over: its listeners are told, and hear nothing more."""
        if not self._key:
            return
        event: JsonObject = {"e": "listenKeyExpired", "E": to_milliseconds(self._clock.now()), "listenKey": self._key}
        self.tell(event)
        self._key = ""
        self._listeners.clear()

    def expire_if_due(self) -> None:
        """To be called now and then."""
        if self._key and not self._is_alive():
            self.expire()

    def join(self, listener: UserListener) -> None:
        """Listen; with a key that is not the one in use one hears nothing."""
        if listener.key == self._key and self._is_alive():
            self._listeners.append(listener)

    def leave(self, connection: Connection) -> None:
        """Listen no longer."""
        self._listeners = [listener for listener in self._listeners if listener.connection is not connection]

    def tell(self, event: JsonObject) -> None:
        """Tell all listeners, as far as no fault stands in the way."""
        self.told.append(event)
        for passed in self.faults.pass_through(event):
            wanted = [each.connection for each in self._listeners if each.hears(passed)]
            tell(wanted, self._key, msgspec.json.encode(passed))

    def _is_alive(self) -> bool:
        return bool(self._key) and self._clock.now() < self._until

    def _renew(self) -> None:
        self._until = later(self._clock.now(), self._lifetime)
