"""One-minute candles from trades: constant time a trade, no minute left out, none that was not seen whole."""

from tui_trader.core.clock import Instant
from tui_trader.core.market import Candle
from tui_trader.core.money import ZERO, Price, Quantity
from tui_trader.core.words import Symbol
from tui_trader.market.playback import MINUTE_NS, MINUTE_SECONDS


class CandleBuilder:
    """Builds the candles of one symbol.

    The minute in which it begins is left out, since its start was not seen. A minute without a trade repeats the last
    close with no volume; before the first trade there is nothing to repeat.
    """

    __slots__ = ("_high", "_last", "_low", "_open", "_opens", "_symbol", "_volume", "closes")

    def __init__(self, symbol: Symbol, begins: Instant) -> None:
        """Trades from `begins` on will be told; a minute that begins just then is whole."""
        self._symbol = symbol
        self._last: Price | None = None
        self._open: Price | None = None
        self._high = self._low = ZERO
        self._volume: Quantity = ZERO
        self._opens = Instant(-(-begins // MINUTE_NS) * MINUTE_NS)
        self.closes = Instant(self._opens + MINUTE_NS)
        """When the next candle is complete: `close` must be called before a trade of then or later is added."""

    def add(self, time: Instant, price: Price, quantity: Quantity) -> None:
        """Take a trade in."""
        self._last = price
        if time < self._opens:
            return
        if self._open is None:
            self._open = self._high = self._low = price
        elif price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._volume += quantity

    def close(self) -> Candle | None:
        """End the minute and begin the next. None if nothing has traded yet."""
        opens, last, opened, volume = self._opens, self._last, self._open, self._volume
        self._opens = self.closes
        self.closes = Instant(self._opens + MINUTE_NS)
        self._open, self._volume = None, ZERO
        if last is None:
            return None
        if opened is None:
            return Candle(self._symbol, opens, MINUTE_SECONDS, last, last, last, last, volume)
        return Candle(self._symbol, opens, MINUTE_SECONDS, opened, self._high, self._low, last, volume)
