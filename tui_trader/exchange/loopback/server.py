"""The loopback exchange as a server: bound to 127.0.0.1 and to nothing else, with the market running behind it."""

import asyncio
import os
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from tui_trader.core.clock import Clock, Instant, WallClock
from tui_trader.core.market import MarketEvent
from tui_trader.exchange.loopback.control import PATH, ControlDesk
from tui_trader.exchange.loopback.floor import Floor, open_floor
from tui_trader.exchange.loopback.intervals import MINUTE_NS
from tui_trader.exchange.loopback.klines import KEPT
from tui_trader.exchange.loopback.market_source import MarketSource
from tui_trader.exchange.loopback.mischief import Mischief
from tui_trader.exchange.loopback.options import LoopbackOptions
from tui_trader.exchange.loopback.rest import RestDesk
from tui_trader.exchange.loopback.sockets import SocketDesk

HOST = "127.0.0.1"
"""The only address: this exchange trusts whoever can reach it more than a real one may."""
_TICK = 0.25
"""Seconds between klines on the streams, as at Binance."""
_TICKERS_EVERY = 4
"""Ticks between day tickers."""


class PortRefused(Exception):
    """Nobody can be served at this port; the sentence says why and what to do."""


class LoopbackExchange:
    """One exchange. Use as an async context manager, or `start` and `stop`.

    `failed` is the market's or the books' error, where there was one; the server goes on answering without a market.
    """

    def __init__(
        self,
        options: LoopbackOptions,
        source: MarketSource,
        *,
        folder: Path | None = None,
        market_clock: Clock | None = None,
        clock: Clock | None = None,
        scale: float = 1.0,
    ) -> None:
        """`folder` keeps the books (None: in memory). `market_clock` is the source's; `scale` says how fast it runs."""
        self._options = options
        self._source = source
        self._folder = folder
        self._clock = clock or WallClock()
        self._market_clock = market_clock or self._clock
        self._scale = scale
        self._port = options.port
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.failed: BaseException | None = None
        self.market_ended = asyncio.Event()
        self.floor: Floor
        self.rest: RestDesk
        self.sockets: SocketDesk
        self.mischief: Mischief

    @property
    def rest_url(self) -> str:
        """Where REST is served, without a path."""
        return f"http://{HOST}:{self._port}"

    @property
    def stream_url(self) -> str:
        """Where WebSockets are served, without a path."""
        return f"ws://{HOST}:{self._port}"

    async def __aenter__(self) -> "LoopbackExchange":
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def start(self) -> None:
        """Open the books, take up what a kill interrupted, run the market, and serve.

        Raises PaperBooksError, LoopbackBooksError, FeedError of the source, PortRefused.
        """
        self.floor = open_floor(self._options, self._source.instruments, self._clock, self._folder, self._scale)
        try:
            self._remember_klines()
            await self.floor.algos.resume()
            await self._serve()
        except BaseException:
            await self.floor.close()
            raise
        self._tasks = [self._task(work) for work in (self._run_market(), self._tick(), self.floor.hall.depth.run())]

    async def stop(self) -> None:
        """Close all connections, stop the market, let go of the books."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.sockets.close_all()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.floor.close()

    async def restart(self) -> None:
        """As a kill and a new start: connections break, the books on disk stay, listen keys are gone. The same port."""
        for connection in tuple(self.sockets.connections):
            connection.cut()
        await self.stop()
        await self.start()

    async def hear(self, event: MarketEvent) -> None:
        """Tell the market by hand, beside or instead of the source."""
        await self.floor.hear(event)

    async def _serve(self) -> None:
        self.rest = RestDesk(self.floor)
        self.sockets = SocketDesk(self.floor)
        self.mischief = Mischief(self.floor, self.rest.faults, self.sockets, self.restart)
        app = web.Application(client_max_size=1 << 20)
        for route in ("{route:public|market|private}/", ""):
            app.router.add_get(f"/{route}{{form:ws|stream}}", self.sockets.connect)
            app.router.add_get(f"/{route}{{form:ws|stream}}/{{tail:.*}}", self.sockets.connect)
        if self._options.control_token:
            control = ControlDesk(self.mischief, self._options.control_token)
            app.router.add_post(PATH, control.answer)
        app.router.add_route("*", "/{path:.*}", self.rest.answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            why = os.strerror(error.errno) if error.errno else str(error)
            raise PortRefused(
                f"{HOST}:{self._port} cannot be served ({why}). Use another --port, or --port 0 for any free one."
            ) from error
        self._port = self._runner.addresses[0][1]

    def _remember_klines(self) -> None:
        """The source's past, laid so that it ends with the last whole minute before now."""
        begins = self._market_clock.now()
        now = self._clock.now()
        shift = (now - now % MINUTE_NS) - (begins - begins % MINUTE_NS)
        for symbol, tape in self.floor.tapes.items():
            tape.klines.remember(partial(self._source.history, symbol, begins, KEPT), shift)

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_failure)
        return task

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failed = error
            self.market_ended.set()

    async def _run_market(self) -> None:
        async for event in self._source.events(Instant(self._market_clock.now() - 1)):
            await self.floor.hear(event)
        self.market_ended.set()

    async def _tick(self) -> None:
        count = 0
        while True:
            await self._clock.sleep(_TICK)
            self.floor.hall.tell_klines()
            await self.floor.cancel_due()
            count += 1
            if count % _TICKERS_EVERY == 0:
                self.floor.hall.tell_tickers()
