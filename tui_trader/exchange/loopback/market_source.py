"""The market that the exchange trades on, as it needs it; the program's feeds are such sources."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Candle, MarketEvent
from tui_trader.core.words import Symbol


class MarketSource(Protocol):
    """Market events in order, each given when its clock has reached it."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        ...

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """What is traded."""
        ...

    def history(self, symbol: Symbol, before: Instant, count: int) -> tuple[Candle, ...]:
        """Up to `count` closed one-minute candles that ended at or before `before`, oldest first."""
        ...

    def events(self, after: Instant | None) -> AsyncIterator[MarketEvent]:
        """All events later than `after` (None: all)."""
        ...
