"""What a key may do is asked for under /sapi of its own environment, and what cannot be read is not taken for a yes."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.fakes.loopback import CREDENTIALS, LoopbackBench, loopback
from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.words import Mode
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.endpoints import Endpoint
from tui_trader.exchange.binance.environment import Key, LiveReach, environment_of
from tui_trader.exchange.binance.key_rights import KeyRights
from tui_trader.exchange.binance.opening import account_name, key_rights
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.loopback.control import TOKEN_HEADER
from tui_trader.exchange.loopback.faults import FaultKind
from tui_trader.exchange.loopback.key_rights import GrantedRights
from tui_trader.exchange.ports import ExchangeUnavailable

SAPI = "/sapi/v1/account/apiRestrictions"
TRADES_ONLY = KeyRights(
    futures=True, withdrawals=False, internal_transfers=False, universal_transfers=False, is_ip_bound=True
)


@asynccontextmanager
async def session_with(bench: LoopbackBench, mode: Mode) -> AsyncIterator[Session]:
    """A session of this mode on the exchange, with its key."""
    key = Key(CREDENTIALS.key, CREDENTIALS.secret)
    urls = {"rest_url": bench.exchange.rest_url, "stream_url": bench.exchange.stream_url}
    environment = environment_of(mode, **urls, key=key, live_reach=LiveReach.THIS_MACHINE)
    session = Session(environment, WallClock(), Chance(1))
    try:
        yield session
    finally:
        await session.close()


@pytest.fixture
async def live() -> AsyncIterator[tuple[LoopbackBench, Session]]:
    """An exchange that says what keys may do, and a session of live on it."""
    async with (
        loopback(offers_permissions=True, control_token="t") as bench,
        session_with(bench, Mode.LIVE) as session,
    ):
        yield bench, session


@pytest.mark.parametrize(
    ("granted", "read"),
    [
        (GrantedRights(), TRADES_ONLY),
        (GrantedRights(futures=False), replace(TRADES_ONLY, futures=False)),
        (GrantedRights(withdrawals=True), replace(TRADES_ONLY, withdrawals=True)),
        (GrantedRights(internal_transfer=True), replace(TRADES_ONLY, internal_transfers=True)),
        (GrantedRights(universal_transfer=True), replace(TRADES_ONLY, universal_transfers=True)),
        (GrantedRights(ip_restrict=False), replace(TRADES_ONLY, is_ip_bound=False)),
    ],
)
async def test_each_right_is_read_as_it_was_granted(
    live: tuple[LoopbackBench, Session], granted: GrantedRights, read: KeyRights
) -> None:
    bench, session = live
    bench.exchange.mischief.grant(granted)
    assert await key_rights(session) == read


async def test_what_the_key_may_do_can_be_set_over_the_wire(live: tuple[LoopbackBench, Session]) -> None:
    bench, session = live
    wish = '{"act": "rights", "rights": {"withdrawals": true}}'
    assert (await bench.raw("POST", "/control", body=wish, headers={TOKEN_HEADER: "t"})).status == 200
    assert await key_rights(session) == replace(TRADES_ONLY, withdrawals=True)


@pytest.mark.parametrize(
    "kind", [FaultKind.HTML_403, FaultKind.UNAVAILABLE_503, FaultKind.HTML_200, FaultKind.EMPTY_200, FaultKind.DROP]
)
async def test_what_cannot_be_read_is_no_answer(live: tuple[LoopbackBench, Session], kind: FaultKind) -> None:
    bench, session = live
    bench.exchange.mischief.request(kind, path=SAPI, times=10)
    with pytest.raises(ExchangeUnavailable):
        await key_rights(session)


@pytest.mark.parametrize(
    "spoil", [lambda said: said.pop("enableWithdrawals"), lambda said: said.update(enableFutures="true")]
)
async def test_a_right_that_is_not_said_or_not_said_plainly_is_no_answer(
    live: tuple[LoopbackBench, Session], monkeypatch: pytest.MonkeyPatch, spoil: Callable[[dict[str, object]], object]
) -> None:
    _, session = live
    client = session.rest._client
    truth = client.ask

    async def spoilt(endpoint: Endpoint, params: Mapping[str, str]) -> object:
        said = await truth(endpoint, params)
        if endpoint is endpoints.KEY_RIGHTS:
            assert isinstance(said, dict)
            spoil(said)
        return said

    monkeypatch.setattr(client, "ask", spoilt)
    with pytest.raises(ExchangeUnavailable, match="not as documented"):
        await key_rights(session)


async def test_the_account_is_called_by_mode_and_binances_own_name(live: tuple[LoopbackBench, Session]) -> None:
    bench, session = live
    (alias,) = {each["accountAlias"] for each in await bench.ok("GET", "/fapi/v3/balance") if each["asset"] == "USDT"}
    assert await account_name(session) == f"live-{alias}"
