"""The door to real money: one value that says whether live can be started at all."""

from enum import Enum

from tui_trader.exchange.binance.environment import LiveReach


class LiveDoor(Enum):
    """How far it stands open. In a rehearsal all of live is real but the exchange, and no key leaves this machine."""

    LOCKED = "locked"
    REHEARSAL = "rehearsal"
    OPEN = "open"


LIVE_DOOR: LiveDoor = LiveDoor.LOCKED
"""The one place. OPEN is a release's decision, when the issue on trust is closed; tests set REHEARSAL."""

_WHY = (
    "mode live: this version does not trade real money yet. Its safeguards are built, and stay locked until they have "
    "proven themselves in long runs on demo money. Use --mode demo, or --mode paper."
)


def why_locked() -> str:
    """Why live cannot be started; empty where it can."""
    return _WHY if LIVE_DOOR is LiveDoor.LOCKED else ""


def live_reach() -> LiveReach:
    """Where a live key may go."""
    return LiveReach.BINANCE if LIVE_DOOR is LiveDoor.OPEN else LiveReach.THIS_MACHINE
