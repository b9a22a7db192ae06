"""The account's own stream: a listen key kept alive, one socket at a time, reconnected for ever, each loss told."""

import asyncio
from collections.abc import Callable

from tui_trader.core.clock import elapsed
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import Done, ListenKey, Unreadable
from tui_trader.exchange.binance.backoff import Backoff
from tui_trader.exchange.binance.client import RequestFailed
from tui_trader.exchange.binance.endpoints import Route
from tui_trader.exchange.binance.fees import Fees
from tui_trader.exchange.binance.names import Names
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.binance.sockets import listen
from tui_trader.exchange.binance.user_events import Hint, Occasion, Told, read_event

_RENEW_EVERY = 20 * 60.0
"""Seconds between two renewals of the key, which lives for an hour."""
_HOLDS_AFTER = 60.0
"""Seconds after which a connection counts as good: the next outage then begins with short pauses."""


class UserStream:
    """Tells what happens, and when it may have missed something. `run` it as a task."""

    def __init__(
        self,
        session: Session,
        names: Names,
        fees: Fees,
        *,
        tell: Callable[[Told], None],
        lost: Callable[[str], None],
    ) -> None:
        """`tell` takes what the stream says, `lost` why something may have been missed."""
        self._session = session
        self._names = names
        self._fees = fees
        self._tell = tell
        self._lost = lost
        self._backoff = Backoff(session.chance("user stream"))
        self._live = asyncio.Event()
        self._over = asyncio.Event()
        self._why = ""
        self.losses = 0
        """How often the stream was lost."""

    @property
    def is_live(self) -> bool:
        """Whether the socket is open and its key good, as far as anyone knows."""
        return self._live.is_set()

    async def live(self, within: float) -> bool:
        """Wait until it is live; False if it is not after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                await self._live.wait()
        except TimeoutError:
            return False
        return True

    def suspect(self, why: str) -> None:
        """It should have told something and did not: begin a new connection with a new key."""
        self._why = why
        self._over.set()

    async def run(self) -> None:
        """Connect and listen until cancelled."""
        while True:
            began = self._session.clock.now()
            why = await self._one_life()
            self._live.clear()
            self.losses += 1
            if elapsed(began, self._session.clock.now()) > _HOLDS_AFTER:
                self._backoff.reset()
            self._lost(why)
            await self._session.clock.sleep(self._backoff.pause())

    async def close(self) -> None:
        """Give the key back, where that is possible at once."""
        try:
            await self._session.rest.write(endpoints.CLOSE_LISTEN_KEY, Done)
        except RequestFailed:
            return  # it expires by itself

    async def _one_life(self) -> str:
        try:
            key = await self._key()
        except RequestFailed as error:
            return f"no listen key: {error.failure.text}"
        self._over.clear()
        path = f"{Route.PRIVATE.value}/ws?listenKey={key}"
        tasks = {
            asyncio.create_task(listen(self._session, path, self._take, opened=self._opened), name="user socket"),
            asyncio.create_task(self._renew(key), name="listen key"),
            asyncio.create_task(self._ended(), name="user stream doubts"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _key(self) -> str:
        """A key: the one that is alive, with its hour begun anew, or another. Raises RequestFailed."""
        return (await self._session.rest.write(endpoints.OPEN_LISTEN_KEY, ListenKey)).listen_key

    def _opened(self) -> None:
        self._live.set()
        if self.losses:
            self._lost("the account stream is back, and what it missed is asked for")

    async def _renew(self, key: str) -> str:
        """Keep the key alive; returns where that did not work or another key was given."""
        while True:
            await self._session.clock.sleep(_RENEW_EVERY)
            try:
                await self._session.rest.write(endpoints.KEEP_LISTEN_KEY, Done)
            except RequestFailed as error:
                try:
                    if await self._key() != key:
                        return "another listen key was given"
                except RequestFailed:
                    return f"the listen key could not be renewed: {error.failure.text}"

    async def _ended(self) -> str:
        await self._over.wait()
        return self._why

    def _take(self, json: bytes) -> None:
        try:
            told = read_event(json, self._names, self._fees)
        except Unreadable as error:
            self._lost(str(error))
            return
        for each in told:
            if isinstance(each, Occasion) and each.hint is Hint.KEY_EXPIRED:
                self.suspect(each.text)
            else:
                self._tell(each)
