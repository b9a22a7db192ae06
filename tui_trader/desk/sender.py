"""The only sender: judged under a lock, durable before it leaves, sent once, its outcome written down."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from tui_trader.core.ids import client_order_id
from tui_trader.core.order import Intent, Order, OrderStatus, Purpose
from tui_trader.core.records import OrderChanged, OrderIntended, RiskJudged
from tui_trader.core.words import Actor, ClientOrderId, TradingState
from tui_trader.desk.book import book_of
from tui_trader.desk.news import OrderNews
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.desk.resolver import Resolver
from tui_trader.exchange.ports import Accepted, NotSent, OrderReport, Refused, SubmitOutcome, Uncertain
from tui_trader.journal.codec import encode
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.risk.breakers import EXCHANGE
from tui_trader.risk.gate import Judgement, judge


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an intent: the gate's word and, if it passed, the order as known when the exchange answered."""

    judgement: Judgement
    order: Order | None


class Sender:
    """Carries an intent through gate, journal and exchange."""

    def __init__(self, parts: Parts, news: OrderNews, resolver: Resolver) -> None:
        self._parts = parts
        self._news = news
        self._resolver = resolver
        self._lock = asyncio.Lock()

    def judged(self, intent: Intent, *, flat: bool = False) -> Judgement:
        """The gate's word now, without any effect; `flat` judges as if nothing of the symbol were held."""
        book = book_of(self._parts)
        if flat:
            book = book.without(intent.symbol)
        return judge(intent, book, self._parts.policy.current)

    async def send(self, intent: Intent, *, tool: str) -> Sent:
        """Judge, write down, send. Returns when the exchange has answered or its answer is overdue.

        The request goes on in its own task: a caller that is cancelled does not tear it. Raises JournalUnwritable
        for an entry that could not be written down; an exit is then recorded in the emergency log and sent.
        """
        async with self._lock:
            judgement = self.judged(intent)
            try:
                order_id = await self._written(intent, judgement, tool)
            except JournalUnwritable:
                self._parts.switch.trip()
                if intent.purpose is Purpose.ENTRY or judgement.intent is None:
                    raise
                await self._send_unjournalled(judgement.intent)
                return Sent(judgement, None)
        if order_id is None or judgement.intent is None:
            return Sent(judgement, None)
        task = self._parts.tasks.spawn(f"send {order_id}", self._dispatch(order_id, judgement.intent))
        await asyncio.shield(task)
        return Sent(judgement, self._parts.ledger.order(order_id))

    async def _written(self, intent: Intent, judgement: Judgement, tool: str) -> ClientOrderId | None:
        """The gate's word and the intent in one transaction; None where the gate denied."""
        said = RiskJudged(
            verdict=judgement.verdict.value,
            tool=tool,
            symbol=intent.symbol,
            code=judgement.code,
            detail=judgement.detail,
            clamps=judgement.clamps,
            cycle=intent.cycle,
        )
        entries = [Entry(record=said, actor=intent.actor, correlation=intent.correlation)]
        if judgement.intent is not None:
            wanted = OrderIntended(intent=judgement.intent)
            entries.append(Entry(record=wanted, actor=intent.actor, correlation=intent.correlation))
        rows = await self._parts.journal.append(*entries)
        return client_order_id(rows[1].hash) if judgement.intent is not None else None

    async def _dispatch(self, order_id: ClientOrderId, intent: Intent) -> None:
        try:
            refusal = self._at_the_door(intent)
            if refusal is None:
                sent = OrderChanged(client_order_id=order_id, status=OrderStatus.SENT)
                await self._parts.journal.append(Entry(record=sent, actor=Actor.SYSTEM))
                refusal = self._at_the_door(intent)
        except JournalUnwritable:
            self._parts.switch.trip()
            if intent.purpose is Purpose.ENTRY:
                return
            refusal = None
            self._parts.emergency.append({"kind": "order.sent", "client_order_id": order_id})
        if refusal is not None:
            await self._news.tell(order_id, OrderStatus.NOT_SENT, reason=refusal)
            return
        await self._heard(order_id, await self._submitted(order_id, intent))

    def _at_the_door(self, intent: Intent) -> str | None:
        """The last look before the socket: nothing but exits leaves while halted or reducing."""
        if intent.purpose is not Purpose.ENTRY:
            return None
        state = self._parts.switch.state
        return None if state is TradingState.ACTIVE else state.value

    async def _submitted(self, order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                return await self._parts.exchange.submit(order_id, intent)
        except TimeoutError:
            return Uncertain(f"no answer within {REQUEST_TIMEOUT:g} s")

    async def _heard(self, order_id: ClientOrderId, outcome: SubmitOutcome) -> None:
        match outcome:
            case Accepted(report=report):
                await self._accepted(order_id, report)
                await self._healthy()
            case Refused(code=code, text=text):
                await self._news.tell(order_id, OrderStatus.REJECTED, reason=f"{code} {text}")
                await self._healthy()
            case NotSent(text=text):
                await self._news.tell(order_id, OrderStatus.NOT_SENT, reason=text)
                await self._failing(text)
            case Uncertain(text=text):
                await self._news.tell(order_id, OrderStatus.UNKNOWN, reason=text)
                self._resolver.start(order_id)
                await self._failing(text)
            case _:
                assert_never(outcome)

    async def _healthy(self) -> None:
        with suppress(JournalUnwritable):
            await self._parts.breakers.succeeded(EXCHANGE)

    async def _failing(self, text: str) -> None:
        with suppress(JournalUnwritable):
            await self._parts.breakers.failed(EXCHANGE, text)

    async def _accepted(self, order_id: ClientOrderId, report: OrderReport) -> None:
        """An acknowledgement says that the order is there; what traded comes from fills."""
        await self._news.tell(order_id, OrderStatus.ACCEPTED, exchange_order_id=report.exchange_order_id)

    async def _send_unjournalled(self, intent: Intent) -> None:
        """The journal is gone and this order only reduces: recorded in the emergency log, then sent."""
        line = self._parts.emergency.append({"kind": "order.intent", "intent": encode(OrderIntended(intent=intent))})
        order_id = client_order_id(line)
        outcome = await self._submitted(order_id, intent)
        self._parts.emergency.append(
            {"kind": "order.outcome", "client_order_id": order_id, "outcome": type(outcome).__name__}
        )
