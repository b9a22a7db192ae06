"""The line between one engine and the exchange: requests, answers and news get lost, late, doubled, overtaken.

What has left an engine that then dies still arrives: deliveries belong to the world, waiting for answers to the life.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeVar

from tests.simulation.exchange_side import ExchangeSide
from tests.simulation.faults import Faults
from tests.simulation.lives import Life
from tui_trader.core.account import AccountReport
from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.order import Fill, Intent
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.ports import (
    AccountEvent,
    CancelOutcome,
    ExchangeUnavailable,
    NotSent,
    OrderReport,
    Refused,
    StreamLost,
    SubmitOutcome,
    Uncertain,
)

T = TypeVar("T")

SETTLE_TIME = 3.0
"""Seconds: what this exchange promises of orders that are on their way."""
_LATEST_ARRIVAL = SETTLE_TIME - 0.2
_REFUSALS = (
    Refused(-1001, "Internal error; unable to process your request."),
    Refused(-2019, "Margin is insufficient."),
    Refused(-1003, "Too many requests."),
    Refused(-2010, "Order would be rejected."),
)


class Wire:
    """`Exchange` for one life. `leaving` sees each order before anything else happens to it."""

    name = "paper"
    settle_time = SETTLE_TIME

    def __init__(
        self,
        side: ExchangeSide,
        life: Life,
        chance: random.Random,
        faults: Callable[[], Faults],
        *,
        leaving: Callable[[ClientOrderId, Intent], None],
        cancelling: Callable[[Symbol, ClientOrderId], None],
    ) -> None:
        self._side = side
        self._life = life
        self._chance = chance
        self._faults = faults
        self._leaving = leaving
        self._cancelling = cancelling
        self._news: asyncio.Queue[AccountEvent] = asyncio.Queue()
        self._mute_until = 0.0

    @property
    def account(self) -> str:
        return self._side.paper.account

    @property
    def is_heard(self) -> bool:
        return True

    @property
    def keeps_one_closing_order(self) -> bool:
        return self._side.paper.keeps_one_closing_order

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        return await self._side.paper.instruments()

    # ------------------------------------------------------------------ requests that change something

    async def submit(self, client_order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        if not self._life.alive:
            await self._life.sealed()
        self._crash_perhaps()
        if not self._life.alive:
            await self._life.sealed()
        self._leaving(client_order_id, intent)
        side = self._side
        side.departs(client_order_id, intent)

        async def arrive() -> SubmitOutcome:
            return await side.arrives(client_order_id, intent)

        answer = self._sent(
            arrive,
            lost=lambda: side.is_lost(client_order_id),
            twice=lambda: side.again(client_order_id, intent),
        )
        self._crash_perhaps()
        return await answer

    async def cancel(self, symbol: Symbol, client_order_id: ClientOrderId) -> CancelOutcome:
        if not self._life.alive:
            await self._life.sealed()
        self._cancelling(symbol, client_order_id)

        async def act() -> CancelOutcome:
            return await self._side.paper.cancel(symbol, client_order_id)

        return await self._sent(act)

    async def set_leverage(self, symbol: Symbol, leverage: int) -> Refused | Uncertain | None:
        if not self._life.alive:
            await self._life.sealed()

        async def act() -> Refused | Uncertain | NotSent | None:
            return await self._side.paper.set_leverage(symbol, leverage)

        outcome = await self._sent(act)
        return Uncertain(outcome.text) if isinstance(outcome, NotSent) else outcome

    async def set_modes(self) -> Refused | Uncertain | None:
        return await self._side.paper.set_modes()

    async def cancel_all_after(self, symbol: Symbol, seconds: float) -> Refused | Uncertain | None:
        return await self._side.paper.cancel_all_after(symbol, seconds)

    def _crash_perhaps(self) -> None:
        if self._chance.random() < self._faults().crash_at_door:
            self._life.kill()

    def _sent(
        self,
        act: Callable[[], Awaitable[T]],
        *,
        lost: Callable[[], None] = lambda: None,
        twice: Callable[[], Awaitable[object]] | None = None,
    ) -> "asyncio.Future[T | NotSent | Refused | Uncertain]":
        """Put the request on the line; the future is what the caller will hear, if anything."""
        answer: asyncio.Future[T | NotSent | Refused | Uncertain] = asyncio.get_running_loop().create_future()
        faults, chance = self._faults(), self._chance

        def say(outcome: T | NotSent | Refused | Uncertain) -> None:
            if not answer.done():
                answer.set_result(outcome)

        def fail_or_silence() -> None:
            if chance.random() < 0.6:
                say(Uncertain("no answer"))

        def drawn(rate: float) -> bool:
            return chance.random() < rate

        async def travel() -> None:
            if drawn(faults.not_sent):
                lost()
                say(NotSent("the connection was gone"))
            elif drawn(faults.refused):
                lost()
                await asyncio.sleep(0.05)
                say(chance.choice(_REFUSALS))
            elif drawn(faults.request_lost) or self._side.is_down:
                lost()
                await asyncio.sleep(chance.uniform(0.1, 2))
                fail_or_silence()
            elif drawn(faults.request_late):
                early = chance.random() < 0.5
                if early:
                    say(Uncertain("no answer yet"))
                await asyncio.sleep(chance.uniform(0.3, _LATEST_ARRIVAL))
                outcome = await act()
                await asyncio.sleep(chance.choice([0.0, 1.0, 20.0]))
                say(outcome)
            elif drawn(faults.reply_lost):
                await act()
                await asyncio.sleep(chance.uniform(0.0, 2))
                fail_or_silence()
            elif drawn(faults.client_breaks):
                await act()
                if not answer.done():
                    answer.set_exception(ConnectionResetError("the client breaks"))
            else:
                doubled = twice is not None and drawn(faults.request_twice)
                outcome = await act()
                if doubled and twice is not None:
                    await twice()
                if drawn(faults.answer_slow):
                    await asyncio.sleep(chance.uniform(0.1, 12))
                say(outcome)

        self._side.spawn(travel(), "request")
        return answer

    # ------------------------------------------------------------------ questions

    async def query(self, symbol: Symbol, client_order_id: ClientOrderId) -> OrderReport | None:
        report = await self._asked(lambda: self._side.paper.query(symbol, client_order_id))
        return None if report is not None and self._is_blind_to(report) else report

    async def open_orders(self) -> tuple[OrderReport, ...]:
        found = await self._asked(self._side.paper.open_orders)
        return tuple(report for report in found if not self._is_blind_to(report))

    async def account_report(self) -> AccountReport:
        return await self._asked(self._side.paper.account_report)

    async def fills_since(self, symbol: Symbol, since: Instant) -> tuple[Fill, ...]:
        fills = await self._asked(lambda: self._side.paper.fills_since(symbol, since))
        return tuple(fill for fill in fills if fill.client_order_id not in self._side.untold)

    async def funding_since(self, since: Instant) -> tuple[FundingBooked, ...]:
        return await self._asked(lambda: self._side.paper.funding_since(since))

    async def _asked(self, read: Callable[[], Awaitable[T]]) -> T:
        if not self._life.alive:
            await self._life.sealed()
        faults, chance = self._faults(), self._chance
        if chance.random() < faults.read_hangs or self._side.is_down:
            await asyncio.get_running_loop().create_future()
        if chance.random() < faults.read_fails:
            await asyncio.sleep(chance.choice([0.0, 0.5]))
            raise ExchangeUnavailable("the read fails")
        slow = chance.random() < faults.read_slow
        await asyncio.sleep(chance.uniform(0.05, 1.5) if slow else 0.01)
        found = await read()
        if slow:
            await asyncio.sleep(chance.uniform(0.05, 2.5))
        return found

    async def transfers_since(self, since: Instant) -> tuple[TransferBooked, ...]:
        return await self._asked(lambda: self._side.paper.transfers_since(since))

    def _is_blind_to(self, report: OrderReport) -> bool:
        """Reads may lag: an order that has just been sent is not found yet."""
        sent = self._side.sent_at(report.client_order_id)
        is_young = sent is not None and asyncio.get_running_loop().time() - sent < SETTLE_TIME
        return is_young and self._chance.random() < self._faults().read_blind

    # ------------------------------------------------------------------ news

    def hear(self, event: AccountEvent) -> None:
        """The exchange tells something; what of it comes through, and when."""
        faults, chance, loop = self._faults(), self._chance, asyncio.get_running_loop()
        if chance.random() < faults.stream_mute:
            self._mute_until = loop.time() + chance.uniform(5, 120)
        if loop.time() < self._mute_until or chance.random() < faults.news_lost:
            return
        if chance.random() < faults.news_lost_and_said:
            self._news.put_nowait(StreamLost("interrupted"))
            return
        copies = 2 if chance.random() < faults.news_twice else 1
        for _ in range(copies):
            if chance.random() < faults.news_late:
                loop.call_later(chance.uniform(0.01, 6), self._news.put_nowait, event)
            else:
                self._news.put_nowait(event)

    async def events(self) -> AsyncIterator[AccountEvent]:
        while True:
            yield await self._news.get()

    async def close(self) -> None:
        """Nothing is to be let go of."""
