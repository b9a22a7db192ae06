"""A running loopback exchange, and ccxt's client of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.ccxt_alone import binanceusdm
from tests.fakes.loopback import LoopbackBench, loopback

PAIR = "BTC/USDT:USDT"
_DEAD = "http://127.0.0.1:1"
_VERSIONS = (("", "v1"), ("V2", "v2"), ("V3", "v3"))


@pytest.fixture
async def bench() -> AsyncIterator[LoopbackBench]:
    """An exchange with an open market, books in memory."""
    async with loopback() as running:
        yield running


@pytest.fixture
async def ccxt_client(bench: LoopbackBench) -> AsyncIterator[Any]:
    """A client whose every address is the exchange's, or nobody's."""

    class Loopback(binanceusdm()):  # type: ignore[misc]  # ccxt is loaded at run time
        """Its table of errors depends on the host, unless told otherwise."""

        def get_exceptions_by_url(self, url: str, kind: str) -> Any:
            return self.exceptions["linear"].get(kind, {})

    base = bench.exchange.rest_url
    made = Loopback(
        {
            "apiKey": bench.credentials.key,
            "secret": bench.credentials.secret,
            "enableRateLimit": False,
            "options": {"fetchCurrencies": False},
        }
    )
    ours = {
        f"fapi{who}{version}": f"{base}/fapi/{path}" for who in ("Public", "Private") for version, path in _VERSIONS
    }
    made.urls["api"] = (
        dict.fromkeys(made.urls["api"], _DEAD)
        | ours
        | {"fapiData": base + "/futures/data", "ws": {"linear": bench.exchange.stream_url + "/ws"}}
    )
    await made.load_markets()
    yield made
    await made.close()
