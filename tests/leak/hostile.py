"""An exchange that quotes secrets in its answers: by itself, or in front of a sound one whose answers it passes on."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import product
from typing import Final, TypeAlias

import aiohttp
from aiohttp import web
from yarl import URL

STATUSES: Final = (400, 401, 403, 404, 418, 429, 451, 500, 502, 503, 504)
Body: TypeAlias = Callable[[str], str]

_BODIES: Final[dict[str, Body]] = {
    "key refused": lambda said: json.dumps({"code": -2015, "msg": f"no {said}"}),
    "code unknown": lambda said: json.dumps({"code": -9876, "msg": said}),
    "code is text": lambda said: json.dumps({"code": said, "msg": said}),
    "words": lambda said: f"your request was {said}",
    "page": lambda said: f"<html><title>{said}</title></html>",
    "list": lambda said: json.dumps([{"code": -2013, "msg": said}]),
    "broken": lambda said: '{"code": -1000, "msg": "' + said,
}
_WELL_MEANT: Final[dict[str, Body]] = {
    "another kind": lambda said: json.dumps({"serverTime": said, "orderId": said, "status": said, "symbol": said}),
    "a list": lambda said: json.dumps([said]),
    "no JSON": lambda said: said,
    "a code": lambda said: json.dumps({"code": -1100, "msg": said}),
}

ANSWERS: Final[tuple[tuple[int, Body], ...]] = (
    *product(STATUSES, _BODIES.values()),
    *product((200,), _WELL_MEANT.values()),
)
"""Statuses and bodies; each body quotes what it is given."""

Spoils: TypeAlias = Callable[[web.Request], web.Response | None]


class HostileExchange:
    """Serves REST on this machine. `spoils` answers in its own way, or (None) what stands behind does."""

    def __init__(self, spoils: Spoils, behind: str = "") -> None:
        self._spoils = spoils
        self._behind = behind
        self.url = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["HostileExchange"]:
        """Serves while inside."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            await runner.cleanup()

    @contextmanager
    def in_a_thread(self) -> Iterator["HostileExchange"]:
        """The same on a loop of its own."""
        ready, done = threading.Event(), threading.Event()

        async def serve() -> None:
            async with self.serving():
                ready.set()
                while not done.is_set():
                    await asyncio.sleep(0.02)

        thread = threading.Thread(target=lambda: asyncio.run(serve()), name="hostile exchange", daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            done.set()
            thread.join(10)

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        spoiled = self._spoils(request)
        if spoiled is not None or not self._behind:
            return spoiled or web.Response(status=500)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method, URL(self._behind + request.raw_path, encoded=True), data=body, headers=headers
            ) as answer,
        ):
            return web.Response(
                status=answer.status, body=await answer.read(), content_type=answer.content_type or "text/plain"
            )


def response(number: int, said: str) -> web.Response:
    """The answer of this number, quoting what is said."""
    status, body = ANSWERS[number % len(ANSWERS)]
    return web.Response(status=status, text=body(said), content_type="application/json")
