"""The desk's elementary acts: cancel an order and know what became of it, close a position, wait for a change."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from tui_trader.core.money import Quantity
from tui_trader.core.order import Intent, Order, OrderType, Purpose
from tui_trader.core.position import Position
from tui_trader.core.words import Actor, ClientOrderId, Symbol
from tui_trader.desk.asking import answered
from tui_trader.desk.intake import Intake
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.desk.sender import Sender, Sent
from tui_trader.exchange.ports import (
    CancelDone,
    CancelNotOpen,
    CancelOutcome,
    ExchangeUnavailable,
    NotSent,
    OrderReport,
    Refused,
    Uncertain,
)

_ASK_AFTER = 2.0
"""Seconds after which an order that should be settled is asked for: its news may have been lost."""
_LOOK_EVERY = 0.05
"""Seconds of engine time between two looks at the ledger while something is awaited."""


class Whose(Enum):
    """Which part of a position an act is about."""

    OURS = auto()
    ALL = auto()
    """Also what others opened: the operator's word alone reaches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A wish to reduce a position by `quantity` (None: to nothing) at the market, and who wishes it."""

    symbol: Symbol
    quantity: Quantity | None = None
    tool: str
    actor: Actor = Actor.SYSTEM
    correlation: str = ""
    cycle: int | None = None
    whose: Whose = Whose.OURS


class Hands:
    """Acts that every procedure of the desk is made of. None of them adds risk."""

    def __init__(self, parts: Parts, sender: Sender, intake: Intake) -> None:
        self._parts = parts
        self._sender = sender
        self._intake = intake

    async def cancel(self, order: Order) -> bool:
        """Cancel it; True when it is certain that it can no longer trade."""
        current = self._parts.ledger.order(order.client_order_id)
        if current is None or not current.is_open:
            return True
        outcome = await self._cancelled(order.intent.symbol, order.client_order_id)
        match outcome:
            case CancelDone(report=report):
                await self._intake.order_news(report)
            case CancelNotOpen() | Uncertain() | Refused():
                await self._ask(order)
            case NotSent():
                pass
            case _:
                assert_never(outcome)
        after = self._parts.ledger.order(order.client_order_id)
        return after is None or not after.is_open

    async def _cancelled(self, symbol: Symbol, order_id: ClientOrderId) -> CancelOutcome:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                return await self._parts.exchange.cancel(symbol, order_id)
        except TimeoutError:
            return Uncertain("no answer to the cancel")
        except Exception as error:  # noqa: BLE001 - whatever a client raises, the order may be gone
            return Uncertain(f"the cancel ended in {type(error).__name__}")

    async def cancel_all(self, orders: Iterable[Order]) -> bool:
        """Cancel all at once, so that one silence does not delay the others; True when none can trade any more."""
        return all(await asyncio.gather(*(self.cancel(order) for order in orders)))

    async def cancel_foreign(self, report: OrderReport) -> None:
        """Cancel an order at the exchange that our books do not have open; one that they do is left to `cancel`."""
        ours = self._parts.ledger.order(report.client_order_id)
        if ours is None or not ours.is_open:
            await self._cancelled(report.symbol, report.client_order_id)

    async def close(self, wish: Exit) -> Sent | None:
        """A reduce-only market order; returns when it is settled or overdue. None when there is nothing to close."""
        position = self._position(wish)
        side = position.side
        if side is None:
            return None
        wanted = abs(position.quantity) if wish.quantity is None else min(wish.quantity, abs(position.quantity))
        intent = Intent(
            symbol=wish.symbol,
            side=side.opposite,
            type=OrderType.MARKET,
            quantity=self._fitting(wish.symbol, wanted),
            reduce_only=True,
            purpose=Purpose.EXIT,
            actor=wish.actor,
            cycle=wish.cycle,
            correlation=wish.correlation,
            seen_price=self._parts.mark(wish.symbol),
        )
        sent = await self._sender.send(intent, tool=wish.tool)
        if sent.order is None:
            return sent
        return Sent(sent.judgement, await self.settle(sent.order, within=REQUEST_TIMEOUT))

    def _position(self, wish: Exit) -> Position:
        match wish.whose:
            case Whose.OURS:
                return self._parts.ledger.position(wish.symbol)
            case Whose.ALL:
                return self._parts.ledger.held.get(wish.symbol) or Position(wish.symbol)
            case _:
                assert_never(wish.whose)

    def _fitting(self, symbol: Symbol, quantity: Quantity) -> Quantity:
        """The quantity in steps that one market order carries; as it is for a symbol of which no filter is known."""
        instrument = self._parts.instruments.get(symbol)
        if instrument is None:
            return quantity
        return instrument.round_quantity(min(quantity, instrument.market_max_quantity), OrderType.MARKET)

    async def settle(self, order: Order, *, within: float) -> Order | None:
        """The order once it is final and its fills are booked, or as it stands after `within` seconds.

        Where no news comes, the exchange is asked: the stream may have lost them.
        """
        ledger = self._parts.ledger

        def settled() -> bool:
            now = ledger.order(order.client_order_id)
            return now is None or (not now.is_open and not ledger.lacks_fills(order.client_order_id))

        left = within
        while left > 0 and not await self.until(settled, within=min(left, _ASK_AFTER)):
            left -= _ASK_AFTER
            await self._ask(order)
        return ledger.order(order.client_order_id)

    async def until(self, holds: Callable[[], bool], *, within: float) -> bool:
        """Wait until it holds; False if it does not after `within` seconds of engine time."""
        left = within
        while not holds():
            if left <= 0:
                return False
            await self._parts.clock.sleep(_LOOK_EVERY)
            left -= _LOOK_EVERY
        return True

    async def _ask(self, order: Order) -> None:
        """What became of it, straight from the exchange; silence changes nothing."""
        try:
            report = await answered(self._parts.exchange.query(order.intent.symbol, order.client_order_id))
            if report is not None:
                await self._intake.missed_fills(order)
                await self._intake.order_news(report)
        except ExchangeUnavailable:
            return
