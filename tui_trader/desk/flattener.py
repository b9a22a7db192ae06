"""Flatten: entries cancelled, positions closed reduce-only, flat verified at the exchange, nothing conditional left.

The operator's flatten leaves the account empty, whoever opened what; the program's own (a drawdown) ends what is ours.
"""

import asyncio
from dataclasses import dataclass

from tui_trader.core.money import ZERO, plain
from tui_trader.core.order import OrderType
from tui_trader.core.words import Actor
from tui_trader.desk.asking import answered
from tui_trader.desk.hands import Exit, Hands, Whose
from tui_trader.desk.parts import Parts
from tui_trader.desk.reconciler import Reconciler
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

    def __init__(self, parts: Parts, hands: Hands, reconciler: Reconciler) -> None:
        self._parts = parts
        self._hands = hands
        self._reconciler = reconciler
        self._lock = asyncio.Lock()

    async def flatten(self, *, actor: Actor, correlation: str = "") -> Flattened:
        """Try in rounds with growing pauses until the exchange says flat; what is left after the last is said."""
        whose = Whose.ALL if actor is Actor.OPERATOR else Whose.OURS
        async with self._lock:
            pause = _FIRST_PAUSE
            left: tuple[str, ...] = ()
            for number in range(_ROUNDS):
                if number:
                    await self._parts.clock.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    await self._reconciler.compare()  # what is left may be something that our books do not know
                await self._round(actor, correlation, whose)
                left = await self._left(whose)
                if not left:
                    return Flattened()
            return Flattened(left)

    async def _round(self, actor: Actor, correlation: str, whose: Whose) -> None:
        """Cancels and closes go out together: a cancel that is not answered must not keep a position open."""
        ledger = self._parts.ledger
        closes = (
            self._hands.close(Exit(symbol=symbol, tool="flatten", actor=actor, correlation=correlation, whose=whose))
            for symbol in tuple(ledger.held if whose is Whose.ALL else ledger.positions)
        )
        resting = [order for order in ledger.open_orders() if order.intent.type is OrderType.LIMIT]
        await asyncio.gather(self._hands.cancel_all(resting), *closes)
        conditional = (order for order in ledger.open_orders() if order.intent.type.is_conditional)
        await self._hands.cancel_all(order for order in conditional if ledger.position(order.intent.symbol).is_flat)

    async def _left(self, whose: Whose) -> tuple[str, ...]:
        """What the exchange and our books still have. At the operator's word flat means flat: foreign orders go."""
        try:
            report = await answered(self._parts.exchange.account_report())
            theirs = await answered(self._parts.exchange.open_orders())
        except ExchangeUnavailable as error:
            return (f"the exchange does not say: {error}",)
        foreign = self._parts.ledger.foreign if whose is Whose.OURS else {}
        spared = {symbol: position.quantity for symbol, position in foreign.items()}
        held = [f"{p.symbol} {plain(p.quantity)}" for p in report.positions if p.quantity != spared.get(p.symbol, ZERO)]
        orders: list[str] = []
        if whose is Whose.ALL:
            orders = [f"order {order.client_order_id}" for order in theirs]
            await asyncio.gather(*(self._hands.cancel_foreign(order) for order in theirs))
        ours = [f"{symbol} in our books" for symbol in self._parts.ledger.positions]
        unsettled = [f"order {o.client_order_id} {o.status.value}" for o in self._parts.ledger.open_orders()]
        return (*held, *orders, *ours, *unsettled)
