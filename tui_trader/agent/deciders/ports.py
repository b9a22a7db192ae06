"""A decider as the graph sees it: an observation goes in, proposed tool calls or a named fault come out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from tui_trader.agent.faults import Fault
from tui_trader.agent.observation import Observation
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import JsonObject
from tui_trader.tools.ports import ToolSpec

LONGEST_READING = 1_200
"""Characters of a reading that a decider is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCall:
    """A trading tool call that a decider wants."""

    tool: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedCall:
    """A proposed call that the gate would not let through, with its reason code."""

    call: ProposedCall
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """What may be looked up before the decision, and how often: `rounds` times, several readings at once.

    `read` answers with the text of a reading, cut and in time, whatever happens; each is journalled as a tool call.
    """

    rounds: int
    tools: tuple[ToolSpec, ...]
    read: Callable[[ProposedCall], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """What is to be decided. `tools` are the trading tools on offer; `deadline` is seconds of real time.

    With `investigation` a decider may look before it decides; all of it stays within the deadline.

    With `denied` this is the one chance to amend: those calls of the first answer were refused, and the new answer
    replaces the first altogether.
    """

    cycle: int
    observation: Observation
    tools: tuple[ToolSpec, ...]
    deadline: float
    denied: tuple[DeniedCall, ...] = ()
    investigation: Investigation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a decider wants. No calls means hold; a fault means that there is no decision, and then no calls.

    `cost` in USD; where a price is unknown it is the configured worst case.
    """

    calls: tuple[ProposedCall, ...] = ()
    reason: str = ""
    fault: Fault | None = None
    tokens: int = 0
    cost: Money = ZERO
    model: str = ""
    is_on_record: bool = False
    """Whether the journal holds the figures that it was shown already, in a question to a model."""


class Decider(Protocol):
    """Decides one cycle at a time. Every fault it expects is in the decision; it raises only JournalUnwritable."""

    @property
    def name(self) -> str:
        """`rules`, `openai`, …"""
        ...

    @property
    def amends(self) -> bool:
        """Whether it wants to be asked once more when the gate refused a part of its answer."""
        ...

    async def unaffordable(self, request: DecisionRequest) -> str:
        """Why there is no money to decide this, in a few words; empty where there is, or where it costs nothing.

        Asked all the same, it manages what is held and opens nothing.
        """
        ...

    async def decide(self, request: DecisionRequest) -> Decision:
        """The decision, within the request's deadline."""
        ...

    async def close(self) -> None:
        """Lets go of connections; nothing is decided afterwards."""
        ...
