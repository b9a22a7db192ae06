"""The feed of recorded minutes: `file:…`, each kline played as sixty seconds of quotes and marks."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from tui_trader.core.clock import NANOSECONDS, Clock, Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Candle, FundingSettled, MarketEvent, MarkPrice, Quote
from tui_trader.core.money import Price, Quantity
from tui_trader.core.words import Symbol
from tui_trader.market.kline_data import RecordedMarket, RecordedSymbol, read_market
from tui_trader.market.playback import MINUTE_NS, play
from tui_trader.market.second_path import SECONDS, depth, goes_low_first, half_spread, path_in_ticks, to_ticks

Lean: TypeAlias = Callable[[Symbol], int]
"""The sign of the position that is held of a symbol: 1 long, -1 short, 0 flat."""


class KlineFeed:
    """A recorded market as a feed.

    Of a minute only the open is known at its boundary. Once that has been told, the rest of the minute goes first to
    the extreme that is adverse to the position then held (`lean`), so that no run flatters itself about which of stop
    and take-profit came first.
    """

    def __init__(self, market: RecordedMarket, *, clock: Clock, lean: Lean) -> None:
        """Play `market`; `lean` is asked once a minute and symbol, one second after the open."""
        self._market = market
        self._clock = clock
        self._lean = lean

    @property
    def name(self) -> str:
        """`file:` and the paths."""
        return self._market.name

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """The symbols of the policy for which there is data."""
        return {symbol: recorded.instrument for symbol, recorded in self._market.symbols.items()}

    @property
    def start(self) -> Instant:
        """The first minute that all symbols have."""
        return self._market.start

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        """Up to `count` recorded candles that had closed by `before`, oldest first; none of an unknown symbol."""
        recorded = self._market.symbols.get(symbol)
        return recorded.klines.before(before, count) if recorded else ()

    async def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        """All events later than `after`; ends with the candles of the last minute that all symbols have."""
        market = self._market
        sources = [_RecordedMinutes(recorded, market.end, self._lean) for recorded in market.symbols.values()]
        async for event in play(sources, self._clock, start=market.start, end=market.end, after=after):
            yield event


def open_kline_feed(
    paths: Sequence[Path],
    symbols: Sequence[Symbol],
    *,
    instruments: Mapping[Symbol, Instrument],
    clock: Clock,
    lean: Lean,
) -> KlineFeed:
    """Read, validate and play the files. Raises FeedError.

    Where the clock is to begin at the market's start, call `read_market` first and hand its result to `KlineFeed`.
    """
    return KlineFeed(read_market(paths, symbols, instruments), clock=clock, lean=lean)


class _RecordedMinutes:
    """The minutes of one recorded symbol."""

    def __init__(self, recorded: RecordedSymbol, end: Instant, lean: Lean) -> None:
        self._recorded = recorded
        self._end = end
        self._instrument = recorded.instrument
        self._symbol = recorded.klines.symbol
        self._lean = lean

    def opening(self, opens: Instant) -> list[MarketEvent]:
        told: list[MarketEvent] = []
        klines = self._recorded.klines
        previous = klines.candle(Instant(opens - MINUTE_NS))
        if previous is not None:
            told.append(previous)
        candle = klines.candle(opens)
        if candle is None or opens >= self._end:
            return told
        minute = _Minute(self._recorded, opens, previous, candle.open)
        tick = self._instrument.tick
        mark, quote = minute.second(0, to_ticks(candle.open, tick) * tick)
        rate = self._recorded.funding.settled_at(opens)
        if rate is not None:
            told.append(FundingSettled(self._symbol, opens, rate, mark.price))
        told += (mark, quote)
        return told

    def seconds(self, opens: Instant) -> list[tuple[MarkPrice, Quote]]:
        klines = self._recorded.klines
        candle = klines.candle(opens)
        if candle is None:
            return []
        low_first = goes_low_first(candle, self._lean(self._symbol))
        minute = _Minute(self._recorded, opens, klines.candle(Instant(opens - MINUTE_NS)), candle.open)
        tick = self._instrument.tick
        path = path_in_ticks(candle, tick, low_first=low_first)
        return [minute.second(second, Decimal(path[second]) * tick) for second in range(1, SECONDS)]


class _Minute:
    """What holds throughout one minute: spread, depth, basis, funding."""

    __slots__ = ("_basis", "_half", "_next_funding", "_opens", "_rate", "_size", "_symbol", "_tick")

    def __init__(self, recorded: RecordedSymbol, opens: Instant, previous: Candle | None, opened: Price) -> None:
        instrument = recorded.instrument
        period = instrument.funding_hours * 3600 * NANOSECONDS
        self._symbol = instrument.symbol
        self._opens = opens
        self._tick = instrument.tick
        self._half: Price = half_spread(previous, instrument.tick) * instrument.tick
        self._size: Quantity = depth(previous, opened, instrument)
        self._basis = recorded.basis.basis(opens)
        self._rate = recorded.funding.last_rate(opens)
        self._next_funding = Instant(opens - opens % period + period)

    def second(self, second: int, price: Price) -> tuple[MarkPrice, Quote]:
        now = Instant(self._opens + second * NANOSECONDS)
        size = self._size
        bid = max(price - self._half, self._tick)
        return (
            MarkPrice(self._symbol, now, price + self._basis, self._rate, self._next_funding),
            Quote(self._symbol, now, bid, size, price + self._half, size),
        )
