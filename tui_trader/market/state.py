"""The market as it stands: the newest prices of every symbol, their age, and the snapshot that deciders read."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from tui_trader.core.clock import NANOSECONDS, Clock, Instant, elapsed
from tui_trader.core.market import (
    BookDiff,
    BookSnapshot,
    Candle,
    FeedGap,
    FundingSettled,
    MarketEvent,
    MarketTrade,
    MarkPrice,
    Quote,
)
from tui_trader.core.money import BPS, ZERO, Price
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.core.words import Symbol
from tui_trader.market.figures import HOUR, Figures, figures_of
from tui_trader.market.ports import Snapshot

_BPS_SHOWN = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceView:
    """Prices of one symbol and how old they are, in seconds of the engine's time; None where there are none."""

    bid: Price | None
    ask: Price | None
    mark: Price | None
    quote_age: float | None
    mark_age: float | None


class MarketState:
    """Folds market events, one symbol beside the other.

    An event is refused (counted, and nothing changes) where it steps back in time or cannot be true: a price that is
    not above zero or not finite, a crossed quote, a candle whose low is not the lowest. What is refused does not
    refresh an age, so a feed that sends rubbish grows stale.
    """

    def __init__(self, clock: Clock) -> None:
        """Ages are counted on `clock`."""
        self._clock = clock
        self._symbols: dict[Symbol, _SymbolState] = {}
        self._refused = 0

    @property
    def refused(self) -> int:
        """How many events were refused."""
        return self._refused

    def apply(self, event: MarketEvent) -> None:
        """Take an event in, or refuse it."""
        symbol = event.symbol
        state = self._symbols.get(symbol)
        if state is None:
            state = self._symbols[symbol] = _SymbolState()
        if not state.take(event, self._clock.now()):
            self._refused += 1

    def warm(self, symbol: Symbol, candles: Iterable[Candle]) -> None:
        """Begin the symbol's candles and indicators anew from history, oldest first (at the start, after a gap)."""
        state = self._symbols.setdefault(symbol, _SymbolState())
        state.figures = figures_of(candle for candle in candles if _is_candle(candle))
        last = state.figures.last
        state.candle_arrived = None if last is None else _closed(last)

    def snapshot(self, symbol: Symbol) -> Snapshot | None:
        """Everything about the symbol at this instant; None before its first quote and its first mark."""
        state = self._symbols.get(symbol)
        if state is None or state.quote is None or state.mark is None:
            return None
        now = self._clock.now()
        quote, mark, figures = state.quote, state.mark, state.figures
        arrived = state.candle_arrived
        return Snapshot(
            symbol=symbol,
            time=now,
            bid=quote.bid,
            ask=quote.ask,
            mark=mark.price,
            spread_bps=((quote.ask - quote.bid) / quote.mid * BPS).quantize(_BPS_SHOWN),
            funding_rate=mark.funding_rate,
            next_funding=mark.next_funding,
            quote_age=elapsed(state.quote_arrived, now),
            mark_age=elapsed(state.mark_arrived, now),
            candle_age=None if arrived is None else elapsed(arrived, now),
            return_1m=figures.closes.change(1),
            return_5m=figures.closes.change(5),
            return_15m=figures.closes.change(15),
            return_1h=figures.closes.change(HOUR),
            change_24h=figures.closes.change(24 * HOUR),
            ema_fast=figures.ema_fast.value,
            ema_slow=figures.ema_slow.value,
            rsi=figures.rsi.value,
            atr=figures.atr.value,
            volatility=figures.volatility.value,
            volume_1h=figures.volume.value,
        )

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """The last closed candles without a hole between them, oldest first."""
        state = self._symbols.get(symbol)
        return state.figures.newest(count) if state else ()

    def view(self, symbol: Symbol) -> PriceView:
        """The prices that the risk gate judges by, and their ages; all None of a symbol never heard of."""
        state = self._symbols.get(symbol)
        if state is None:
            return _UNHEARD
        now = self._clock.now()
        quote, mark = state.quote, state.mark
        return PriceView(
            bid=quote.bid if quote else None,
            ask=quote.ask if quote else None,
            mark=mark.price if mark else None,
            quote_age=elapsed(state.quote_arrived, now) if quote else None,
            mark_age=elapsed(state.mark_arrived, now) if mark else None,
        )

    def quote(self, symbol: Symbol) -> Quote | None:
        """The newest quote."""
        state = self._symbols.get(symbol)
        return state.quote if state else None

    def next_funding(self, symbol: Symbol) -> Instant | None:
        """When funding settles next, as the newest mark says."""
        state = self._symbols.get(symbol)
        return state.mark.next_funding if state and state.mark else None

    def book(self, symbol: Symbol) -> OrderBook | None:
        """The order book, where the feed has one; to be read only, and only while it `is_whole`."""
        state = self._symbols.get(symbol)
        return state.book if state else None

    def funding(self, symbol: Symbol) -> FundingSettled | None:
        """The newest settled funding."""
        state = self._symbols.get(symbol)
        return state.funding if state else None


_UNHEARD = PriceView(bid=None, ask=None, mark=None, quote_age=None, mark_age=None)
_NEVER = Instant(0)


class _SymbolState:
    """The newest of each kind of event of one symbol.

    A figure has arrived when it came, but not later than its own time says: what a stalled loop delivers late is old.
    """

    __slots__ = ("book", "candle_arrived", "figures", "funding", "mark", "mark_arrived", "quote", "quote_arrived")

    def __init__(self) -> None:
        self.quote: Quote | None = None
        self.quote_arrived = _NEVER
        self.mark: MarkPrice | None = None
        self.mark_arrived = _NEVER
        self.funding: FundingSettled | None = None
        self.candle_arrived: Instant | None = None
        self.figures = Figures()
        self.book: OrderBook | None = None

    def take(self, event: MarketEvent, now: Instant) -> bool:
        """Take the event in; False if it was refused."""
        match event:
            case Quote():
                return self._take_quote(event, now)
            case MarketTrade():
                return _is_price(event.price) and _is_size(event.quantity)
            case BookDiff() | BookSnapshot():
                return self._take_book(event)
            case MarkPrice():
                return self._take_mark(event, now)
            case Candle():
                return self._take_candle(event, now)
            case FundingSettled():
                return self._take_funding(event)
            case FeedGap():
                return self._take_gap()
            case _:
                assert_never(event)

    def _take_quote(self, event: Quote, now: Instant) -> bool:
        if self.quote is not None and event.time < self.quote.time:
            return False
        # Most events are quotes, so what `_is_price` and `_is_size` say stands here without the calls.
        bid, ask, bid_size, ask_size = event.bid, event.ask, event.bid_size, event.ask_size
        if not (bid.is_finite() and ask.is_finite() and ZERO < bid <= ask):
            return False
        if not (bid_size.is_finite() and ask_size.is_finite() and bid_size >= ZERO and ask_size >= ZERO):
            return False
        self.quote = event
        self.quote_arrived = min(event.time, now)
        return True

    def _take_mark(self, event: MarkPrice, now: Instant) -> bool:
        if self.mark is not None and event.time < self.mark.time:
            return False
        if not (_is_price(event.price) and event.funding_rate.is_finite()):
            return False
        self.mark = event
        self.mark_arrived = min(event.time, now)
        return True

    def _take_candle(self, event: Candle, now: Instant) -> bool:
        if not _is_candle(event):
            return False
        last = self.figures.last
        if last is not None and event.time <= last.time:
            return event == last  # the history that warmed us ends where the feed begins
        if not self.figures.follows(event):
            self.figures = Figures()
        self.figures.add(event)
        self.candle_arrived = min(_closed(event), now)
        return True

    def _take_book(self, event: BookSnapshot | BookDiff) -> bool:
        if self.book is None:
            self.book = OrderBook(event.symbol)
        return self.book.apply(event) is BookUpdate.APPLIED

    def _take_gap(self) -> bool:
        self.figures = Figures()
        self.candle_arrived = None
        if self.book is not None:
            self.book.break_off()
        return True

    def _take_funding(self, event: FundingSettled) -> bool:
        if self.funding is not None and event.time <= self.funding.time:
            return False
        if not (_is_price(event.mark) and event.rate.is_finite()):
            return False
        self.funding = event
        return True


def _is_price(price: Price) -> bool:
    return price.is_finite() and price > ZERO


def _is_size(size: Decimal) -> bool:
    return size.is_finite() and size >= ZERO


def _is_candle(candle: Candle) -> bool:
    prices = (candle.open, candle.high, candle.low, candle.close)
    if not (candle.seconds > 0 and all(map(_is_price, prices)) and _is_size(candle.volume)):
        return False
    return candle.low == min(prices) and candle.high == max(prices)


def _closed(candle: Candle) -> Instant:
    return Instant(candle.time + candle.seconds * NANOSECONDS)
