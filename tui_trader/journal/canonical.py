"""Canonical JSON (RFC 8785): one value, one sequence of bytes."""

import json
from collections.abc import Iterable

import rfc8785

from tui_trader.core.records import JsonValue


def canonical(value: JsonValue) -> bytes:
    """The value's RFC 8785 bytes. It must hold no float and no integer beyond 2^53, as the codec sees to.

    For pure ASCII the standard library writes the same bytes five times faster. Elsewhere the sort order of keys
    differs (RFC 8785 sorts by UTF-16 unit), so the reference implementation does it.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() if text.isascii() else rfc8785.dumps(value)


def parse(data: bytes) -> JsonValue:
    """The value of JSON bytes. Raises ValueError for anything that is not JSON, for floats and for double keys."""
    try:
        value: JsonValue = json.loads(
            data, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_without_doubles
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _no_float(text: str) -> JsonValue:
    raise ValueError(f"{text} is a float; figures are decimal text")


def _without_doubles(pairs: Iterable[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands there twice")
        found[key] = value
    return found
