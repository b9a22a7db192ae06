"""Our own orders never trade with each other: which of ours an order would meet, and who then expires."""

from collections.abc import Iterator
from enum import StrEnum

from tui_trader.core.money import ZERO, Price
from tui_trader.core.words import Side
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import SymbolBook


class SelfTrade(StrEnum):
    """Who expires where an order would meet a resting order of the same account, as Binance names it.

    EXPIRE_MAKER, its default: the resting one goes, so that an exit is not stopped by a forgotten entry.
    """

    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"

    @property
    def ends_taker(self) -> bool:
        """Whether what is left of the arriving order expires."""
        return self is not SelfTrade.EXPIRE_MAKER

    @property
    def ends_maker(self) -> bool:
        """Whether the resting order expires."""
        return self is not SelfTrade.EXPIRE_TAKER


def by_priority(book: SymbolBook, side: Side) -> list[PaperOrder]:
    """Our resting orders of that side, the best price first, then as they came."""
    resting = [order for order in book.working.values() if order.side is side and not order.takes]
    return sorted(resting, key=lambda order: -(order.price or ZERO) * side.sign)


def rivals(book: SymbolBook, side: Side, limit: Price | None) -> Iterator[PaperOrder]:
    """Our resting orders that an order of this side and limit (None: at the market) would meet, the first first."""
    for order in by_priority(book, side.opposite):
        if order.price is not None and (limit is None or (limit - order.price) * side.sign >= 0):
            yield order
