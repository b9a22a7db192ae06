"""Which of our ids an order of the exchange belongs to: trades and triggered orders name only the exchange's own."""

from tui_trader.core.words import ClientOrderId

_KEPT = 20_000


class Names:
    """What has been heard so far; the oldest are forgotten, and can be asked for again."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._by_order: dict[int, ClientOrderId] = {}
        self._conditional: dict[ClientOrderId, None] = {}

    def learn(self, exchange_order_id: int, order_id: ClientOrderId) -> None:
        """This order of the exchange is known to us under that id; the first word on it counts."""
        self._by_order.setdefault(exchange_order_id, order_id)
        if len(self._by_order) > _KEPT:
            del self._by_order[next(iter(self._by_order))]

    def learn_conditional(self, order_id: ClientOrderId) -> None:
        """This id is one of a conditional order."""
        self._conditional[order_id] = None
        if len(self._conditional) > _KEPT:
            del self._conditional[next(iter(self._conditional))]

    def is_conditional(self, order_id: ClientOrderId) -> bool:
        """Whether it is known to be one."""
        return order_id in self._conditional

    def of(self, exchange_order_id: int) -> ClientOrderId | None:
        """Our id of the exchange's order; None where it was never heard of."""
        return self._by_order.get(exchange_order_id)
