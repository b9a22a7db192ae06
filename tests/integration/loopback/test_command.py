"""`tui-trader exchange`: what it prints, that it is on this machine only, and that its books survive a kill."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from tests.fakes.loopback import BTC, sign
from tui_trader.cli import exchange as command
from tui_trader.core.clock import WallClock, to_milliseconds

_LINES = ("rest", "stream", "key", "secret")
_DEADLINE = 40.0


@dataclass
class Serving:
    """A running exchange, a process of its own."""

    process: asyncio.subprocess.Process
    told: dict[str, str]
    session: aiohttp.ClientSession

    async def call(self, method: str, path: str, query: str = "") -> tuple[int, object]:
        """A signed request."""
        text = f"{query}{'&' if query else ''}timestamp={to_milliseconds(WallClock().now())}"
        url = f"{self.told['rest']}{path}?{text}&signature={sign(self.told['secret'], text)}"
        async with self.session.request(method, url, headers={"X-MBX-APIKEY": self.told["key"]}) as answer:
            return answer.status, await answer.json()


async def start(home: Path, *more: str) -> asyncio.subprocess.Process:
    arguments = ("exchange", "--home", str(home), "--feed", "synthetic", "--seed", "7", "--symbols", "BTCUSDT", *more)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui_trader", *arguments, stdout=pipe, stderr=pipe
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, bytes, bytes]:
    """Its code and what it said; one that does not end is not left behind."""
    try:
        async with asyncio.timeout(_DEADLINE):
            out, said = await process.communicate()
            return process.returncode, out, said
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def serving(home: Path, *more: str) -> AsyncIterator[Serving]:
    """Start it and read what it prints; kill what is left of it."""
    process = await start(home, *more)
    try:
        assert process.stdout is not None
        told: dict[str, str] = {}
        async with asyncio.timeout(_DEADLINE), aiohttp.ClientSession() as session:
            if "--json" in more:
                told = json.loads(await process.stdout.readline())
            while len(told) < len(_LINES):
                label, _, value = (await process.stdout.readline()).decode().strip().partition(": ")
                assert label == _LINES[len(told)]
                told[label] = value
            yield Serving(process, told, session)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def traded(exchange: Serving) -> None:
    """Buy once there is a market."""
    order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&newClientOrderId=tt-1"
    while (await exchange.call("POST", "/fapi/v1/order", order))[0] != 200:
        await asyncio.sleep(0.2)


async def test_it_prints_where_and_with_which_key_and_its_books_survive_a_kill(tmp_path: Path) -> None:
    async with serving(tmp_path) as exchange:
        told = exchange.told
        assert told["rest"].startswith("http://127.0.0.1:")
        assert told["stream"] == told["rest"].replace("http", "ws")
        assert all(len(told[name]) >= 16 and told[name].isalnum() for name in ("key", "secret"))
        await traded(exchange)
        exchange.process.send_signal(signal.SIGKILL)
        await exchange.process.wait()
    port = told["rest"].rsplit(":", 1)[1]
    async with serving(tmp_path, "--port", port) as again:
        assert again.told == told
        status, rows = await again.call("GET", "/fapi/v1/userTrades", f"symbol={BTC}")
        assert (status, len(rows) if isinstance(rows, list) else rows) == (200, 1)
        again.process.send_signal(signal.SIGTERM)
        assert await again.process.wait() == 0


async def test_one_process_holds_the_books_and_a_taken_port_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path / "one") as exchange:
        code, _, said = await ended(await start(tmp_path / "one"))
        assert (code, b"another loopback exchange" in said) == (2, True)
        port = exchange.told["rest"].rsplit(":", 1)[1]
        code, _, said = await ended(await start(tmp_path / "two", "--port", port))
        assert (code, said.count(b"\n")) == (2, 1)
        assert f"127.0.0.1:{port} cannot be served (Address already in use). Use another --port".encode() in said
        exchange.process.send_signal(signal.SIGINT)
        assert await exchange.process.wait() == 0


async def test_as_json_it_is_one_object_and_faults_have_a_token(tmp_path: Path) -> None:
    async with serving(tmp_path, "--faults", "--json") as exchange:
        assert sorted(exchange.told) == sorted([*_LINES, "control", "token", "event", "time"])
        wish = {"act": "request", "kind": "-1007", "path": "/ping"}
        headers = {"X-Control-Token": exchange.told["token"]}
        async with exchange.session.post(exchange.told["control"], json=wish, headers=headers) as answer:
            assert answer.status == 200
        async with exchange.session.get(exchange.told["rest"] + "/fapi/v1/ping") as answer:
            assert answer.status == 408


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--feed", "binance"), "Use --feed synthetic, or --feed file:PATH"),
        (("--feed", "nonsense"), "Use --feed synthetic, or --feed file:PATH"),
        (("--feed", "file:/none/BTCUSDT-1m.csv"), "there is no such file"),
        (("--symbols", "BTCUSDT,NONE"), "--symbols NONE: not known here. Known are BTCUSDT"),
        (("--port", "70000"), "70000 is not in the range"),
        (("--time-scale", "0"), "0.0 is not in the range"),
        (("--seed", "-1"), "-1 is not in the range"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_asked_for_is_told_in_a_sentence(tmp_path: Path, wrong: tuple[str, ...], said: str) -> None:
    answer = CliRunner().invoke(command.exchange, ["--home", str(tmp_path), *wrong])
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert said in answer.stderr
    assert "internal error" not in answer.stderr
