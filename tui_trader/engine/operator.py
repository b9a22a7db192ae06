"""The operator's hand: commands carried out through the same tools that the agent calls."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import assert_never

from tui_trader.core.clock import Clock, text
from tui_trader.core.money import plain, plain_or_none
from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.core.words import Actor
from tui_trader.engine.commands import (
    AcceptPrompt,
    Adopt,
    Approve,
    AskStatus,
    Cancel,
    CheckOrder,
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
from tui_trader.tools.ports import EntryPreview, Preview, ToolAnswer, Toolbox


class OperatorDesk:
    """Carries commands out, on the engine's loop."""

    def __init__(
        self,
        toolbox: Toolbox,
        clock: Clock,
        *,
        status: Callable[[], JsonObject],
        decide_now: Callable[[], None],
        accept_prompt: Callable[[str | None, str], Awaitable[str]],
        person: str,
    ) -> None:
        """`accept_prompt` puts in force what the prompt's file loosens (None: whatever it is), in a person's name, or
        says why not. `person` is whose command it is that names nobody: whoever started the engine.
        """
        self._person = person
        self._toolbox = toolbox
        self._clock = clock
        self._status = status
        self._decide_now = decide_now
        self._accept_prompt = accept_prompt

    async def carry_out(self, command: Command) -> Reply:
        """Do it and say what came of it, and when."""
        reply = await self._carried_out(command, command.person or self._person)
        return replace(reply, time=text(self._clock.now()))

    async def _carried_out(self, command: Command, person: str) -> Reply:
        match command:
            case AskStatus():
                return Reply(done=True, result=self._status())
            case DecideNow():
                self._decide_now()
                return Reply(done=True, text="deciding now")
            case AcceptPrompt(seal=seal):
                return await self._accepted(seal, person)
            case Halt():
                return await self._halt(command, person)
            case Resume(reason=reason):
                return await self._resume(reason, person)
            case CheckOrder():
                return _checked(await self._toolbox.preview(*_as_order(command), caller=Actor.OPERATOR))
            case Approve(approval=name):
                return await self._call("approve", {"approval": name}, person)
            case Reject(approval=name, reason=reason):
                return await self._call("reject", {"approval": name, "reason": reason}, person)
            case _:
                return await self._call(*_as_call(command), person)

    async def _accepted(self, seal: str | None, person: str) -> Reply:
        try:
            refusal = await self._accept_prompt(seal, person)
        except JournalUnwritable as error:
            return Reply(done=False, code="JOURNAL_UNWRITABLE", text=str(error))
        if refusal:
            return Reply(done=False, code="NOT_ACCEPTED", text=refusal)
        return Reply(done=True, text="all of the prompt's file that this run can take up is in force")

    async def _halt(self, command: Halt, person: str) -> Reply:
        halted = await self._call("halt", {"reason": command.reason}, person)
        if not command.flatten:
            return halted
        flattened = await self._call("flatten", {}, person)
        return flattened if halted.done else halted

    async def _resume(self, reason: str, person: str) -> Reply:
        """With what has changed since the halt, as it was before the resume."""
        since_halt = self._status().get("since_halt")
        reply = await self._call("resume", {"reason": reason}, person)
        return replace(reply, result={**reply.result, "since_halt": since_halt})

    async def _call(self, tool: str, arguments: JsonObject, person: str) -> Reply:
        return _reply(await self._toolbox.call(tool, arguments, caller=Actor.OPERATOR, person=person))


def _as_call(command: FlattenAll | PlaceOrder | Cancel | Reduce | MoveStop | Adopt) -> tuple[str, JsonObject]:
    """The tool and the arguments that a command means."""
    match command:
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
        case Adopt(symbol=symbol, stop=stop, cancel_orders=cancels):
            stop_price = plain_or_none(stop)
            return "adopt_position", {"symbol": symbol, "stop": stop_price, "cancel_orders": cancels}
        case MoveStop(symbol=symbol, price=price):
            return "set_stop", {"symbol": symbol, "price": plain(price)}
        case Cancel():
            raise TypeError(type(command).__name__)
        case _:
            assert_never(command)


def _as_order(order: PlaceOrder | CheckOrder) -> tuple[str, JsonObject]:
    sizes = {"quantity": order.quantity, "notional": order.notional, "risk_pct": order.risk_pct}
    arguments: dict[str, JsonValue] = {
        "symbol": order.symbol,
        "side": order.side,
        **{name: plain(size) for name, size in sizes.items() if size is not None},
        "limit": plain_or_none(order.limit),
    }
    if order.reduce_only:
        return "reduce_position", arguments
    arguments |= {"stop": plain_or_none(order.stop), "take_profit": plain_or_none(order.take_profit)}
    return "open_position", arguments


def _shown(value: Decimal | None) -> str | None:
    """A computed figure without its tail of senseless digits."""
    return plain(round(value, 4).normalize()) if value is not None else None


def _checked(preview: Preview) -> Reply:
    """The gate's word, and of an entry that it lets through what it would put at stake."""
    result: dict[str, JsonValue] = {"verdict": preview.verdict}
    if preview.entry is not None:
        result |= stake_of(preview.entry)
    is_let_through = preview.verdict in ("allow", "shrink")
    return Reply(done=is_let_through, code=preview.code, text=preview.detail, result=result)


def stake_of(entry: EntryPreview) -> JsonObject:
    """The figures of an entry as commands and consoles show them; decimals as strings, None where there is none."""
    intent, card, protection = entry.intent, entry.card, entry.intent.protection
    return {
        "quantity": plain(intent.quantity),
        "price": plain_or_none(intent.price),
        "stop": plain_or_none(protection.stop_price if protection else None),
        "take_profit": plain_or_none(protection.take_profit_price if protection else None),
        "notional": _shown(card.notional),
        "equity_share_pct": _shown(card.equity_share_pct),
        "max_loss": _shown(card.max_loss),
        "fees": _shown(card.fees),
        "stop_distance_bps": _shown(card.stop_distance_bps),
        "liquidation_price": _shown(card.liquidation_price),
        "liquidation_distance_pct": _shown(card.liquidation_distance_pct),
        "reverses": plain(card.reverses),
        "clamps": [
            {"code": clamp.code, "before": plain(clamp.before), "after": plain(clamp.after)} for clamp in card.clamps
        ],
    }


def _reply(answer: ToolAnswer) -> Reply:
    detail = answer.result.get("detail") or answer.result.get("reason") or ""
    return Reply(done=answer.is_ok, text=str(detail), code=answer.code, result=answer.result)
