"""The stranger: somebody who works and holds positions of his own in the account, on one symbol, all through the storm.

What he does is the truth of the exchange; that nobody else touches it, that all of it counts, and that no entry leaves
beside it is the witness's to judge.
"""

import random
from collections.abc import Callable
from decimal import Decimal

from tests.simulation.exchange_side import ExchangeSide
from tui_trader.core.order import Intent, OrderType, Purpose, TimeInForce
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol

D = Decimal
_WORTH = (300, 1_000, 4_000)
"""Of one of his orders, in quote currency: as much as a tight policy lets all of ours be."""
_MOST_HELD = 8_000
"""Beyond that he only closes: the account shall not run out of margin."""


class Stranger:
    """Acts with a chance of its own, so that a seed without him is the same run as before."""

    def __init__(self, side: ExchangeSide, chance: random.Random, note: Callable[[str], None]) -> None:
        self._side = side
        self._chance = chance
        self._note = note
        self._number = 0
        self.symbol: Symbol = chance.choice(side.symbols)

    async def second(self, rate: float) -> None:
        """A second passes in which he may act."""
        if self._chance.random() < rate:
            await self._act()

    async def _act(self) -> None:
        own = [o for o in self._side.orders(self.symbol) if self._side.is_foreign(o.client_order_id)]
        drawn = self._chance.random()
        if own and drawn < 0.35:
            order = self._chance.choice(own)
            await self._side.paper.cancel(self.symbol, order.client_order_id)
            self._note(f"the stranger cancels {order.client_order_id}")
        elif drawn < 0.65:
            await self._order(resting=True)
        else:
            await self._order(resting=False)
        self._side.touched(self.symbol)

    async def _order(self, *, resting: bool) -> None:
        """At the market, or with a limit near enough to be filled now and then."""
        book = self._side.book(self.symbol)
        mark, held = book.mark_price(), self._side.foreign.get(self.symbol, D(0))
        side = self._chance.choice([Side.BUY, Side.SELL])
        if abs(held) * mark > _MOST_HELD:
            side = Side.SELL if held > 0 else Side.BUY
        away = D(str(round(self._chance.choice([0.0005, 0.004, 0.02]), 6))) * side.sign
        intent = Intent(
            symbol=self.symbol,
            side=side,
            type=OrderType.LIMIT if resting else OrderType.MARKET,
            quantity=book.instrument.round_quantity(D(self._chance.choice(_WORTH)) / mark, OrderType.MARKET),
            price=book.instrument.tick * round(mark * (1 - away) / book.instrument.tick) if resting else None,
            time_in_force=TimeInForce.GTC,
            purpose=Purpose.ENTRY,
            actor=Actor.OPERATOR,
        )
        self._number += 1
        outcome = await self._side.paper.submit(ClientOrderId(f"stranger-{self._number}"), intent)
        what = f"{intent.type.value} {side.value} {intent.quantity} {self.symbol}"
        self._note(f"the stranger: {what}: {type(outcome).__name__}")
