"""The synthetic market's order book and trades, second by second: made only where somebody asks for them."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from tui_trader.core.chance import Stream
from tui_trader.core.clock import NANOSECONDS
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import BookSnapshot, Level, MarketTrade, Quote
from tui_trader.core.money import Price, Quantity
from tui_trader.market.playback import MINUTE_SECONDS

LEVELS = 10
"""Levels a side, the touch among them."""
_DEEPER = 0.4
"""By this part of the touch's size each level is larger than the one before, on average."""
_DRIFT = 0.3
"""How much of a second's volume, at most, its direction moves from one side of the trades to the other."""


class MinuteDepth:
    """Book and trades of one minute.

    The book's touch is the quote's, prices and sizes; deeper levels are a half spread apart and grow. In every second
    somebody sells at the bid and somebody buys at the ask that the second ends with, those more who push the price
    where it went. The trades of a minute add up to its candle's volume exactly; the candle's prices are those of the
    path, in the middle of the spread.
    """

    def __init__(self, instrument: Instrument, chance: Stream, path: Sequence[float], volume: Quantity) -> None:
        """`chance` is the minute's own; `path` the minute's prices by the second; `volume` that of its candle."""
        self._instrument = instrument
        self._buys, self._sells = _divided(chance, path, round(volume / instrument.step))
        self._growth = [[1 + _DEEPER * chance.uniform(0, 2) for _ in range(2 * LEVELS)] for _ in range(MINUTE_SECONDS)]

    def trades(self, second: int, quote: Quote) -> tuple[MarketTrade, ...]:
        """What traded in the second that `quote` ends: at its bid, at its ask."""
        symbol, time, step = quote.symbol, quote.time, self._instrument.step
        sides = (
            (quote.bid, self._sells[second] * step, True),
            (quote.ask, self._buys[second] * step, False),
        )
        return tuple(
            MarketTrade(symbol, time, price, quantity, buyer_is_maker)
            for price, quantity, buyer_is_maker in sides
            if quantity
        )

    def book(self, second: int, quote: Quote) -> BookSnapshot:
        """The book behind `quote`. Its update id is the second since 1970."""
        growth = self._growth[second]
        gap = (quote.ask - quote.bid) / 2
        bids = self._side(quote.bid, -gap, quote.bid_size, growth[:LEVELS])
        asks = self._side(quote.ask, gap, quote.ask_size, growth[LEVELS:])
        return BookSnapshot(quote.symbol, quote.time, quote.time // NANOSECONDS, bids, asks)

    def _side(self, touch: Price, gap: Price, size: Quantity, growth: Sequence[float]) -> tuple[Level, ...]:
        step = self._instrument.step
        steps = float(size / step)
        levels: list[Level] = [(touch, size)]
        price = touch + gap
        for factor in growth[1:]:
            if price <= 0:
                break
            steps *= factor
            levels.append((price, max(1, round(steps)) * step))
            price += gap
        return tuple(levels)


def _divided(chance: Stream, path: Sequence[float], steps: int) -> tuple[list[int], list[int]]:
    """`steps` over the seconds, bought and sold; no step is lost by the rounding."""
    ends = list(accumulate(chance.expovariate(1) for _ in range(MINUTE_SECONDS)))
    marks = [0, *(round(steps * end / ends[-1]) for end in ends)]
    traded = [later - earlier for earlier, later in pairwise(marks)]
    moves = [0.0, *(later - earlier for earlier, later in pairwise(path))]
    widest = max(map(abs, moves)) or 1.0
    bought = [
        round(count * min(1.0, max(0.0, 0.5 + _DRIFT * move / widest + chance.uniform(-0.2, 0.2))))
        for count, move in zip(traded, moves, strict=True)
    ]
    return bought, [count - buys for count, buys in zip(traded, bought, strict=True)]
