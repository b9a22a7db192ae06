"""Trading against quotes alone: what there is where no order book is known, on klines above all.

An order trades only against quotes later than its arrival; what it was decided on, it cannot trade against. A market
order, and a limit order that crosses the last quote when it arrives, take at their first quote: what the quote shows,
then the modelled depth behind it, at the taker's fee. Any other limit order rests, and trades at its own price and the
maker's fee when the opposite quote reaches it, as far as that quote's size and depth go (no queue before us is
modelled). FOK takes all at its first quote, or expires.
"""

from dataclasses import replace

from tui_trader.core.clock import Instant
from tui_trader.core.market import Quote
from tui_trader.core.money import Price
from tui_trader.core.order import OrderStatus, TimeInForce
from tui_trader.core.words import Side
from tui_trader.exchange.paper.admission import crosses
from tui_trader.exchange.paper.clearing import Clearing
from tui_trader.exchange.paper.depth import DepthModel, Liquidity
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import SymbolBook


class QuoteMatching:
    """Matches the working orders of a symbol with each new quote."""

    def __init__(self, clearing: Clearing, depth: DepthModel) -> None:
        """`depth` is what is assumed behind a quote."""
        self._clearing = clearing
        self._depth = depth

    def on_quote(self, book: SymbolBook, quote: Quote) -> None:
        """Working orders that arrived before this quote trade against it, in their order of arrival."""
        sides: dict[Side, Liquidity] = {}
        for order_id in tuple(book.working):
            order = book.working.get(order_id)
            if order is None or quote.time <= order.since or not (order.takes or crosses(order, book)):
                continue
            if order.side not in sides:
                sides[order.side] = Liquidity(quote, order.side, book.instrument, self._depth)
            self._match(book, order, sides[order.side], quote.time)

    def _match(self, book: SymbolBook, order: PaperOrder, liquidity: Liquidity, at: Instant) -> None:
        if order.price is None:
            for part in liquidity.take_market(order.remaining):
                order = self._clearing.trade(book, order, part.quantity, part.price, at, maker=False)
        elif order.takes:
            self._take(book, order, order.price, liquidity, at)
        elif amount := liquidity.give(order.remaining, order.price):
            self._clearing.trade(book, order, amount, order.price, at, maker=True)

    def _take(self, book: SymbolBook, order: PaperOrder, limit: Price, liquidity: Liquidity, at: Instant) -> None:
        """The one moment in which a limit order takes; what is left rests, or ends if it may not rest."""
        if order.time_in_force is TimeInForce.FOK and not liquidity.holds(order.remaining, limit):
            self._clearing.note(book, order.ended(OrderStatus.EXPIRED, at, "-5021: not all of it could be filled"))
            return
        for part in liquidity.take_limit(order.remaining, limit):
            order = self._clearing.trade(book, order, part.quantity, part.price, at, maker=False)
        if order.status.is_final:
            return
        if order.time_in_force is TimeInForce.IOC:
            self._clearing.note(book, order.ended(OrderStatus.EXPIRED, at, "what did not trade at once"))
        else:
            self._clearing.keep(book, replace(order, takes=False))
