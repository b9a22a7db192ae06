"""A loopback server that speaks `/v1/chat/completions` and misbehaves as the model's name asks for.

`good:<json>` answers with the tool calls of the JSON list `[[name, arguments], …]`; `steps:<json>` with the first such
list of several, then the second when the question holds one answer of the model already, and so on; `slow:<name>` as
the name, after a while; the other names are `Trouble`.
Every request body and its headers are kept.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TypeAlias, TypedDict

from aiohttp import web

from tui_trader.core.records import JsonValue

GOOD = "good:"
STEPS = "steps:"
LATER = "slow:"
SLOWLY = 0.2
"""Seconds that a slow answer takes."""
INPUT_TOKENS = 1_200
OUTPUT_TOKENS = 60


class Trouble(StrEnum):
    """What the server does instead of answering well; the names are model names."""

    BAD_JSON = "badjson"
    BAD_TOOL = "badtool"
    EXTRA = "extra"
    WRONG_TYPE = "wrongtype"
    OUT_OF_RANGE = "outofrange"
    FLOAT = "float"
    NAN = "nan"
    MANY = "many"
    HOLD_AND_TRADE = "holdandtrade"
    PROSE = "prose"
    REFUSAL = "refusal"
    FILTER = "filter"
    LENGTH = "length"
    EMPTY = "empty"
    NO_CHOICE = "nochoice"
    NOT_JSON = "notjson"
    S429 = "429"
    S429_LONG = "429long"
    S500 = "500"
    S504 = "504"
    S401 = "401"
    S404 = "404"
    S400 = "400"
    RESET = "reset"
    MID_RESET = "midreset"
    HANG = "hang"
    SLOW = "slow"
    TRICKLE = "trickle"
    NO_USAGE = "nousage"


Script: TypeAlias = Callable[[dict[str, JsonValue]], str]
"""What to answer to a request's body, said as a model's name: `good:…` or a `Trouble`."""


class Asked(TypedDict):
    """One request as it came in."""

    headers: dict[str, str]
    body: dict[str, JsonValue]


OPEN: dict[str, JsonValue] = {
    "symbol": "BTCUSDT",
    "side": "long",
    "risk_bps": 10,
    "entry": "market",
    "limit_offset_bps": 0,
    "stop_bps": 50,
    "take_profit_bps": 100,
    "reason": "trend",
}


def _call(name: str, arguments: object, number: int = 1) -> dict[str, object]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": text}}


def _message(content: str | None = None, *calls: dict[str, object], **more: object) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": content, **more}
    return {**message, "tool_calls": list(calls)} if calls else message


_MESSAGES: dict[str, tuple[dict[str, object], str]] = {
    Trouble.BAD_JSON: (_message(None, _call("open_position", '{"symbol": "BTCUSDT", "side"')), "tool_calls"),
    Trouble.BAD_TOOL: (_message(None, _call("withdraw", {"to": "me"})), "tool_calls"),
    Trouble.EXTRA: (_message(None, _call("open_position", {**OPEN, "leverage": 125})), "tool_calls"),
    Trouble.WRONG_TYPE: (_message(None, _call("open_position", {**OPEN, "risk_bps": "10"})), "tool_calls"),
    Trouble.OUT_OF_RANGE: (_message(None, _call("open_position", {**OPEN, "risk_bps": 10_000})), "tool_calls"),
    Trouble.FLOAT: (_message(None, _call("open_position", {**OPEN, "stop_bps": 50.5})), "tool_calls"),
    Trouble.NAN: (_message(None, _call("open_position", json.dumps({**OPEN, "risk_bps": float("nan")}))), "tool_calls"),
    Trouble.MANY: (_message(None, *(_call("open_position", OPEN, n) for n in range(40))), "tool_calls"),
    Trouble.HOLD_AND_TRADE: (
        _message(None, _call("hold", {"reason": "wait"}, 1), _call("open_position", OPEN, 2)),
        "tool_calls",
    ),
    Trouble.PROSE: (_message("I would buy a little here."), "stop"),
    Trouble.REFUSAL: (_message(None, refusal="I cannot help with that."), "stop"),
    Trouble.FILTER: (_message(""), "content_filter"),
    Trouble.LENGTH: (_message(None, _call("open_position", OPEN)), "length"),
    Trouble.EMPTY: (_message(""), "stop"),
}

_STATUSES: dict[str, tuple[int, dict[str, str]]] = {
    Trouble.S429: (429, {}),
    Trouble.S429_LONG: (429, {"Retry-After": "30"}),
    Trouble.S500: (500, {}),
    Trouble.S504: (504, {}),
    Trouble.S401: (401, {}),
    Trouble.S404: (404, {}),
    Trouble.S400: (400, {}),
}


class OpenAIServer:
    """The server; it runs on whatever loop `serving` was entered in."""

    def __init__(self, script: Script | None = None) -> None:
        """With a script the model's name is just a name, and the script says what is answered to which request."""
        self._script = script
        self.requests: list[Asked] = []
        self.connections: set[int] = set()
        self.base_url = ""
        self.quotes: Callable[[], str] = lambda: ""
        """What else a refusal quotes besides the request's key."""
        self._released = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["OpenAIServer"]:
        """Serves on a free loopback port while inside."""
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}/v1"
        try:
            yield self
        finally:
            self._released.set()
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append({"headers": dict(request.headers), "body": body})
        self.connections.add(id(request.transport))
        model = self._script(body) if self._script is not None else str(body["model"])
        if model.startswith(LATER):
            await asyncio.sleep(SLOWLY)
            model = model.removeprefix(LATER)
        if model in _STATUSES:
            status, headers = _STATUSES[model]
            said = f"no; your key was {request.headers.get('Authorization')} {self.quotes()}"
            error = {"error": {"message": said, "type": "x"}}
            return web.json_response(error, status=status, headers=headers)
        match model:
            case Trouble.RESET:
                return _cut(request)
            case Trouble.MID_RESET:
                return await self._cut_midway(request)
            case Trouble.HANG:
                await self._released.wait()
            case Trouble.SLOW:
                await asyncio.sleep(SLOWLY)
            case Trouble.TRICKLE:
                return await self._trickle(request)
            case Trouble.NOT_JSON:
                return web.Response(text="<html>gateway</html>", content_type="text/html")
            case Trouble.NO_CHOICE:
                return web.json_response({**_completion(model, _message("x"), "stop"), "choices": []})
            case _:
                pass
        if model.startswith(STEPS):
            said = sum(message["role"] == "assistant" for message in body["messages"])
            return web.json_response(_reply(GOOD + json.dumps(json.loads(model.removeprefix(STEPS))[said])))
        return web.json_response(_reply(model))

    async def _cut_midway(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b'{"id": "x", "choices": [')
        _cut(request)
        return response

    async def _trickle(self, request: web.Request) -> web.StreamResponse:
        """Spaces for ever: each read succeeds, so only a deadline over the whole call ends it."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while not self._released.is_set():
            try:
                await response.write(b" ")
            except ConnectionError:
                break
            await asyncio.sleep(0.02)
        return response


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _reply(model: str) -> dict[str, object]:
    if model.startswith(GOOD):
        wanted = json.loads(model.removeprefix(GOOD))
        calls = [_call(name, arguments, n) for n, (name, arguments) in enumerate(wanted)]
        return _completion(model, _message(None, *calls), "tool_calls")
    message, finish = _MESSAGES.get(model, (_message(None, _call("hold", {"reason": "quiet"})), "tool_calls"))
    completion = _completion(model, message, finish)
    if model == Trouble.NO_USAGE:
        del completion["usage"]
    return completion


def _completion(model: str, message: dict[str, object], finish: str) -> dict[str, object]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_746_403_200,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {
            "prompt_tokens": INPUT_TOKENS,
            "completion_tokens": OUTPUT_TOKENS,
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
            "prompt_tokens_details": {"cached_tokens": 1_024},
        },
    }
