"""The one text of a JSON value, and its hash: equal values give equal bytes."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias, Union

from tui_trader.core.money import plain
from tui_trader.core.records import JsonValue

Cell: TypeAlias = Union[Decimal, int, str, "tuple[Cell, ...]", "list[Cell]", "Mapping[str, Cell]", None]
"""JSON whose figures are decimals, written as plain numbers."""


def canonical(value: JsonValue) -> str:
    """The one text of a JSON value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def compact(value: Cell) -> str:
    """The same of cells: a decimal is a number without exponent, which costs no quotation marks."""
    match value:
        case Decimal():
            return plain(value)
        case Mapping():
            return "{" + ",".join(f"{canonical(key)}:{compact(value[key])}" for key in sorted(value)) + "}"
        case list() | tuple():
            return "[" + ",".join(map(compact, value)) + "]"
        case _:
            return canonical(value)


def sha256_of(text: str) -> str:
    """The hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
