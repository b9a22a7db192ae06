"""Pauses between attempts to connect: growing, capped, with jitter, and without an end."""

from tui_trader.core.chance import Stream

_FIRST = 1.0
_LONGEST = 60.0
_GROWTH = 2.0
_LEAST_FRACTION = 0.5


class Backoff:
    """Seconds to wait before the next attempt: at least one (Binance's limit), at most a minute."""

    def __init__(self, chance: Stream) -> None:
        """`chance` spreads the attempts of many clients after one outage."""
        self._chance = chance
        self._next = _FIRST

    def pause(self) -> float:
        """How long to wait now; the next pause is longer."""
        longest, self._next = self._next, min(self._next * _GROWTH, _LONGEST)
        spread = _LEAST_FRACTION + (1 - _LEAST_FRACTION) * self._chance.random()
        return max(_FIRST, longest * spread)

    def reset(self) -> None:
        """The connection holds: the next outage begins with short pauses."""
        self._next = _FIRST
