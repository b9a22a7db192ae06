"""Checks a value against the strict JSON schemas that tools carry.

Strict schemas use a small part of JSON Schema (all keys required, nothing additional, enums, bounded integers), and
a service that calls itself compatible may ignore them: so every answer is checked here.
"""

from collections.abc import Mapping

from tui_trader.core.records import JsonObject, JsonValue

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list, tuple),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def mismatch(value: JsonValue, schema: JsonObject, at: str = "arguments") -> str | None:
    """The first place where the value breaks the schema, in words, or None. A bool is not an integer."""
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(names, (list, tuple)) and not any(_is(value, str(name)) for name in names):
        return f"{at}: not of type {' or '.join(str(name) for name in names)}"
    options = schema.get("enum")
    if isinstance(options, (list, tuple)) and value not in options:
        return f"{at}: not one of the choices"
    if isinstance(value, Mapping):
        return _object_mismatch(value, schema, at)
    if isinstance(value, (list, tuple)):
        return _items_mismatch(value, schema, at)
    return _range_mismatch(value, schema, at)


def _is(value: JsonValue, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES.get(name, ()))


def _object_mismatch(value: JsonObject, schema: JsonObject, at: str) -> str | None:
    known = schema.get("properties")
    properties = known if isinstance(known, Mapping) else {}
    required = schema.get("required")
    for key in required if isinstance(required, (list, tuple)) else ():
        if key not in value:
            return f"{at}: {key} is missing"
    for key, part in value.items():
        rule = properties.get(key)
        if not isinstance(rule, Mapping):
            return f"{at}: an argument that the tool does not have"
        if found := mismatch(part, rule, f"{at}.{key}"):
            return found
    return None


def _items_mismatch(value: "list[JsonValue] | tuple[JsonValue, ...]", schema: JsonObject, at: str) -> str | None:
    rule = schema.get("items")
    if not isinstance(rule, Mapping):
        return None
    return next((found for i, part in enumerate(value) if (found := mismatch(part, rule, f"{at}[{i}]"))), None)


def _range_mismatch(value: JsonValue, schema: JsonObject, at: str) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, int) and value < least:
        return f"{at}: below {least}"
    if isinstance(most, int) and value > most:
        return f"{at}: above {most}"
    return None
