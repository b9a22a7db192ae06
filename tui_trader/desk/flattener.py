"""Flatten: entries cancelled, positions closed reduce-only, flat verified at the exchange, nothing conditional left."""

import asyncio
from dataclasses import dataclass

from tui_trader.core.order import Order, Purpose
from tui_trader.core.words import Actor, Symbol
from tui_trader.desk.hands import Exit, Hands
from tui_trader.desk.parts import Parts
from tui_trader.exchange.ports import ExchangeUnavailable

_ROUNDS = 8
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Flattened:
    """What is left; nothing means that the exchange confirmed that nothing is held and nothing is open."""

    left: tuple[str, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether nothing is left."""
        return not self.left


class Flattener:
    """One flatten at a time; callers that come meanwhile wait for the next."""

    def __init__(self, parts: Parts, hands: Hands) -> None:
        self._parts = parts
        self._hands = hands
        self._lock = asyncio.Lock()

    async def flatten(self, *, actor: Actor, correlation: str = "", symbol: Symbol | None = None) -> Flattened:
        """Try in rounds with growing pauses until the exchange says flat; what is left after the last is said."""
        async with self._lock:
            pause = _FIRST_PAUSE
            left: tuple[str, ...] = ()
            for number in range(_ROUNDS):
                if number:
                    await self._parts.clock.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                await self._round(actor, correlation, symbol)
                left = await self._left(symbol)
                if not left:
                    return Flattened()
            return Flattened(left)

    async def _round(self, actor: Actor, correlation: str, symbol: Symbol | None) -> None:
        await self._hands.cancel_all(self._orders(symbol, conditional=False))
        for held in [s for s in self._parts.ledger.positions if symbol in (None, s)]:
            await self._hands.close(Exit(symbol=held, tool="flatten", actor=actor, correlation=correlation))
        conditional = self._orders(symbol, conditional=True)
        await self._hands.cancel_all(o for o in conditional if self._parts.ledger.position(o.intent.symbol).is_flat)

    def _orders(self, symbol: Symbol | None, *, conditional: bool) -> list[Order]:
        return [
            order
            for order in self._parts.ledger.open_orders(symbol)
            if order.intent.type.is_conditional is conditional and order.intent.purpose is not Purpose.EXIT
        ]

    async def _left(self, symbol: Symbol | None) -> tuple[str, ...]:
        """What the exchange and our books still have."""
        try:
            report = await self._parts.exchange.account_report()
            theirs = await self._parts.exchange.open_orders()
        except ExchangeUnavailable as error:
            return (f"the exchange does not say: {error}",)
        held = [f"{p.symbol} {p.quantity}" for p in report.positions if p.quantity and symbol in (None, p.symbol)]
        orders = [f"order {o.client_order_id}" for o in theirs if symbol in (None, o.symbol)]
        ours = [f"{s} in our books" for s in self._parts.ledger.positions if symbol in (None, s)]
        return (*held, *orders, *ours)
