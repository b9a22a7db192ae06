"""One symbol's market as it was last told: touch, mark, book, trades, klines, funding."""

from collections import deque
from dataclasses import dataclass

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import FundingSettled, MarketTrade, MarkPrice, Quote
from tui_trader.core.money import Price
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.klines import Klines
from tui_trader.exchange.loopback.told_book import ToldBook

_TRADES_KEPT = 1000
_FUNDINGS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class NumberedTrade:
    """A trade of others and its number."""

    number: int
    trade: MarketTrade


class Tape:
    """What is remembered of one symbol. The times in it are the server's."""

    def __init__(self, instrument: Instrument, *, first_trade: int) -> None:
        """`first_trade` numbers its trades; later than any of an earlier run."""
        self.instrument = instrument
        self.book = ToldBook(instrument)
        self.klines = Klines()
        self.quote: Quote | None = None
        self.mark: MarkPrice | None = None
        self.trades: deque[NumberedTrade] = deque(maxlen=_TRADES_KEPT)
        self.fundings: deque[FundingSettled] = deque(maxlen=_FUNDINGS_KEPT)
        self._next_trade = first_trade

    @property
    def symbol(self) -> Symbol:
        """Its name."""
        return self.instrument.symbol

    @property
    def last_price(self) -> Price | None:
        """The price of the last trade; where no trades are told, the best bid."""
        if self.trades:
            return self.trades[-1].trade.price
        if self.quote is None:
            return None
        return self.quote.bid if self.quote.bid > 0 else self.quote.ask

    def hear_quote(self, quote: Quote) -> None:
        """The touch."""
        self.quote = quote
        if not self.trades:
            self.klines.see(quote.time, self.last_price or quote.bid)

    def hear_trade(self, trade: MarketTrade) -> NumberedTrade:
        """A trade of others, with its number."""
        numbered = NumberedTrade(self._next_trade, trade)
        self._next_trade += 1
        self.trades.append(numbered)
        self.klines.trade(trade.time, trade.price, trade.quantity, bought=not trade.buyer_is_maker)
        return numbered

    def has_opened(self) -> bool:
        """Whether touch and mark have been told."""
        return self.quote is not None and self.mark is not None

    def mark_time(self) -> Instant:
        """When the mark was told."""
        return self.mark.time if self.mark else Instant(0)
