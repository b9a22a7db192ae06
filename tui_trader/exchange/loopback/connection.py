"""One WebSocket connection: its subscriptions, its requests, and a queue so that a slow reader stops nobody else."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from tui_trader.core.clock import NANOSECONDS, Clock, Instant, elapsed, to_milliseconds
from tui_trader.exchange.loopback.figures import Json
from tui_trader.exchange.loopback.frames import text_frame
from tui_trader.exchange.loopback.hub import Hub
from tui_trader.exchange.loopback.options import Limits
from tui_trader.exchange.loopback.stream_names import Route, parse_stream

_BACKLOG = 200_000
"""Messages that may wait for a reader; beyond that it is cut off."""


class Connection:
    """What one client of the market streams hears."""

    def __init__(
        self,
        *,
        ws: web.WebSocketResponse,
        request: web.Request,
        route: Route,
        hub: Hub,
        clock: Clock,
        limits: Limits,
    ) -> None:
        """`combined` framing may be switched on later, by path or by SET_PROPERTY."""
        self.ws = ws
        self._request = request
        self.route = route
        self.is_combined = False
        self.is_silent = False
        """A fault: nothing is told any more, and nobody says so."""
        self.is_half_open = False
        """A fault: nothing is told and no ping is answered, as if the other end had gone without a word."""
        self._hub = hub
        self._clock = clock
        self._limits = limits
        self._subscribed: dict[str, None] = {}
        self._waiting: list[bytes] = []
        self._is_over = False
        self._stirred = asyncio.Event()
        self._asked: deque[Instant] = deque()
        self._unanswered_since: Instant | None = None
        """When the oldest ping was sent that nothing has come back for."""

    def write(self, frame: bytes) -> None:
        """Queue a frame for sending."""
        if self.is_silent or self.is_half_open:
            return
        if len(self._waiting) >= _BACKLOG:
            self.cut()
            return
        self._waiting.append(frame)
        self._stirred.set()

    def subscribe(self, streams: Iterable[str]) -> None:
        """Listen to these; by a wrong route, or to what does not exist, one hears nothing."""
        for text in streams:
            if text in self._subscribed:
                continue
            self._subscribed[text] = None
            stream = parse_stream(text)
            if stream is not None and self.route.tells(stream):
                self._hub.join(text, self)

    def unsubscribe(self, streams: Iterable[str]) -> None:
        """Listen to these no longer."""
        for text in streams:
            if self._subscribed.pop(text, "") is None:
                self._leave(text)

    def cut(self) -> None:
        """Drop the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()
        self.close()

    def close(self) -> None:
        """Close the connection properly, once what waits is written."""
        self._is_over = True
        self._stirred.set()

    async def serve(self) -> None:
        """Run until either side ends it."""
        tasks = [asyncio.create_task(work) for work in (self._write(), self._ping(), self._grow_old())]
        try:
            await self._read()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for text in self._subscribed:
                self._leave(text)
            self._subscribed.clear()

    def _leave(self, text: str) -> None:
        stream = parse_stream(text)
        if stream is not None and self.route.tells(stream):
            self._hub.leave(text, self)

    async def _read(self) -> None:
        async for message in self.ws:
            if message.type is WSMsgType.PING and not self.is_half_open:
                await self.ws.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self._unanswered_since = None
            elif message.type is WSMsgType.TEXT and not self.is_half_open:
                if self._is_too_fast():
                    await self.ws.close(code=1008, message=b"Too many requests")
                    return
                self.write(text_frame(self._answered(message.data)))

    async def _write(self) -> None:
        """Whatever has come together goes out in one piece.

        A busy market comes in handfuls, and a call of the system for each message costs more than all else that is
        done about it. The frames are whole, so that they may pass by aiohttp, which knows only how to send them singly.
        """
        with contextlib.suppress(ConnectionError, RuntimeError):
            while not self._is_over or self._waiting:
                await self._stirred.wait()
                self._stirred.clear()
                frames, self._waiting = self._waiting, []
                if frames and not self.ws.closed and (transport := self._request.transport) is not None:
                    transport.write(b"".join(frames))
                    await self._request.writer.drain()
            await self.ws.close()

    async def _ping(self) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while True:
                await self._clock.sleep(self._limits.ping_seconds)
                now = self._clock.now()
                since = self._unanswered_since
                if since is not None and elapsed(since, now) >= self._limits.pong_seconds:
                    self.cut()
                elif not self.is_half_open:
                    self._unanswered_since = since or now
                    await self.ws.ping(str(to_milliseconds(now)).encode())

    async def _grow_old(self) -> None:
        """No connection is kept for ever: whoever wants to hear more comes again."""
        await self._clock.sleep(self._limits.connection_seconds)
        if self.is_half_open:
            self.cut()
        else:
            await self.ws.close(code=WSCloseCode.GOING_AWAY, message=b"A connection is valid for 24 hours")

    def _is_too_fast(self) -> bool:
        now = self._clock.now()
        while self._asked and now - self._asked[0] >= NANOSECONDS:
            self._asked.popleft()
        self._asked.append(now)
        return len(self._asked) > self._limits.messages_a_second

    def _answered(self, text: str) -> bytes:
        try:
            asked = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            return _written({"error": {"code": 3, "msg": f"Invalid JSON: {error}"}})
        names = [name for name in asked.params if isinstance(name, str)]
        result: Json = None
        match asked.method:
            case "SUBSCRIBE":
                if len({*self._subscribed, *names}) > self._limits.streams:
                    return _written({"error": {"code": 4, "msg": "Too many streams"}, "id": asked.id})
                self.subscribe(names)
            case "UNSUBSCRIBE":
                self.unsubscribe(names)
            case "LIST_SUBSCRIPTIONS":
                result = list(self._subscribed)
            case "SET_PROPERTY" if asked.params[:1] == ["combined"] and len(asked.params) == 2:
                self.is_combined = asked.params[1] is True
            case "GET_PROPERTY" if asked.params == ["combined"]:
                result = self.is_combined
            case _:
                return _written({"error": {"code": 2, "msg": f"Invalid request: {asked.method}"}, "id": asked.id})
        return _written({"result": result, "id": asked.id})


class _Request(msgspec.Struct, frozen=True):
    method: str
    params: list[str | bool] = msgspec.field(default_factory=list)
    id: int | str | None = None


def _written(message: Json) -> bytes:
    return msgspec.json.encode(message)
