"""A feed as the engine sees it, and the snapshot that everyone reads."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Candle, MarketEvent
from tui_trader.core.money import Price
from tui_trader.core.words import Symbol


class FeedError(Exception):
    """The market data is missing, malformed or out of order; the sentence names the file, the place and the way out."""


class Feed(Protocol):
    """Market events in time order, each yielded when the clock has reached its time."""

    @property
    def name(self) -> str:
        """What the user asked for: `file:…`, `synthetic`, `binance`."""
        ...

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """The symbols of this feed that the policy names, with their instruments."""
        ...

    @property
    def start(self) -> Instant:
        """The time of the first event, where the engine's clock begins in a fresh home."""
        ...

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        """Up to `count` closed one-minute candles that ended at or before `before`, oldest first."""
        ...

    def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        """All events later than `after` (None: all). Ends where the data ends. Raises FeedError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One symbol at one instant: every figure a decider sees, and how old it is.

    Ages in seconds of the engine's time since the figure's last change arrived. Returns and volatility are
    fractions, `change_24h` too; None means that there is not enough history. Indicators are floats: they inform,
    they never price an order.
    """

    symbol: Symbol
    time: Instant
    bid: Price
    ask: Price
    mark: Price
    spread_bps: Decimal
    funding_rate: Decimal
    next_funding: Instant
    quote_age: float
    mark_age: float
    candle_age: float | None
    return_1m: float | None
    return_5m: float | None
    return_15m: float | None
    return_1h: float | None
    change_24h: float | None
    ema_fast: float | None
    ema_slow: float | None
    rsi: float | None
    atr: float | None
    volatility: float | None
    volume_1h: float | None

    @property
    def mid(self) -> Price:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) / 2
