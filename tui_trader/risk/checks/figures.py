"""The prices a check needs, or the denial where one of them is missing."""

from dataclasses import dataclass

from tui_trader.core.money import Price
from tui_trader.core.order import Intent
from tui_trader.risk.book import Book, MarketView
from tui_trader.risk.codes import Code
from tui_trader.risk.verdict import Deny


@dataclass(frozen=True, slots=True)
class Prices:
    """The limit price of an entry, the mark, and the quote around it."""

    limit: Price
    mark: Price
    view: MarketView


def prices_of(intent: Intent, book: Book) -> Prices | None:
    """The entry's prices; None if it has no limit price or the market no mark."""
    view, mark = book.markets.get(intent.symbol), book.mark(intent.symbol)
    if view is None or mark is None or intent.price is None or intent.price <= 0:
        return None
    return Prices(intent.price, mark, view)


NO_PRICES = Deny(Code.PRICE_MISSING, "no limit price or no mark price")
NO_EQUITY = Deny(Code.EQUITY_UNKNOWN, "equity is not known")
