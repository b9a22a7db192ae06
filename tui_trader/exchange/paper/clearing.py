"""What follows from a trade: position, margin, fees and money, the order's new status, and the note of it all."""

from tui_trader.core.clock import Instant
from tui_trader.core.margin import FeeRates
from tui_trader.core.money import Money, Price, Quantity
from tui_trader.core.order import Fill, OrderStatus
from tui_trader.core.words import TradeId
from tui_trader.exchange.paper.margin import isolated_after
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import Change, State, SymbolBook


class Clearing:
    """The one writer of orders, positions and money. `state` is changed in place; every change is noted."""

    def __init__(self, state: State, fees: FeeRates) -> None:
        """`state` may be replaced as a whole, by what the books on disk hold."""
        self.state = state
        self.change = Change()
        self._fees = fees

    def take_change(self) -> Change:
        """What has changed since the last call; the caller saves it, then tells its events."""
        change, self.change = self.change, Change()
        return change

    def next_order_id(self) -> int:
        """A number that no order has had."""
        self.state.counters.order += 1
        return self.state.counters.order

    def note(self, book: SymbolBook, order: PaperOrder) -> None:
        """The order's new fate, to be saved and told."""
        self.keep(book, order)
        self.change.events.append(order.report())

    def keep(self, book: SymbolBook, order: PaperOrder) -> None:
        """The order as it is now, to be saved; nobody needs to hear of it."""
        book.put(order)
        self.change.orders[order.order_id] = order

    def trade(
        self, book: SymbolBook, order: PaperOrder, quantity: Quantity, price: Price, at: Instant, *, maker: bool
    ) -> PaperOrder:
        """The order trades; the answer is the order afterwards."""
        fee = self._fees.of(quantity * price, maker=maker)
        return self.book_fill(book, order.traded(quantity, price, at), quantity, price, fee, maker=maker)

    def book_fill(
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
        self.change.holdings.add(book.symbol)
        self.change.fills.append((order.order_id, fill))
        self.change.events.append(fill)
        self.note(book, order)
        self._shrink_reducers(book, order.updated)
        return book.working.get(order.order_id, order)

    def _shrink_reducers(self, book: SymbolBook, at: Instant) -> None:
        """No working reduce-only order may stay larger than what it can close."""
        for order in tuple(book.working.values()):
            if not order.only_reduces:
                continue
            room = book.reducible(order.side)
            if room == 0:
                self.note(book, order.ended(OrderStatus.EXPIRED, at, "nothing is left to close"))
            elif order.remaining > room:
                self.note(book, order.shrunk(room, at))
