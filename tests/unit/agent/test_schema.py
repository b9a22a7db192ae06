"""Strict schemas: what fits passes, every single deviation is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.agent_tools import OPEN, OPEN_ARGUMENTS
from tui_trader.agent.schema import mismatch
from tui_trader.core.records import JsonObject, JsonValue

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_sound_arguments_fit() -> None:
    assert mismatch(OPEN_ARGUMENTS, OPEN) is None


@pytest.mark.parametrize("key", sorted(OPEN_ARGUMENTS))
def test_each_argument_is_required(key: str) -> None:
    lacking = {name: value for name, value in OPEN_ARGUMENTS.items() if name != key}
    assert mismatch(lacking, OPEN) == f"arguments: {key} is missing"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("risk_bps", 0),
        ("risk_bps", 501),
        ("risk_bps", "10"),
        ("risk_bps", True),
        ("risk_bps", None),
        ("side", "LONG"),
        ("side", ["long"]),
        ("symbol", "BTC"),
        ("reason", 7),
        ("stop_bps", 4),
        ("take_profit_bps", 5_001),
    ],
)
def test_each_deviation_is_found(key: str, value: JsonValue) -> None:
    found = mismatch({**OPEN_ARGUMENTS, key: value}, OPEN)
    assert found is not None
    assert found.startswith(f"arguments.{key}")


@given(st.text(max_size=20).filter(lambda name: name not in OPEN_ARGUMENTS), anything)
def test_nothing_additional_is_taken(name: str, value: JsonValue) -> None:
    assert mismatch({**OPEN_ARGUMENTS, name: value}, OPEN) is not None


@given(anything)
def test_no_value_makes_it_raise(value: JsonValue) -> None:
    assert mismatch(value, OPEN) is not None


def test_nested_values_are_checked_to_the_bottom() -> None:
    schema: JsonObject = {"type": "array", "items": {"type": ["integer", "null"], "minimum": 1}}
    assert mismatch([1, None, 2], schema) is None
    assert mismatch([1, [0]], schema) == "arguments[1]: not of type integer or null"
    assert mismatch([1, 0], schema) == "arguments[1]: below 1"
