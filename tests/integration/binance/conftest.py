"""The adapter on an account of a loopback exchange whose market a test moves by hand."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.loopback import LoopbackBench, loopback
from tests.fakes.loopback_thread import LoopbackThread, loopback_thread
from tests.integration.binance.desk import Account, opened
from tui_trader.exchange.binance import client as client_module


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is not answered is given up soon."""
    monkeypatch.setattr(client_module, "_TIMEOUT", aiohttp.ClientTimeout(total=0.7))


@pytest.fixture
async def bench() -> AsyncIterator[LoopbackBench]:
    """An exchange with an open market, books in memory."""
    async with loopback() as running:
        yield running


@pytest.fixture
async def account(bench: LoopbackBench) -> AsyncIterator[Account]:
    """The adapter, live."""
    async with opened(bench) as account:
        yield account


@pytest.fixture
def exchange() -> Iterator[LoopbackThread]:
    """A loopback exchange on another loop."""
    with loopback_thread() as running:
        yield running


@pytest.fixture
def own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's lock lies outside the home; here it lies in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
