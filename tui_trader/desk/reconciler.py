"""Comparison with the exchange: what was missed is booked, what differs gets its verdict, and that is carried out."""

import asyncio
from contextlib import suppress

from tui_trader.core.account import AccountReport
from tui_trader.core.clock import elapsed, later
from tui_trader.core.money import ZERO, plain
from tui_trader.core.order import Purpose
from tui_trader.core.reconciliation import HALTING, Compared, Difference, DifferenceVerdict
from tui_trader.core.records import AccountReconciled, PositionAdopted
from tui_trader.core.sharing import Shares
from tui_trader.core.words import Actor, BreakerScope, Symbol, TradingState
from tui_trader.desk.asking import answered
from tui_trader.desk.comparison import OurSide, TheirSide, differences, matched, settled
from tui_trader.desk.intake import Intake, Watcher, is_made_by_exchange
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.desk.resolver import Alarm
from tui_trader.desk.restorer import Restorer, leverage_limits
from tui_trader.desk.scribe import note
from tui_trader.desk.settler import Settler
from tui_trader.desk.stops import live_stops
from tui_trader.exchange.ports import ExchangeUnavailable, OrderReport
from tui_trader.journal.ports import JournalUnwritable

RECONCILIATION = "RECONCILIATION"
"""The code of a halt for what a comparison found."""
_OVERLAP = 60.0
_LOOKS = 3
_LOOK_AGAIN_AFTER = 0.5
_AGAIN_AFTER = 5.0
"""Seconds from a comparison that got no answer to the next."""
_IN_MOTION = 10.0
"""Seconds after a trade of ours within which its stop may still be on its way (rule 5)."""


class Reconciler:
    """Makes our books and the exchange's agree, one comparison at a time."""

    def __init__(self, parts: Parts, intake: Intake, settler: Settler, watcher: Watcher) -> None:
        self._parts = parts
        self._intake = intake
        self._settler = settler
        self._watcher = watcher
        self._restorer = Restorer(parts, self)
        self._lock = asyncio.Lock()
        self._doubts: list[str] = []
        self.differences: tuple[Difference, ...] = ()
        """What the last comparison found; empty where both agreed, and before the first."""
        self.alarm: Alarm | None = None

    async def begin(self) -> bool:
        """The first comparison of a run; where the exchange is silent, others follow until it answers.

        Orders of unknown fate are asked for at once, whatever becomes of the comparison.
        """
        self._settler.begin()
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
        """Compare once, and carry out what that leads to. False when the exchange is silent."""
        async with self._lock:
            doubts = len(self._doubts)
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT * 3):
                    ours, theirs = await self._both_sides(at_start=at_start)
            except (ExchangeUnavailable, TimeoutError) as error:
                self._parts.seen.doubted()
                with suppress(JournalUnwritable):
                    await self._parts.breakers.failed(
                        BreakerScope.EXCHANGE, str(error) or "no answer to the comparison"
                    )
                return False
            del self._doubts[:doubts]
            await self._conclude(ours, theirs, said=at_start or bool(doubts))
            with suppress(JournalUnwritable):
                await self._parts.breakers.succeeded(BreakerScope.EXCHANGE)
        if not at_start:  # then the engine sets what is to be set
            self._restorer.put_right(self.differences, theirs)
        return True

    # ------------------------------------------------------------------ both sides

    async def _both_sides(self, *, at_start: bool) -> tuple[OurSide, TheirSide]:
        """Book what was missed and look again before a difference counts: news may be on its way."""
        looks = 1
        while True:
            await self._book_what_was_missed()
            heard = self._parts.strangers.news
            reports = [
                report
                for report in await answered(self._parts.exchange.open_orders())
                if not is_made_by_exchange(report.client_order_id)
            ]
            await self._settle_ours(reports, at_start=at_start)
            self._parts.strangers.compared((each for each in reports if self._is_foreign(each)), since=heard)
            report = await answered(self._parts.exchange.account_report())
            ours, theirs = self._our_side(reports), self._their_side(report, reports)
            if looks == _LOOKS or not self._unequal(ours, theirs):
                return ours, theirs
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

    async def _settle_ours(self, reports: list[OrderReport], *, at_start: bool) -> None:
        theirs = {report.client_order_id: report for report in reports}
        for order in self._parts.ledger.open_orders():
            await self._settler.settle(order, theirs.get(order.client_order_id), at_start=at_start)

    def _is_foreign(self, report: OrderReport) -> bool:
        """Whether nobody here counts on it: it is not ours, or our books have called it final for a while."""
        order = self._parts.ledger.order(report.client_order_id)
        return order is None or (not order.is_open and not self._settler.is_young(order))

    def _our_side(self, reports: list[OrderReport]) -> OurSide:
        ledger = self._parts.ledger
        symbols = {*ledger.held, *self._parts.instruments}
        return OurSide(
            shares={symbol: ledger.shares(symbol) for symbol in sorted(symbols)},
            unbooked={symbol: missing for symbol in sorted(symbols) if (missing := ledger.unbooked(symbol))},
            positions=dict(ledger.positions),
            orders=ledger.open_orders(),
            over=frozenset(
                report.client_order_id
                for report in reports
                if self._is_foreign(report) and ledger.order(report.client_order_id) is not None
            ),
            in_motion=self._in_motion(),
            leverage_limits=leverage_limits(self._parts),
        )

    def _their_side(self, report: AccountReport, reports: list[OrderReport]) -> TheirSide:
        return TheirSide(report=report, orders=tuple(reports), strangers=self._parts.strangers.orders)

    def _in_motion(self) -> frozenset[Symbol]:
        """Where we have traded, or an order of ours has changed, a moment ago."""
        now, ledger = self._parts.clock.now(), self._parts.ledger
        orders = {order.intent.symbol for order in ledger.open_orders() if self._settler.is_young(order)}
        fills = ((symbol, ledger.last_fill_of(symbol)) for symbol in self._parts.instruments)
        return frozenset(orders | {s for s, at in fills if at is not None and elapsed(at, now) <= _IN_MOTION})

    @staticmethod
    def _unequal(ours: OurSide, theirs: TheirSide) -> dict[Symbol, Shares]:
        """The symbols whose positions our books have otherwise, and what they are by the exchange's word."""
        return {s: shares for s, shares in settled(ours, theirs).items() if shares != ours.shares.get(s, Shares())}

    # ------------------------------------------------------------------ what follows

    async def _conclude(self, ours: OurSide, theirs: TheirSide, *, said: bool) -> None:
        ledger, report = self._parts.ledger, theirs.report
        found = differences(ours, theirs)
        await self._take_over(ours, theirs, found)
        are_new = found != self.differences
        self.differences = found
        if said or are_new or ledger.wallet != report.wallet:
            unrealised = sum((h.quantity * (h.mark_price - h.entry_price) for h in report.positions), start=ZERO)
            sentences = tuple(each.text for each in found)
            record = AccountReconciled(
                wallet=report.wallet, equity=report.wallet + unrealised, differences=sentences, found=found
            )
            await note(self._parts, record)
        compared = Compared(at=self._parts.clock.now(), matched=matched(ours, theirs), differences=found)
        self._parts.seen.compared(report, compared)
        if self._doubts:  # came up while we compared
            self._parts.seen.doubted()
        is_halted = self._parts.state.current is TradingState.HALTED
        halting = [each.text for each in found if each.verdict is DifferenceVerdict.HALTED]
        if halting and self.alarm is not None and (are_new or not is_halted):
            await self.alarm.halt("; ".join(halting), actor=Actor.SYSTEM, code=RECONCILIATION)
        for symbol in sorted({*ledger.positions, *(order.intent.symbol for order in ledger.open_orders())}):
            self._watcher.look(symbol)

    async def _take_over(self, ours: OurSide, theirs: TheirSide, found: tuple[Difference, ...]) -> None:
        """The exchange's word on positions becomes ours. Where that touches our own part, trading halts with it.

        Both rows are one transaction: a position that was taken over and no halt would be forgotten by a crash between.
        """
        entry_prices = {held.symbol: held.entry_price for held in theirs.report.positions}
        adopted = tuple(
            PositionAdopted(
                symbol=symbol,
                quantity=shares.held,
                entry_price=entry_prices.get(symbol, ZERO),
                was=ours.shares.get(symbol, Shares()).held,
                foreign=shares.foreign,
                reason=_said(symbol, ours.shares.get(symbol, Shares()), shares),
            )
            for symbol, shares in self._unequal(ours, theirs).items()
        )
        halting = [each.text for each in found if each.verdict is DifferenceVerdict.ADOPTED]
        if halting and self.alarm is not None:
            await self.alarm.halt("; ".join(halting), actor=Actor.SYSTEM, code=RECONCILIATION, because=adopted)
            return
        for record in adopted:
            await note(self._parts, record)


def _said(symbol: Symbol, before: Shares, after: Shares) -> str:
    foreign = f", {plain(after.foreign)} of it not ours" if after.foreign else ""
    return f"{symbol}: the exchange holds {plain(after.held)}{foreign}, our fills say {plain(before.own)}"


def forbids_resuming(found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """What has to be cleared up before trading goes on; what only blocks its symbol does not keep the others."""
    return tuple(each for each in found if each.blocks_all or each.verdict in HALTING)
