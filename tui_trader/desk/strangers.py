"""Strangers: orders in the account that are not ours. They are counted and left alone."""

from collections.abc import Iterable

from tui_trader.core.foreign import ForeignOrder
from tui_trader.core.ids import PREFIX
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.ports import OrderReport


def bears_our_prefix(order_id: ClientOrderId) -> bool:
    """Whether only a trader of ours gives such ids: where our log does not know it, there is a second one."""
    return order_id.startswith(PREFIX)


class Strangers:
    """Their open orders, as a comparison found them and as news have changed them since."""

    def __init__(self) -> None:
        self._open: dict[ClientOrderId, ForeignOrder] = {}
        self._heard: dict[ClientOrderId, int] = {}
        """The number of the last piece of news of each order that was heard since the comparison before the last."""
        self._news = 0

    @property
    def orders(self) -> tuple[ForeignOrder, ...]:
        """All of them, oldest first as far as is known."""
        return tuple(self._open.values())

    @property
    def symbols(self) -> frozenset[Symbol]:
        """Where they are."""
        return frozenset(order.symbol for order in self._open.values())

    def heard(self, report: OrderReport) -> None:
        """News of an order that is not ours."""
        self._news += 1
        self._heard[report.client_order_id] = self._news
        self._keep(report)

    @property
    def news(self) -> int:
        """How much was heard so far: a comparison remembers it before it asks."""
        return self._news

    def compared(self, reports: Iterable[OrderReport], *, since: int) -> None:
        """These were open when the exchange was asked; of what was heard `since` then, the news are newer."""
        newer = {order_id for order_id, number in self._heard.items() if number > since}
        self._heard = {order_id: number for order_id, number in self._heard.items() if number > since}
        self._open = {order_id: order for order_id, order in self._open.items() if order_id in newer}
        for report in reports:
            if report.client_order_id not in newer:
                self._keep(report)

    def _keep(self, report: OrderReport) -> None:
        if report.status.is_final:
            self._open.pop(report.client_order_id, None)
            return
        self._open[report.client_order_id] = ForeignOrder(
            client_order_id=report.client_order_id,
            symbol=report.symbol,
            side=report.side,
            remaining=report.quantity - report.filled,
            price=report.price or report.stop_price,
            only_reduces=report.reduce_only or report.close_position,
        )
