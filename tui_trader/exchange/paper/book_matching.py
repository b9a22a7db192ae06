"""Trading against the order book: orders walk it when they arrive, and wait in line at their price when they rest.

An order meets the book as it is told when it arrives (the latency lies between the decision and that), and takes what
is there, level by level, at the taker's fee; where nothing at all is offered a market order waits for the next word on
the book. What may rest stands behind all that rests at its price (`place`), and trades at its own price and the maker's
fee
- when trades of others at its price come through the line before it, as far as they reach;
- when others trade at a worse price, since they would have met it first: as much as they traded;
- when the opposite side is told at its price or better: as much as lies there.
A trade fills our own orders once, by price and then by place. A trade, quote or level of the very instant of an
order's arrival does not fill it. Places are not kept on disk: after a restart or a gap an order stands at the end of
the line as it then is, which makes it wait longer. What we took from the book is forgotten with them, but what a book
offers when it begins is not offered to orders that rest already, since they may have met it before.

Our own orders never trade with each other (`SelfTrade`).
"""

from collections.abc import Mapping
from dataclasses import replace

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import BookDiff, BookSnapshot, MarketTrade, Quote
from tui_trader.core.money import ZERO, Price, Quantity, floor_to
from tui_trader.core.order import OrderStatus, TimeInForce
from tui_trader.core.order_book import BookUpdate
from tui_trader.core.words import Side, Symbol
from tui_trader.exchange.paper.clearing import Clearing
from tui_trader.exchange.paper.depth import DepthModel
from tui_trader.exchange.paper.offers import Offers
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.place import Place
from tui_trader.exchange.paper.self_trade import SelfTrade, by_priority, rivals
from tui_trader.exchange.paper.state import SymbolBook


class BookMatching:
    """Holds what is known of each symbol's book and of our places in it, and matches orders there."""

    def __init__(
        self, clearing: Clearing, instruments: Mapping[Symbol, Instrument], depth: DepthModel, self_trade: SelfTrade
    ) -> None:
        """`depth` is what is assumed behind the last level known."""
        self._clearing = clearing
        self._self_trade = self_trade
        self._offers = {symbol: Offers(instrument, depth) for symbol, instrument in instruments.items()}

    def offers(self, book: SymbolBook) -> Offers | None:
        """The symbol's book, if it is known."""
        offers = self._offers[book.symbol]
        return offers if offers.are_known else None

    def touch(self, book: SymbolBook, at: Instant) -> Quote | None:
        """The touch of the order book as a quote; None where a side is empty."""
        return self._offers[book.symbol].quote(at)

    # What the market tells

    def learn(self, book: SymbolBook, event: BookSnapshot | BookDiff) -> BookUpdate:
        """Take in what the market says of its book, and match nothing with it."""
        update = self._offers[book.symbol].hear(event)
        if update is BookUpdate.GAP:
            book.places.clear()
        return update

    def learn_touch(self, book: SymbolBook, quote: Quote) -> None:
        """Take in the touch, which is told faster than the book."""
        self._offers[book.symbol].hear_touch(quote)

    def pass_over(self, book: SymbolBook) -> None:
        """What is offered now is not offered to our resting orders, then or later."""
        for order in (*by_priority(book, Side.BUY), *by_priority(book, Side.SELL)):
            if order.price is not None:
                self._offers[book.symbol].give(order.side, book.instrument.max_quantity, order.price)

    def match(self, book: SymbolBook, at: Instant) -> None:
        """The book or its touch was told anew: lines shrink or grow, and what it crosses trades."""
        if book.working:
            offers = self._offers[book.symbol]
            self._hear_levels(book, offers, at)
            self._match_working(book, offers, at)

    def on_trade(self, book: SymbolBook, trade: MarketTrade) -> None:
        """A trade of others: it moves our lines, and fills what it reaches."""
        maker = Side.BUY if trade.buyer_is_maker else Side.SELL
        left = floor_to(trade.quantity, book.instrument.step)
        for resting in by_priority(book, maker):
            order = book.working.get(resting.order_id)
            if order is None or order.price is None or trade.time <= order.since:
                continue
            if left <= 0 or (order.price - trade.price) * maker.sign < 0:
                return
            amount = min(_reached(book, order, left, trade), order.remaining)
            if amount > 0:
                self._clearing.trade(book, order, amount, order.price, trade.time, maker=True)
                left -= amount

    # How orders trade

    def arrive(self, book: SymbolBook, order: PaperOrder, at: Instant) -> PaperOrder:
        """The order meets the book: it takes, rests or ends. The answer is what became of it."""
        order = self._take(book, order, at)
        if not (order.status.is_final or order.takes):
            _line_up(book, self._offers[book.symbol], order)
        return order

    def _match_working(self, book: SymbolBook, offers: Offers, at: Instant) -> None:
        for resting in (*by_priority(book, Side.BUY), *by_priority(book, Side.SELL)):
            order = book.working.get(resting.order_id)
            if order is None or order.price is None or at <= order.since or not offers.reach(order.side, order.price):
                continue
            if amount := offers.give(order.side, order.remaining, order.price):
                self._clearing.trade(book, order, amount, order.price, at, maker=True)
        for waiting in tuple(book.working.values()):
            order = book.working.get(waiting.order_id)
            if order and order.takes and at > order.since:
                self.arrive(book, order, at)

    def _take(self, book: SymbolBook, order: PaperOrder, at: Instant) -> PaperOrder:
        """Walk the book, past our own orders; what is left rests, or ends if it may not rest."""
        tick = book.instrument.tick * order.side.sign
        for rival in tuple(rivals(book, order.side, order.price)):
            if rival.price is None or order.status.is_final:
                break
            order = self._walk(book, order, rival.price - tick, order.remaining, at)
            place = book.places.get(rival.order_id)
            order = self._walk(book, order, rival.price, place.ahead if place else ZERO, at)
            if order.status.is_final:
                break
            if rival.order_id in book.working:
                order = self._prevent(book, order, rival, at)
        if not order.status.is_final:
            order = self._walk(book, order, order.price, order.remaining, at)
        if order.status.is_final or order.price is None:
            return order
        if order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
            order = order.ended(OrderStatus.EXPIRED, at, "what did not trade at once")
            self._clearing.note(book, order)
        else:
            order = replace(order, takes=False)
            self._clearing.keep(book, order)
        return order

    def _walk(
        self, book: SymbolBook, order: PaperOrder, limit: Price | None, most: Quantity, at: Instant
    ) -> PaperOrder:
        """Take up to `most`, at `limit` or better."""
        wanted = min(most, order.remaining)
        if wanted <= 0:
            return order
        for part in self._offers[book.symbol].take(order.side, wanted, limit):
            order = self._clearing.trade(book, order, part.quantity, part.price, at, maker=False)
        return order

    def _prevent(self, book: SymbolBook, order: PaperOrder, rival: PaperOrder, at: Instant) -> PaperOrder:
        """The order has reached one of our own."""
        reason = f"self-trade prevention ({self._self_trade})"
        if self._self_trade.ends_maker:
            self._clearing.note(book, rival.ended(OrderStatus.EXPIRED, at, reason))
        if self._self_trade.ends_taker:
            order = order.ended(OrderStatus.EXPIRED, at, reason)
            self._clearing.note(book, order)
        return order

    # The lines

    def _hear_levels(self, book: SymbolBook, offers: Offers, at: Instant) -> None:
        for order in book.working.values():
            if order.takes or order.price is None:
                continue
            place = book.places.get(order.order_id)
            if place is None:
                _line_up(book, offers, order)
            elif (shown := offers.resting(order.side, order.price)) is not None:
                place.hear_level(shown, at)


def _line_up(book: SymbolBook, offers: Offers, order: PaperOrder) -> None:
    """Behind all that rests at its price; where that is not known, it has no place until it is."""
    if order.price is None:
        return
    shown = offers.resting(order.side, order.price)
    if shown is not None:
        book.places[order.order_id] = Place(shown, shown, book.instrument.step)


def _reached(book: SymbolBook, order: PaperOrder, traded: Quantity, trade: MarketTrade) -> Quantity:
    """How much of what was traded would have come to our order."""
    place = book.places.get(order.order_id)
    if order.price != trade.price:
        if place:
            place.step_forward()
        return traded
    return place.hear_trade(traded, trade.time) if place else ZERO
