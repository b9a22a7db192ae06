"""The look at Binance before a start: bounded in time whatever the other side does, and without a key."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.fakes.loopback import BTC, CREDENTIALS
from tests.fakes.loopback_thread import LoopbackThread
from tests.integration.binance.demo import urls
from tests.unit.engine.runs import run_options
from tui_trader.core.words import Mode
from tui_trader.engine.options import RunOptions
from tui_trader.engine.scouting import AUTO_PATIENCE, BinanceSeen, look_at_binance
from tui_trader.engine.settings import BinanceSettings, Settings

_SLACK = 1.0
"""Seconds; for closing, on a machine that is busy."""


@dataclass
class Mute:
    """A server that takes requests and never answers."""

    port: int = 0
    heard: list[bytes] = field(default_factory=list)


@contextmanager
def mute() -> Iterator[Mute]:
    made, ready = Mute(), threading.Event()
    over: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(4096):
            made.heard.append(chunk)
        writer.close()

    async def serve() -> None:
        over.append((asyncio.get_running_loop(), asyncio.Event()))
        async with await asyncio.start_server(taken, "127.0.0.1", 0) as server:
            made.port = server.sockets[0].getsockname()[1]
            ready.set()
            await over[0][1].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="mute server")
    thread.start()
    assert ready.wait(5)
    try:
        yield made
    finally:
        loop, event = over[0]
        loop.call_soon_threadsafe(event.set)
        thread.join()


def options_at(tmp_path: Path, rest_url: str, stream_url: str, mode: Mode) -> RunOptions:
    binance = BinanceSettings(
        rest_url=rest_url,
        stream_url=stream_url,
        api_key=SecretStr(CREDENTIALS.key),
        api_secret=SecretStr(CREDENTIALS.secret),
    )
    settings = Settings.model_construct(binance=binance)
    return run_options(tmp_path / "home", mode=mode, feed="auto", seed=None, speed=1.0, settings=settings)


@pytest.mark.parametrize("mode", [Mode.PAPER, Mode.DEMO])
def test_an_exchange_that_never_answers_is_given_up_in_time_and_gets_no_key(tmp_path: Path, mode: Mode) -> None:
    with mute() as server:
        options = options_at(tmp_path, f"http://127.0.0.1:{server.port}", f"ws://127.0.0.1:{server.port}", mode)
        began = time.monotonic()
        seen = look_at_binance(options, (BTC,), 0.5)
        assert time.monotonic() - began < 0.5 + _SLACK
        assert seen == f"127.0.0.1:{server.port} does not answer within 0.5 s"
        said = b"".join(server.heard)
        assert b"GET /fapi/v1/exchangeInfo" in said
        assert CREDENTIALS.key.encode() not in said
    assert AUTO_PATIENCE == 3.0


def test_an_exchange_that_answers_is_seen_with_its_time_and_filters(tmp_path: Path, exchange: LoopbackThread) -> None:
    seen = look_at_binance(options_at(tmp_path, *urls(exchange), Mode.PAPER), (BTC,), AUTO_PATIENCE)
    assert isinstance(seen, BinanceSeen)
    assert set(seen.instruments) == {BTC}
