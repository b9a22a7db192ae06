"""Comparison with the exchange: what was missed is booked, what differs is adopted, said, and halts."""

import asyncio
from typing import Protocol

from tui_trader.core.account import AccountReport, HeldPosition
from tui_trader.core.clock import later
from tui_trader.core.money import ZERO, plain
from tui_trader.core.order import Order, OrderStatus
from tui_trader.core.records import AccountReconciled, PositionAdopted
from tui_trader.core.words import Actor, ClientOrderId, Symbol
from tui_trader.desk.intake import Intake
from tui_trader.desk.news import OrderNews
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.desk.resolver import Alarm, Resolver
from tui_trader.exchange.ports import ExchangeUnavailable, OrderReport
from tui_trader.journal.ports import Entry

_OVERLAP = 60.0
_LOOKS = 3
_LOOK_AGAIN_AFTER = 0.5
_IN_FLIGHT = 5.0
"""Seconds for which an order may be on its way before its absence at the exchange means something."""


class Watcher(Protocol):
    """Whoever must act when orders or positions change."""

    def look(self, symbol: Symbol) -> None:
        """Something of this symbol changed."""
        ...


class Reconciler:
    """Makes our books and the exchange's agree, one comparison at a time."""

    def __init__(self, parts: Parts, news: OrderNews, intake: Intake, resolver: Resolver, watcher: Watcher) -> None:
        self._parts = parts
        self._news = news
        self._intake = intake
        self._resolver = resolver
        self._watcher = watcher
        self._lock = asyncio.Lock()
        self._doubts: list[str] = []
        self.alarm: Alarm | None = None

    def doubt(self, why: str) -> None:
        """News may have been missed: no new risk until a comparison has succeeded; one is started."""
        self._parts.seen.doubted()
        self._doubts.append(why)
        self._parts.tasks.spawn("reconcile after doubt", self._again())

    async def _again(self) -> None:
        while self._doubts and not await self.compare():
            await self._parts.clock.sleep(REQUEST_TIMEOUT)

    async def compare(self, *, at_start: bool = False) -> bool:
        """Compare once. True when both agree (after booking what was missed); False when the exchange is silent.

        A difference that fills and orders do not explain is adopted as the exchange has it, and halts the trader.
        """
        async with self._lock:
            doubts, self._doubts = self._doubts, []
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT * 3):
                    report, differences = await self._compared()
            except (ExchangeUnavailable, TimeoutError) as error:
                self._parts.seen.doubted()
                self._doubts = doubts or ["the exchange did not answer"]
                await self._parts.breakers.failed("exchange", str(error) or "no answer to the comparison")
                return False
            await self._parts.breakers.succeeded("exchange")
            await self._conclude(report, differences, said=at_start or bool(doubts))
            return True

    async def _compared(self) -> tuple[AccountReport, list[str]]:
        """Book what was missed and look again before a difference counts: news may be on its way."""
        looks = 1
        while True:
            await self._book_what_was_missed()
            differences = await self._compare_orders()
            report = await self._parts.exchange.account_report()
            unequal = [held for held in self._to_compare(report) if self._differs(held)]
            if not unequal or looks == _LOOKS:
                adopted = [await self._adopt(held) for held in unequal]
                return report, differences + adopted + _modes_that_are_wrong(report)
            looks += 1
            await self._parts.clock.sleep(_LOOK_AGAIN_AFTER)

    async def _book_what_was_missed(self) -> None:
        ledger = self._parts.ledger
        for symbol in self._parts.instruments:
            since = ledger.last_fill or self._parts.clock.now()
            for fill in await self._parts.exchange.fills_since(symbol, later(since, -_OVERLAP)):
                await self._intake.fill(fill)
        since = ledger.last_funding or self._parts.clock.now()
        for funding in await self._parts.exchange.funding_since(later(since, -_OVERLAP)):
            await self._intake.take(funding)

    async def _compare_orders(self) -> list[str]:
        theirs = {report.client_order_id: report for report in await self._parts.exchange.open_orders()}
        for order in self._parts.ledger.open_orders():
            await self._compare_order(order, theirs.get(order.client_order_id))
        return [
            f"order {order_id} on {report.symbol} is open at the exchange and not ours"
            for order_id, report in theirs.items()
            if self._is_foreign(order_id)
        ]

    def _is_foreign(self, order_id: ClientOrderId) -> bool:
        return self._parts.ledger.order(order_id) is None and not order_id.startswith("autoclose-")

    async def _compare_order(self, order: Order, report: OrderReport | None) -> None:
        if report is not None:
            await self._intake.order_news(report)
            return
        young = self._parts.clock.now() < later(order.updated, _IN_FLIGHT)
        match order.status:
            case OrderStatus.INTENDED if not young:
                await self._never_sent(order)
            case OrderStatus.SENT | OrderStatus.UNKNOWN if not young or order.status is OrderStatus.UNKNOWN:
                self._resolver.start(order.client_order_id)
            case OrderStatus.ACCEPTED | OrderStatus.PARTIALLY_FILLED:
                found = await self._parts.exchange.query(order.intent.symbol, order.client_order_id)
                if found is not None:
                    await self._intake.missed_fills(order)
                    await self._intake.order_news(found)
            case _:
                pass

    async def _never_sent(self, order: Order) -> None:
        """Written down and never marked as sent: the request did not leave (the mark is durable first)."""
        await self._news.tell(
            order.client_order_id, OrderStatus.NOT_SENT, reason="the program stopped before it was sent"
        )

    def _to_compare(self, report: AccountReport) -> list[HeldPosition]:
        """What the exchange holds, and as flat what only we hold."""
        theirs = {held.symbol: held for held in report.positions if held.quantity}
        ours = [symbol for symbol in self._parts.ledger.positions if symbol not in theirs]
        flat = [_nothing_of(symbol) for symbol in ours]
        return [*theirs.values(), *flat]

    def _differs(self, held: HeldPosition) -> bool:
        return self._parts.ledger.position(held.symbol).quantity != held.quantity

    async def _adopt(self, held: HeldPosition) -> str:
        ours = self._parts.ledger.position(held.symbol).quantity
        said = f"{held.symbol}: the exchange holds {plain(held.quantity)}, our fills say {plain(ours)}"
        adopted = PositionAdopted(
            symbol=held.symbol, quantity=held.quantity, entry_price=held.entry_price, was=ours, reason=said
        )
        await self._parts.journal.append(Entry(record=adopted, actor=Actor.SYSTEM))
        return said

    async def _conclude(self, report: AccountReport, differences: list[str], *, said: bool) -> None:
        ledger = self._parts.ledger
        if said or differences or ledger.wallet != report.wallet:
            unrealised = sum((h.quantity * (h.mark_price - h.entry_price) for h in report.positions), start=ZERO)
            record = AccountReconciled(
                wallet=report.wallet, equity=report.wallet + unrealised, differences=tuple(differences)
            )
            await self._parts.journal.append(Entry(record=record, actor=Actor.SYSTEM))
        self._parts.seen.agreed(report, self._parts.clock.now())
        if differences and self.alarm is not None:
            await self.alarm.halt("; ".join(differences), actor=Actor.SYSTEM, code="RECONCILIATION")
        for symbol in ledger.positions:
            self._watcher.look(symbol)


def _nothing_of(symbol: Symbol) -> HeldPosition:
    return HeldPosition(
        symbol=symbol,
        quantity=ZERO,
        entry_price=ZERO,
        mark_price=ZERO,
        liquidation_price=None,
        isolated_wallet=ZERO,
        leverage=1,
    )


def _modes_that_are_wrong(report: AccountReport) -> list[str]:
    wanted = {
        "isolated margin": report.isolated,
        "one-way mode": report.one_way,
        "single-asset mode": report.single_asset,
    }
    return [f"the account is not in {name}" for name, is_set in wanted.items() if not is_set]
