"""Every call leaves two rows with one correlation; what may not be asked is refused, and never repeated back."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from tests.fakes.exchange import WriteFault
from tests.fakes.trader_parts import BTC, OPEN, Trader, trading, virtual, world_of
from tui_trader.core.records import JsonObject, JsonValue, RiskJudged, ToolCalled, ToolReturned, ToolStatus
from tui_trader.core.words import Actor
from tui_trader.journal.ports import Row
from tui_trader.tools.box import INVALID_ARGUMENTS, NOT_PERMITTED, UNKNOWN_TOOL

AGENT_TOOLS = {
    "get_snapshot",
    "get_candles",
    "get_positions",
    "get_orders",
    "get_account",
    "get_limits",
    "open_position",
    "close_position",
    "reduce_position",
    "set_stop",
    "set_take_profit",
    "cancel_order",
    "cancel_all",
    "halt",
}
OPERATOR_ONLY = {"approve", "reject", "resume", "flatten", "adopt_position", "set_leverage"}


def rows_of(trader: Trader, kind: type[ToolCalled] | type[ToolReturned]) -> list[Row]:
    """The journal's rows of one kind."""
    return [row for row in trader.journal.log.rows if isinstance(row.record, kind)]


def denials(trader: Trader) -> list[RiskJudged]:
    """What was denied."""
    return [said for said in trader.records(RiskJudged) if said.verdict == "deny"]


# ---------------------------------------------------------------------- the catalogue


@virtual
async def test_the_agent_is_offered_its_tools_and_none_of_the_operators() -> None:
    async with trading() as trader:
        names = [spec.name for spec in trader.tools.catalogue(Actor.AGENT)]
        assert set(names) == AGENT_TOOLS
        assert names == [spec.name for spec in trader.tools.catalogue(Actor.AGENT)]
        assert {spec.name for spec in trader.tools.catalogue(Actor.OPERATOR)} == AGENT_TOOLS | OPERATOR_ONLY


@pytest.mark.parametrize("caller", [Actor.AGENT, Actor.OPERATOR])
@virtual
async def test_schemas_are_strict(caller: Actor) -> None:
    async with trading() as trader:
        for spec in trader.tools.catalogue(caller):
            parameters = spec.parameters
            properties = parameters["properties"]
            assert parameters["type"] == "object"
            assert parameters["additionalProperties"] is False
            assert isinstance(properties, dict)
            assert parameters["required"] == list(properties)
            json.dumps(parameters)


@virtual
async def test_the_agents_schemas_hold_enumerations_and_bounded_integers_only() -> None:
    async with trading() as trader:
        for spec in trader.tools.catalogue(Actor.AGENT):
            properties = spec.parameters["properties"]
            assert isinstance(properties, dict)
            for name, schema in properties.items():
                assert isinstance(schema, dict)
                if name in ("reason", "client_order_id"):
                    assert schema["type"] == "string"
                elif schema["type"] == "integer":
                    assert {"minimum", "maximum"} <= schema.keys()
                else:
                    assert schema["enum"], (spec.name, name)
            if "symbol" in properties:
                assert properties["symbol"] == {"type": "string", "enum": ["BTCUSDT", "ETHUSDT"]}


@virtual
async def test_an_operators_optional_symbol_may_be_null() -> None:
    async with trading() as trader:
        (spec,) = [spec for spec in trader.tools.catalogue(Actor.OPERATOR) if spec.name == "cancel_all"]
        assert spec.parameters["properties"] == {
            "symbol": {"anyOf": [{"type": "string", "enum": ["BTCUSDT", "ETHUSDT"]}, {"type": "null"}]}
        }


# ---------------------------------------------------------------------- two rows a call


CALLS: list[tuple[str, JsonObject, Actor]] = [
    ("get_account", {}, Actor.AGENT),
    ("open_position", {**OPEN, "reason": "r"}, Actor.AGENT),
    ("open_position", {**OPEN, "reason": "r", "risk_bps": 0}, Actor.AGENT),
    ("open_position", {**OPEN, "reason": "r", "take_profit_bps": 10}, Actor.AGENT),
    ("close_position", {"symbol": "ETHUSDT", "reason": "r"}, Actor.AGENT),
    ("cancel_order", {"client_order_id": "tt-none", "reason": "r"}, Actor.AGENT),
    ("resume", {"reason": "r"}, Actor.AGENT),
    ("flatten", {}, Actor.AGENT),
    ("adopt_position", {"symbol": "BTCUSDT"}, Actor.AGENT),
    ("set_leverage", {"symbol": "BTCUSDT", "leverage": 2}, Actor.AGENT),
    ("no_such_tool", {}, Actor.AGENT),
    ("set_leverage", {"symbol": "BTCUSDT", "leverage": 100}, Actor.OPERATOR),
]


@pytest.mark.parametrize(("tool", "arguments", "caller"), CALLS)
@virtual
async def test_each_call_has_a_row_before_and_one_after_and_each_denial_one_row(
    tool: str, arguments: JsonObject, caller: Actor
) -> None:
    async with trading() as trader:
        answer = await trader.tools.call(tool, arguments, caller=caller, cycle=3)
        (before,), (after,) = rows_of(trader, ToolCalled), rows_of(trader, ToolReturned)
        assert before.correlation == after.correlation != ""
        assert before.seq < after.seq
        assert before.actor is after.actor is caller
        assert isinstance(after.record, ToolReturned)
        assert after.record.status is answer.status
        is_denial = answer.status in (ToolStatus.DENIED, ToolStatus.INVALID)
        assert len(denials(trader)) == is_denial
        assert all(said.code == answer.code != "" for said in denials(trader))


@virtual
async def test_many_calls_at_once_keep_their_pairs() -> None:
    async with trading() as trader:
        calls = [trader.tasks.spawn(tool, trader.tools.call(tool, a, caller=c)) for tool, a, c in CALLS * 5]
        for call in calls:
            await call
        pairs = Counter(row.correlation for kind in (ToolCalled, ToolReturned) for row in rows_of(trader, kind))
        assert len(pairs) == len(CALLS) * 5
        assert set(pairs.values()) == {2}


@virtual
async def test_a_call_that_a_crash_cut_off_is_closed_at_the_next_start_and_numbers_go_on() -> None:
    async with world_of() as world:
        trader = await world.start()
        trader.script.submit = lambda _: WriteFault.HANGS
        trader.tasks.spawn("call", trader.open())
        await trader.wait(1)
        await trader.crash()
        again = await world.start()
        (called,), (closed,) = rows_of(again, ToolCalled), rows_of(again, ToolReturned)
        assert isinstance(closed.record, ToolReturned)
        assert closed.record.status is ToolStatus.INTERRUPTED
        assert closed.correlation == called.correlation == "call-1"
        await again.agent("get_account")
        assert rows_of(again, ToolCalled)[-1].correlation == "call-2"
        again.tasks.cancel()


@virtual
async def test_a_caller_that_gives_up_leaves_no_row_alone() -> None:
    async with trading() as trader:
        call = trader.tasks.spawn("call", trader.open())
        await trader.until(lambda: bool(rows_of(trader, ToolCalled)))
        call.cancel()
        await trader.until(lambda: bool(rows_of(trader, ToolReturned)))
        assert trader.world.stops()


@virtual
async def test_a_defect_of_a_tool_is_an_answer_with_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as trader:
        monkeypatch.setattr(trader.desk, "book", lambda: 1 / 0)
        answer = await trader.agent("close_position", symbol=BTC)
        assert (await trader.agent("set_stop", symbol=BTC, stop_bps=10)).code == "TOOL_FAILED"
        preview = await trader.tools.preview(
            "set_stop", {"symbol": BTC, "stop_bps": 10, "reason": ""}, caller=Actor.AGENT
        )
        assert preview.code == "TOOL_FAILED"
        assert answer.code in ("TOOL_FAILED", "NOTHING_HELD")
        assert len(rows_of(trader, ToolReturned)) == 2


# ---------------------------------------------------------------------- what may not be asked


SECRET = "sk-0123456789-do-not-repeat"
"""A text that must not come back."""
NOTHING_BUT_JSON = float("nan")

BAD: dict[str, JsonObject] = {
    "a text for a number": {**OPEN, "reason": "r", "risk_bps": SECRET},
    "a number as text": {**OPEN, "reason": "r", "risk_bps": "50"},
    "a bool for a number": {**OPEN, "reason": "r", "risk_bps": True},
    "too much": {**OPEN, "reason": "r", "risk_bps": 501},
    "a huge integer": {**OPEN, "reason": "r", "risk_bps": 10**6_000},
    "an unknown key": {**OPEN, "reason": "r", SECRET: 1},
    "a price": {**OPEN, "reason": "r", "price": "94000"},
    "a missing key": {key: value for key, value in OPEN.items() if key != "side"},
    "another symbol": {**OPEN, "reason": "r", "symbol": SECRET},
    "an empty symbol": {**OPEN, "reason": "r", "symbol": ""},
    "null": {**OPEN, "reason": "r", "side": None},
    "a list": {**OPEN, "reason": "r", "side": ["long", SECRET]},
    "a lone surrogate": {**OPEN, "reason": "\ud800" + SECRET, "side": "\udfff"},
    "deep nesting": {**OPEN, "reason": "r", "side": json.loads("[" * 400 + "]" * 400)},
    "a float": {**OPEN, "reason": "r", "risk_bps": 12.5},  # type: ignore[dict-item]  # JSON from outside has them
    "NaN": {**OPEN, "reason": "r", "risk_bps": NOTHING_BUT_JSON},  # type: ignore[dict-item]  # so do careless readers
    "nothing": {},
}


@pytest.mark.parametrize("what", BAD)
@virtual
async def test_bad_arguments_are_refused_without_repeating_them(what: str) -> None:
    async with trading() as trader:
        answer = await trader.tools.call("open_position", BAD[what], caller=Actor.AGENT, cycle=1)
        assert answer.status is ToolStatus.INVALID
        assert answer.code == INVALID_ARGUMENTS
        assert SECRET not in json.dumps(dict(answer.result))
        assert all(SECRET not in said.detail for said in denials(trader))
        assert len(rows_of(trader, ToolCalled)) == len(rows_of(trader, ToolReturned)) == len(denials(trader)) == 1
        assert trader.exchange.submitted == []
        preview = await trader.tools.preview("open_position", BAD[what], caller=Actor.AGENT, cycle=1)
        assert preview.verdict == "deny"
        assert SECRET not in preview.detail


@virtual
async def test_a_tool_that_does_not_exist_is_refused_without_repeating_its_name() -> None:
    async with trading() as trader:
        answer = await trader.agent(SECRET)
        assert answer.code == UNKNOWN_TOOL
        assert SECRET not in repr(answer)


@pytest.mark.parametrize("tool", sorted(OPERATOR_ONLY))
@virtual
async def test_the_agent_cannot_call_what_is_the_operators(tool: str) -> None:
    async with trading() as trader:
        await trader.desk.state.halt("test", actor=Actor.OPERATOR, code="TEST")
        answer = await trader.tools.call(tool, {"reason": "r"}, caller=Actor.AGENT)
        assert answer.code == NOT_PERMITTED
        assert trader.switch.is_halted


@pytest.mark.parametrize(
    "arguments",
    [
        {"symbol": BTC, "side": "BUY", "quantity": "0.01", "limit": None, "stop": "93000", "take_profit": "97000"},
        {"symbol": BTC, "side": "long", "quantity": "0.01", "stop": "93000", "take_profit": "97000"},
        {**OPEN, "reason": "r", "quantity": "0.01"},
    ],
)
@virtual
async def test_the_operators_form_is_not_the_agents(arguments: JsonObject) -> None:
    async with trading() as trader:
        answer = await trader.tools.call("open_position", arguments, caller=Actor.AGENT)
        assert answer.code == INVALID_ARGUMENTS


@virtual
async def test_the_operator_gives_prices_and_quantities_and_passes_the_same_gate() -> None:
    async with trading() as trader:
        wish: dict[str, JsonValue] = {"symbol": BTC, "side": "BUY", "quantity": "0.01", "stop": "93000"}
        assert (await trader.operator("open_position", **wish)).code == "NO_TAKE_PROFIT"
        assert (await trader.operator("open_position", **wish, take_profit="97000")).is_ok
        huge = await trader.operator("open_position", **{**wish, "quantity": "50", "take_profit": "97000"})
        assert huge.is_ok
        assert trader.world.held() * 94_000 <= trader.policy.current.risk.max_position_notional
        for bad in ("NaN", "-1", "0", "Infinity", "1e400"):
            answer = await trader.operator("open_position", **{**wish, "quantity": bad})
            assert not answer.is_ok
        unknown = await trader.operator("open_position", **{**wish, "symbol": "DOGEUSDT"})
        assert unknown.code == "INSTRUMENT_UNKNOWN"


@pytest.mark.parametrize(
    ("size", "quantity"),
    [
        ({"quantity": "0.01"}, "0.01"),
        ({"notional": "940"}, "0.009"),
        ({"notional": "940", "limit": "94000"}, "0.01"),
        ({"risk_pct": "0.1", "limit": "94000"}, "0.009"),
    ],
)
@virtual
async def test_the_operators_size_is_a_quantity_a_worth_or_a_risk(size: JsonObject, quantity: str) -> None:
    async with trading() as trader:
        wish: JsonObject = {"symbol": BTC, "side": "BUY", **size, "stop": "93000", "take_profit": "97000"}
        preview = await trader.tools.preview("open_position", wish, caller=Actor.OPERATOR)
        assert preview.entry is not None
        assert preview.entry.intent.quantity == Decimal(quantity)
        if "risk_pct" in size:
            assert preview.entry.card.max_loss <= preview.entry.card.equity * Decimal("0.001")
        assert trader.exchange.submitted == []
        assert (await trader.tools.call("open_position", wish, caller=Actor.OPERATOR)).is_ok
        (entry,) = trader.exchange.submitted_entries()
        assert entry.intent.quantity == Decimal(quantity)


@pytest.mark.parametrize("sizes", [{}, {"quantity": "0.01", "notional": "940"}, {"risk_pct": "1", "notional": "940"}])
@virtual
async def test_an_order_has_one_size(sizes: JsonObject) -> None:
    async with trading() as trader:
        wish: JsonObject = {"symbol": BTC, "side": "BUY", **sizes, "stop": "93000", "take_profit": "97000"}
        answer = await trader.tools.call("open_position", wish, caller=Actor.OPERATOR)
        assert answer.code == INVALID_ARGUMENTS


@virtual
async def test_a_size_by_risk_needs_the_stop_that_it_is_counted_to() -> None:
    async with trading() as trader:
        wish: JsonObject = {"symbol": BTC, "side": "BUY", "risk_pct": "1"}
        preview = await trader.tools.preview("open_position", wish, caller=Actor.OPERATOR)
        assert (preview.verdict, preview.code, preview.entry) == ("deny", "NO_STOP", None)


@virtual
async def test_without_a_journal_nothing_new_is_done_and_nothing_is_pretended() -> None:
    async with trading() as trader:
        trader.journal.failed = True
        assert (await trader.open()).code == "JOURNAL_UNWRITABLE"
        assert (await trader.operator("resume", reason="r")).code == "JOURNAL_UNWRITABLE"
        assert trader.exchange.submitted == []


@virtual
async def test_reading_tools_answer_at_once_and_change_nothing() -> None:
    async with trading() as trader:
        await trader.opened()
        before = trader.world.clock.now()
        rows = len(trader.journal.log.rows)
        arguments: dict[str, JsonObject] = {"get_snapshot": {"symbol": BTC}, "get_candles": {"symbol": BTC, "count": 5}}
        for spec in trader.tools.catalogue(Actor.AGENT):
            if not spec.trades:
                answer = await trader.tools.call(spec.name, arguments.get(spec.name, {}), caller=Actor.AGENT)
                assert answer.is_ok, answer
                json.dumps(answer.result, allow_nan=False)
        assert trader.world.clock.now() == before
        assert len(trader.journal.log.rows) == rows + 12


@virtual
async def test_a_preview_does_nothing_and_writes_its_denial_once() -> None:
    async with trading() as trader:
        fine: JsonObject = {**OPEN, "reason": "r"}
        assert (await trader.tools.preview("open_position", fine, caller=Actor.AGENT, cycle=1)).verdict == "allow"
        poor: JsonObject = {**fine, "take_profit_bps": 10}
        said = await trader.tools.preview("open_position", poor, caller=Actor.AGENT, cycle=1)
        assert said.verdict == "deny"
        assert [d.code for d in denials(trader)] == [said.code]
        assert trader.exchange.submitted == []
        assert rows_of(trader, ToolCalled) == []


@virtual
async def test_an_entry_decided_at_a_price_that_is_gone_is_denied_by_name_and_nothing_leaves() -> None:
    async with trading() as trader:
        mark = trader.desk.book().mark(BTC)
        assert mark is not None
        trader.world.go_to(mark * Decimal("1.01"))
        await trader.wait(2)
        arguments: JsonObject = {**OPEN, "reason": "thought for long"}
        answer = await trader.tools.call("open_position", arguments, caller=Actor.AGENT, cycle=1, seen=mark)
        preview = await trader.tools.preview("open_position", arguments, caller=Actor.AGENT, seen=mark)
        assert (answer.status, answer.code, preview.code) == (ToolStatus.DENIED, "PRICE_MOVED", "PRICE_MOVED")
        assert trader.exchange.submitted_entries() == []
        now = trader.desk.book().mark(BTC)
        assert (await trader.tools.call("open_position", arguments, caller=Actor.AGENT, seen=now)).is_ok
