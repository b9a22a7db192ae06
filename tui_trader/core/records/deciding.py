"""Rows of decisions: what a model was asked and answered, and what was decided."""

from dataclasses import dataclass
from typing import ClassVar

from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records.json_values import JsonObject
from tui_trader.core.words import CycleVerdict, Economy, SpendWindow, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAsked:
    """What a model is about to be asked; durable before it is. `reserved` is the most that the call can cost, in USD.

    It counts as spent until the answer's row settles it, and for ever where that row never comes.
    """

    KIND: ClassVar[str] = "llm.request"
    cycle: int
    model: str
    prompt_hash: str
    messages: tuple[JsonObject, ...]
    reserved: Money = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswered:
    """What a model answered, or the fault that stood in its place. Money in USD; None where the price is unknown.

    `estimated`: the cost is an upper bound, since the price or the usage is not known; it counts all the same.
    `asked` is the number of the question's row. Input includes the cached and the cache-written tokens, output the
    reasoning tokens.
    """

    KIND: ClassVar[str] = "llm.response"
    cycle: int
    model: str
    fault: str | None = None
    text: str = ""
    tool_calls: tuple[JsonObject, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Money | None = ZERO
    milliseconds: int = 0
    estimated: bool = False
    asked: int = 0
    cached_tokens: int = 0
    cache_written_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EconomyChanged:
    """The model is asked more sparingly, or freely again. `until` is when the window passes that asked for it."""

    KIND: ClassVar[str] = "llm.economy"
    economy: Economy
    reason: str
    window: SpendWindow | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresSeen:
    """What a decision was made by where no model was asked: the digest that a model would have had, as it was.

    Where one was asked, its question holds the figures.
    """

    KIND: ClassVar[str] = "figures"
    cycle: int
    decider: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A trading tool call that a decider proposed, and what became of it."""

    tool: str
    arguments: JsonObject
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleDecided:
    """One decision, held ones and skips included."""

    KIND: ClassVar[str] = "decision"
    cycle: int
    symbols: tuple[Symbol, ...]
    verdict: CycleVerdict
    reason: str
    actions: tuple[Action, ...] = ()
    decider: str
    tokens: int = 0
    cost: Money = ZERO
    milliseconds: int = 0
