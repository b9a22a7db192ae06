"""What was asked, in a form that the journal can keep: nothing that a model sends may keep its row unwritten."""

from collections.abc import Mapping
from typing import Final

from tui_trader.core.records import JsonObject, JsonValue

_LONGEST_TEXT: Final = 1_000
_MOST_PARTS: Final = 64
_DEEPEST: Final = 4
_LARGEST_INTEGER: Final = 2**53 - 1
_CUT: Final = "…"


def recordable(arguments: Mapping[str, object]) -> JsonObject:
    """The arguments without floats, surrogates, huge figures or endless text; what was changed is plain to see."""
    kept: dict[str, JsonValue] = {}
    for name, value in list(arguments.items())[:_MOST_PARTS]:
        kept[_text(str(name))] = _value(value, _DEEPEST)
    return kept


def _value(value: object, depth: int) -> JsonValue:
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) <= _LARGEST_INTEGER else f"an integer of {value.bit_length()} bits"
        case str():
            return _text(value)
        case _ if depth == 0:
            return _CUT
        case Mapping():
            parts = list(value.items())[:_MOST_PARTS]
            return {_text(str(name)): _value(part, depth - 1) for name, part in parts}
        case list() | tuple():
            return [_value(part, depth - 1) for part in value[:_MOST_PARTS]]
        case _:
            return _text(repr(value))


def _text(text: str) -> str:
    cut = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + _CUT
    return cut.encode("utf-8", "backslashreplace").decode("utf-8")
