"""Every record comes back from its JSON as it went in, and nothing else is taken for one."""

import dataclasses
from decimal import Decimal
from typing import Any, cast

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.journal.samples import FREE_JSON, values_of
from tui_trader.core.clock import Instant
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import (
    EquityMarked,
    JsonObject,
    JsonValue,
    ModelAsked,
    OrderChanged,
    Record,
    RiskJudged,
    ToolCalled,
    TransferBooked,
)
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.journal.canonical import canonical, parse
from tui_trader.journal.codec import KINDS, Malformed, UnknownKind, decode, encode
from tui_trader.journal.wire import wire_of


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data())
def test_every_record_survives_the_way_through_its_bytes(kind: str, data: st.DataObject) -> None:
    record: Record = data.draw(values_of(KINDS[kind]))
    assert decode(kind, parse(canonical(encode(record)))) == record


@given(FREE_JSON)
def test_the_fast_way_writes_the_bytes_of_the_reference_implementation(value: JsonValue) -> None:
    assert canonical(value) == rfc8785.dumps(cast("Any", value))


def test_keys_beyond_the_basic_plane_sort_by_utf16_unit() -> None:
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


def test_every_kind_is_named_once() -> None:
    kinds = [kind.KIND for kind in KINDS.values()]
    assert len(set(kinds)) == len(kinds) == len(KINDS)


def test_decimals_instants_and_large_integers_are_text() -> None:
    transfer = encode(TransferBooked(id="t", amount=Decimal("1E+3"), time=Instant(5)))
    assert transfer == {"id": "t", "amount": "1000", "time": "5"}
    asked = ModelAsked(cycle=2**60, model="m", prompt_hash="h", messages=())
    assert encode(asked)["cycle"] == str(2**60)


@pytest.mark.parametrize("bad", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+500"), Decimal("1E-500"), 1.5, "1"])
def test_what_is_no_plain_decimal_is_not_written_as_one(bad: Any) -> None:
    with pytest.raises(Malformed, match="equity"):
        encode(EquityMarked(equity=bad, wallet=Decimal(0)))


@pytest.mark.parametrize("bad", [1.5, float("nan"), float("inf"), Decimal(1), b"x", {1: 2}, {"a": {"b": [0.1]}}, {3}])
def test_free_json_holds_no_float_and_nothing_that_json_has_not(bad: Any) -> None:
    with pytest.raises(Malformed, match="arguments"):
        encode(ToolCalled(tool="t", arguments={"x": bad}))


@pytest.mark.parametrize("bad", ["NaN", "1e5", "01", "1.50", "", "-0", " 1", "1_000", 5, True, None, ["1"], "Infinity"])
def test_a_figure_has_one_spelling(bad: JsonValue) -> None:
    with pytest.raises(Malformed, match="equity"):
        decode("equity", {"equity": bad, "wallet": "0"})


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"equity": "1", "wallet": "1", "extra": 1}, "extra"),
        ({"equity": "1"}, "wallet"),
        (["1", "1"], "EquityMarked"),
        ("1", "EquityMarked"),
    ],
)
def test_objects_are_closed(body: JsonValue, named: str) -> None:
    with pytest.raises(Malformed, match=named):
        decode("equity", body)


def test_nested_objects_are_closed_too() -> None:
    body = encode(RiskJudged(verdict="deny", tool="t", symbol=Symbol("BTCUSDT")))
    clamp: JsonObject = {"code": "c", "before": "1", "after": "1", "more": "1"}
    with pytest.raises(Malformed, match="more"):
        decode("risk.decision", {**body, "clamps": [clamp]})


def test_a_field_that_was_added_later_takes_its_default() -> None:
    changed = OrderChanged(client_order_id=ClientOrderId("tt-x"), status=OrderStatus.SENT)
    old = {key: value for key, value in encode(changed).items() if key in {"client_order_id", "status"}}
    assert decode("order.update", old) == changed


def test_the_rules_of_a_value_hold_for_what_is_read() -> None:
    intent = {"symbol": "X", "side": "BUY", "type": "LIMIT", "quantity": "1", "purpose": "entry", "actor": "agent"}
    with pytest.raises(Malformed, match="price"):
        decode("order.intent", {"intent": cast("JsonObject", intent)})


def test_an_unknown_kind_is_told_as_such() -> None:
    with pytest.raises(UnknownKind, match=r"later\.kind"):
        decode("later.kind", {})


def test_a_lone_surrogate_is_kept_as_its_escape() -> None:
    body = encode(ToolCalled(tool="a\ud800b", arguments={"\udfff": "\ud800"}))
    assert body["tool"] == r"a\ud800b"
    assert decode("tool.call", parse(canonical(body))) == ToolCalled(tool=r"a\ud800b", arguments={r"\udfff": r"\ud800"})


def test_redaction_reaches_every_text_and_no_figure() -> None:
    record = ToolCalled(tool="1", arguments={"1": ["1", {"a": "1"}], "n": 1})
    assert encode(record, lambda text: text.replace("1", "x")) == {
        "tool": "x",
        "arguments": {"x": ["x", {"a": "x"}], "n": 1},
        "cycle": None,
        "person": "",
    }
    equity = EquityMarked(equity=Decimal(11), wallet=Decimal(1))
    assert encode(equity, lambda text: f"x{text}") == {"equity": "11", "wallet": "1"}


def test_a_record_with_a_float_cannot_be_declared() -> None:
    @dataclasses.dataclass(frozen=True)
    class Loose:
        price: float

    with pytest.raises(TypeError, match="float"):
        wire_of(Loose)


@pytest.mark.parametrize("text", [b'{"a":1.0}', b'{"a":NaN}', b'{"a":1,"a":2}', b"[" * 100_000, b"", b"\xff"])
def test_only_closed_json_without_floats_is_read(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text)
