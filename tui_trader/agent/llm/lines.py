"""A line to a model: what the meter asks through. One goes out to the service; the other is in `replay.py`."""

import logging
from typing import Protocol

from tui_trader.agent.faults import Fault
from tui_trader.agent.llm.ports import ChatModel, ChatReply, ChatRequest, ModelFault
from tui_trader.core.clock import Clock

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

    def __init__(self, chat: ChatModel, clock: Clock) -> None:
        """Opens nothing; the first question connects."""
        self._chat = chat
        self._clock = clock

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
        try:
            return await self._clock.outside(lambda: self._chat.ask(request), deadline=deadline)
        except TimeoutError:
            raise ModelFault(Fault.TIMEOUT, may_cost=True) from None

    async def close(self) -> None:
        """Closes the connections where they were made; a second is enough for a goodbye."""
        try:
            await self._clock.outside(self._chat.close, deadline=1.0)
        except TimeoutError:
            _log.warning("the model's connections did not close in time")
