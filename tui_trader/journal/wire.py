"""How each Python type is written in JSON, derived once from the type hints of the records."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from tui_trader.core.clock import Instant
from tui_trader.core.money import plain
from tui_trader.core.records import JsonValue, json_values

_SAFE_INTEGER = 2**53 - 1
"""Integers up to here are exact in every JSON reader (RFC 8785 refuses larger ones)."""
_MAX_EXPONENT = 100
"""No figure of a market needs more digits than this; one that does would be a megabyte when written plainly."""
_INTEGER = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)

Redact = Callable[[str], str]


class Malformed(ValueError):
    """A value that cannot be written, or that was not written by this codec; the text names the field."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The two directions of one type. `Any` is what they are about: values of every type pass through here."""

    encode: Callable[[Any, Redact], JsonValue]
    decode: Callable[[JsonValue], Any]


def wire_of(hint: Any) -> Wire:
    """The wire form of a type hint. Raises TypeError for a type that has none, float among them."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _object_wire(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum_wire(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if supertype := getattr(hint, "__supertype__", None):
        return wire_of(supertype)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType) and NoneType in arguments and len(arguments) == 2:
        return _optional_wire(next(a for a in arguments if a is not NoneType))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _tuple_wire(arguments[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Wire(_encode_mapping, _decode_mapping)
    raise TypeError(f"{hint!r} has no form in the journal")


def hints_of(cls: type) -> dict[str, Any]:
    """The types of a record's fields. JSON's type names itself by text, which only its own module can resolve."""
    return get_type_hints(cls, localns=vars(json_values))


def _object_wire(cls: type) -> Wire:
    hints = hints_of(cls)
    fields = {f.name: wire_of(hints[f.name]) for f in dataclasses.fields(cls)}
    required = {
        f.name
        for f in dataclasses.fields(cls)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }

    def encode(value: Any, redact: Redact) -> JsonValue:
        if type(value) is not cls:
            raise Malformed(f"{value!r} is not a {cls.__name__}")
        return {name: _named(name, wire.encode, getattr(value, name), redact) for name, wire in fields.items()}

    def decode(value: JsonValue) -> Any:
        if not isinstance(value, dict):
            raise Malformed(f"{cls.__name__} is not an object")
        if unknown := value.keys() - fields.keys():
            raise Malformed(f"{cls.__name__} has no field {min(unknown)!r}")
        if missing := required - value.keys():
            raise Malformed(f"{cls.__name__} lacks {min(missing)!r}")
        decoded = {name: _named(name, fields[name].decode, item) for name, item in value.items()}
        try:
            return cls(**decoded)
        except ValueError as error:  # the values' own rules: an order type without its price
            raise Malformed(f"{cls.__name__}: {error}") from None

    return Wire(encode, decode)


def _named(name: str, convert: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return convert(*arguments)
    except Malformed as error:
        raise Malformed(f"{name}: {error}") from None


def _enum_wire(cls: type[StrEnum]) -> Wire:
    members = {member.value: member for member in cls}

    def encode(value: Any, _redact: Redact) -> JsonValue:
        if not isinstance(value, cls):
            raise Malformed(f"{value!r} is not a {cls.__name__}")
        return value.value

    def decode(value: JsonValue) -> Any:
        if not isinstance(value, str) or value not in members:
            raise Malformed(f"{value!r} is not a {cls.__name__}")
        return members[value]

    return Wire(encode, decode)


def _optional_wire(hint: Any) -> Wire:
    inner = wire_of(hint)
    return Wire(
        lambda value, redact: None if value is None else inner.encode(value, redact),
        lambda value: None if value is None else inner.decode(value),
    )


def _tuple_wire(hint: Any) -> Wire:
    inner = wire_of(hint)

    def encode(value: Any, redact: Redact) -> JsonValue:
        if not isinstance(value, tuple):
            raise Malformed(f"{value!r} is not a tuple")
        return [inner.encode(item, redact) for item in value]

    def decode(value: JsonValue) -> Any:
        if not isinstance(value, list):
            raise Malformed(f"{value!r} is not a list")
        return tuple(inner.decode(item) for item in value)

    return Wire(encode, decode)


def _encode_text(value: Any, redact: Redact) -> JsonValue:
    if not isinstance(value, str):
        raise Malformed(f"{value!r} is not text")
    # A lone surrogate (a model can write one) has no UTF-8; it is kept as its escape.
    return redact(value.encode("utf-8", "backslashreplace").decode())


def _decode_text(value: JsonValue) -> Any:
    if not isinstance(value, str):
        raise Malformed(f"{value!r} is not text")
    return value


def _encode_flag(value: Any, _redact: Redact) -> JsonValue:
    if not isinstance(value, bool):
        raise Malformed(f"{value!r} is not true or false")
    return value


def _decode_flag(value: JsonValue) -> Any:
    return _encode_flag(value, str)


def _encode_integer(value: Any, _redact: Redact) -> JsonValue:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(f"{value!r} is not an integer")
    return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else str(value)


def _decode_integer(value: JsonValue) -> Any:
    if isinstance(value, str):
        number = _decode_instant(value)
        if -_SAFE_INTEGER <= number <= _SAFE_INTEGER:
            raise Malformed(f"{value!r} is small enough to be a number")
        return number
    return _encode_integer(value, str)


def _encode_instant(value: Any, _redact: Redact) -> JsonValue:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(f"{value!r} is not an instant")
    return str(value)


def _decode_instant(value: JsonValue) -> Any:
    if not isinstance(value, str) or not _INTEGER.fullmatch(value) or len(value) > _MAX_EXPONENT:
        raise Malformed(f"{value!r} is not the text of an integer")
    return int(value)


def _encode_decimal(value: Any, _redact: Redact) -> JsonValue:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise Malformed(f"{value!r} is not a finite decimal")
    if not _is_written_plainly(value):
        raise Malformed(f"{value!r} has more digits than any figure of a market")
    return plain(value)


def _is_written_plainly(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_MAX_EXPONENT and value.adjusted() <= _MAX_EXPONENT


def _decode_decimal(value: JsonValue) -> Any:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not _is_written_plainly(number) or plain(number) != value:
        raise Malformed(f"{value!r} is not a plain decimal")
    return number


def _encode_mapping(value: Any, redact: Redact) -> JsonValue:
    if not isinstance(value, Mapping):
        raise Malformed(f"{value!r} is not a mapping")
    return {str(_encode_text(key, redact)): _encode_free(item, redact) for key, item in value.items()}


def _encode_free(value: Any, redact: Redact) -> JsonValue:
    """Free JSON. A large integer becomes its text and stays one: without a declared type nothing can say more."""
    match value:
        case None | bool():
            return value
        case StrEnum():
            return str(value.value)
        case str():
            return _encode_text(value, redact)
        case int():
            return _encode_integer(value, redact)
        case Mapping():
            return _encode_mapping(value, redact)
        case list() | tuple():
            return [_encode_free(item, redact) for item in value]
        case _:
            raise Malformed(f"{value!r} is neither text, integer, flag, list nor object")


def _decode_mapping(value: JsonValue) -> Any:
    if not isinstance(value, dict):
        raise Malformed(f"{value!r} is not an object")
    return {key: _decode_free(item) for key, item in value.items()}


def _decode_free(value: JsonValue) -> JsonValue:
    """Lists come back as tuples: what a row holds is not to be changed."""
    match value:
        case list() | tuple():
            return tuple(_decode_free(item) for item in value)
        case dict():
            return {key: _decode_free(item) for key, item in value.items()}
        case _:
            return value


_PLAIN: dict[Any, Wire] = {
    str: Wire(_encode_text, _decode_text),
    bool: Wire(_encode_flag, _decode_flag),
    int: Wire(_encode_integer, _decode_integer),
    Instant: Wire(_encode_instant, _decode_instant),
    Decimal: Wire(_encode_decimal, _decode_decimal),
}
