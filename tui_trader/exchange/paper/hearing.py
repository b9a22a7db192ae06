"""Which market events the paper exchange lets trade: each once, also after a restart, and none out of order."""

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
from tui_trader.exchange.paper.state import SymbolBook
from tui_trader.exchange.paper.venue import Venue


def hear(venue: Venue, book: SymbolBook, event: MarketEvent) -> None:
    """Take one event in. What the books had taken in before a restart is skipped; so is a step back.

    The order book is learnt from every word on it, also from one that is not to let anything trade.
    """
    match event:
        case Quote():
            is_news = event.time > book.resume.quote
            if not (is_news and book.quote and event.time < book.quote.time):
                venue.on_quote(book, event, learn_only=not is_news)
        case MarkPrice():
            if event.time > book.resume.mark and not (book.mark and event.time < book.mark.time):
                venue.on_mark(book, event)
        case FundingSettled():
            venue.on_funding(book, event)
        case BookSnapshot() | BookDiff() | MarketTrade():
            is_news = event.time > book.resume.depth and event.time >= book.depth
            book.depth = max(book.depth, event.time)
            venue.on_depth(book, event, learn_only=not is_news)
        case Candle() | FeedGap():
            pass
