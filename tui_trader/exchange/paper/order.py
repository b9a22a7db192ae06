"""An order as the paper exchange keeps it."""

from dataclasses import dataclass, replace

from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.order import OrderStatus, OrderType, TimeInForce
from tui_trader.core.words import ClientOrderId, Side, Symbol
from tui_trader.exchange.ports import OrderReport


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrder:
    """One order and its fate. It trades only against quotes later than `since`.

    `created` is when it reached the exchange; so is `since`, until the order is amended or `triggered`. `takes` says
    that it crosses the market and pays the taker's fee at its next quote; else it rests. `paid` is the sum of
    quantity x price of its fills.
    """

    order_id: int
    client_order_id: ClientOrderId
    symbol: Symbol
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Quantity
    price: Price | None
    stop_price: Price | None
    reduce_only: bool
    close_position: bool
    status: OrderStatus = OrderStatus.ACCEPTED
    filled: Quantity = ZERO
    paid: Money = ZERO
    takes: bool = False
    triggered: bool = False
    created: Instant
    since: Instant
    updated: Instant
    reason: str = ""

    @property
    def remaining(self) -> Quantity:
        """What may still trade."""
        return ZERO if self.status.is_final else self.quantity - self.filled

    @property
    def waits(self) -> bool:
        """Whether it waits for its trigger price."""
        return self.type.is_conditional and not self.triggered

    @property
    def only_reduces(self) -> bool:
        """Whether it may never open or enlarge a position."""
        return self.reduce_only or self.close_position

    def ended(self, status: OrderStatus, at: Instant, reason: str) -> "PaperOrder":
        """The order after its end."""
        return replace(self, status=status, updated=at, reason=reason)

    def traded(self, quantity: Quantity, price: Price, at: Instant) -> "PaperOrder":
        """The order after a fill."""
        filled = self.filled + quantity
        status = OrderStatus.FILLED if filled >= self.quantity else OrderStatus.PARTIALLY_FILLED
        return replace(self, filled=filled, paid=self.paid + quantity * price, status=status, updated=at)

    def shrunk(self, room: Quantity, at: Instant) -> "PaperOrder":
        """The order with no more left to trade than `room`."""
        return replace(self, quantity=self.filled + room, updated=at, reason="reduced to what there is to close")

    def report(self) -> OrderReport:
        """The order as it is told to its owner."""
        return OrderReport(
            client_order_id=self.client_order_id,
            exchange_order_id=str(self.order_id),
            symbol=self.symbol,
            side=self.side,
            type=self.type,
            status=self.status,
            quantity=self.quantity,
            filled=self.filled,
            average_price=self.paid / self.filled if self.filled else None,
            price=self.price,
            stop_price=self.stop_price,
            reduce_only=self.reduce_only,
            close_position=self.close_position,
            time=self.updated,
            reason=self.reason,
        )
