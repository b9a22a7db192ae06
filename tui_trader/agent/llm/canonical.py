"""The one text of a request: equal requests give equal bytes, whatever mappings and tuples they were made of."""

import dataclasses
import json
from collections.abc import Mapping

from tui_trader.agent.llm.ports import ChatRequest


def canonical_request(request: ChatRequest) -> str:
    """All that a model is shown, as JSON with sorted keys."""
    return canonical_json(parts_of(request))


def parts_of(request: ChatRequest) -> dict[str, object]:
    """The request's parts by name, each as plain JSON; a part that the request gains is in it by itself."""
    return {field.name: as_json(getattr(request, field.name)) for field in dataclasses.fields(request)}


def canonical_json(value: object) -> str:
    """Sorted keys, no spaces; a lone surrogate is written as its escape."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def as_json(value: object) -> object:
    """The value in dicts, lists and plain values. Raises TypeError for what is no JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(type(value).__name__)
