"""The surface that was laid down: every path is served, every stream tells, and the table names tests that exist."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

import tests.integration.loopback as package
from tests.fakes.loopback import BTC, LoopbackBench
from tests.integration.loopback.shapes import KLINE_ROW
from tui_trader.exchange.loopback.intervals import INTERVALS
from tui_trader.exchange.loopback.rest import ENDPOINTS

PATHS = """
GET /fapi/v1/ping time exchangeInfo depth trades aggTrades klines continuousKlines ticker/24hr ticker/bookTicker
    ticker/price premiumIndex fundingRate fundingInfo openInterest
    order openOrder openOrders allOrders algoOrder openAlgoOrders allAlgoOrders accountConfig symbolConfig
    positionSide/dual multiAssetsMargin positionMargin/history leverageBracket userTrades income commissionRate
    forceOrders apiTradingStatus rateLimit/order
GET /fapi/v2/ticker/price account balance positionRisk
GET /fapi/v3/account balance positionRisk
GET /api/v3/ping time
GET /sapi/v1/account/apiRestrictions
POST /fapi/v1/order order/test batchOrders algoOrder countdownCancelAll leverage marginType positionSide/dual
    multiAssetsMargin positionMargin listenKey
PUT /fapi/v1/order listenKey
DELETE /fapi/v1/order allOpenOrders batchOrders algoOrder algoOpenOrders listenKey
"""
SURFACE = {
    (method, f"/{base}/{path}")
    for method, base, paths in re.findall(r"^(\w+) /(s?f?api/v\d)/((?:.|\n )*)$", PATHS, re.MULTILINE)
    for path in paths.split()
}
PUBLIC = [
    "btcusdt@bookTicker",
    "!bookTicker",
    "btcusdt@trade",
    *(f"btcusdt@depth{levels}{pace}" for levels in ("", 5, 10, 20) for pace in ("", "@100ms", "@250ms", "@500ms")),
]
MARKET = [
    *(f"btcusdt@{name}" for name in ("aggTrade", "markPrice", "markPrice@1s", "ticker", "miniTicker", "forceOrder")),
    *(f"!{name}@arr" for name in ("markPrice", "ticker", "miniTicker", "forceOrder")),
    "!markPrice@arr@1s",
    *(f"btcusdt@kline_{name}" for name in INTERVALS),
    *(f"btcusdt_perpetual@continuousKline_{name}" for name in INTERVALS),
]
FOLDER = Path(__file__).parent


def test_every_rest_path_is_served() -> None:
    assert set(ENDPOINTS) == SURFACE


def test_every_test_of_the_table_exists() -> None:
    assert package.__doc__ is not None
    named = re.findall(r"(\w+)::(test_\w+)", package.__doc__)
    assert package.__doc__.count("::") == len(named)
    missing = [
        (file, name)
        for file, name in named
        if name
        not in {
            node.name
            for node in ast.parse((FOLDER / f"test_{file}.py").read_text()).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    ]
    assert missing == []


@pytest.mark.parametrize(("route", "names"), [("public", PUBLIC), ("market", MARKET)])
async def test_every_stream_tells(bench: LoopbackBench, route: str, names: list[str]) -> None:
    await bench.ok("POST", "/fapi/v1/leverage", symbol=BTC, leverage=50)
    await bench.market("BUY", "0.100")
    heard: set[str] = set()
    async with bench.listen(f"/{route}/stream") as ear:
        await ear.ask("SUBSCRIBE", *names)
        await bench.trade(BTC, 60_000, "0.5", sold=True)
        for _ in range(3):
            await bench.price(BTC, 58_800)  # where the position is liquidated
        bench.exchange.floor.hall.tell_klines()
        bench.exchange.floor.hall.tell_tickers()
        while heard != set(names):
            heard.add((await ear.hear())["stream"])


@pytest.mark.parametrize("interval", INTERVALS)
async def test_klines_of_every_length_are_answered(bench: LoopbackBench, interval: str) -> None:
    rows = await bench.public("/fapi/v1/klines", symbol=BTC, interval=interval, limit=3)
    assert rows
    assert {tuple(map(type, row)) for row in rows} == {KLINE_ROW}
    assert all(opens <= closes for opens, closes in ((row[0], row[6]) for row in rows))
    assert all(earlier[6] + 1 == later[0] for earlier, later in pairwise(rows))
    assert rows[-1][0] <= (await bench.public("/fapi/v1/time"))["serverTime"] <= rows[-1][6]
