"""Settling our own orders in a comparison: what became of those that are open here and not at the exchange."""

from tui_trader.core.clock import later
from tui_trader.core.order import Order, OrderStatus
from tui_trader.core.words import ClientOrderId
from tui_trader.desk.asking import answered
from tui_trader.desk.intake import Intake, Watcher
from tui_trader.desk.news import OrderNews
from tui_trader.desk.parts import Parts
from tui_trader.desk.resolver import Resolver
from tui_trader.exchange.ports import OrderReport

_IN_FLIGHT = 5.0
"""Seconds for which an order may be on its way before its absence at the exchange means something."""


class Settler:
    """Asks, and writes down what it learns; what stays unknown is the resolver's."""

    def __init__(self, parts: Parts, news: OrderNews, intake: Intake, resolver: Resolver, watcher: Watcher) -> None:
        self._parts = parts
        self._news = news
        self._intake = intake
        self._resolver = resolver
        self._watcher = watcher
        self._left_behind: frozenset[ClientOrderId] = frozenset()
        """Orders that an earlier run intended and did not mark as sent."""

    def begin(self) -> None:
        """What an earlier run left open; orders of unknown fate are asked for at once."""
        left = self._parts.ledger.open_orders()
        self._left_behind = frozenset(o.client_order_id for o in left if o.status is OrderStatus.INTENDED)
        for order in left:
            if order.status in (OrderStatus.SENT, OrderStatus.UNKNOWN):
                self._resolver.start(order.client_order_id)

    def is_young(self, order: Order) -> bool:
        """Whether something happened to it a moment ago, so that the exchange's lists may not show it yet."""
        return self._parts.clock.now() < later(order.updated, _IN_FLIGHT)

    async def settle(self, order: Order, report: OrderReport | None, *, at_start: bool) -> None:
        """Take the exchange's word on an order of ours, `report` where it is open there, else by asking for it.

        At the start nothing is in flight: no task of this run has sent anything yet. Raises ExchangeUnavailable.
        """
        if report is not None:
            await self._intake.order_news(report)
            return
        is_young = self.is_young(order)
        in_flight = not at_start and is_young
        match order.status:
            case OrderStatus.UNKNOWN:
                await self._ask(order)
                self._resolver.start(order.client_order_id)
            case OrderStatus.INTENDED if order.client_order_id in self._left_behind:
                # Only those: in this run its sender may be waiting for a slow disk, with the order about to leave.
                await self._never_sent(order)
            case OrderStatus.SENT if not in_flight:
                await self._ask(order)
                self._resolver.start(order.client_order_id)
            case OrderStatus.ACCEPTED | OrderStatus.PARTIALLY_FILLED:
                is_known = await self._ask(order)
                if not is_known and not is_young:  # also at the start: its reads may lag behind what it accepted
                    await self._is_gone(order)
            case _:
                pass

    async def _ask(self, order: Order) -> bool:
        """Book what became of an order that is not open there; whether the exchange knows it at all."""
        report = await answered(self._parts.exchange.query(order.intent.symbol, order.client_order_id))
        if report is None:
            return False
        await self._intake.missed_fills(order)
        await self._intake.order_news(report)
        return True

    async def _never_sent(self, order: Order) -> None:
        """Written down and never marked as sent: the request did not leave (the mark is durable first)."""
        await self._news.tell(
            order.client_order_id, OrderStatus.NOT_SENT, reason="the program stopped before it was sent"
        )

    async def _is_gone(self, order: Order) -> None:
        """Neither open nor known there any more: counting on it (a stop!) would be worse than losing it."""
        await self._intake.missed_fills(order)
        await self._news.tell(
            order.client_order_id, OrderStatus.EXPIRED, reason="the exchange does not know it any more"
        )
        self._watcher.look(order.intent.symbol)
