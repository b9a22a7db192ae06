"""A line to a model: what the meter asks through. One goes out to the service; the other is in `replay.py`."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, TypeAlias

from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.exchange import Asked, Came, asked_of
from tui_trader.agent.llm.ports import ChatModel, ChatReply, ChatRequest, ModelFault
from tui_trader.core.clock import Clock, Instant

Record: TypeAlias = Callable[[Asked, Came], None]

_log = logging.getLogger(__name__)


class Line(Protocol):
    """One model, asked under a deadline. Only the meter holds one."""

    @property
    def model(self) -> str:
        """The model's name, as it is asked for and priced."""
        ...

    @property
    def max_output_tokens(self) -> int:
        """The longest reply that is asked for."""
        ...

    async def answer(self, request: ChatRequest, *, deadline: float) -> ChatReply:
        """The reply within `deadline` real seconds. Raises ModelFault for all that can go wrong."""
        ...

    async def close(self) -> None:
        """Lets go of connections and files; nothing is asked afterwards."""
        ...


class LiveLine:
    """Out to the service, in real time at any pace of the engine's clock."""

    def __init__(self, chat: ChatModel, clock: Clock, record: Record | None = None) -> None:
        """Opens nothing; the first question connects. `record` is told of each exchange when it has ended."""
        self._chat = chat
        self._clock = clock
        self._record = record

    @property
    def model(self) -> str:
        """See the port."""
        return self._chat.model

    @property
    def max_output_tokens(self) -> int:
        """See the port."""
        return self._chat.max_output_tokens

    async def answer(self, request: ChatRequest, *, deadline: float) -> ChatReply:
        """See the port. A call that ran out of time may have been worked on, and charged."""
        began = self._clock.now()
        try:
            reply = await self._clock.outside(lambda: self._chat.ask(request), deadline=deadline)
        except TimeoutError:
            self._ended(request, began, fault=Fault.TIMEOUT, may_cost=True)
            raise ModelFault(Fault.TIMEOUT, may_cost=True) from None
        except asyncio.CancelledError:
            self._ended(request, began, fault=Fault.INTERRUPTED, may_cost=True)
            raise
        except ModelFault as error:
            self._ended(request, began, fault=error.fault, may_cost=error.may_cost)
            raise
        self._ended(request, began, reply=reply)
        return reply

    def _ended(
        self,
        request: ChatRequest,
        began: Instant,
        *,
        reply: ChatReply | None = None,
        fault: Fault | None = None,
        may_cost: bool = False,
    ) -> None:
        if self._record is None:
            return
        asked = asked_of(request, model=self.model, max_output_tokens=self.max_output_tokens)
        took = self._clock.now() - began
        named = fault.value if fault else ""
        self._record(asked, Came(nanoseconds=took, reply=reply, fault=named, may_cost=may_cost))

    async def close(self) -> None:
        """Closes the connections where they were made; a second is enough for a goodbye."""
        try:
            await self._clock.outside(self._chat.close, deadline=1.0)
        except TimeoutError:
            _log.warning("the model's connections did not close in time")
