"""News from the exchange: orders, fills, funding, transfers; each written down once, then acted upon."""

import asyncio
from typing import Protocol, assert_never

from tui_trader.core.clock import elapsed, later
from tui_trader.core.money import Quantity
from tui_trader.core.order import Fill, Order, Purpose
from tui_trader.core.records import ExchangeClosed, ForcedCause, FundingBooked, OrderFilled, TransferBooked
from tui_trader.core.words import Actor, ClientOrderId, Symbol
from tui_trader.desk.asking import answered
from tui_trader.desk.news import OrderNews
from tui_trader.desk.parts import Parts
from tui_trader.desk.resolver import Alarm
from tui_trader.desk.scribe import note
from tui_trader.desk.strangers import bears_our_prefix
from tui_trader.exchange.ports import AccountEvent, ExchangeUnavailable, OrderReport, StreamLost

_OVERLAP = 60.0
"""Seconds by which a question for fills reaches back before an order was made: clocks differ."""

_FILLS_FOLLOW_WITHIN = 1.0
"""Seconds in which the fills behind an order's news normally arrive."""
_LONGEST_PAUSE = 5.0
_FILLS_MISSING_FOR = 10.0
"""Seconds after which fills that nobody tells are an alarm: what an entry opened cannot be protected without them."""

_MADE_BY_EXCHANGE = {
    "autoclose-": ForcedCause.LIQUIDATION,
    "adl_autoclose": ForcedCause.DELEVERAGING,
    "settlement_autoclose-": ForcedCause.SETTLEMENT,
}
"""Beginnings of the ids that the exchange gives the orders with which it closes positions itself."""


def is_made_by_exchange(order_id: ClientOrderId) -> bool:
    """Whether the exchange made this order itself: liquidation, deleveraging, settlement."""
    return forced_cause(order_id) is not None


def forced_cause(order_id: ClientOrderId) -> ForcedCause | None:
    """Why the exchange made this order; None of every other order."""
    return next((cause for begins, cause in _MADE_BY_EXCHANGE.items() if order_id.startswith(begins)), None)


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
        self._booking = asyncio.Lock()
        self._repairing: set[ClientOrderId] = set()
        self.comparer: Comparer | None = None
        self.alarm: Alarm | None = None

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
                async with self._booking:
                    if not self._parts.ledger.knows_booking(booking):
                        await note(self._parts, event)
            case StreamLost(text=text):
                self._doubt(f"the account stream was lost: {text}")
            case _:
                assert_never(event)

    async def order_news(self, report: OrderReport) -> None:
        """The exchange's word on an order."""
        order = self._parts.ledger.order(report.client_order_id)
        if order is None:
            self._news_of_others(report)
            return
        is_new = await self._news.tell(
            order.client_order_id,
            report.status,
            filled=report.filled,
            average_price=report.average_price,
            exchange_order_id=report.exchange_order_id,
            reason=report.reason,
        )
        if report.filled > self._parts.ledger.traded(order.client_order_id):
            self._parts.tasks.spawn(f"fills of {order.client_order_id}", self._repair(order, report.filled))
        if is_new:  # else whoever looks, and asks, would be sent to look again at once and for ever
            self._watcher.look(order.intent.symbol)

    def _news_of_others(self, report: OrderReport) -> None:
        """A stranger's order counts from now on; one that bears our prefix is cause for doubt."""
        if is_made_by_exchange(report.client_order_id):
            return
        if not bears_our_prefix(report.client_order_id):
            self._parts.strangers.heard(report)
        elif not report.status.is_final:
            self._doubt(f"order {report.client_order_id} bears our prefix and is not in our log")

    async def _repair(self, order: Order, filled: Quantity) -> None:
        """An order says that it traded more than its fills: they follow in a moment, or they were lost."""
        order_id = order.client_order_id
        if order_id in self._repairing:
            return
        self._repairing.add(order_id)
        began, pause, alarmed = self._parts.clock.now(), _FILLS_FOLLOW_WITHIN, False
        try:
            while True:
                await self._parts.clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                if not self._parts.ledger.lacks_fills(order_id, filled):
                    return
                await self._fetched(order)
                if not alarmed and elapsed(began, self._parts.clock.now()) > _FILLS_MISSING_FOR:
                    alarmed = True
                    await self._sound(order)
        finally:
            self._repairing.discard(order_id)

    async def _fetched(self, order: Order) -> None:
        try:
            await self.missed_fills(order)
        except ExchangeUnavailable as error:
            self._doubt(f"fills of {order.client_order_id} could not be fetched: {error}")

    async def _sound(self, order: Order) -> None:
        """What is open cannot be told, so it cannot be protected: no new risk, and a comparison."""
        self._doubt(f"the fills of {order.client_order_id} are missing")
        if self.alarm is not None and order.intent.purpose is Purpose.ENTRY:
            reason = f"order {order.client_order_id} traded and its fills are missing"
            await self.alarm.halt(reason, actor=Actor.SYSTEM, code="FILLS_MISSING")

    async def fill(self, fill: Fill) -> None:
        """A trade of the account; told twice, also at the same moment by two tellers, it is booked once."""
        async with self._booking:
            ledger = self._parts.ledger
            if ledger.knows_trade(fill.symbol, fill.trade_id):
                return
            before, by_us = ledger.shares(fill.symbol), ledger.order(fill.client_order_id) is not None
            after = before.after(fill.signed_quantity, by_us=by_us)
            await note(self._parts, OrderFilled(fill=fill, foreign=abs(after.foreign - before.foreign)))
            if (cause := forced_cause(fill.client_order_id)) is not None:
                await note(self._parts, _closed_by_exchange(fill, cause))
        if not by_us and bears_our_prefix(fill.client_order_id):
            await self._second_instance(fill.client_order_id)
        self._watcher.look(fill.symbol)

    async def _second_instance(self, order_id: ClientOrderId) -> None:
        """It may never have rested, so no comparison need have seen it open."""
        if self.alarm is not None:
            reason = f"order {order_id} traded, bears our prefix and is not in our log: a second instance trades here"
            await self.alarm.halt(reason, actor=Actor.SYSTEM, code="RECONCILIATION")

    async def missed_fills(self, order: Order) -> None:
        """What the order traded without our hearing of it. Raises ExchangeUnavailable."""
        since = later(order.created, -_OVERLAP)
        for fill in await answered(self._parts.exchange.fills_since(order.intent.symbol, since)):
            if fill.client_order_id == order.client_order_id:
                await self.fill(fill)

    def _doubt(self, why: str) -> None:
        if self.comparer is not None:
            self.comparer.doubt(why)


def _closed_by_exchange(fill: Fill, cause: ForcedCause) -> ExchangeClosed:
    return ExchangeClosed(
        cause=cause,
        symbol=fill.symbol,
        client_order_id=fill.client_order_id,
        trade_id=fill.trade_id,
        quantity=fill.quantity,
        price=fill.price,
    )
