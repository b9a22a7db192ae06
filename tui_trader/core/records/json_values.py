"""JSON as the journal keeps it."""

from collections.abc import Mapping
from typing import TypeAlias, Union

JsonValue: TypeAlias = Union[
    bool, int, str, "tuple[JsonValue, ...]", "list[JsonValue]", "Mapping[str, JsonValue]", None
]
"""JSON without floats: figures are decimal strings."""
JsonObject: TypeAlias = Mapping[str, JsonValue]
