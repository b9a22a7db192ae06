"""The paper exchange's news: what happened, in order, for one listener at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from tui_trader.exchange.ports import AccountEvent, StreamLost


class News:
    """Kept from the first since the start until somebody hears it."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._waiting: asyncio.Queue[AccountEvent | None] = asyncio.Queue()
        self._is_listened_to = False
        self._told_of_loss = False

    def tell(self, events: Iterable[AccountEvent]) -> None:
        """What has happened."""
        for event in events:
            self._waiting.put_nowait(event)

    def tell_of_loss(self, why: str) -> None:
        """The books failed, so that news is missing; told once until they hold again."""
        if not self._told_of_loss:
            self._told_of_loss = True
            self._waiting.put_nowait(StreamLost(why))

    def books_hold(self) -> None:
        """The next failure is told again."""
        self._told_of_loss = False

    def end(self) -> None:
        """Nothing more comes."""
        self._waiting.put_nowait(None)

    async def listen(self) -> AsyncIterator[AccountEvent]:
        """News in order until they end. Raises RuntimeError where somebody listens already."""
        if self._is_listened_to:
            raise RuntimeError("the paper exchange tells its news to one listener")
        self._is_listened_to = True
        try:
            while (event := await self._waiting.get()) is not None:
                yield event
            self.end()  # for whoever listens next: it is over
        finally:
            self._is_listened_to = False
