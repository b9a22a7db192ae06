"""Time: instants, the clock that everything waits on, and the event loops that pace it.

Virtual, scaled and real time are one loop with three paces; code above never knows which one it runs in.
The only place of the program that may ask the machine for the time.
"""

from tui_trader.core.clock.clock import Clock, LoopClock, WallClock
from tui_trader.core.clock.instant import (
    DAY,
    MINUTE,
    NANOSECONDS,
    SECOND,
    Instant,
    elapsed,
    from_milliseconds,
    from_text,
    later,
    start_of_day,
    text,
    to_milliseconds,
)
from tui_trader.core.clock.loop import PacedLoop
from tui_trader.core.clock.pacer import Stalled

__all__ = [
    "DAY",
    "MINUTE",
    "NANOSECONDS",
    "SECOND",
    "Clock",
    "Instant",
    "LoopClock",
    "PacedLoop",
    "Stalled",
    "WallClock",
    "elapsed",
    "from_milliseconds",
    "from_text",
    "later",
    "start_of_day",
    "text",
    "to_milliseconds",
]
