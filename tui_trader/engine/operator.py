"""The operator's hand: commands carried out through the same tools that the agent calls."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import assert_never

from tui_trader.core.clock import Clock, text
from tui_trader.core.money import plain
from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.core.words import Actor
from tui_trader.engine.commands import (
    AcceptPrompt,
    Approve,
    AskStatus,
    Cancel,
    Command,
    DecideNow,
    FlattenAll,
    Halt,
    MoveStop,
    PlaceOrder,
    Reduce,
    Reject,
    Reply,
    Resume,
)
from tui_trader.journal.ports import JournalUnwritable
from tui_trader.tools.ports import ToolAnswer, Toolbox


class OperatorDesk:
    """Carries commands out, on the engine's loop."""

    def __init__(
        self,
        toolbox: Toolbox,
        clock: Clock,
        *,
        status: Callable[[], JsonObject],
        decide_now: Callable[[], None],
        accept_prompt: Callable[[], Awaitable[str]],
    ) -> None:
        """`accept_prompt` puts in force what the prompt's file loosens, or says why not."""
        self._toolbox = toolbox
        self._clock = clock
        self._status = status
        self._decide_now = decide_now
        self._accept_prompt = accept_prompt

    async def carry_out(self, command: Command) -> Reply:
        """Do it and say what came of it, and when."""
        reply = await self._carried_out(command)
        return replace(reply, time=text(self._clock.now()))

    async def _carried_out(self, command: Command) -> Reply:
        match command:
            case AskStatus():
                return Reply(done=True, result=self._status())
            case DecideNow():
                self._decide_now()
                return Reply(done=True, text="deciding now")
            case AcceptPrompt():
                return await self._accepted()
            case Halt():
                return await self._halt(command)
            case Approve(approval=name):
                return await self._call("approve", {"approval": name})
            case Reject(approval=name, reason=reason):
                return await self._call("reject", {"approval": name, "reason": reason})
            case _:
                return await self._call(*_as_call(command))

    async def _accepted(self) -> Reply:
        try:
            refusal = await self._accept_prompt()
        except JournalUnwritable as error:
            return Reply(done=False, code="JOURNAL_UNWRITABLE", text=str(error))
        if refusal:
            return Reply(done=False, code="NOT_ACCEPTED", text=refusal)
        return Reply(done=True, text="all of the prompt's file that this run can take up is in force")

    async def _halt(self, command: Halt) -> Reply:
        halted = await self._call("halt", {"reason": command.reason})
        if not command.flatten:
            return halted
        flattened = await self._call("flatten", {})
        return flattened if halted.done else halted

    async def _call(self, tool: str, arguments: JsonObject) -> Reply:
        return _reply(await self._toolbox.call(tool, arguments, caller=Actor.OPERATOR))


def _as_call(command: Resume | FlattenAll | PlaceOrder | Cancel | Reduce | MoveStop) -> tuple[str, JsonObject]:
    """The tool and the arguments that a command means."""
    match command:
        case Resume(reason=reason):
            return "resume", {"reason": reason}
        case FlattenAll():
            return "flatten", {}
        case PlaceOrder():
            return _as_order(command)
        case Cancel(client_order_id=None):
            return "cancel_all", {}
        case Cancel(client_order_id=str() as order_id):
            return "cancel_order", {"client_order_id": order_id}
        case Reduce(symbol=symbol, percent=percent):
            return "reduce_position", {"symbol": symbol, "percent": percent}
        case MoveStop(symbol=symbol, price=price):
            return "set_stop", {"symbol": symbol, "price": plain(price)}
        case Cancel():
            raise TypeError(type(command).__name__)
        case _:
            assert_never(command)


def _as_order(order: PlaceOrder) -> tuple[str, JsonObject]:
    arguments: dict[str, JsonValue] = {
        "symbol": order.symbol,
        "side": order.side,
        "quantity": plain(order.quantity),
        "limit": plain(order.limit) if order.limit is not None else None,
    }
    if order.reduce_only:
        return "reduce_position", arguments
    arguments["stop"] = plain(order.stop) if order.stop is not None else None
    arguments["take_profit"] = plain(order.take_profit) if order.take_profit is not None else None
    return "open_position", arguments


def _reply(answer: ToolAnswer) -> Reply:
    detail = answer.result.get("detail") or answer.result.get("reason") or ""
    return Reply(done=answer.is_ok, text=str(detail), code=answer.code, result=answer.result)
