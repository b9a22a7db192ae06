"""Binance's public data as the live feed takes them: messages of a route, order books, candles, all undecoded."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

import msgspec

from tui_trader.core.clock import Instant, elapsed, to_milliseconds
from tui_trader.core.words import Symbol
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.backoff import Backoff
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.binance.sockets import listen
from tui_trader.exchange.ports import ExchangeUnavailable

_MOST_WAITING = 50_000
"""Messages that may wait for a reader: beyond, the connection is given up and begun anew, which the reader is told."""
_HOLDS_AFTER = 60.0
_DEPTH = "1000"
_MOST_CANDLES = 1500
_Raw = bytes | None


class PublicData:
    """The public side of a session; it needs no key."""

    def __init__(self, session: Session) -> None:
        """`session` stays its owner's to close."""
        self._session = session

    async def messages(
        self, route: str, streams: Sequence[str], *, silence: float
    ) -> AsyncGenerator[bytes | None, None]:
        """The combined streams of a route, for ever: each message, and None wherever some may be missing.

        A connection that is silent for `silence` seconds, or that nobody reads fast enough, is begun anew.
        """
        waiting: asyncio.Queue[_Raw] = asyncio.Queue()
        connecting = asyncio.create_task(self._keep(route, streams, silence, waiting), name=f"{route} streams")
        try:
            while True:
                yield await waiting.get()
        finally:
            connecting.cancel()
            with suppress(asyncio.CancelledError):
                await connecting

    async def depth(self, symbol: Symbol) -> bytes | None:
        """The order book as JSON, as deep as it is given; None where it was not answered."""
        return await self._asked(endpoints.DEPTH, symbol=symbol, limit=_DEPTH)

    async def candles(self, symbol: Symbol, *, until: Instant, count: int) -> bytes | None:
        """Up to `count` one-minute candles that began before `until`, as JSON rows; None where not answered."""
        most = str(min(count, _MOST_CANDLES))
        end = str(to_milliseconds(until) - 1)
        return await self._asked(endpoints.KLINES, symbol=symbol, interval="1m", endTime=end, limit=most)

    async def _asked(self, endpoint: endpoints.Endpoint, **params: str) -> bytes | None:
        try:
            answer = await self._session.rest.read(endpoint, object, urgency=Urgency.ROUTINE, **params)
        except ExchangeUnavailable:
            return None
        return msgspec.json.encode(answer)

    async def _keep(self, route: str, streams: Sequence[str], silence: float, waiting: "asyncio.Queue[_Raw]") -> None:
        clock, backoff = self._session.clock, Backoff(self._session.chance(f"{route} streams"))
        path = f"{route}/stream?streams={'/'.join(streams)}"
        while True:
            began = clock.now()
            slow = asyncio.Event()

            def take(json: bytes, slow: asyncio.Event = slow) -> None:
                if waiting.qsize() < _MOST_WAITING:
                    waiting.put_nowait(json)
                else:
                    slow.set()

            listening = asyncio.create_task(
                listen(self._session, path, take, opened=lambda: None, silence=silence), name=f"{route} socket"
            )
            overflow = asyncio.create_task(slow.wait(), name=f"{route} overflow")
            try:
                await asyncio.wait({listening, overflow}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (listening, overflow):
                    task.cancel()
                await asyncio.gather(listening, overflow, return_exceptions=True)
            waiting.put_nowait(None)
            if elapsed(began, clock.now()) > _HOLDS_AFTER:
                backoff.reset()
            await clock.sleep(backoff.pause())
