"""Each command means exactly one call of the tools that the agent calls too, by the operator; status asks nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from pydantic import ValidationError

from tests.unit.engine.time import in_virtual_time
from tui_trader.core.clock import LoopClock
from tui_trader.core.money import Price
from tui_trader.core.order import Intent, OrderType, Protection, Purpose
from tui_trader.core.records import Clamp, EntryCard, JsonObject, ToolStatus
from tui_trader.core.words import Actor, Side, Symbol
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
    Reply,
    Resume,
)
from tui_trader.engine.operator import OperatorDesk
from tui_trader.tools.ports import EntryPreview, Preview, ToolAnswer, ToolSpec

D = Decimal


@dataclass
class Tools:
    """Remembers calls; answers as a test wants, by tool."""

    answers: Mapping[str, ToolAnswer] = field(default_factory=dict)
    calls: list[tuple[str, JsonObject]] = field(default_factory=list)
    persons: list[str] = field(default_factory=list)
    previews: Preview = field(default_factory=lambda: Preview(verdict="deny", code="NO_STOP", detail="it needs a stop"))

    def catalogue(self, caller: Actor) -> tuple[ToolSpec, ...]:
        raise NotImplementedError(caller)

    async def call(
        self,
        tool: str,
        arguments: JsonObject,
        *,
        caller: Actor,
        cycle: int | None = None,
        seen: Price | None = None,
        person: str = "",
    ) -> ToolAnswer:
        assert caller is Actor.OPERATOR
        assert cycle is None
        self.persons.append(person)
        self.calls.append((tool, arguments))
        return self.answers.get(tool, ToolAnswer(tool=tool, status=ToolStatus.OK, result={}))

    async def preview(
        self,
        tool: str,
        arguments: JsonObject,
        *,
        caller: Actor,
        cycle: int | None = None,
        seen: Price | None = None,
    ) -> Preview:
        assert (tool, caller, cycle) == ("open_position", Actor.OPERATOR, None)
        self.calls.append(("preview", arguments))
        return self.previews


@dataclass
class Carried:
    """What came of a command."""

    reply: Reply
    calls: list[tuple[str, JsonObject]]
    decisions: int
    persons: list[str]


async def _nothing_waits(_: str | None, person: str) -> str:
    return f"nothing waits for {person}"


def carried_out(command: Command, *answers: ToolAnswer, previewed: Preview | None = None) -> Carried:
    async def scenario(clock: LoopClock) -> Carried:
        tools, asked = Tools({answer.tool: answer for answer in answers}), list[None]()
        tools.previews = previewed or tools.previews
        desk = OperatorDesk(
            tools,
            clock,
            status=lambda: {"event": "status", "mode": "paper"},
            decide_now=lambda: asked.append(None),
            accept_prompt=_nothing_waits,
            person="owner",
        )
        return Carried(await desk.carry_out(command), tools.calls, len(asked), tools.persons)

    return in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("command", "tool", "arguments"),
    [
        (Halt(reason="enough"), "halt", {"reason": "enough"}),
        (Resume(reason="seen"), "resume", {"reason": "seen"}),
        (FlattenAll(), "flatten", {}),
        (Cancel(), "cancel_all", {}),
        (Cancel(client_order_id="tt-1"), "cancel_order", {"client_order_id": "tt-1"}),
        (
            Adopt(symbol="BTCUSDT", stop=D("93000.50"), cancel_orders=True),
            "adopt_position",
            {"symbol": "BTCUSDT", "stop": "93000.5", "cancel_orders": True},
        ),
        (
            Adopt(symbol="BTCUSDT"),
            "adopt_position",
            {"symbol": "BTCUSDT", "stop": None, "cancel_orders": False},
        ),
        (Reduce(symbol="BTCUSDT", percent=30), "reduce_position", {"symbol": "BTCUSDT", "percent": 30}),
        (MoveStop(symbol="BTCUSDT", price=D("93000.50")), "set_stop", {"symbol": "BTCUSDT", "price": "93000.5"}),
        (
            PlaceOrder(symbol="BTCUSDT", side="BUY", quantity=D("0.010"), stop=D(93_000)),
            "open_position",
            {
                "symbol": "BTCUSDT",
                "side": "BUY",
                "quantity": "0.01",
                "limit": None,
                "stop": "93000",
                "take_profit": None,
            },
        ),
        (
            PlaceOrder(
                symbol="BTCUSDT", side="SELL", quantity=D(1), limit=D("1E5"), stop=D(2), take_profit=D("0.000001")
            ),
            "open_position",
            {
                "symbol": "BTCUSDT",
                "side": "SELL",
                "quantity": "1",
                "limit": "100000",
                "stop": "2",
                "take_profit": "0.000001",
            },
        ),
        (
            PlaceOrder(symbol="BTCUSDT", side="SELL", quantity=D(1), limit=D(95_000), reduce_only=True),
            "reduce_position",
            {"symbol": "BTCUSDT", "side": "SELL", "quantity": "1", "limit": "95000"},
        ),
    ],
)
def test_a_command_is_one_tool_call(*, command: Command, tool: str, arguments: JsonObject) -> None:
    carried = carried_out(command)
    assert carried.calls == [(tool, arguments)]
    assert carried.reply.done


def test_the_status_calls_no_tool_and_names_the_engines_time() -> None:
    carried = carried_out(AskStatus())
    assert carried.calls == []
    assert carried.reply == Reply(
        done=True, time="2025-05-05T12:00:00.000Z", result={"event": "status", "mode": "paper"}
    )


def test_deciding_now_is_the_schedules_business() -> None:
    carried = carried_out(DecideNow())
    assert carried.decisions == 1
    assert carried.calls == []


def test_a_halt_that_flattens_halts_first() -> None:
    carried = carried_out(Halt(reason="out", flatten=True))
    assert [tool for tool, _ in carried.calls] == ["halt", "flatten"]


def test_a_halt_that_failed_still_flattens_and_is_reported() -> None:
    failed = ToolAnswer(tool="halt", status=ToolStatus.FAILED, result={"detail": "the disk is full"}, code="FULL")
    carried = carried_out(Halt(flatten=True), failed)
    assert [tool for tool, _ in carried.calls] == ["halt", "flatten"]
    assert (carried.reply.done, carried.reply.code, carried.reply.text) == (False, "FULL", "the disk is full")


def test_a_denial_comes_back_with_its_code_its_words_and_the_whole_result() -> None:
    result: JsonObject = {"code": "MAX_LEVERAGE", "detail": "5, at most 3"}
    denial = ToolAnswer(tool="open_position", status=ToolStatus.DENIED, result=result, code="MAX_LEVERAGE")
    reply = carried_out(PlaceOrder(symbol="BTCUSDT", side="BUY", quantity=D(1)), denial).reply
    assert reply == Reply(
        done=False, time="2025-05-05T12:00:00.000Z", text="5, at most 3", code="MAX_LEVERAGE", result=result
    )


_CHECK = CheckOrder(symbol="BTCUSDT", side="SELL", notional=D(500), stop=D(95_000), take_profit=D(90_000))


def test_a_check_asks_for_a_preview_and_sends_nothing() -> None:
    carried = carried_out(_CHECK)
    assert carried.calls == [
        (
            "preview",
            {
                "symbol": "BTCUSDT",
                "side": "SELL",
                "notional": "500",
                "limit": None,
                "stop": "95000",
                "take_profit": "90000",
            },
        )
    ]
    assert not carried.reply.done
    assert (carried.reply.code, carried.reply.text, carried.reply.result) == (
        "NO_STOP",
        "it needs a stop",
        {"verdict": "deny"},
    )


def test_a_check_says_what_would_be_at_stake() -> None:
    intent = Intent(
        symbol=Symbol("BTCUSDT"),
        side=Side.SELL,
        type=OrderType.LIMIT,
        quantity=D("0.0050"),
        price=D(94_000),
        protection=Protection(stop_price=D(95_000), take_profit_price=D(90_000)),
        purpose=Purpose.ENTRY,
        actor=Actor.OPERATOR,
    )
    card = EntryCard(
        notional=D(470),
        equity=D(10_000),
        equity_share_pct=D(470) / D(99),
        mark=D(94_000),
        max_loss=D("5.4700000000000000001"),
        fees=D("0.47"),
        stop_distance_bps=D(1000) / D(94),
        clamps=(Clamp(before=D("0.01"), after=D("0.005"), code="MAX_ORDER_NOTIONAL"),),
    )
    shrunk = Preview(
        verdict="shrink", code="MAX_ORDER_NOTIONAL", detail="smaller", entry=EntryPreview(intent=intent, card=card)
    )
    reply = carried_out(_CHECK, previewed=shrunk).reply
    assert reply.done
    assert reply.result == {
        "verdict": "shrink",
        "quantity": "0.005",
        "price": "94000",
        "stop": "95000",
        "take_profit": "90000",
        "notional": "470",
        "equity_share_pct": "4.7475",
        "max_loss": "5.47",
        "fees": "0.47",
        "stop_distance_bps": "10.6383",
        "liquidation_price": None,
        "liquidation_distance_pct": None,
        "reverses": "0",
        "clamps": [{"code": "MAX_ORDER_NOTIONAL", "before": "0.01", "after": "0.005"}],
    }


@pytest.mark.parametrize("sizes", [{}, {"quantity": D(1), "notional": D(1)}, {"risk_pct": D(1), "reduce_only": True}])
def test_an_order_without_one_size_is_no_command(sizes: dict[str, Decimal | bool]) -> None:
    with pytest.raises(ValidationError):
        PlaceOrder.model_validate({"symbol": "BTCUSDT", "side": "BUY", **sizes})


@pytest.mark.parametrize(
    ("name", "whose"), [("anna", "anna"), ("", "owner"), ("  \n", "owner"), ("a\x1b[2J" * 40, None)]
)
def test_each_command_is_carried_out_in_somebodys_name(name: str, whose: str | None) -> None:
    commands = (
        Halt(person=name, flatten=True),
        Resume(reason="seen", person=name),
        Approve(approval="K7QF", person=name),
    )
    for command in commands:
        persons = carried_out(command).persons
        assert len(set(persons)) == 1
        assert persons[0] == whose if whose else len(persons[0]) <= 64 and persons[0].isprintable()


def test_what_a_prompt_loosens_is_agreed_to_by_somebody() -> None:
    assert carried_out(AcceptPrompt(person="anna")).reply.text == "nothing waits for anna"
