"""A model's service in a thread of its own, for runs of the whole engine: the loopback server with a scripted model."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from tests.fakes.openai_server import GOOD, OPEN, OpenAIServer, Script, Trouble
from tui_trader.core.records import JsonValue
from tui_trader.engine.settings import OpenAISettings, Settings

KEY = "sk-very-secret-1234567890"
MODEL = "gpt-5.4-mini"


@contextmanager
def model_service(script: Script | None = None) -> Iterator[OpenAIServer]:
    """The server while inside; its requests can be read at any time."""
    server, ready, done = OpenAIServer(script), threading.Event(), threading.Event()

    async def serve() -> None:
        async with server.serving():
            ready.set()
            while not done.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="model service", daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        done.set()
        thread.join(10)


def asking(server: OpenAIServer, model: str = MODEL) -> Settings:
    """Settings that lead to the server."""
    return Settings.model_construct(
        openai=OpenAISettings(base_url=server.base_url, api_key=SecretStr(KEY), model=model)
    )


def answers(*calls: tuple[str, dict[str, JsonValue]]) -> str:
    """The server's word for these tool calls."""
    return GOOD + json.dumps(calls)


def restless(symbol: str = "BTCUSDT") -> Callable[[dict[str, JsonValue]], str]:
    """A model that opens, closes, moves stops, holds and now and then fails, as the request's hash says."""
    reason: JsonValue = "because"
    choices = {
        0: answers(("open_position", {**OPEN, "symbol": symbol, "side": "long", "take_profit_bps": 150})),
        1: answers(("open_position", {**OPEN, "symbol": symbol, "side": "short", "take_profit_bps": 150})),
        2: answers(("close_position", {"symbol": symbol, "reason": reason})),
        3: answers(("set_stop", {"symbol": symbol, "stop_bps": 40, "reason": reason})),
        4: Trouble.S500.value,
        5: Trouble.PROSE.value,
    }

    def said(body: dict[str, JsonValue]) -> str:
        messages = json.dumps(body["messages"], sort_keys=True)
        number = hashlib.sha256(messages.encode()).digest()[0] % 16
        return choices.get(number) or answers(("hold", {"reason": "quiet"}))

    return said
