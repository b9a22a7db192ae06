"""The only sender: judged under a lock, durable before it leaves, sent once, its outcome written down."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from tui_trader.core.clock import Instant
from tui_trader.core.ids import client_order_id
from tui_trader.core.money import plain
from tui_trader.core.order import Intent, Order, OrderStatus, Purpose
from tui_trader.core.records import BreakerChanged, JsonObject, OrderChanged, OrderIntended, RiskJudged
from tui_trader.core.words import Actor, BreakerScope, ClientOrderId
from tui_trader.desk.book import book_of
from tui_trader.desk.door import Basis, Door
from tui_trader.desk.news import OrderNews
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.desk.resolver import Resolver
from tui_trader.desk.scribe import note, put_aside
from tui_trader.exchange.ports import Accepted, NotSent, OrderReport, Refused, SubmitOutcome, Uncertain
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.risk.book import Book
from tui_trader.risk.gate import Judgement, judge, judge_wish
from tui_trader.risk.headroom import headrooms
from tui_trader.risk.policy import Policy
from tui_trader.risk.tripping import opened_by

_SHOWN = Decimal("0.0001")
"""To which a used figure is rounded where it is only shown."""


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
        self.door = Door(parts)

    def judged(self, intent: Intent, *, flat: bool = False) -> Judgement:
        """The gate's word now, without any effect; `flat` judges as if nothing of the symbol were held."""
        book = book_of(self._parts)
        if flat:
            book = book.without(intent.symbol)
        return judge(intent, book, self._parts.policy.current)

    def wished(self, intent: Intent, *, flat: bool = False) -> Judgement:
        """What the gate would let through if the agent were free to act."""
        book = book_of(self._parts)
        return judge_wish(intent, book.without(intent.symbol) if flat else book, self._parts.policy.current)

    async def send(self, intent: Intent, *, tool: str) -> Sent:
        """Judge, write down, send. Returns when the exchange has answered or its answer is overdue.

        All of it goes on in a task of its own: a caller that is cancelled tears nothing, and leaves no intent behind
        that nobody sends. Raises JournalUnwritable for an entry that could not be written down; what only reduces is
        then recorded in the emergency log and sent.
        """
        task = self._parts.tasks.spawn(f"send {intent.purpose.value} {intent.symbol}", self._carried(intent, tool))
        carried = await asyncio.shield(task)
        if isinstance(carried, JournalUnwritable):
            raise carried
        return carried

    async def _carried(self, intent: Intent, tool: str) -> Sent | JournalUnwritable:
        async with self._lock:
            book, policy = book_of(self._parts), self._parts.policy.current
            judgement, openings = judge(intent, book, policy), self._parts.meters.breakers.openings
            opening = self._opening(judgement, book, policy)
            try:
                order_id = await self._written(intent, judgement, tool, opening)
            except JournalUnwritable as unwritable:
                self._parts.switch.trip()
                return unwritable
            basis = Basis(book, policy, openings + (opening is not None))
        if order_id is None or judgement.intent is None:
            return Sent(judgement, None)
        await self._dispatch(order_id, judgement.intent, basis)
        return Sent(judgement, self._parts.ledger.order(order_id))

    @staticmethod
    def _opening(judgement: Judgement, book: Book, policy: Policy) -> BreakerChanged | None:
        """The breaker that the entry opens behind itself, if it is one too many of its kind."""
        if judgement.intent is None:
            return None
        return opened_by(judgement.intent, book.meters.breakers, book.meters.incidents, policy.risk, book.now)

    async def _written(
        self, intent: Intent, judgement: Judgement, tool: str, opening: BreakerChanged | None
    ) -> ClientOrderId | None:
        """The gate's word, the intent, and what it opens, in one transaction; None where the gate denied."""
        said = RiskJudged(
            verdict=judgement.verdict.value,
            tool=tool,
            symbol=intent.symbol,
            code=judgement.code,
            detail=judgement.detail,
            clamps=judgement.clamps,
            cycle=intent.cycle,
            passed=judgement.passed,
            measured=self._measured(intent),
        )
        records: list[RiskJudged | OrderIntended] = [said]
        if judgement.intent is not None:
            records.append(OrderIntended(intent=judgement.intent))
        entries = [Entry(record=record, actor=intent.actor, correlation=intent.correlation) for record in records]
        if opening is not None:
            entries.append(Entry(record=opening, actor=Actor.SYSTEM, correlation=intent.correlation))
        try:
            rows = await self._parts.journal.append(*entries)
        except JournalUnwritable:
            if intent.purpose is Purpose.ENTRY:
                raise
            rows = tuple(
                put_aside(self._parts, entry.record, actor=entry.actor, correlation=entry.correlation)
                for entry in entries
            )
        return client_order_id(rows[1].hash) if judgement.intent is not None else None

    def _measured(self, intent: Intent) -> JsonObject:
        """What is used of each limit that a new position has to keep; an exit has none."""
        if intent.purpose is not Purpose.ENTRY:
            return {}
        uses = headrooms(book_of(self._parts), self._parts.policy.current)
        return {
            use.limit: {
                "limit": plain(use.value),
                "used": None if use.used is None else plain(use.used.quantize(_SHOWN)),
            }
            for use in uses
            if use.symbol in (None, intent.symbol)
        }

    async def _dispatch(self, order_id: ClientOrderId, intent: Intent, basis: Basis) -> None:
        refusal = self.door.closed_to(intent, basis)
        if refusal is None:
            refusal = await self._marked_sent(order_id, intent) or self.door.refused(order_id, intent, basis)
        if refusal is not None:
            await self._news.tell(order_id, OrderStatus.NOT_SENT, reason=refusal)
            return
        left = self._parts.clock.now()
        await self._heard(order_id, await self._submitted(order_id, intent), left)

    async def _marked_sent(self, order_id: ClientOrderId, intent: Intent) -> str | None:
        """The mark is durable before the order leaves; why an entry must not leave, where it cannot be written."""
        sent = OrderChanged(client_order_id=order_id, status=OrderStatus.SENT)
        if intent.purpose is not Purpose.ENTRY:
            await note(self._parts, sent)
            return None
        try:
            await self._parts.journal.append(Entry(record=sent, actor=Actor.SYSTEM))
        except JournalUnwritable as unwritable:
            self._parts.switch.trip()
            return str(unwritable)
        return None

    async def _submitted(self, order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                return await self._parts.exchange.submit(order_id, intent)
        except TimeoutError:
            return Uncertain(f"no answer within {REQUEST_TIMEOUT:g} s")
        except Exception as error:  # noqa: BLE001 - whatever a client raises, the order may be there
            return Uncertain(f"the request ended in {type(error).__name__}")

    async def _heard(self, order_id: ClientOrderId, outcome: SubmitOutcome, left: Instant) -> None:
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
                self._resolver.start(order_id, left=left)
                await self._failing(text)
            case _:
                assert_never(outcome)

    async def _healthy(self) -> None:
        with suppress(JournalUnwritable):
            await self._parts.breakers.succeeded(BreakerScope.EXCHANGE)

    async def _failing(self, text: str) -> None:
        with suppress(JournalUnwritable):
            await self._parts.breakers.failed(BreakerScope.EXCHANGE, text)

    async def _accepted(self, order_id: ClientOrderId, report: OrderReport) -> None:
        """An acknowledgement says that the order is there; what traded comes from fills."""
        await self._news.tell(order_id, OrderStatus.ACCEPTED, exchange_order_id=report.exchange_order_id)
