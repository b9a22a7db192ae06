"""Strict JSON schemas of tool arguments, as function calling wants them."""

from collections.abc import Mapping
from functools import cache

from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.core.words import Symbol
from tui_trader.tools.arguments import Arguments

_KEPT = ("type", "enum", "description", "minimum", "maximum", "anyOf")
"""The subset that strict function calling accepts everywhere; patterns and lengths are checked by us."""


@cache
def strict_schema(arguments: type[Arguments], symbols: tuple[Symbol, ...]) -> JsonObject:
    """An object schema: every property required, nothing additional, symbols an enumeration. Made once: it is slow."""
    properties = arguments.model_json_schema().get("properties", {})
    return {
        "type": "object",
        "properties": {name: _property(name, schema, symbols) for name, schema in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(name: str, schema: Mapping[str, JsonValue], symbols: tuple[Symbol, ...]) -> JsonObject:
    kept = {key: schema[key] for key in _KEPT if key in schema}
    if name != "symbol":
        return kept
    named: JsonObject = {"type": "string", "enum": list(symbols)}
    return {"anyOf": [named, {"type": "null"}]} if "anyOf" in schema else {**kept, **named}
