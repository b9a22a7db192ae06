"""The state that travels through the graph: plain JSON below 3 kB, so that a checkpoint is small and needs no classes.

The observation alone is a typed value: it lives in a channel that is never checkpointed, as does the digest made of it,
because a decision that is taken up again must look at the market anew.
"""

from enum import StrEnum
from typing import Annotated, TypedDict

from langgraph.channels import UntrackedValue

from tui_trader.agent.observation import Observation
from tui_trader.core.plain_text import one_line
from tui_trader.core.records import JsonValue

MAX_ACTIONS = 4
"""Tool calls that one decision may hold."""
MAX_TEXT = 160
"""Characters of a text that came from outside (a reason, a detail) as the state keeps it."""
MAX_STATE_BYTES = 3_000
"""The state as JSON stays below this."""


class Outcome(StrEnum):
    """What became of a proposed action."""

    PROPOSED = "proposed"
    ALLOWED = "allowed"
    DENIED = "denied"
    NEEDS_A_PERSON = "needs_a_person"
    WAITS = "waits"
    DONE = "done"
    FAILED = "failed"
    NOT_REACHED = "not_reached"


class ActionState(TypedDict):
    """A proposed tool call, its outcome so far (an `Outcome`) and the reason code or detail that goes with it."""

    tool: str
    arguments: dict[str, JsonValue]
    outcome: str
    code: str


class CycleState(TypedDict, total=False):
    """One decision on its way. A node returns the part that it changed.

    `settled` is set as soon as nothing more is to be done (a `CycleVerdict`): every edge then leads to
    `log_decision`. `fault` is a `Fault`. `cost` is USD as a decimal string. `digest` is what a decider was or would be
    shown, and `is_on_record` whether it stands in the journal, in a question to a model; without it nobody decided.
    """

    cycle: int
    observation: Annotated[Observation, UntrackedValue(Observation)]
    digest: Annotated[str, UntrackedValue(str)]
    actions: list[ActionState]
    settled: str
    fault: str
    reason: str
    is_on_record: bool
    tokens: int
    cost: str
    note: str


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """The text as data: normalised, on one line, without control and format signs, cut to `limit` characters."""
    return one_line(text, limit)
