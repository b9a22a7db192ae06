"""A chat model as a decider sees it: one request, one reply or one fault; no library's types."""

from dataclasses import dataclass
from typing import Protocol

from tui_trader.agent.faults import FAULT_TEXT, Fault
from tui_trader.tools.ports import ToolSpec


class ModelFault(Exception):
    """There is no usable reply, and why. `may_cost`: the service may have worked, and charge, all the same.

    Its text is the fault's own sentence: nothing of the library's or the service's text, which may hold a key.
    """

    def __init__(self, fault: Fault, *, may_cost: bool) -> None:
        """The text follows from the fault."""
        super().__init__(FAULT_TEXT[fault])
        self.fault = fault
        self.may_cost = may_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCall:
    """A tool call as the model wrote it; `arguments` is its text, which may be anything."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    """A reply that asked for something to read, and what it was given: one answer for each call, in their order."""

    calls: tuple[ChatCall, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked. `system` is the same from cycle to cycle, so that a service can cache it; `user` is not.

    `turns` is what was said in between; the reply is to all of it. Some tool of `tools` must be called.
    """

    system: str
    user: str
    tools: tuple[ToolSpec, ...]
    turns: tuple[ChatTurn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatUsage:
    """Tokens as the service counted them.

    Input includes what was read from or written to its cache, output what the model thought without showing it.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total(self) -> int:
        """Input and output."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """What came back, unjudged."""

    text: str = ""
    calls: tuple[ChatCall, ...] = ()
    refused: bool = False
    truncated: bool = False
    usage: ChatUsage = ChatUsage()


class ChatModel(Protocol):
    """One model at one address. It never retries."""

    @property
    def model(self) -> str:
        """The model's name, as it is asked for and priced."""
        ...

    @property
    def max_output_tokens(self) -> int:
        """The longest reply that is asked for."""
        ...

    async def ask(self, request: ChatRequest) -> ChatReply:
        """The reply. Raises ModelFault for all that can go wrong. Run it through the clock's `outside`."""
        ...

    async def close(self) -> None:
        """Closes the connections; to be run where `ask` ran."""
        ...
