"""One connection's life: connected, read until it ends or falls silent, closed; why it ended is the answer."""

import asyncio
from collections.abc import Callable

import aiohttp

from tui_trader.exchange.binance.session import Session

_CONNECT_WITHIN = 10.0
LIFETIME = 23 * 3600.0
"""Seconds after which a connection is given up by ourselves: Binance ends it after 24 hours."""


async def listen(
    session: Session,
    path: str,
    take: Callable[[bytes], None],
    *,
    opened: Callable[[], None],
    silence: float | None = None,
) -> str:
    """Hand each message to `take`, in order, until the connection ends; the answer says why it did.

    `silence` is the longest pause in seconds between two messages; None for a stream that may have nothing to say.
    Failures to connect are answers as well. Nothing but cancellation is raised.
    """
    try:
        async with asyncio.timeout(_CONNECT_WITHIN):
            socket = await session.connect(path)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return f"no connection ({type(error).__name__})"
    try:
        opened()
        async with asyncio.timeout(LIFETIME):
            return await _read(socket, take, silence)
    except TimeoutError:
        return "renewed before its day was over"
    finally:
        await socket.close()


async def _read(socket: aiohttp.ClientWebSocketResponse, take: Callable[[bytes], None], silence: float | None) -> str:
    while True:
        try:
            message = await socket.receive(timeout=silence)
        except TimeoutError:
            return f"silent for {silence:g} s"
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                take(message.data.encode())
            case aiohttp.WSMsgType.BINARY:
                take(message.data)
            case aiohttp.WSMsgType.ERROR:
                return f"broken ({type(message.data).__name__})"
            case _:
                return "closed by the exchange"
