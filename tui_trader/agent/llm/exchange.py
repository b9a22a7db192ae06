"""One exchange with a model as a cassette keeps it: a keyed request, and what came back for it.

Our order ids stand in for journal hashes, which differ from run to run: in a key they are numbered by their first
appearance, and in a reply they are put back from the request at hand.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui_trader.agent.llm.canonical import canonical_json, parts_of
from tui_trader.agent.llm.ports import ChatReply, ChatRequest

_ORDER_ID = re.compile(r"\btt-[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")
_ALIAS = re.compile(r"\btt-#(\d+)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request under its key. `parts` are its texts by name, with order ids numbered."""

    model: str
    max_output_tokens: int
    parts: Mapping[str, str]
    order_ids: tuple[str, ...]
    """The order ids by number, from zero."""

    key: str
    """The SHA-256 of all that a model is shown and told to keep to."""

    def numbered(self, text: str) -> str:
        """The text with this request's order ids as their numbers."""
        numbers = {order_id: f"tt-#{number}" for number, order_id in enumerate(self.order_ids)}
        return _ORDER_ID.sub(lambda found: numbers.get(found[0], found[0]), text)

    def named(self, text: str) -> str:
        """The text with numbers as this request's order ids; a number that it does not have stays."""
        return _ALIAS.sub(lambda found: self._id(int(found[1]), found[0]), text)

    def _id(self, number: int, otherwise: str) -> str:
        return self.order_ids[number] if number < len(self.order_ids) else otherwise


def asked_of(request: ChatRequest, *, model: str, max_output_tokens: int) -> Asked:
    """The request, keyed."""
    texts = {name: canonical_json(part) for name, part in sorted(parts_of(request).items())}
    ids = tuple(dict.fromkeys(found for text in texts.values() for found in _ORDER_ID.findall(text)))
    numbers = {order_id: f"tt-#{number}" for number, order_id in enumerate(ids)}
    parts = {name: _ORDER_ID.sub(lambda found: numbers[found[0]], text) for name, text in texts.items()}
    whole = canonical_json({"max_output_tokens": max_output_tokens, "model": model, "parts": parts})
    return Asked(
        model=model,
        max_output_tokens=max_output_tokens,
        parts=parts,
        order_ids=ids,
        key=hashlib.sha256(whole.encode()).hexdigest(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came back: a reply, or a fault by name (with whether it may have cost); and how long it took."""

    nanoseconds: int
    """Of engine time."""
    reply: ChatReply | None = None
    fault: str = ""
    may_cost: bool = False


def first_difference(recorded: Asked, wanted: Asked) -> str:
    """Where two requests part, in words, with a little of both texts."""
    if recorded.model != wanted.model:
        return f"model: recorded {recorded.model!r}, asked {wanted.model!r}"
    if recorded.max_output_tokens != wanted.max_output_tokens:
        return f"max_output_tokens: recorded {recorded.max_output_tokens}, asked {wanted.max_output_tokens}"
    for name in sorted({*recorded.parts, *wanted.parts}, key=_as_read):
        one, other = recorded.parts.get(name, ""), wanted.parts.get(name, "")
        if one != other:
            at = next(
                (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
            )
            return f"{name}, character {at}: recorded {_around(one, at)}, asked {_around(other, at)}"
    return "none: it was asked more often than recorded"


def _as_read(name: str) -> int:
    order = ("system", "tools", "user", "turns")
    return order.index(name) if name in order else len(order)


def _around(text: str, at: int) -> str:
    """Some characters of a JSON text about a place; it is plain ASCII, and `repr` leaves nothing raw."""
    return repr(text[max(0, at - 30) : at + 30])
