"""Comparison with the exchange: what was missed is booked, what differs is adopted, said, and halts."""

import asyncio
from contextlib import suppress
from typing import Protocol

from tui_trader.core.account import AccountReport, HeldPosition
from tui_trader.core.clock import later
from tui_trader.core.money import ZERO, plain
from tui_trader.core.order import Order, OrderStatus, Purpose
from tui_trader.core.plain_text import one_line
from tui_trader.core.records import AccountReconciled, PositionAdopted
from tui_trader.core.words import Actor, BreakerScope, ClientOrderId, Symbol, TradingState
from tui_trader.desk.asking import answered
from tui_trader.desk.intake import Intake, is_made_by_exchange
from tui_trader.desk.news import OrderNews
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.desk.resolver import Alarm, Resolver
from tui_trader.desk.scribe import note
from tui_trader.desk.stops import live_stops
from tui_trader.exchange.ports import ExchangeUnavailable, OrderReport
from tui_trader.journal.ports import JournalUnwritable

_OVERLAP = 60.0
_LOOKS = 3
_LOOK_AGAIN_AFTER = 0.5
_AGAIN_AFTER = 5.0
"""Seconds from a comparison that got no answer to the next."""
_IN_FLIGHT = 5.0
"""Seconds for which an order may be on its way before its absence at the exchange means something."""

_NAME = 40
"""Characters of a name that the exchange says; Binance's own are at most 36."""


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
        self._left_behind: frozenset[ClientOrderId] = frozenset()
        """Orders that an earlier run intended and did not mark as sent."""
        self.differences: tuple[str, ...] = ()
        """What the last comparison found; empty where both agreed, and before the first."""
        self.alarm: Alarm | None = None

    async def begin(self) -> bool:
        """The first comparison of a run; where the exchange is silent, others follow until it answers.

        Orders of unknown fate are asked for at once, whatever becomes of the comparison.
        """
        left = self._parts.ledger.open_orders()
        self._left_behind = frozenset(o.client_order_id for o in left if o.status is OrderStatus.INTENDED)
        for order in left:
            if order.status in (OrderStatus.SENT, OrderStatus.UNKNOWN):
                self._resolver.start(order.client_order_id)
        if await self.compare(at_start=True):
            return True
        self.doubt("the first comparison got no answer")
        self._protect_what_is_naked()
        return False

    def _protect_what_is_naked(self) -> None:
        """What has no stop even by our own books does not wait until the exchange answers a comparison."""
        ledger = self._parts.ledger
        for symbol, position in ledger.positions.items():
            if not position.is_flat and not live_stops(ledger.open_orders(symbol), position, Purpose.STOP):
                self._watcher.look(symbol)

    def doubt(self, why: str) -> None:
        """News may have been missed: no new risk until a comparison has succeeded; one is started."""
        self._parts.seen.doubted()
        self._doubts.append(why)
        if len(self._doubts) == 1:
            self._parts.tasks.spawn("reconcile after doubt", self._again())

    async def _again(self) -> None:
        while self._doubts and not await self.compare():
            await self._parts.clock.sleep(_AGAIN_AFTER)

    async def compare(self, *, at_start: bool = False) -> bool:
        """Compare once. True when both agree (after booking what was missed); False when the exchange is silent.

        A difference that fills and orders do not explain is adopted as the exchange has it, and halts the trader.
        """
        async with self._lock:
            doubts = len(self._doubts)
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT * 3):
                    report, differences = await self._compared(at_start=at_start)
            except (ExchangeUnavailable, TimeoutError) as error:
                self._parts.seen.doubted()
                with suppress(JournalUnwritable):
                    await self._parts.breakers.failed(
                        BreakerScope.EXCHANGE, str(error) or "no answer to the comparison"
                    )
                return False
            del self._doubts[:doubts]
            with suppress(JournalUnwritable):
                await self._parts.breakers.succeeded(BreakerScope.EXCHANGE)
            await self._conclude(report, differences, said=at_start or bool(doubts))
            return True

    async def _compared(self, *, at_start: bool) -> tuple[AccountReport, list[str]]:
        """Book what was missed and look again before a difference counts: news may be on its way."""
        looks = 1
        while True:
            await self._book_what_was_missed()
            differences = await self._compare_orders(at_start=at_start)
            report = await answered(self._parts.exchange.account_report())
            unequal = [held for held in self._to_compare(report) if self._differs(held)]
            if not unequal or looks == _LOOKS:
                adopted = [await self._adopt(held) for held in unequal]
                return report, differences + adopted + _modes_that_are_wrong(report)
            looks += 1
            await self._parts.clock.sleep(_LOOK_AGAIN_AFTER)

    async def _book_what_was_missed(self) -> None:
        exchange, ledger = self._parts.exchange, self._parts.ledger
        for symbol in self._parts.instruments:
            since = ledger.unbooked_since(symbol) or self._parts.clock.now()
            for fill in await answered(exchange.fills_since(symbol, later(since, -_OVERLAP))):
                await self._intake.fill(fill)
        funded = ledger.last_funding or ledger.last_fill or self._parts.clock.now()
        for funding in await answered(exchange.funding_since(later(funded, -_OVERLAP))):
            await self._intake.take(funding)
        for transfer in await answered(exchange.transfers_since(later(funded, -_OVERLAP))):
            await self._intake.take(transfer)

    async def _compare_orders(self, *, at_start: bool) -> list[str]:
        theirs = {report.client_order_id: report for report in await answered(self._parts.exchange.open_orders())}
        for order in self._parts.ledger.open_orders():
            await self._compare_order(order, theirs.get(order.client_order_id), at_start=at_start)
        return [
            f"order {one_line(report.client_order_id, _NAME)} on {one_line(report.symbol, _NAME)} is open at the "
            "exchange and not in our books"
            for report in theirs.values()
            if self._is_foreign(report)
        ]

    def _is_foreign(self, report: OrderReport) -> bool:
        """Whether nobody here counts on it: it is not ours, or our books have called it final for a while."""
        order = self._parts.ledger.order(report.client_order_id)
        if order is None:
            return not is_made_by_exchange(report.client_order_id)
        return not order.is_open and not self._is_young(order)

    def _is_young(self, order: Order) -> bool:
        return self._parts.clock.now() < later(order.updated, _IN_FLIGHT)

    async def _compare_order(self, order: Order, report: OrderReport | None, *, at_start: bool) -> None:
        """At the start nothing is in flight: no task of this run has sent anything yet."""
        if report is not None:
            await self._intake.order_news(report)
            return
        is_young = self._is_young(order)
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
        name = one_line(held.symbol, _NAME)
        said = f"{name}: the exchange holds {plain(held.quantity)}, our fills say {plain(ours)}"
        adopted = PositionAdopted(
            symbol=held.symbol, quantity=held.quantity, entry_price=held.entry_price, was=ours, reason=said
        )
        await note(self._parts, adopted)
        self._watcher.look(held.symbol)
        return said

    async def _conclude(self, report: AccountReport, differences: list[str], *, said: bool) -> None:
        ledger = self._parts.ledger
        are_new = tuple(differences) != self.differences
        self.differences = tuple(differences)
        if said or are_new or ledger.wallet != report.wallet:
            unrealised = sum((h.quantity * (h.mark_price - h.entry_price) for h in report.positions), start=ZERO)
            record = AccountReconciled(
                wallet=report.wallet, equity=report.wallet + unrealised, differences=self.differences
            )
            await note(self._parts, record)
        self._parts.seen.agreed(report, self._parts.clock.now())
        if self._doubts:  # came up while we compared
            self._parts.seen.doubted()
        is_halted = self._parts.state.current is TradingState.HALTED
        if differences and self.alarm is not None and (are_new or not is_halted):
            await self.alarm.halt("; ".join(differences), actor=Actor.SYSTEM, code="RECONCILIATION")
        for symbol in sorted({*ledger.positions, *(order.intent.symbol for order in ledger.open_orders())}):
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
