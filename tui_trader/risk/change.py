"""What a changed policy loosens and tightens, field by field: what tightens holds at once, what loosens waits.

The comparison is total: every field of the policy has its term, and a field that has none cannot be compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel

from tui_trader.core.records import JsonObject, JsonValue
from tui_trader.core.words import Symbol
from tui_trader.risk.policy import Policy
from tui_trader.risk.terms import TERMS, Value

_Path: TypeAlias = tuple[str, ...]


class NothingLeftToTrade(ValueError):
    """The changed policy names none of the symbols that are traded: only a restart can take it up."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """From the policy in force to another one. `now` is what holds at once: of each field the tighter value."""

    now: Policy
    tightened: tuple[str, ...]
    """Fields whose new value holds at once; what limits nothing is among them."""
    loosened: tuple[str, ...]
    """Fields whose new value waits for a person's word."""


@dataclass(frozen=True, slots=True)
class Loosening:
    """A field whose new value waits for a person's word: both values as written, None where it is left out."""

    field: str
    in_force: str | None
    wanted: str | None


@dataclass(frozen=True, slots=True)
class Meaning:
    """A field of a policy, its value as written (None: left out), and what that means."""

    field: str
    value: str | None
    sentence: str


def change_of(current: Policy, wanted: Policy) -> PolicyChange:
    """What becomes of the policy in force when its file says `wanted`. Raises NothingLeftToTrade."""
    tightened: list[str] = []
    loosened: list[str] = []
    now = current
    for field in TERMS:
        before, after = _value(current, field), _value(wanted, field)
        if before == after:
            continue
        if TERMS[field].loosens(before, after):
            loosened.append(field)
            if field != "symbols":
                continue
            after = _kept(current.symbols, wanted.symbols)
            if after == before:
                continue
        tightened.append(field)
        now = _with(now, field, after)
    return PolicyChange(now, tuple(tightened), tuple(loosened))


def loosenings(current: Policy, wanted: Policy) -> tuple[Loosening, ...]:
    """What the wanted policy loosens, with the values. Raises NothingLeftToTrade."""
    before, after = current.as_record(), wanted.as_record()
    return tuple(
        Loosening(field, _written(_at(before, path)), _written(_at(after, path)))
        for field in change_of(current, wanted).loosened
        for path in (tuple(field.split(".")),)
    )


def meanings(policy: Policy) -> Iterator[Meaning]:
    """Each field of the policy in a sentence, in the order of the policy."""
    written = policy.as_record()
    for field, term in TERMS.items():
        value = _written(_at(written, tuple(field.split("."))))
        yield Meaning(field, value, term.said(value))


def fields_of_policy() -> tuple[str, ...]:
    """Every field that a policy has, sections' fields by `section.field`."""
    names: list[str] = []
    for name, field in Policy.model_fields.items():
        kind = field.annotation
        inner = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else None
        names += [name] if inner is None else [f"{name}.{each}" for each in inner]
    return tuple(names)


def _kept(current: tuple[Symbol, ...], wanted: tuple[Symbol, ...]) -> tuple[Symbol, ...]:
    kept = tuple(symbol for symbol in current if symbol in wanted)
    if not kept:
        raise NothingLeftToTrade(f"it trades {', '.join(wanted)}, and this run trades {', '.join(current)}")
    return kept


def _value(policy: Policy, field: str) -> Value:
    section, _, name = field.rpartition(".")
    value: Value = getattr(getattr(policy, section) if section else policy, name)
    return value


def _with(policy: Policy, field: str, value: Value) -> Policy:
    section, _, name = field.rpartition(".")
    if not section:
        return policy.model_copy(update={name: value})
    inner: BaseModel = getattr(policy, section)
    return policy.model_copy(update={section: inner.model_copy(update={name: value})})


def _at(tree: JsonObject, path: _Path) -> JsonValue:
    value: JsonValue = tree
    for step in path:
        assert isinstance(value, dict)
        value = value[step]
    return value


def _written(value: JsonValue) -> str | None:
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
