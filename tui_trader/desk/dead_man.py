"""The dead-man's switch: while entries rest, the exchange is told to cancel them should we fall silent."""

import asyncio

from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.order import Order, OrderStatus, Purpose, TimeInForce
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.desk.protector import Protector

COUNTDOWN = 120.0
"""Seconds of our silence after which the exchange cancels a symbol's resting orders."""
_RENEW_EVERY = 30.0
_LOOK_EVERY = 5.0
_CUT_SHORT = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED})


class DeadMan:
    """Arms, renews and disarms the countdown, one a symbol. It runs at the exchange, so a crash leaves it armed.

    Whether it spares conditional orders is not documented: wherever it may have gone off, protection is proven anew.
    It would cancel the orders of others, too: beside those it stays off, and no entry of ours rests there for long.
    """

    def __init__(self, parts: Parts, protector: Protector) -> None:
        """`protector` is told when the countdown may have gone off."""
        self._parts = parts
        self._protector = protector
        self._armed: dict[Symbol, Instant] = {}
        self._resting: dict[ClientOrderId, Symbol] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await self._parts.clock.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """One look: what rests is guarded, what may have been cancelled by the exchange leads to a proof of stops."""
        resting = {order.client_order_id: order.intent.symbol for order in self._entries()}
        gone, self._resting = self._resting.keys() - resting.keys(), resting
        ended = (self._parts.ledger.order(order_id) for order_id in gone)
        for symbol in {order.intent.symbol for order in ended if order is not None and order.status in _CUT_SHORT}:
            self._protector.prove_again(symbol)
        wanted = {symbol for symbol in resting.values() if not self._parts.is_shared(symbol)}
        for symbol in sorted(wanted | self._armed.keys()):
            await (self._arm(symbol) if symbol in wanted else self._disarm(symbol))

    async def off(self) -> None:
        """We stop in good order: nothing is to be cancelled behind our back."""
        for symbol in tuple(self._armed):
            await self._disarm(symbol)

    def _entries(self) -> list[Order]:
        return [
            order
            for order in self._parts.ledger.open_orders()
            if order.intent.purpose is Purpose.ENTRY
            and order.intent.time_in_force in (TimeInForce.GTC, TimeInForce.GTX)
            and order.status in (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)
        ]

    async def _arm(self, symbol: Symbol) -> None:
        now = self._parts.clock.now()
        renewed = self._armed.get(symbol)
        if renewed is not None and elapsed(renewed, now) < _RENEW_EVERY:
            return
        if renewed is not None and elapsed(renewed, now) > COUNTDOWN:
            self._protector.prove_again(symbol)
        if await self._told(symbol, COUNTDOWN):
            self._armed[symbol] = now

    async def _disarm(self, symbol: Symbol) -> None:
        if await self._told(symbol, 0.0):
            self._armed.pop(symbol, None)

    async def _told(self, symbol: Symbol, seconds: float) -> bool:
        """Whether the exchange has taken it; where it has not, the next look tries again."""
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                return await self._parts.exchange.cancel_all_after(symbol, seconds) is None
        except TimeoutError:
            return False
