"""cancel_order, cancel_all: entries and exits go, what protects a position stays."""

from typing import ClassVar

from tui_trader.core.order import Order, Purpose
from tui_trader.core.records import ToolStatus
from tui_trader.core.words import Actor, ClientOrderId, Symbol
from tui_trader.desk.desk import Desk
from tui_trader.tools.arguments import CancelByOperator, CancelEverything, CancelOne, CancelOneByOperator
from tui_trader.tools.ports import ToolAnswer
from tui_trader.tools.tool import Call, Tool, denied, done, failed, symbol_of

PROTECTIVE_ORDER = "PROTECTIVE_ORDER"
"""A position's stop and take-profit are moved or go with the position; they are never cancelled by themselves."""
ORDER_UNKNOWN = "ORDER_UNKNOWN"
"""No open order has this id."""


class CancelOrder(Tool):
    """One working order."""

    name: ClassVar = "cancel_order"
    description: ClassVar = "Cancel one working entry or exit by its client order id."
    forms: ClassVar = {Actor.AGENT: CancelOne, Actor.OPERATOR: CancelOneByOperator}
    trades: ClassVar = True
    reduces: ClassVar = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, call: Call) -> ToolAnswer:
        """Cancel it, unless it is what protects a position."""
        assert isinstance(call.arguments, CancelOne | CancelOneByOperator)
        order = self._desk.order(ClientOrderId(call.arguments.client_order_id))
        if order is None or not order.is_open:
            return denied(self.name, ORDER_UNKNOWN, "no open order of ours has this id")
        if order.intent.type.is_conditional and not self._desk.book().position(order.intent.symbol).is_flat:
            return denied(
                self.name,
                PROTECTIVE_ORDER,
                f"{order.intent.symbol} is held; move the order with set_stop or set_take_profit",
            )
        if not await self._desk.cancel(order):
            return failed(
                self.name, f"it is not certain that {order.client_order_id} is cancelled; it is being asked for"
            )
        return done(self.name, {"client_order_id": order.client_order_id})


class CancelAll(Tool):
    """All working entries and exits."""

    name: ClassVar = "cancel_all"
    description: ClassVar = "Cancel all working entries and exits of a symbol. Stops and take-profits stay."
    forms: ClassVar = {Actor.AGENT: CancelEverything, Actor.OPERATOR: CancelByOperator}
    trades: ClassVar = True
    reduces: ClassVar = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self, call: Call) -> ToolAnswer:
        """Cancel each and say which could not be confirmed."""
        assert isinstance(call.arguments, CancelEverything | CancelByOperator)
        text = call.arguments.symbol
        orders = self._working(symbol_of(text) if text else None)
        unsure = [order.client_order_id for order in orders if not await self._desk.cancel(order)]
        status = ToolStatus.FAILED if unsure else ToolStatus.OK
        return ToolAnswer(
            tool=self.name, status=status, result={"cancelled": len(orders) - len(unsure), "unsure": list(unsure)}
        )

    def _working(self, symbol: Symbol | None) -> list[Order]:
        return [
            order
            for order in self._desk.book().orders
            if order.intent.purpose in (Purpose.ENTRY, Purpose.EXIT) and symbol in (None, order.intent.symbol)
        ]
