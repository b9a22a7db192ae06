"""What a tool is: a name, who may call it with which arguments, and what it does."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tui_trader.core.money import Price, plain, plain_or_none
from tui_trader.core.order import Order, OrderStatus
from tui_trader.core.records import JsonObject, ToolStatus
from tui_trader.core.words import Actor, Symbol
from tui_trader.tools.arguments import Arguments
from tui_trader.tools.ports import Preview, ToolAnswer

ALLOW = Preview(verdict="allow", code="", detail="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A validated call: who, what with, in which cycle, and the correlation of its journal rows."""

    arguments: Arguments
    caller: Actor
    cycle: int | None
    correlation: str
    asked: object = None
    """What the tool noted when it was asked; see `Tool.noted`."""
    seen: Price | None = None
    """The mark price that the call was decided by."""
    person: str = ""
    """The operator's name."""


class Tool(Protocol):
    """One entry of the catalogue."""

    name: ClassVar[str]
    description: ClassVar[str]
    forms: ClassVar[Mapping[Actor, type[Arguments]]]
    """Who may call it, and the arguments that caller gives."""
    trades: ClassVar[bool]
    """Whether a call is an action that is collected, previewed and executed."""
    reduces: ClassVar[bool]
    """Whether it only lowers risk: then it works even when the journal cannot be written."""

    def noted(self) -> object:
        """What the tool must know of the very instant at which it was asked: its row takes a moment to be written."""
        return None

    @abstractmethod
    async def run(self, call: Call) -> ToolAnswer:
        """Do it. Raises JournalUnwritable; any other failure is an answer."""

    def preview(self, call: Call) -> Preview:
        """What would be said of the call now. Tools that add no risk are always allowed."""
        return ALLOW


def done(tool: str, result: JsonObject) -> ToolAnswer:
    """It was done."""
    return ToolAnswer(tool=tool, status=ToolStatus.OK, result=result)


def denied(tool: str, code: str, detail: str) -> ToolAnswer:
    """A rule forbids it."""
    return ToolAnswer(tool=tool, status=ToolStatus.DENIED, result={"code": code, "detail": detail}, code=code)


def failed(tool: str, detail: str) -> ToolAnswer:
    """It was allowed and did not come about."""
    return ToolAnswer(tool=tool, status=ToolStatus.FAILED, result={"detail": detail})


def sent_status(order: Order) -> ToolStatus:
    """Whether the exchange had the order. One that found nobody to trade with did what was asked."""
    refused = order.status in (OrderStatus.REJECTED, OrderStatus.NOT_SENT)
    return ToolStatus.FAILED if refused else ToolStatus.OK


def order_result(order: Order) -> JsonObject:
    """An order as a tool answers with it."""
    return {
        "client_order_id": order.client_order_id,
        "symbol": order.intent.symbol,
        "side": order.intent.side.value,
        "quantity": plain(order.intent.quantity),
        "status": order.status.value,
        "filled": plain(order.filled),
        "average_price": plain_or_none(order.average_price),
        "reason": order.reason,
    }


def symbol_of(text: str) -> Symbol:
    """The symbol in a caller's argument; the gate says whether it may be traded."""
    return Symbol(text.upper())
