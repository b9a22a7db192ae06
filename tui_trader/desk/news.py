"""News of orders: one at a time, so that two tellers of the same news write it down once."""

import asyncio

from tui_trader.core.money import ZERO, Price, Quantity
from tui_trader.core.order import Order, OrderStatus
from tui_trader.core.plain_text import one_line
from tui_trader.core.records import OrderChanged
from tui_trader.core.words import ClientOrderId
from tui_trader.desk.parts import Parts
from tui_trader.desk.scribe import note


class OrderNews:
    """The one writer of order status rows. What does not change the status is not news."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lock = asyncio.Lock()

    async def tell(
        self,
        order_id: ClientOrderId,
        status: OrderStatus,
        *,
        reason: str = "",
        filled: Quantity = ZERO,
        average_price: Price | None = None,
        exchange_order_id: str | None = None,
    ) -> bool:
        """Write the status down, if it may follow the one that the order has; whether it was news."""
        async with self._lock:
            order = self._parts.ledger.order(order_id)
            if order is None or not is_news(order, status):
                return False
            change = OrderChanged(
                client_order_id=order_id,
                status=status,
                filled=filled,
                average_price=average_price,
                exchange_order_id=exchange_order_id,
                reason=one_line(reason),
            )
            await note(self._parts, change)
            return True


def is_news(order: Order, status: OrderStatus) -> bool:
    """Whether this status changes the order's."""
    return order.advanced(status, at=order.updated).status is not order.status
