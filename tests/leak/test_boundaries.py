"""What an exchange or a model's service quotes stops at the adapter: no exception that crosses it holds a secret."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from itertools import count

import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.fakes.openai_server import OpenAIServer, Trouble
from tests.leak.canaries import CANARIES, ENCODINGS, PEM, hits, planted
from tests.leak.hostile import ANSWERS, HostileExchange, response
from tui_trader.agent.llm.openai_chat import OpenAIChat
from tui_trader.agent.llm.ports import ChatRequest, ModelFault
from tui_trader.agent.llm.settings import ChatSettings
from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.words import Mode
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.answers import ServerTime
from tui_trader.exchange.binance.client import Client, RequestFailed
from tui_trader.exchange.binance.environment import Key, environment_of
from tui_trader.exchange.binance.governor import Urgency
from tui_trader.exchange.binance.rest import Rest
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.ports import ExchangeUnavailable
from tui_trader.journal.redact import SECRETS

HELD = ("binance_api_key", "binance_api_secret", "ed25519")
PATHS = 528
"""Answers that are tried: each status and body, each encoding, each secret, many times."""


@pytest.fixture(autouse=True)
def registered() -> None:
    """As a start does with each secret that it finds."""
    for value in CANARIES.values():
        SECRETS.register(value)


class Quoting:
    """Answers the next way each time, with the next secret in the next encoding; or with what it was sent."""

    def __init__(self) -> None:
        self._numbers = count()
        self.echoes = False
        self.said = ""

    def __call__(self, request: web.Request) -> web.Response:
        number = next(self._numbers)
        self.said = planted(number, HELD)
        if self.echoes:
            self.said = f"{dict(request.headers)} {request.raw_path}"
        return response(number, self.said)


@pytest.fixture
async def quoting() -> AsyncIterator[tuple[HostileExchange, Quoting]]:
    spoils = Quoting()
    async with HostileExchange(spoils).serving() as exchange:
        yield exchange, spoils


def key(name: str) -> Key:
    return Key(CANARIES["binance_api_key"], CANARIES[name])


def session_with(url: str, secret: str = "binance_api_secret") -> Session:
    environment = environment_of(Mode.DEMO, rest_url=url, stream_url=url.replace("http", "ws"), key=key(secret))
    return Session(environment, WallClock(), Chance(None))


async def failure_of(call: Awaitable[object]) -> Exception | None:
    """How it failed; None if it did not."""
    try:
        await call
    except (RequestFailed, ExchangeUnavailable) as error:
        return error
    return None


def shown(error: BaseException | None) -> str:
    """All that anybody could print of it."""
    if error is None:
        return ""
    return "\n".join((str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)))


@pytest.mark.parametrize("echoes", [False, True], ids=["quotes", "echoes"])
async def test_no_failure_of_a_request_carries_a_secret_out_of_the_adapter(
    quoting: tuple[HostileExchange, Quoting], *, echoes: bool
) -> None:
    exchange, spoils = quoting
    spoils.echoes = echoes
    failed = found = 0
    for secret in ("binance_api_secret", "ed25519"):
        session = session_with(exchange.url, secret)
        client: Client = session.rest._client
        try:
            for _ in range(PATHS // 2 if not echoes else len(ANSWERS)):
                error = await failure_of(client.ask(endpoints.QUERY, {"symbol": "BTCUSDT"}))
                failed += error is not None
                found += bool(hits(spoils.said))
                assert hits(shown(error)) == []
        finally:
            await session.close()
    assert failed > len(ANSWERS)
    assert found > failed * 0.9, "else nothing was planted"


async def test_what_is_read_of_an_answer_that_is_not_as_documented_carries_none_either(
    quoting: tuple[HostileExchange, Quoting],
) -> None:
    exchange, _ = quoting
    session = session_with(exchange.url)
    rest: Rest = session.rest
    rest._governor.refusal = lambda *_, **__: ""  # type: ignore[method-assign]
    try:
        for _ in range(len(ANSWERS)):
            for call in (
                rest._once(endpoints.TIME, ServerTime, Urgency.VITAL, {}),
                rest.write(endpoints.SUBMIT, ServerTime, symbol="BTCUSDT"),
            ):
                assert hits(shown(await failure_of(call))) == []
    finally:
        await session.close()


async def test_a_closed_door_a_silent_one_and_one_that_speaks_no_tls_say_nothing_of_the_key() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(await reader.read(4_096))  # what it was sent, as if that were an answer
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for url in (f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port}", "http://127.0.0.1:9"):
            session = session_with(url)
            try:
                with pytest.raises(RequestFailed) as raised:
                    await session.rest._client.ask(endpoints.QUERY, {"symbol": "BTCUSDT"})
            finally:
                await session.close()
            assert hits(shown(raised.value)) == []


def test_what_holds_a_key_does_not_show_it() -> None:
    settings = ChatSettings(model="m", api_key=SecretStr(CANARIES["openai_api_key"]), base_url="http://h", timeout=1.0)
    environment = environment_of(Mode.DEMO, rest_url=None, stream_url=None, key=key("ed25519"))
    assert hits(f"{settings!r} {settings} {environment.key!r}".replace(CANARIES["binance_api_key"], "")) == []
    assert PEM not in repr(environment)


@pytest.mark.parametrize(
    "trouble", [Trouble.S400, Trouble.S401, Trouble.S404, Trouble.S429, Trouble.S500, Trouble.S504, Trouble.RESET]
)
async def test_no_fault_of_a_model_carries_a_secret_out_of_the_adapter(trouble: Trouble) -> None:
    number = count()
    server = OpenAIServer(lambda _: trouble.value)
    server.quotes = lambda: planted(next(number))
    async with server.serving():
        chat = OpenAIChat(
            ChatSettings(
                model="m", api_key=SecretStr(CANARIES["openai_api_key"]), base_url=server.base_url, timeout=5.0
            )
        )
        request = ChatRequest(system="s", user="u", tools=())
        for _ in range(len(ENCODINGS)):
            with pytest.raises(ModelFault) as raised:
                await chat.ask(request)
            assert hits(shown(raised.value)) == []
        await chat.close()
    assert len(server.requests) == len(ENCODINGS)
    assert hits(str([asked["headers"] for asked in server.requests]))
    assert hits(str([asked["body"] for asked in server.requests])) == []
