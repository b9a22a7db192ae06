"""adopt_position: what somebody else holds becomes ours, at a person's word and with a stop."""

from typing import ClassVar

from tui_trader.core.money import plain, plain_or_none
from tui_trader.core.records import JsonObject
from tui_trader.core.words import Actor
from tui_trader.desk.adopter import Adoption
from tui_trader.desk.desk import Desk
from tui_trader.tools.arguments import AdoptionOf
from tui_trader.tools.ports import ToolAnswer
from tui_trader.tools.tool import Call, Tool, denied, done, symbol_of

NOT_ADOPTED = "NOT_ADOPTED"
"""Nothing was taken over; the sentence says why."""


class AdoptPosition(Tool):
    """Take over what others hold of a symbol."""

    name: ClassVar = "adopt_position"
    description: ClassVar = "Take over what others hold of a symbol: a stop of ours first, then it is ours."
    forms: ClassVar = {Actor.OPERATOR: AdoptionOf}
    trades: ClassVar = True
    reduces: ClassVar = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, call: Call) -> ToolAnswer:
        """Adopt, or say why not."""
        assert isinstance(call.arguments, AdoptionOf)
        wish = call.arguments
        adopted = await self._desk.adopt(
            Adoption(
                symbol=symbol_of(wish.symbol),
                stop=wish.stop,
                cancels_orders=wish.cancel_orders,
                correlation=call.correlation,
            )
        )
        if adopted.refusal:
            return denied(self.name, NOT_ADOPTED, adopted.refusal)
        record = adopted.record
        held: JsonObject = (
            {}
            if record is None
            else {
                "quantity": plain(record.quantity),
                "entry_price": plain(record.entry_price),
                "stop_price": plain_or_none(record.stop_price),
            }
        )
        orders: JsonObject = {"cancelled": adopted.cancelled, "orders_left": list(adopted.left)}
        return done(self.name, {"symbol": symbol_of(wish.symbol), **held, **orders})
