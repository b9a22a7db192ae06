"""What a market says: typed events as feeds yield them and the paper exchange hears them.

Quotes and trades come hundreds a second. They are tuples underneath, which costs a third of a frozen dataclass.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from tui_trader.core.clock import Instant
from tui_trader.core.money import Price, Quantity
from tui_trader.core.words import Symbol


class Quote(NamedTuple):
    """The best bid and ask with their sizes."""

    symbol: Symbol
    time: Instant
    bid: Price
    bid_size: Quantity
    ask: Price
    ask_size: Quantity

    @property
    def mid(self) -> Price:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class MarkPrice:
    """The mark price, and the funding that is being built up. Stops, P&L and liquidation follow the mark."""

    symbol: Symbol
    time: Instant
    price: Price
    funding_rate: Decimal
    next_funding: Instant


@dataclass(frozen=True, slots=True)
class FundingSettled:
    """A funding instant: every open position pays or receives at `rate` on `mark`."""

    symbol: Symbol
    time: Instant
    rate: Decimal
    mark: Price


@dataclass(frozen=True, slots=True)
class Candle:
    """A closed candle. `time` is its open time, `seconds` its length; volume in base units."""

    symbol: Symbol
    time: Instant
    seconds: int
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity


@dataclass(frozen=True, slots=True)
class FeedGap:
    """The feed has nothing between `since` and `time`; what was computed across it is not to be trusted.

    Order books are broken off too: a snapshot follows where there is one.
    """

    symbol: Symbol
    time: Instant
    since: Instant


Level: TypeAlias = tuple[Price, Quantity]
"""A price and what rests there in all; zero quantity means that nothing does any more."""


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """The whole order book of a symbol after update `last_id`: bids downwards, asks upwards."""

    symbol: Symbol
    time: Instant
    last_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class BookDiff:
    """What changed in the book, as Binance's `depthUpdate` says it: quantities are absolute, not differences.

    It covers the updates `first_id` to `last_id` and follows the one that ended at `previous_id`.
    """

    symbol: Symbol
    time: Instant
    first_id: int
    last_id: int
    previous_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class MarketTrade(NamedTuple):
    """A trade of others. `buyer_is_maker` True: a seller came and took bids."""

    symbol: Symbol
    time: Instant
    price: Price
    quantity: Quantity
    buyer_is_maker: bool


MarketEvent: TypeAlias = Quote | MarkPrice | FundingSettled | Candle | FeedGap | BookSnapshot | BookDiff | MarketTrade
