"""close_position, reduce_position: reduce-only orders, which every trading state lets through."""

from decimal import Decimal
from typing import ClassVar

from tui_trader.core.money import Price, Quantity, percent_of
from tui_trader.core.order import Intent, OrderType, Purpose, TimeInForce
from tui_trader.core.words import Actor, Side, Symbol
from tui_trader.desk.desk import Desk
from tui_trader.desk.hands import Exit
from tui_trader.desk.sender import Sent
from tui_trader.tools.arguments import CloseOf, ReduceByOperator, ReduceByShare
from tui_trader.tools.ports import ToolAnswer
from tui_trader.tools.tool import Call, Tool, denied, order_result, sent_status, symbol_of

NOTHING_HELD = "NOTHING_HELD"
"""There is no position that the order could reduce."""


def _answer(tool: str, sent: Sent | None, symbol: Symbol) -> ToolAnswer:
    if sent is None:
        return denied(tool, NOTHING_HELD, f"nothing is held of {symbol}")
    if sent.order is None:
        return denied(tool, sent.judgement.code, sent.judgement.detail)
    status = sent_status(sent.order)
    return ToolAnswer(tool=tool, status=status, result=order_result(sent.order))


def _exit(call: Call, tool: str, symbol: Symbol, quantity: Decimal | None) -> Exit:
    return Exit(
        symbol=symbol,
        quantity=quantity,
        tool=tool,
        actor=call.caller,
        correlation=call.correlation,
        cycle=call.cycle,
    )


class ClosePosition(Tool):
    """All of it, at the market, reduce-only; afterwards nothing conditional is left."""

    name: ClassVar = "close_position"
    description: ClassVar = "Close what is held of a symbol, at the market."
    forms: ClassVar = {Actor.AGENT: CloseOf, Actor.OPERATOR: CloseOf}
    trades: ClassVar = True
    reduces: ClassVar = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, call: Call) -> ToolAnswer:
        """Close it."""
        assert isinstance(call.arguments, CloseOf)
        symbol = symbol_of(call.arguments.symbol)
        return _answer(self.name, await self._desk.exit(_exit(call, self.name, symbol, None)), symbol)


class ReducePosition(Tool):
    """A part of it; the operator may name a limit price."""

    name: ClassVar = "reduce_position"
    description: ClassVar = "Reduce what is held of a symbol by a share, at the market."
    forms: ClassVar = {Actor.AGENT: ReduceByShare, Actor.OPERATOR: ReduceByOperator}
    trades: ClassVar = True
    reduces: ClassVar = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, call: Call) -> ToolAnswer:
        """Reduce it."""
        match call.arguments:
            case ReduceByShare(symbol=text, percent=percent):
                return await self._share(call, symbol_of(text), percent)
            case ReduceByOperator(symbol=text, percent=int() as percent):
                return await self._share(call, symbol_of(text), percent)
            case ReduceByOperator(symbol=text, side=str() as side, quantity=Decimal() as quantity, limit=limit):
                return await self._quantity(call, symbol_of(text), Side(side), quantity, limit)
            case other:
                raise TypeError(type(other).__name__)

    async def _share(self, call: Call, symbol: Symbol, percent: int) -> ToolAnswer:
        held = abs(self._desk.book().position(symbol).quantity)
        return await self._at_market(call, symbol, percent_of(held, Decimal(percent)))

    async def _quantity(
        self, call: Call, symbol: Symbol, side: Side, quantity: Quantity, limit: Price | None
    ) -> ToolAnswer:
        held = self._desk.book().position(symbol).side
        if held is None or side is held:
            return denied(self.name, NOTHING_HELD, f"a reduce-only {side.value} has nothing to reduce on {symbol}")
        if limit is None:
            return await self._at_market(call, symbol, quantity)
        intent = Intent(
            symbol=symbol,
            side=side,
            type=OrderType.LIMIT,
            quantity=quantity,
            price=limit,
            time_in_force=TimeInForce.GTC,
            reduce_only=True,
            purpose=Purpose.EXIT,
            actor=call.caller,
            cycle=call.cycle,
            correlation=call.correlation,
        )
        return _answer(self.name, await self._desk.exit_at(intent, tool=self.name), symbol)

    async def _at_market(self, call: Call, symbol: Symbol, quantity: Decimal) -> ToolAnswer:
        return _answer(self.name, await self._desk.exit(_exit(call, self.name, symbol, quantity)), symbol)
