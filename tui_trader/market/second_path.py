"""Inside a recorded minute: the path that sixty seconds take through a candle, and the modelled spread and depth.

All in whole ticks. What a second shows depends on its own candle (the path) and on candles that had closed before
the minute began (spread, depth), never on anything later.
"""

from decimal import Decimal

from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Candle
from tui_trader.core.money import Price, Quantity, floor_to

SECONDS = 60
_FIRST_EXTREME = 20
_SECOND_EXTREME = 40
_LAST = SECONDS - 1
SPREAD_SHARE = 100
"""Half the spread is this part of the previous minute's range, and at least one tick: about 0.1 basis points in a
quiet BTCUSDT minute (the recorded book is one tick wide), several in a violent one."""
DEPTH_SECONDS = 60
"""The best level holds what the previous minute traded in one second, on both sides alike."""
DEPTH_AT_START = Decimal(10_000)
"""Quote currency on the best level where no minute has closed yet."""


def to_ticks(price: Price, tick: Price) -> int:
    """The price in ticks, nearest; ties to even."""
    return int((price / tick).to_integral_value())


def path_in_ticks(candle: Candle, tick: Price, *, low_first: bool) -> list[int]:
    """Sixty prices: the open, one extreme at second 20, the other at second 40, the close; straight in between."""
    opened, high, low, close = (to_ticks(price, tick) for price in (candle.open, candle.high, candle.low, candle.close))
    early, late = (low, high) if low_first else (high, low)
    path = _line(opened, early, _FIRST_EXTREME)
    path += _line(early, late, _SECOND_EXTREME - _FIRST_EXTREME)
    path += _line(late, close, _LAST - _SECOND_EXTREME)
    path.append(close)
    return path


def goes_low_first(candle: Candle, lean: int) -> bool:
    """Which extreme comes first: the one that hurts who is in; for nobody, a rising candle dips and a falling peaks.

    `lean` is the sign of the position that is held.
    """
    if lean:
        return lean > 0
    return candle.close >= candle.open


def half_spread(previous: Candle | None, tick: Price) -> int:
    """Ticks from the price to the bid and to the ask."""
    if previous is None:
        return 1
    return max(1, int((previous.high - previous.low) / (tick * SPREAD_SHARE)))


def depth(previous: Candle | None, opened: Price, instrument: Instrument) -> Quantity:
    """The quantity on the best bid and on the best ask; never below the smallest order."""
    size = DEPTH_AT_START / opened if previous is None else previous.volume / DEPTH_SECONDS
    return max(instrument.min_quantity, floor_to(size, instrument.step))


def _line(begin: int, end: int, steps: int) -> list[int]:
    """`steps` points from `begin` (included) towards `end` (excluded), rounded half up."""
    way = end - begin
    half = steps // 2
    return [begin + (way * step + half) // steps for step in range(steps)]
