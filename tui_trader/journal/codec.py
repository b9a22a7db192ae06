"""Records to JSON objects and back: no floats, closed keys, and exactly one way to write each value."""

from collections.abc import Callable
from types import MappingProxyType
from typing import get_args

from tui_trader.core.records import JsonObject, JsonValue, Record
from tui_trader.journal.wire import Malformed, Wire, wire_of

__all__ = ["KINDS", "Malformed", "UnknownKind", "decode", "encode", "verbatim"]

KINDS: MappingProxyType[str, type[Record]] = MappingProxyType({kind.KIND: kind for kind in get_args(Record)})
"""Every kind of row and the record it holds."""
_WIRES: MappingProxyType[str, Wire] = MappingProxyType({kind: wire_of(record) for kind, record in KINDS.items()})


class UnknownKind(Malformed):
    """A row of a kind that this version of the program does not know."""


def verbatim(text: str) -> str:
    """The redaction that changes nothing."""
    return text


def encode(record: Record, redact: Callable[[str], str] = verbatim) -> JsonObject:
    """The record as a JSON object, with `redact` applied to every text in it.

    Decimals, instants and integers beyond 2^53 become text, enums their value, tuples lists. Raises Malformed for
    what JSON without floats cannot hold: a float, a NaN, a key that is not text.
    """
    encoded = _WIRES[record.KIND].encode(record, redact)
    assert isinstance(encoded, dict)
    return encoded


def decode(kind: str, body: JsonValue) -> Record:
    """The record that `encode` made the object from.

    Fields that the object lacks take their default. Raises UnknownKind, or Malformed where a key is unknown, a field
    is missing or a value is not written as `encode` writes it.
    """
    wire = _WIRES.get(kind)
    if wire is None:
        raise UnknownKind(f"the kind {kind!r} is not known to this version of the program")
    record: Record = wire.decode(body)
    return record
