"""The paper exchange's rules at work: orders arrive, the market moves, money follows. No waiting, no files.

What happens is a function of the state, the calls and the market events alone, so that the same ones give the same
fills, ids and times. Every change is noted in a `Change`, which the caller saves and tells.

Where the order book of a symbol is known, orders trade on it (`book_matching`); else against quotes (`quote_matching`).
A conditional order triggers on the mark price and is then a market order.
"""

from dataclasses import replace
from typing import assert_never

from tui_trader.core.clock import Instant
from tui_trader.core.margin import FeeRates, funding_payment, is_liquidated
from tui_trader.core.market import BookDiff, BookSnapshot, FundingSettled, MarketTrade, MarkPrice, Quote
from tui_trader.core.money import Money, Price, Quantity, plain
from tui_trader.core.order import Intent, OrderStatus, OrderType, TimeInForce
from tui_trader.core.order_book import BookUpdate
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Side, Symbol
from tui_trader.exchange.paper import settings
from tui_trader.exchange.paper.admission import Request, beyond_bracket, beyond_margin, crosses, refusal, triggers
from tui_trader.exchange.paper.amendment import Amendment, amended
from tui_trader.exchange.paper.book_matching import BookMatching
from tui_trader.exchange.paper.clearing import Clearing
from tui_trader.exchange.paper.depth import DepthModel
from tui_trader.exchange.paper.margin import takeover
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.quote_matching import QuoteMatching
from tui_trader.exchange.paper.self_trade import SelfTrade
from tui_trader.exchange.paper.state import Change, State, SymbolBook
from tui_trader.exchange.ports import Refused

_NEVER_REST = (TimeInForce.IOC, TimeInForce.FOK)


class Venue:
    """The exchange without its doors: synchronous, in memory."""

    def __init__(
        self, state: State, fees: FeeRates, depth: DepthModel, self_trade: SelfTrade = SelfTrade.EXPIRE_MAKER
    ) -> None:
        """`state` is changed in place."""
        self._clearing = Clearing(state, fees)
        self._on_quotes = QuoteMatching(self._clearing, depth)
        instruments = {symbol: book.instrument for symbol, book in state.books.items()}
        self._on_books = BookMatching(self._clearing, instruments, depth, self_trade)
        self._self_trade = self_trade

    @property
    def state(self) -> State:
        """All that the exchange knows of the account."""
        return self._clearing.state

    def restore(self, state: State) -> None:
        """Go on from this state; the market's order books stay as they were heard."""
        self._clearing.state = state

    def take_change(self) -> Change:
        """What has changed since the last call; the caller saves it, then tells its events."""
        return self._clearing.take_change()

    # Calls of the account's owner

    def arrive(self, client_order_id: ClientOrderId, intent: Intent, at: Instant) -> PaperOrder | Refused:
        """An order reaches the exchange: it is taken or refused. On an order book it trades at once, else later."""
        book = self.state.books.get(intent.symbol)
        if book is None:
            return Refused(-1121, "Invalid symbol.")
        offers = self._on_books.offers(book)
        refused = refusal(Request(client_order_id, intent, book, self.state, offers, self._self_trade))
        if refused:
            return refused
        quantity = intent.quantity
        if intent.reduce_only and not intent.type.is_conditional:
            quantity = min(quantity, book.reducible(intent.side))
        order = PaperOrder(
            order_id=self._clearing.next_order_id(),
            client_order_id=client_order_id,
            symbol=intent.symbol,
            side=intent.side,
            type=intent.type,
            time_in_force=intent.time_in_force,
            quantity=quantity,
            price=intent.price,
            stop_price=intent.stop_price,
            reduce_only=intent.reduce_only,
            close_position=intent.close_position,
            takes=_takes(intent, book),
            created=at,
            since=at,
            updated=at,
        )
        self._clearing.note(book, order)
        if offers is None or order.waits:
            return order
        return self._on_books.arrive(book, order, at)

    def amend(
        self,
        symbol: Symbol,
        client_order_id: ClientOrderId,
        price: Price | None,
        quantity: Quantity | None,
        at: Instant,
    ) -> PaperOrder | Refused:
        """The order with another price or quantity (None: as it was), or refused and as it was.

        See `amendment` for what is refused and for who loses the place in line.
        """
        order = self.state.find_open(symbol, client_order_id)
        if order is None:
            return Refused(-2013, "Order does not exist.")
        book = self.state.books[symbol]
        offers = self._on_books.offers(book)
        answer = amended(Amendment(order, price, quantity, book, self.state, offers, at))
        if isinstance(answer, Refused):
            return answer
        wanted = answer.order
        if wanted.status.is_final or not answer.loses_place:
            self._clearing.note(book, wanted)
            return wanted
        book.take_out(order)
        wanted = replace(wanted, takes=_takes(wanted, book))
        self._clearing.note(book, wanted)
        return self._on_books.arrive(book, wanted, at) if offers else wanted

    def cancel(self, symbol: Symbol, client_order_id: ClientOrderId, at: Instant) -> PaperOrder | None:
        """The order, cancelled; None where nothing is open under this id."""
        order = self.state.find_open(symbol, client_order_id)
        if order is None:
            return None
        ended = order.ended(OrderStatus.CANCELED, at, "")
        self._clearing.note(self.state.books[symbol], ended)
        return ended

    def set_leverage(self, symbol: Symbol, leverage: int) -> Refused | None:
        """Set it (`settings`)."""
        return settings.set_leverage(self._clearing, symbol, leverage)

    def move_margin(self, symbol: Symbol, amount: Money) -> Refused | None:
        """Give a position margin, or take some back (`settings`)."""
        return settings.move_margin(self._clearing, symbol, amount)

    def transfer(self, amount: Money, at: Instant) -> TransferBooked | Refused:
        """Move money in (positive) or out; out only what is free."""
        if amount == 0 or (amount < 0 and self.state.free_money() + amount < 0):
            return Refused(-5013, "Asset transfer failed: insufficient balance.")
        self.state.counters.transfer += 1
        self.state.balance.transfers += amount
        booked = TransferBooked(id=f"transfer-{self.state.counters.transfer}", amount=amount, time=at)
        self._clearing.change.transfers.append(booked)
        self._clearing.change.events.append(booked)
        return booked

    # The market

    def on_quote(self, book: SymbolBook, quote: Quote, *, learn_only: bool) -> None:
        """The best bid and ask: against them alone, or as the newest word on the order book, working orders trade.

        `learn_only` takes in what is told and lets nothing trade, here as below.
        """
        if self._on_books.offers(book):
            self._on_books.learn_touch(book, quote)
            if not learn_only:
                book.quote = quote
                self._on_books.match(book, quote.time)
        elif not learn_only:
            book.quote = quote
            if book.working:
                self._on_quotes.on_quote(book, quote)

    def on_depth(self, book: SymbolBook, event: BookSnapshot | BookDiff | MarketTrade, *, learn_only: bool) -> None:
        """The order book, and trades of others.

        What stands on a book that begins, and what is only learnt, is not offered to orders that rest already: they may
        have met it before.
        """
        began = self._on_books.offers(book) is not None
        match event:
            case MarketTrade():
                if began and not learn_only:
                    self._on_books.on_trade(book, event)
            case BookSnapshot() | BookDiff():
                if self._on_books.learn(book, event) is not BookUpdate.APPLIED:
                    return
                if learn_only or not began:
                    self._on_books.pass_over(book)
                if not learn_only:
                    book.quote = self._on_books.touch(book, event.time) or book.quote
                    self._on_books.match(book, event.time)
            case _:
                assert_never(event)

    def on_mark(self, book: SymbolBook, mark: MarkPrice) -> None:
        """A position that its margin no longer covers is liquidated; else conditional orders may trigger."""
        book.mark = mark
        if not book.position.is_flat and is_liquidated(book.instrument, book.position, book.isolated, mark.price):
            self._liquidate(book, mark)
        for order in tuple(book.waiting.values()):
            stop = order.stop_price
            if stop is not None and mark.time > order.since and triggers(order.type, order.side, stop, book):
                self._trigger(book, order, mark.time)

    def on_funding(self, book: SymbolBook, funding: FundingSettled) -> None:
        """Whoever holds at this instant pays or receives, once; isolated, so it moves the position's own margin."""
        if funding.time <= book.funded:
            return
        book.funded = funding.time
        if book.position.is_flat:
            return
        amount = funding_payment(book.position, funding.mark, funding.rate)
        self.state.balance.funding += amount
        book.isolated += amount
        booked = FundingBooked(
            id=f"{book.symbol}-{funding.time}",
            symbol=book.symbol,
            amount=amount,
            rate=funding.rate,
            mark=funding.mark,
            time=funding.time,
        )
        self._clearing.change.holdings.add(book.symbol)
        self._clearing.change.funding.append(booked)
        self._clearing.change.events.append(booked)

    # What the mark price does

    def _trigger(self, book: SymbolBook, order: PaperOrder, at: Instant) -> None:
        """A conditional order becomes a market order, which trades at the next quote; its claims are checked now."""
        live = replace(order, triggered=True, takes=True, since=at, updated=at, reason="triggered")
        if order.only_reduces:
            room = book.reducible(order.side)
            if room == 0:
                self._clearing.note(book, order.ended(OrderStatus.EXPIRED, at, "triggered with nothing to close"))
                return
            live = replace(live, quantity=room if order.close_position else min(room, order.quantity))
        else:
            extra = book.as_working(order.side, order.quantity, None)
            refused = beyond_bracket(book, extra) or beyond_margin(self.state, book, extra)
            if refused:
                self._clearing.note(
                    book, order.ended(OrderStatus.EXPIRED, at, f"triggered, but {refused.code}: {refused.text}")
                )
                return
        self._clearing.note(book, live)
        if self._on_books.offers(book):
            self._on_books.arrive(book, live, at)

    def _liquidate(self, book: SymbolBook, mark: MarkPrice) -> None:
        """All orders of the symbol end, then the exchange takes the position over with an order of its own."""
        for order in tuple(book.open_orders()):
            self._clearing.note(book, order.ended(OrderStatus.EXPIRED, mark.time, "liquidation"))
        terms = takeover(book.instrument, book.position, book.isolated, mark.price)
        quantity = abs(book.position.quantity)
        order_id = self._clearing.next_order_id()
        order = PaperOrder(
            order_id=order_id,
            client_order_id=ClientOrderId(f"autoclose-{order_id}"),
            symbol=book.symbol,
            side=Side.SELL if book.position.quantity > 0 else Side.BUY,
            type=OrderType.MARKET,
            time_in_force=TimeInForce.IOC,
            quantity=quantity,
            price=None,
            stop_price=None,
            reduce_only=True,
            close_position=False,
            takes=True,
            created=mark.time,
            since=mark.time,
            updated=mark.time,
            reason=f"liquidation at mark {plain(mark.price)}",
        )
        self._clearing.book_fill(
            book, order.traded(quantity, terms.price, mark.time), quantity, terms.price, terms.fee, maker=False
        )


def _takes(order: Intent | PaperOrder, book: SymbolBook) -> bool:
    """Whether the order takes liquidity when it first can: it may not rest, or it crosses what it finds."""
    if order.type.is_conditional:
        return False
    return order.price is None or order.time_in_force in _NEVER_REST or crosses(order, book)
