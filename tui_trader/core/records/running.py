"""Rows of a home and of the runs in it: what they are made of, and who signs the log."""

from dataclasses import dataclass, field
from typing import ClassVar

from tui_trader.core.clock import Instant
from tui_trader.core.records.json_values import JsonObject
from tui_trader.core.words import Autonomy, Mode, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened:
    """The first row of a home folder: it belongs to this mode and this account, for ever."""

    KIND: ClassVar[str] = "home"
    mode: Mode
    account: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTerms:
    """On what real money is traded: the account that a person named, the caps over every prompt, and whether the key
    works from its own addresses alone.
    """

    account: str
    caps: JsonObject
    is_ip_bound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStarted:
    """A run begins: what it is made of. `market_time` is where the engine's clock starts; `wall_time` is ISO text.

    `market_start` and `market_seed` say which synthetic market it is, so that a restart goes on in the same one.
    """

    KIND: ClassVar[str] = "start"
    version: str
    feed: str
    decider: str
    prompt: str
    prompt_hash: str
    symbols: tuple[Symbol, ...]
    autonomy: Autonomy
    policy: JsonObject
    seed: int | None = None
    market_time: Instant
    market_start: Instant
    market_seed: int | None = None
    wall_time: str | None = None
    live: LiveTerms | None = None
    """None where no real money is traded. `policy` is the prompt's with the caps applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptChanged:
    """The prompt's file changed. `changed` are the policy's fields that hold from here on (by the operator: looser ones
    too), `waiting` those that the file loosens and nobody has agreed to. The hashes are of the instructions. `person`
    is the operator's name, where the operator agreed.
    """

    KIND: ClassVar[str] = "prompt"
    name: str
    old_hash: str
    new_hash: str
    changed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    policy: JsonObject = field(default_factory=dict)
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStopped:
    """A run ended cleanly."""

    KIND: ClassVar[str] = "stop"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyImported:
    """A line that `emergency.jsonl` kept while the journal could not be written."""

    KIND: ClassVar[str] = "emergency"
    line: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyIntroduced:
    """From here on this Ed25519 key signs the log; the key before it (the first time: itself) signs that, in hex."""

    KIND: ClassVar[str] = "key"
    public_key: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSigned:
    """The key in force signs every row before this one; hexadecimal."""

    KIND: ClassVar[str] = "checkpoint"
    signature: str
