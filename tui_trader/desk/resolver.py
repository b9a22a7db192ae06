"""Orders of unknown fate: asked for until the exchange's word is conclusive, and never sent again."""

from typing import Protocol

from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.order import Order, OrderStatus
from tui_trader.core.records import Record
from tui_trader.core.words import Actor, ClientOrderId
from tui_trader.desk.asking import answered
from tui_trader.desk.news import OrderNews
from tui_trader.desk.parts import Parts
from tui_trader.exchange.ports import ExchangeUnavailable, OrderReport

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_JUST_AFTER = 0.01
_MARGIN = 3.0
"""Seconds beyond the exchange's settle time before "not found" may mean "never arrived" (clock error)."""
ALARM_AFTER = 60.0
"""Seconds after which an order that is still unknown halts the trader; the questions go on."""
_UNSETTLED = frozenset({OrderStatus.SENT, OrderStatus.UNKNOWN})


class Alarm(Protocol):
    """Whoever halts."""

    async def halt(self, reason: str, *, actor: Actor, code: str, because: tuple[Record, ...] = ()) -> None:
        """Stop all new risk; the rows of `because` are durable with the halt or not at all."""
        ...


class Intake(Protocol):
    """Whoever writes news of orders and fills into the journal."""

    async def order_news(self, report: OrderReport) -> None:
        """The exchange's word on one of our orders."""
        ...

    async def missed_fills(self, order: Order) -> None:
        """Fetch what this order traded and what the stream did not tell."""
        ...


class Resolver:
    """One questioner per unknown order."""

    def __init__(self, parts: Parts, news: OrderNews) -> None:
        self._parts = parts
        self._news = news
        self._asking: set[ClientOrderId] = set()
        self.alarm: Alarm | None = None
        self.intake: Intake | None = None

    def start(self, order_id: ClientOrderId, *, left: Instant | None = None) -> None:
        """Begin to ask for this order, unless that is under way.

        `left` is when the request was handed to the exchange's client, which stamps it there and then: from that
        moment counts after when it can no longer arrive. Unknown (None), it may have left just now.
        """
        if order_id not in self._asking:
            self._asking.add(order_id)
            self._parts.tasks.spawn(f"resolve {order_id}", self._resolve(order_id, left or self._parts.clock.now()))

    async def _resolve(self, order_id: ClientOrderId, began: Instant) -> None:
        try:
            pause, misses, alarmed = _FIRST_PAUSE, 0, False
            while (order := self._parts.ledger.order(order_id)) is not None and order.status in _UNSETTLED:
                await self._parts.clock.sleep(self._until_next(pause, misses, began))
                pause = min(pause * 2, _LONGEST_PAUSE)
                misses = await self._ask(order, misses, began)
                if not alarmed and elapsed(began, self._parts.clock.now()) > ALARM_AFTER:
                    alarmed = True
                    await self._sound(order)
        finally:
            self._asking.discard(order_id)

    def _until_next(self, pause: float, misses: int, began: Instant) -> float:
        """The pause before the next question: short where it can settle the matter, since a stop may hang on it."""
        if misses:
            return _FIRST_PAUSE
        left = self._conclusive_after - elapsed(began, self._parts.clock.now())
        return min(pause, left + _JUST_AFTER) if left > 0 else pause

    @property
    def _conclusive_after(self) -> float:
        """Seconds after which "not found" means something."""
        return self._parts.exchange.settle_time + _MARGIN

    async def _ask(self, order: Order, misses: int, began: Instant) -> int:
        """Ask once; the number of conclusive "not found" answers in a row so far."""
        assert self.intake is not None
        asked_at = self._parts.clock.now()
        try:
            report = await answered(self._parts.exchange.query(order.intent.symbol, order.client_order_id))
            if report is not None:
                await self.intake.missed_fills(order)
                await self.intake.order_news(report)
                return 0
            if elapsed(began, asked_at) <= self._conclusive_after:
                return 0
            if misses:
                await self.intake.missed_fills(order)
                await self._never_arrived(order)
        except ExchangeUnavailable:
            return misses
        return misses + 1

    async def _never_arrived(self, order: Order) -> None:
        current = self._parts.ledger.order(order.client_order_id)
        if current is None or current.filled > 0:
            return
        await self._news.tell(
            order.client_order_id,
            OrderStatus.NOT_SENT,
            reason="the exchange does not know it, asked twice after it could no longer arrive",
        )

    async def _sound(self, order: Order) -> None:
        assert self.alarm is not None
        reason = f"order {order.client_order_id} is of unknown fate for more than {ALARM_AFTER:g} s"
        await self.alarm.halt(reason, actor=Actor.SYSTEM, code="UNKNOWN_ORDER")
