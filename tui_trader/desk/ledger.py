"""What the journal says of orders, positions and money: the desk's one fold."""

from collections.abc import Mapping

from tui_trader.core.clock import Instant
from tui_trader.core.ids import PREFIX, client_order_id
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.order import Fill, Intent, Order, OrderStatus, Protection, Purpose
from tui_trader.core.position import Position
from tui_trader.core.records import (
    AccountReconciled,
    EmergencyImported,
    EngineStarted,
    FundingBooked,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    TransferBooked,
)
from tui_trader.core.sharing import Shares
from tui_trader.core.words import ClientOrderId, Symbol, TradeId
from tui_trader.desk.aside import kept_order_record
from tui_trader.desk.holdings import Holdings
from tui_trader.desk.told import Told
from tui_trader.desk.wanted import Wanted
from tui_trader.journal.emergency import line_hash
from tui_trader.journal.ports import Row

_KEPT_FINAL_ORDERS = 500
"""Finished orders that stay in memory, so that late news of them is recognised; all of them stay in the journal."""


class Ledger:
    """Orders, positions, wallet and wanted protection, folded from durable rows only."""

    def __init__(self) -> None:
        self._orders: dict[ClientOrderId, Order] = {}
        self._open: dict[ClientOrderId, Order] = {}
        """Those of them that can still trade: asked for at every judgement, and few."""
        self._holdings = Holdings()
        self._wanted = Wanted()
        self._told = Told()
        self._traded: dict[ClientOrderId, tuple[Money, Money]] = {}
        self._short: set[ClientOrderId] = set()
        """Those that have traded more, by the exchange's word, than their booked fills."""
        self._adopted: dict[Symbol, Instant] = {}
        self.wallet: Money | None = None
        self.last_funding: Instant | None = None
        self.last_reconciled: Instant | None = None
        """The last comparison that is written down; whatever had traded by then was booked."""
        self._first_start: Instant | None = None
        """Nothing of before is ours: the floor where neither a trade nor a comparison is written down."""

    # ------------------------------------------------------------------ what it knows

    def order(self, client_order_id: ClientOrderId) -> Order | None:
        """The order of this id, if it is ours."""
        return self._orders.get(client_order_id)

    def open_orders(self, symbol: Symbol | None = None) -> tuple[Order, ...]:
        """All that can still trade, oldest first; of one symbol, if given."""
        return tuple(o for o in self._open.values() if symbol in (None, o.intent.symbol))

    def position(self, symbol: Symbol) -> Position:
        """What is ours of the symbol: what we protect and close."""
        return self.positions.get(symbol) or Position(symbol)

    @property
    def positions(self) -> Mapping[Symbol, Position]:
        """Everything that is ours; flat symbols are absent."""
        return self._holdings.own

    @property
    def foreign(self) -> Mapping[Symbol, Position]:
        """What others hold in the account."""
        return self._holdings.foreign

    @property
    def held(self) -> Mapping[Symbol, Position]:
        """All that the account holds: what the exchange knows as its positions."""
        return self._holdings.all

    def shares(self, symbol: Symbol) -> Shares:
        """Whose the symbol's position is."""
        return self._holdings.shares(symbol)

    def unbooked(self, symbol: Symbol) -> Quantity:
        """What orders of ours have traded beyond what is booked, signed."""
        short = [self._orders[order_id] for order_id in self._short if self.lacks_fills(order_id)]
        missing = (
            (order.filled - self.traded(order.client_order_id)) * order.intent.side.sign
            for order in short
            if order.intent.symbol == symbol
        )
        return sum(missing, start=ZERO)

    def wanted(self, symbol: Symbol) -> Protection | None:
        """The stop and take-profit that the position should have; None when flat or never said."""
        return self._wanted.of(symbol)

    def traded(self, client_order_id: ClientOrderId) -> Quantity:
        """The sum of the order's fills that are in the journal."""
        return self._traded.get(client_order_id, (ZERO, ZERO))[0]

    def awaits_fills(self, symbol: Symbol) -> bool:
        """Whether an order of this symbol is known to have traded more than its booked fills."""
        return any(
            self._orders[order_id].intent.symbol == symbol and self.lacks_fills(order_id) for order_id in self._short
        )

    def unbooked_since(self, symbol: Symbol) -> Instant | None:
        """The moment from which trades of the symbol may be missing here; None where nothing at all is known."""
        last = self.last_fill_of(symbol) or self.last_fill or self.last_reconciled or self._first_start
        short = (self._orders[order_id] for order_id in self._short if self.lacks_fills(order_id))
        made = [order.created for order in short if order.intent.symbol == symbol]
        return min([*made, last]) if last is not None else min(made, default=None)

    @property
    def is_short_of_fills(self) -> bool:
        """Whether more is held than the positions here say: some order traded, and its fills are not booked yet."""
        return any(self.lacks_fills(order_id) for order_id in self._short)

    def lacks_fills(self, client_order_id: ClientOrderId, filled: Quantity = ZERO) -> bool:
        """Whether our order traded (by its status, or `filled` as the exchange says) more than its booked fills.

        What it had traded before the exchange's position was adopted is part of that position.
        """
        order = self._orders.get(client_order_id)
        if order is None or max(filled, order.filled) <= self.traded(client_order_id):
            return False
        adopted = self._adopted.get(order.intent.symbol)
        return adopted is None or order.updated > adopted

    @property
    def last_fill(self) -> Instant | None:
        """The time of the last trade that is in the journal."""
        return self._told.last_fill

    def knows_trade(self, symbol: Symbol, trade_id: TradeId) -> bool:
        """Whether this trade is in the journal already."""
        return self._told.knows_trade(symbol, trade_id)

    def last_fill_of(self, symbol: Symbol) -> Instant | None:
        """The time of the symbol's last trade that is in the journal."""
        return self._told.last_fill_of(symbol)

    def knows_booking(self, booking: str) -> bool:
        """Whether this funding or transfer is in the journal already."""
        return self._told.knows_booking(booking)

    def equity(self, marks: Mapping[Symbol, Price | None]) -> Money | None:
        """Wallet plus unrealised on the mark, of all that the account holds.

        None if the wallet or the mark of something held is not known.
        """
        if self.wallet is None:
            return None
        total = self.wallet
        for symbol, position in self.held.items():
            mark = marks.get(symbol)
            if mark is None:
                return None
            total += position.unrealised(mark)
        return total

    # ------------------------------------------------------------------ how it learns

    def apply(self, row: Row) -> None:
        """Take one durable row in."""
        match row.record:
            case OrderIntended(intent=intent):
                self._intended(client_order_id(row.hash), intent, row.time)
            case OrderChanged() as change:
                self._changed(change, row.time)
            case OrderFilled(fill=fill, foreign=foreign):
                self._filled(fill, foreign)
            case FundingBooked(id=booking, amount=amount, time=time):
                self._booked(booking, amount)
                self.last_funding = time
            case TransferBooked(id=booking, amount=amount):
                self._booked(booking, amount)
            case PositionAdopted() as adopted:
                self._adopt(adopted, row.time)
            case AccountReconciled(wallet=wallet):
                self.wallet = wallet
                self.last_reconciled = row.time
            case EmergencyImported() as imported:
                self._imported(imported, row)
            case EngineStarted():
                self._first_start = self._first_start or row.time
            case _:
                pass

    def _intended(self, order_id: ClientOrderId, intent: Intent, at: Instant) -> None:
        order = Order(client_order_id=order_id, intent=intent, status=OrderStatus.INTENDED, created=at, updated=at)
        quantity, cost = self._traded.get(order_id, (ZERO, ZERO))
        self._keep(order.traded(quantity, cost / quantity) if quantity else order)
        self._forget_old_orders()

    def _imported(self, imported: EmergencyImported, row: Row) -> None:
        """Orders that were sent while the journal could not be written; what they traded is asked for as ever."""
        match kept_order_record(imported):
            case OrderIntended(intent=intent):
                self._intended(client_order_id(line_hash(imported)), intent, row.time)
            case OrderChanged() as change:
                self._changed(change, row.time)
            case None:
                pass

    def _adopt(self, adopted: PositionAdopted, at: Instant) -> None:
        """The exchange's word; a stop that was wanted for the other side is not wanted for this one."""
        symbol = adopted.symbol
        before = self.position(symbol).side
        self._adopted[symbol] = at
        self._holdings.set(Position.held(symbol, adopted.quantity, adopted.entry_price), adopted.foreign)
        if self.position(symbol).side is not before:
            self._wanted.forget(symbol)
        if adopted.stop_price is not None and symbol in self.positions:
            self._wanted.stop_at(symbol, adopted.stop_price)

    def _changed(self, change: OrderChanged, at: Instant) -> None:
        order = self._orders.get(change.client_order_id)
        if order is None:
            return
        self._keep(
            order.advanced(
                change.status,
                at=at,
                filled=change.filled,
                average_price=change.average_price,
                exchange_order_id=change.exchange_order_id,
                reason=change.reason,
            )
        )
        if change.status is OrderStatus.ACCEPTED and order.intent.symbol in self.positions:
            self._wanted.placed(order.intent)

    def _filled(self, fill: Fill, foreign: Quantity) -> None:
        if self.knows_trade(fill.symbol, fill.trade_id):
            return
        self._told.trade(fill, self._orders)
        entry = self._orders.get(fill.client_order_id)
        if entry is not None and entry.intent.purpose is Purpose.ENTRY and entry.intent.protection is not None:
            was_flat = fill.symbol not in self.positions
            self._wanted.asked(fill.symbol, fill.side, entry.intent.protection, was_flat=was_flat)
        self._holdings.trade(fill, foreign)
        if fill.symbol not in self.positions:
            self._wanted.forget(fill.symbol)
        if self.wallet is not None:
            self.wallet += fill.wallet_change
        self._count(fill)

    def _count(self, fill: Fill) -> None:
        """The order's traded quantity and average price are the sums of its fills."""
        order = self._orders.get(fill.client_order_id)
        # An order of ours that is not known here may be announced later: in a line of the emergency log.
        if order is None and not fill.client_order_id.startswith(PREFIX):
            return
        quantity, cost = self._traded.get(fill.client_order_id, (ZERO, ZERO))
        quantity, cost = quantity + fill.quantity, cost + fill.quantity * fill.price
        self._traded[fill.client_order_id] = (quantity, cost)
        if order is not None:
            self._keep(order.traded(quantity, cost / quantity))

    def _booked(self, booking: str, amount: Money) -> None:
        if self._told.knows_booking(booking):
            return
        self._told.booking(booking)
        if self.wallet is not None:
            self.wallet += amount

    def _keep(self, order: Order) -> None:
        self._orders[order.client_order_id] = order
        if order.is_open:
            self._open[order.client_order_id] = order
        else:
            self._open.pop(order.client_order_id, None)
        if order.filled > self.traded(order.client_order_id):
            self._short.add(order.client_order_id)
        else:
            self._short.discard(order.client_order_id)

    def _forget_old_orders(self) -> None:
        """The oldest finished ones go; what can still trade is never forgotten."""
        surplus = len(self._orders) - len(self._open) - _KEPT_FINAL_ORDERS
        if surplus <= 0:
            return
        final = [order_id for order_id in self._orders if order_id not in self._open]
        for order_id in final[:surplus]:
            del self._orders[order_id]
            self._traded.pop(order_id, None)
            self._short.discard(order_id)
