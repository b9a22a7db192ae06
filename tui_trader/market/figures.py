"""The figures of one symbol's closed minutes: candles, and the indicators that are computed from them."""

from collections import deque
from collections.abc import Iterable
from itertools import islice

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.core.market import Candle
from tui_trader.market.indicators import Atr, Closes, Ema, RollingSum, RollingVolatility, Rsi

HOUR = 60
DAY = 1_440
KEPT_CANDLES = 1_500
"""A day of minutes and a little more: enough to warm every figure, and for any chart."""
EMA_FAST = 12
EMA_SLOW = 26
RSI_PERIOD = 14
ATR_PERIOD = 14
VOLATILITY_WINDOW = HOUR
"""All in minutes, the length of a candle here."""


class Figures:
    """Contiguous closed candles and their indicators; a hole in time begins them anew."""

    __slots__ = ("_candles", "atr", "closes", "ema_fast", "ema_slow", "rsi", "volatility", "volume")

    def __init__(self) -> None:
        self._candles: deque[Candle] = deque(maxlen=KEPT_CANDLES)
        self.ema_fast = Ema(EMA_FAST)
        self.ema_slow = Ema(EMA_SLOW)
        self.rsi = Rsi(RSI_PERIOD)
        self.atr = Atr(ATR_PERIOD)
        self.volatility = RollingVolatility(VOLATILITY_WINDOW)
        self.volume = RollingSum(HOUR)
        self.closes = Closes(DAY)

    @property
    def last(self) -> Candle | None:
        """The newest candle."""
        return self._candles[-1] if self._candles else None

    def follows(self, candle: Candle) -> bool:
        """Whether the candle opens where the newest closed, or there is none yet."""
        last = self.last
        return last is None or candle.time == Instant(last.time + last.seconds * NANOSECONDS)

    def add(self, candle: Candle) -> None:
        """Take a candle in that follows."""
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        self._candles.append(candle)
        self.ema_fast.add(close)
        self.ema_slow.add(close)
        self.rsi.add(close)
        self.atr.add(high, low, close)
        self.volatility.add(close)
        self.volume.add(float(candle.volume))
        self.closes.add(close)

    def newest(self, count: int) -> tuple[Candle, ...]:
        """Up to `count` candles, oldest first."""
        kept = self._candles
        return tuple(islice(kept, max(0, len(kept) - max(0, count)), None))


def figures_of(candles: Iterable[Candle]) -> Figures:
    """Figures from candles, oldest first; after a hole only what follows it counts."""
    figures = Figures()
    for candle in candles:
        if not figures.follows(candle):
            figures = Figures()
        figures.add(candle)
    return figures
