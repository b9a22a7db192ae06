"""The bare hand: cancels and closes over the exchange's own word, each order announced in the emergency log first.

It knows no journal, no policy and no prices: a halt that needs no engine must not need what an engine needs.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from tui_trader.core.account import HeldPosition
from tui_trader.core.clock import Clock
from tui_trader.core.ids import PREFIX, client_order_id
from tui_trader.core.money import plain
from tui_trader.core.order import Intent, OrderStatus, OrderType, Purpose
from tui_trader.core.records import OrderChanged, OrderIntended, Record
from tui_trader.core.words import Actor, ClientOrderId, Side
from tui_trader.desk.asking import answered
from tui_trader.exchange.ports import (
    Accepted,
    CancelDone,
    CancelNotOpen,
    Exchange,
    ExchangeUnavailable,
    NotSent,
    OrderReport,
    Refused,
    SubmitOutcome,
    Uncertain,
)
from tui_trader.journal.codec import encode
from tui_trader.journal.emergency import EmergencyLog

_ROUNDS = 8
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 4.0
_LAST_LOOK_AFTER = 1.0
"""Seconds after which it is looked once more where an engine hangs: what it had sent may have been on its way."""
_REQUEST_WITHIN = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What was done. `left` names what is still there; empty: what was asked for has come about."""

    cancelled: tuple[ClientOrderId, ...] = ()
    closed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Diary:
    """Lines of the emergency log, in the form in which the desk writes them; all by the operator."""

    def __init__(self, log: EmergencyLog) -> None:
        self._log = log

    def write(self, record: Record) -> bytes:
        """Durable when it returns; the hash of the line."""
        return self._log.append({"kind": record.KIND, "actor": Actor.OPERATOR.value, "record": encode(record)})


@dataclass(slots=True)
class BareHand:
    """Rounds of cancelling and closing, until the exchange says that nothing is left."""

    exchange: Exchange
    clock: Clock
    diary: Diary
    flatten: bool = field(kw_only=True)
    looks_again: bool = field(kw_only=True)
    """Whether somebody else may have sent something a moment ago."""
    _cancelled: dict[ClientOrderId, None] = field(default_factory=dict)
    _closed: dict[str, None] = field(default_factory=dict)
    _troubles: dict[str, str] = field(default_factory=dict)
    """Why something could not be done, by what it is."""

    async def work(self) -> Handled:
        """Do it. The exchange's silence is one of the things that may be left."""
        left = await self._until_nothing_is_left()
        if self.looks_again and not left:
            await self.clock.sleep(_LAST_LOOK_AFTER)
            left = await self._until_nothing_is_left()
        return Handled(
            cancelled=tuple(self._cancelled),
            closed=tuple(self._closed),
            left=tuple(f"{what}{self._trouble(what)}" for what in left),
        )

    async def _until_nothing_is_left(self) -> list[str]:
        pause = _FIRST_PAUSE
        left = await self._round()
        for _ in range(_ROUNDS - 1):
            if not left:
                break
            await self.clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            left = await self._round()
        return left

    def _trouble(self, what: str) -> str:
        return f" ({self._troubles[what]})" if what in self._troubles else ""

    async def _round(self) -> list[str]:
        """One round; what there was to do in it. Cancels and closes go out together, entries before what protects."""
        try:
            orders, held = await asyncio.gather(answered(self.exchange.open_orders()), self._held())
        except ExchangeUnavailable as error:
            return [f"the exchange does not say: {error}"]
        wanted = [order for order in orders if self._must_go(order, held)]
        closing = {order.symbol for order in orders if order.type is OrderType.MARKET}
        open_still = [position for position in held if position.symbol not in closing]
        await asyncio.gather(*map(self._cancel, wanted), *map(self._close, open_still))
        return [*(order_name(order) for order in wanted), *(position_name(position) for position in held)]

    async def _held(self) -> list[HeldPosition]:
        if not self.flatten:
            return []
        report = await answered(self.exchange.account_report())
        return [position for position in report.positions if position.quantity]

    def _must_go(self, order: OrderReport, held: Iterable[HeldPosition]) -> bool:
        """A halt: our entries. Flat means flat: everything, but what protects a position only once that is closed."""
        only_reduces = order.reduce_only or order.close_position
        if not self.flatten:
            return not only_reduces and order.client_order_id.startswith(PREFIX)
        return not only_reduces or all(position.symbol != order.symbol for position in held)

    async def _cancel(self, order: OrderReport) -> None:
        name = order_name(order)
        try:
            async with asyncio.timeout(_REQUEST_WITHIN):
                outcome = await self.exchange.cancel(order.symbol, order.client_order_id)
        except TimeoutError:
            outcome = Uncertain("no answer")
        except Exception as error:  # noqa: BLE001 - whatever a client raises, the order may be gone
            outcome = Uncertain(f"the cancel ended in {type(error).__name__}")
        match outcome:
            case CancelDone():
                self._cancelled[order.client_order_id] = None
            case CancelNotOpen():
                pass
            case Refused(text=text) | NotSent(text=text) | Uncertain(text=text):
                self._troubles[name] = text
            case _:
                assert_never(outcome)

    async def _close(self, position: HeldPosition) -> None:
        """Reduce-only at the market: however often it is sent, it opens nothing and closes no more than there is."""
        intent = Intent(
            symbol=position.symbol,
            side=Side.SELL if position.quantity > 0 else Side.BUY,
            type=OrderType.MARKET,
            quantity=abs(position.quantity),
            reduce_only=True,
            purpose=Purpose.EXIT,
            actor=Actor.OPERATOR,
        )
        order_id = client_order_id(self.diary.write(OrderIntended(intent=intent)))
        self._note(order_id, OrderStatus.SENT)
        try:
            async with asyncio.timeout(_REQUEST_WITHIN):
                outcome = await self.exchange.submit(order_id, intent)
        except TimeoutError:
            outcome = Uncertain("no answer")
        except Exception as error:  # noqa: BLE001 - whatever a client raises, the order may be there
            outcome = Uncertain(f"the request ended in {type(error).__name__}")
        self._heard(order_id, position, outcome)

    def _heard(self, order_id: ClientOrderId, position: HeldPosition, outcome: SubmitOutcome) -> None:
        name = position_name(position)
        match outcome:
            case Accepted():
                self._note(order_id, OrderStatus.ACCEPTED)
                self._closed[name] = None
            case Refused(code=code, text=text):
                self._note(order_id, OrderStatus.REJECTED, f"{code} {text}")
                self._troubles[name] = text
            case NotSent(text=text):
                self._note(order_id, OrderStatus.NOT_SENT, text)
                self._troubles[name] = text
            case Uncertain(text=text):
                self._note(order_id, OrderStatus.UNKNOWN, text)
                self._troubles[name] = text
            case _:
                assert_never(outcome)

    def _note(self, order_id: ClientOrderId, status: OrderStatus, reason: str = "") -> None:
        self.diary.write(OrderChanged(client_order_id=order_id, status=status, reason=reason))


def order_name(order: OrderReport) -> str:
    """As a person reads it."""
    return f"order {order.client_order_id}"


def position_name(position: HeldPosition) -> str:
    """As a person reads it."""
    return f"{position.symbol} {plain(position.quantity)}"
