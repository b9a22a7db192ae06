"""The lines of a cassette: a header, texts by their hash, and exchanges that name the texts."""

import hashlib
from pathlib import Path
from typing import TypeAlias

import msgspec

from tui_trader.agent.llm.exchange import Came

SUFFIX = ".jsonl"
VERSION = 1


class CassetteError(Exception):
    """A recording cannot be read; the sentence says which, where and what to do."""


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="header"):
    """What was recorded: enough to run it again. Prices are USD a million tokens, as decimal text, where given."""

    version: int = VERSION
    seed: int | None
    feed: str
    symbols: tuple[str, ...]
    prompt_sha256: str
    model: str
    fallback_model: str | None = None
    input_price: str | None = None
    output_price: str | None = None


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="text"):
    """A text that exchanges name: written once, since rules and tools are the same in every request."""

    name: str
    text: str


class Exchange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="exchange"):
    """A request by its key and the names of its parts, and what came back."""

    key: str
    model: str
    max_output_tokens: int
    parts: dict[str, str]
    came: Came


Line: TypeAlias = Header | Text | Exchange

_decoder = msgspec.json.Decoder(Line)


def name_of(text: str) -> str:
    """What a text is called."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def encoded(line: Line) -> bytes:
    """The line with its end. Text must have a UTF-8 form."""
    return msgspec.json.encode(line) + b"\n"


def decoded(line: bytes) -> Line:
    """The line. Raises ValueError."""
    found: Line = _decoder.decode(line)
    return found


def part_of(path: Path, number: int) -> Path:
    """The file of a part, counted from one: `NAME.jsonl`, `NAME.2.jsonl`, …"""
    return path if number == 1 else path.with_name(f"{path.name.removesuffix(SUFFIX)}.{number}{SUFFIX}")


def recording_name(file: Path) -> str:
    """The recording to which a part belongs."""
    return file.name.split(".", maxsplit=1)[0]
