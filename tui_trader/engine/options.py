"""What a run is made of, as the user asked for it, checked."""

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_trader.core.words import Mode
from tui_trader.engine.home import Home
from tui_trader.engine.settings import Settings, SettingsError
from tui_trader.risk.caps import LiveCaps

if TYPE_CHECKING:  # what encrypts is loaded only where something is encrypted
    from tui_trader.journal.seal import Seal

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_FASTEST = 100_000
"""Times real time; no machine keeps up with more, and `max` is for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """One run. `speed` is the pace of the engine's clock, infinite for `max`; `cycles` None runs until stopped."""

    home: Home
    settings: Settings
    mode: Mode
    feed: str
    symbols: tuple[str, ...]
    prompt: str
    decider: str
    seed: int | None
    speed: float
    cassette: str | None = None
    """The recording to write, or to play with the decider `replay`: a name, or a path. None: one is chosen."""
    cycles: int | None = None
    with_console: bool = False
    person: str = ""
    """Who started the engine, and commands it where a command names nobody else."""
    accepted_live: str | None = None
    """The account that a person has named as the one meant, where real money is traded."""
    seal: "Seal | None" = None
    """The key under which the home's files are encrypted; None: they are not."""

    @property
    def is_virtual(self) -> bool:
        """Whether time jumps."""
        return math.isinf(self.speed)

    @property
    def caps(self) -> LiveCaps | None:
        """What holds on top of the prompt's limits; None where no real money is traded."""
        return self.settings.live_caps if self.mode is Mode.LIVE else None


def speed_of(text: str) -> float:
    """A whole number from 1, or `max`. Raises SettingsError."""
    if text == "max":
        return math.inf
    if _WHOLE.fullmatch(text) and 1 <= int(text) <= _FASTEST:
        return float(text)
    raise SettingsError(f"--speed {text[:20]}: it must be a whole number from 1 to {_FASTEST}, or max.")
