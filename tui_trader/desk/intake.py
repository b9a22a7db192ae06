"""News from the exchange: orders, fills, funding, transfers; each written down once, then acted upon."""

from typing import Protocol, assert_never

from tui_trader.core.clock import later
from tui_trader.core.order import Fill, Order
from tui_trader.core.records import FundingBooked, OrderFilled, TransferBooked
from tui_trader.core.words import Symbol
from tui_trader.desk.news import OrderNews
from tui_trader.desk.parts import Parts
from tui_trader.desk.scribe import note
from tui_trader.exchange.ports import AccountEvent, ExchangeUnavailable, OrderReport, StreamLost

_OVERLAP = 60.0
"""Seconds by which a question for fills reaches back before an order was made: clocks differ."""

_FILLS_FOLLOW_WITHIN = 1.0
"""Seconds in which the fills behind an order's news normally arrive."""


class Watcher(Protocol):
    """Whoever must act when orders or positions change."""

    def look(self, symbol: Symbol) -> None:
        """Something of this symbol changed."""
        ...


class Comparer(Protocol):
    """Whoever compares our books with the exchange."""

    def doubt(self, why: str) -> None:
        """News may have been missed."""
        ...


class Intake:
    """Turns the exchange's events into journal rows; late and repeated news change nothing."""

    def __init__(self, parts: Parts, news: OrderNews, watcher: Watcher) -> None:
        self._parts = parts
        self._news = news
        self._watcher = watcher
        self.comparer: Comparer | None = None

    async def run(self) -> None:
        """Consume the account's events until the exchange closes."""
        async for event in self._parts.exchange.events():
            await self.take(event)

    async def take(self, event: AccountEvent) -> None:
        """One event."""
        match event:
            case OrderReport():
                await self.order_news(event)
            case Fill():
                await self.fill(event)
            case FundingBooked(id=booking) | TransferBooked(id=booking):
                if not self._parts.ledger.knows_booking(booking):
                    await self._write(event)
            case StreamLost(text=text):
                self._doubt(f"the account stream was lost: {text}")
            case _:
                assert_never(event)

    async def order_news(self, report: OrderReport) -> None:
        """The exchange's word on an order; of one that is not ours, it is cause for doubt."""
        order = self._parts.ledger.order(report.client_order_id)
        if order is None:
            if not report.status.is_final and not report.client_order_id.startswith("autoclose-"):
                self._doubt(f"order {report.client_order_id} is not ours")
            return
        await self._news.tell(
            order.client_order_id,
            report.status,
            filled=report.filled,
            average_price=report.average_price,
            exchange_order_id=report.exchange_order_id,
            reason=report.reason,
        )
        if report.filled > self._parts.ledger.traded(order.client_order_id):
            self._parts.tasks.spawn(f"fills of {order.client_order_id}", self._repair(order))
        self._watcher.look(order.intent.symbol)

    async def _repair(self, order: Order) -> None:
        """An order says that it traded more than its fills: they follow in a moment, or they were lost."""
        await self._parts.clock.sleep(_FILLS_FOLLOW_WITHIN)
        current = self._parts.ledger.order(order.client_order_id)
        if current is None or current.filled <= self._parts.ledger.traded(order.client_order_id):
            return
        try:
            await self.missed_fills(order)
        except ExchangeUnavailable as error:
            self._doubt(f"fills of {order.client_order_id} could not be fetched: {error}")

    async def fill(self, fill: Fill) -> None:
        """One of our trades, told for the first time."""
        if self._parts.ledger.knows_trade(fill.symbol, fill.trade_id):
            return
        await self._write(OrderFilled(fill=fill))
        self._watcher.look(fill.symbol)

    async def missed_fills(self, order: Order) -> None:
        """What the order traded without our hearing of it. Raises ExchangeUnavailable."""
        for fill in await self._parts.exchange.fills_since(order.intent.symbol, later(order.created, -_OVERLAP)):
            if fill.client_order_id == order.client_order_id:
                await self.fill(fill)

    def _doubt(self, why: str) -> None:
        if self.comparer is not None:
            self.comparer.doubt(why)

    async def _write(self, record: OrderFilled | FundingBooked | TransferBooked) -> None:
        await note(self._parts, record)
