"""The paper exchange's rules at work: orders arrive, the market moves, money follows. No waiting, no files.

What happens is a function of the state, the calls and the market events alone, so that the same ones give the same
fills, ids and times. Every change is noted in a `Change`, which the caller saves and tells.

The model of trading: an order trades only against quotes later than its arrival; what it was decided on, it cannot
trade against. A market order, and a limit order that crosses the last quote when it arrives, take at their first
quote: what the quote shows, then the modelled depth behind it, at the taker's fee. Any other limit order rests, and
trades at its own price and the maker's fee when the opposite quote reaches it, as far as that quote's size and depth
go (no queue before us is modelled). A conditional order triggers on the mark price and is then a market order.
"""

from dataclasses import replace

from tui_trader.core.clock import Instant
from tui_trader.core.margin import FeeRates, funding_payment, is_liquidated
from tui_trader.core.market import FundingSettled, MarkPrice, Quote
from tui_trader.core.money import Money, Price, Quantity, plain
from tui_trader.core.order import Fill, Intent, OrderStatus, OrderType, TimeInForce
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Side, Symbol, TradeId
from tui_trader.exchange.paper.admission import Request, beyond_bracket, beyond_margin, crosses, refusal, triggers
from tui_trader.exchange.paper.depth import DepthModel, Liquidity
from tui_trader.exchange.paper.margin import isolated_after, largest_notional, takeover, worst_notional
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import Change, State, SymbolBook
from tui_trader.exchange.ports import Refused


class Venue:
    """The exchange without its doors: synchronous, in memory."""

    def __init__(self, state: State, fees: FeeRates, depth: DepthModel) -> None:
        """`state` is changed in place."""
        self.state = state
        self._fees = fees
        self._depth = depth
        self._change = Change()

    def take_change(self) -> Change:
        """What has changed since the last call; the caller saves it, then tells its events."""
        change, self._change = self._change, Change()
        return change

    # Calls of the account's owner

    def arrive(self, client_order_id: ClientOrderId, intent: Intent, at: Instant) -> PaperOrder | Refused:
        """An order reaches the exchange: it is taken or refused; it does not trade yet."""
        book = self.state.books.get(intent.symbol)
        if book is None:
            return Refused(-1121, "Invalid symbol.")
        refused = refusal(Request(client_order_id, intent, book, self.state))
        if refused:
            return refused
        quantity = intent.quantity
        if intent.reduce_only and not intent.type.is_conditional:
            quantity = min(quantity, book.reducible(intent.side))
        order = PaperOrder(
            order_id=self._next_order_id(),
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
            since=at,
            updated=at,
        )
        self._note(book, order)
        return order

    def cancel(self, symbol: Symbol, client_order_id: ClientOrderId, at: Instant) -> PaperOrder | None:
        """The order, cancelled; None where nothing is open under this id."""
        order = self.state.find_open(symbol, client_order_id)
        if order is None:
            return None
        ended = order.ended(OrderStatus.CANCELED, at, "")
        self._note(self.state.books[symbol], ended)
        return ended

    def set_leverage(self, symbol: Symbol, leverage: int) -> Refused | None:
        """Set it for what comes; the margin of what is held stays. Lower is refused while something is held."""
        book = self.state.books.get(symbol)
        if book is None:
            return Refused(-1121, "Invalid symbol.")
        if not 1 <= leverage <= book.instrument.max_leverage:
            return Refused(-4028, f"Leverage {leverage} is not valid.")
        if leverage < book.leverage and not book.position.is_flat:
            return Refused(-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.")
        worst = worst_notional(book.position, book.working_entries(), book.mark_price())
        if worst > largest_notional(book.instrument, leverage):
            return Refused(-2027, "Exceeded the maximum allowable position at current leverage.")
        was, book.leverage = book.leverage, leverage
        if leverage < was and self.state.free_money() < 0:
            book.leverage = was
            return Refused(-2028, "Leverage is smaller than permitted: insufficient margin balance.")
        self._change.holdings.add(symbol)
        return None

    def transfer(self, amount: Money, at: Instant) -> TransferBooked | Refused:
        """Move money in (positive) or out; out only what is free."""
        if amount == 0 or (amount < 0 and self.state.free_money() + amount < 0):
            return Refused(-5013, "Asset transfer failed: insufficient balance.")
        self.state.counters.transfer += 1
        self.state.balance.transfers += amount
        booked = TransferBooked(id=f"transfer-{self.state.counters.transfer}", amount=amount, time=at)
        self._change.transfers.append(booked)
        self._change.events.append(booked)
        return booked

    # The market

    def on_quote(self, book: SymbolBook, quote: Quote) -> None:
        """Working orders that arrived before this quote trade against it, in their order of arrival."""
        book.quote = quote
        if not book.working:
            return
        sides: dict[Side, Liquidity] = {}
        for order_id in tuple(book.working):
            order = book.working.get(order_id)
            if order is None or quote.time <= order.since or not (order.takes or crosses(order, book)):
                continue
            if order.side not in sides:
                sides[order.side] = Liquidity(quote, order.side, book.instrument, self._depth)
            self._match(book, order, sides[order.side], quote.time)

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
        self._change.holdings.add(book.symbol)
        self._change.funding.append(booked)
        self._change.events.append(booked)

    # How orders trade

    def _match(self, book: SymbolBook, order: PaperOrder, liquidity: Liquidity, at: Instant) -> None:
        if order.price is None:
            for part in liquidity.take_market(order.remaining):
                order = self._trade(book, order, part.quantity, part.price, at, maker=False)
        elif order.takes:
            self._take(book, order, order.price, liquidity, at)
        elif amount := liquidity.give(order.remaining, order.price):
            self._trade(book, order, amount, order.price, at, maker=True)

    def _take(self, book: SymbolBook, order: PaperOrder, limit: Price, liquidity: Liquidity, at: Instant) -> None:
        """The one moment in which a limit order takes; what is left rests, or ends if it may not rest."""
        for part in liquidity.take_limit(order.remaining, limit):
            order = self._trade(book, order, part.quantity, part.price, at, maker=False)
        if order.status.is_final:
            return
        if order.time_in_force is TimeInForce.IOC:
            self._note(book, order.ended(OrderStatus.EXPIRED, at, "what did not trade at once"))
        else:
            self._keep(book, replace(order, takes=False))

    def _trade(
        self, book: SymbolBook, order: PaperOrder, quantity: Quantity, price: Price, at: Instant, *, maker: bool
    ) -> PaperOrder:
        fee = self._fees.of(quantity * price, maker=maker)
        return self._book_fill(book, order.traded(quantity, price, at), quantity, price, fee, maker=maker)

    def _book_fill(
        self, book: SymbolBook, order: PaperOrder, quantity: Quantity, price: Price, fee: Money, *, maker: bool
    ) -> PaperOrder:
        """Position, margin and money after a fill; the fill is told before the order's new status."""
        before = book.position
        book.position, realised = before.after(order.side, quantity, price)
        book.isolated = isolated_after(before, book.isolated, book.position, book.leverage)
        balance = self.state.balance
        balance.realised += realised
        balance.fees += fee
        self.state.counters.trade += 1
        fill = Fill(
            client_order_id=order.client_order_id,
            trade_id=TradeId(str(self.state.counters.trade)),
            symbol=book.symbol,
            side=order.side,
            quantity=quantity,
            price=price,
            fee=fee,
            maker=maker,
            realised=realised,
            time=order.updated,
        )
        self._change.holdings.add(book.symbol)
        self._change.fills.append((order.order_id, fill))
        self._change.events.append(fill)
        self._note(book, order)
        self._shrink_reducers(book, order.updated)
        return book.working.get(order.order_id, order)

    def _shrink_reducers(self, book: SymbolBook, at: Instant) -> None:
        """No working reduce-only order may stay larger than what it can close."""
        for order in tuple(book.working.values()):
            if not order.only_reduces:
                continue
            room = book.reducible(order.side)
            if room == 0:
                self._note(book, order.ended(OrderStatus.EXPIRED, at, "nothing is left to close"))
            elif order.remaining > room:
                self._note(book, order.shrunk(room, at))

    def _trigger(self, book: SymbolBook, order: PaperOrder, at: Instant) -> None:
        """A conditional order becomes a market order, which trades at the next quote; its claims are checked now."""
        live = replace(order, triggered=True, takes=True, since=at, updated=at, reason="triggered")
        if order.only_reduces:
            room = book.reducible(order.side)
            if room == 0:
                self._note(book, order.ended(OrderStatus.EXPIRED, at, "triggered with nothing to close"))
                return
            live = replace(live, quantity=room if order.close_position else min(room, order.quantity))
        else:
            extra = book.as_working(order.side, order.quantity, None)
            refused = beyond_bracket(book, extra) or beyond_margin(self.state, book, extra)
            if refused:
                self._note(book, order.ended(OrderStatus.EXPIRED, at, f"triggered, but {refused.code}: {refused.text}"))
                return
        self._note(book, live)

    def _liquidate(self, book: SymbolBook, mark: MarkPrice) -> None:
        """All orders of the symbol end, then the exchange takes the position over with an order of its own."""
        for order in tuple(book.open_orders()):
            self._note(book, order.ended(OrderStatus.EXPIRED, mark.time, "liquidation"))
        terms = takeover(book.instrument, book.position, book.isolated, mark.price)
        quantity = abs(book.position.quantity)
        order_id = self._next_order_id()
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
            since=mark.time,
            updated=mark.time,
            reason=f"liquidation at mark {plain(mark.price)}",
        )
        self._book_fill(
            book, order.traded(quantity, terms.price, mark.time), quantity, terms.price, terms.fee, maker=False
        )

    # Notes of what changed

    def _note(self, book: SymbolBook, order: PaperOrder) -> None:
        """The order's new fate, to be saved and told."""
        self._keep(book, order)
        self._change.events.append(order.report())

    def _keep(self, book: SymbolBook, order: PaperOrder) -> None:
        book.put(order)
        self._change.orders[order.order_id] = order

    def _next_order_id(self) -> int:
        self.state.counters.order += 1
        return self.state.counters.order


def _takes(intent: Intent, book: SymbolBook) -> bool:
    """Whether the order takes liquidity at its next quote: it may not rest, or it crosses what it finds."""
    if intent.type.is_conditional:
        return False
    return intent.price is None or intent.time_in_force is TimeInForce.IOC or crosses(intent, book)
