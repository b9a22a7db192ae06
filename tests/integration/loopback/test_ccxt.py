"""Conformance: ccxt's binanceusdm, an independent client that signs, routes and reads in its own way."""

import importlib
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import pytest

from tests.fakes.loopback import BTC, LoopbackBench

PAIR = "BTC/USDT:USDT"
_DEAD = "http://127.0.0.1:1"


@pytest.fixture(scope="session")
def library() -> ModuleType:
    """ccxt, which takes seconds to import."""
    return importlib.import_module("ccxt.async_support")


@pytest.fixture
async def client(bench: LoopbackBench, library: ModuleType) -> AsyncIterator[Any]:
    """A client whose every address is the exchange's, or nobody's."""

    class Loopback(library.binanceusdm):  # type: ignore[misc, name-defined]  # ccxt is loaded at run time
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
    made.urls["api"] = dict.fromkeys(made.urls["api"], _DEAD) | ours | {"fapiData": base + "/futures/data"}
    await made.load_markets()
    yield made
    await made.close()


_VERSIONS = (("", "v1"), ("V2", "v2"), ("V3", "v3"))


async def test_markets(client: Any) -> None:
    market = client.market(PAIR)
    assert (market["id"], market["linear"], market["swap"], market["active"]) == (BTC, True, True, True)
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.1, 0.001)
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == (0.001, 100)


async def test_a_position_from_market_order_to_flat(client: Any) -> None:
    opened = await client.create_order(PAIR, "market", "buy", 0.01)
    assert (opened["status"], opened["filled"]) == ("closed", 0.01)
    (position,) = await client.fetch_positions([PAIR])
    assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", 0.01, 60000.1)
    balance = await client.fetch_balance()
    assert balance["USDT"]["total"] == pytest.approx(10_000 - 0.3000005 - 0.001)
    assert balance["USDT"]["free"] < balance["USDT"]["total"]
    closed = await client.create_order(PAIR, "market", "sell", 0.01, None, {"reduceOnly": True})
    assert closed["reduceOnly"] is True
    assert await client.fetch_positions([PAIR]) == []
    trades = await client.fetch_my_trades(PAIR)
    assert [trade["side"] for trade in trades] == ["buy", "sell"]
    assert [trade["fee"]["cost"] for trade in trades] == [0.3000005, 0.2999995]


async def test_a_limit_order_and_its_end(client: Any) -> None:
    placed = await client.create_order(PAIR, "limit", "buy", 0.01, 59000)
    assert (placed["status"], placed["price"], placed["amount"]) == ("open", 59000.0, 0.01)
    assert (await client.fetch_order(placed["id"], PAIR))["status"] == "open"
    edited = await client.edit_order(placed["id"], PAIR, "limit", "buy", 0.02, 58000)
    assert (edited["price"], edited["amount"]) == (58000.0, 0.02)
    assert [order["id"] for order in await client.fetch_open_orders(PAIR)] == [placed["id"]]
    assert (await client.cancel_order(placed["id"], PAIR))["status"] == "canceled"
    assert [order["status"] for order in await client.fetch_orders(PAIR)] == ["canceled"]
    await client.create_order(PAIR, "limit", "buy", 0.01, 59000)
    await client.cancel_all_orders(PAIR)
    assert await client.fetch_open_orders(PAIR) == []


async def test_stops_are_orders_of_their_own(client: Any) -> None:
    await client.create_order(PAIR, "market", "buy", 0.01)
    stop = await client.create_order(
        PAIR, "market", "sell", 0.01, None, {"stopLossPrice": 59000, "reduceOnly": True, "workingType": "MARK_PRICE"}
    )
    assert (stop["status"], stop["stopPrice"]) == ("open", 59000.0)
    trigger = {"trigger": True}
    assert [order["id"] for order in await client.fetch_open_orders(PAIR, None, None, trigger)] == [stop["id"]]
    assert await client.fetch_open_orders(PAIR) == []
    assert (await client.fetch_order(stop["id"], PAIR, trigger))["status"] == "open"
    await client.cancel_order(stop["id"], PAIR, trigger)
    await client.create_order(PAIR, "STOP_MARKET", "sell", 0.01, None, {"stopPrice": 58000, "reduceOnly": True})
    await client.cancel_all_orders(PAIR, trigger)
    assert await client.fetch_open_orders(PAIR, None, None, trigger) == []


async def test_leverage_and_tiers(client: Any) -> None:
    assert (await client.set_leverage(4, PAIR))["leverage"] == 4
    leverages = await client.fetch_leverages([PAIR])
    assert (leverages[PAIR]["longLeverage"], leverages[PAIR]["marginMode"]) == (4, "isolated")
    tiers = (await client.fetch_leverage_tiers([PAIR]))[PAIR]
    assert (tiers[0]["maxLeverage"], tiers[0]["maintenanceMarginRate"], tiers[1]["minNotional"]) == (
        150,
        0.004,
        300_000,
    )
    assert (await client.fetch_trading_fee(PAIR))["taker"] == 0.0005


async def test_the_market_as_it_reads_it(bench: LoopbackBench, client: Any) -> None:
    await bench.trade(BTC, 60_000, "0.5", sold=True)
    book = await client.fetch_order_book(PAIR, 5)
    assert (book["bids"][0], book["asks"][0]) == ([59999.9, 50.0], [60000.1, 50.0])
    candles = await client.fetch_ohlcv(PAIR, "1m", limit=3)
    assert [len(candle) for candle in candles] == [6, 6, 6]
    assert candles[-1][4] == 60000.0
    assert (await client.fetch_ticker(PAIR))["last"] == 60000.0
    assert (await client.fetch_bids_asks([PAIR]))[PAIR]["bid"] == 59999.9
    assert (await client.fetch_trades(PAIR))[-1]["amount"] == 0.5
    assert (await client.fetch_funding_rate(PAIR))["fundingRate"] == 0.0001
    assert await client.fetch_funding_history(PAIR) == []


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (("limit", "buy", 10, 59000), "InsufficientFunds"),
        (("limit", "buy", 0.01, 60100, {"timeInForce": "GTX"}), "OrderNotFillable"),
        (("market", "sell", 0.01, None, {"reduceOnly": True}), "InvalidOrder"),
        (("STOP_MARKET", "sell", 0.01, None, {"stopPrice": 61000}), "OrderImmediatelyFillable"),
    ],
)
async def test_refusals_are_what_it_takes_them_for(
    client: Any, library: ModuleType, arguments: tuple[Any, ...], seen: str
) -> None:
    with pytest.raises(getattr(library, seen)):
        await client.create_order(PAIR, *arguments)
    with pytest.raises(library.OrderNotFound):
        await client.fetch_order("8000000099", PAIR)
