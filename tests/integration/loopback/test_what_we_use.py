"""Conformance of what the program itself uses: the list is read from its code, and each part is asked for its way.

An endpoint, a stream or a piece of python-binance that comes to be used without a case here fails.
"""

import ast
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes.loopback import BTC, ETH, LoopbackBench, loopback
from tests.integration.loopback import shapes
from tests.integration.loopback.shapes import Shape, misfits
from tui_trader.core.clock import Instant
from tui_trader.core.market import FundingSettled
from tui_trader.core.money import HUNDRED
from tui_trader.core.words import Mode
from tui_trader.exchange.binance import client as client_module
from tui_trader.exchange.binance import endpoints
from tui_trader.exchange.binance.client import Client
from tui_trader.exchange.binance.endpoints import Endpoint
from tui_trader.exchange.binance.environment import Key, LiveReach, environment_of
from tui_trader.market import live_feed

USED = {name: value for name, value in vars(endpoints).items() if isinstance(value, Endpoint)}
_ORDER = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "58000", "timeInForce": "GTC"}
_STOP = {
    "algoType": "CONDITIONAL",
    "symbol": BTC,
    "side": "BUY",
    "type": "STOP_MARKET",
    "triggerPrice": "65000",
    "closePosition": "true",
    "workingType": "MARK_PRICE",
}


async def nothing(_: LoopbackBench) -> None:
    """As it is after the start."""


async def wrong_modes(bench: LoopbackBench) -> None:
    """So that there is something to set."""
    bench.exchange.mischief.report_modes(dual_side=True, multi_assets=True)


async def a_listen_key(bench: LoopbackBench) -> None:
    await bench.ok_key("POST")


async def busy(bench: LoopbackBench) -> None:
    """A position, a resting order, a waiting one, trades, and money that moved."""
    await bench.market("BUY", "0.010", newClientOrderId="tt-m")
    await bench.limit("BUY", "0.010", 59_000, newClientOrderId="tt-o")
    await bench.stop("SELL", 58_000, clientAlgoId="tt-a")
    await bench.exchange.hear(FundingSettled(BTC, Instant(0), 1 / HUNDRED, bench.prices[BTC]))


@dataclass(frozen=True)
class Case:
    """How it is asked, and what each row of the answer looks like."""

    shape: Shape
    params: Mapping[str, str]
    before: Callable[[LoopbackBench], Awaitable[None]] = busy


def case(shape: Shape, **params: str) -> Case:
    return Case(shape, params)


CASES = {
    "TIME": case(shapes.TIME),
    "EXCHANGE_INFO": case(shapes.INFO),
    "DEPTH": case(shapes.DEPTH, symbol=BTC, limit="1000"),
    "KLINES": case({}, symbol=BTC, interval="1m", limit="1500"),
    "PREMIUM_INDEX": case(shapes.PREMIUM, symbol=BTC),
    "FUNDING_RATE": case(shapes.FUNDING_RATE, symbol=BTC, limit="10"),
    "ACCOUNT": case(shapes.ACCOUNT),
    "BALANCE": case(shapes.BALANCE),
    "POSITIONS": case(shapes.RISK),
    "ACCOUNT_CONFIG": case(shapes.ACCOUNT_CONFIG),
    "SYMBOL_CONFIG": case(shapes.SYMBOL_CONFIG),
    "BRACKETS": case(shapes.BRACKETS),
    "TRADES": case(shapes.TRADE, symbol=BTC),
    "INCOME": case(shapes.INCOME),
    "SUBMIT": case(shapes.ACK, **_ORDER, newClientOrderId="tt-n"),
    "CANCEL": case(shapes.ACK, symbol=BTC, origClientOrderId="tt-o"),
    "QUERY": case(shapes.ORDER, symbol=BTC, origClientOrderId="tt-o"),
    "ALL_ORDERS": case(shapes.LISTED, symbol=BTC),
    "OPEN_ORDERS": case(shapes.ORDER, symbol=BTC),
    "ALL_OPEN_ORDERS": case(shapes.ORDER),
    "SUBMIT_ALGO": case(shapes.ALGO, **_STOP, clientAlgoId="tt-n"),
    "CANCEL_ALGO": case(shapes.ALGO_CANCELLED, clientAlgoId="tt-a"),
    "QUERY_ALGO": case(shapes.ALGO_ASKED, clientAlgoId="tt-a"),
    "OPEN_ALGO_ORDERS": case(shapes.ALGO_ASKED, symbol=BTC),
    "ALL_OPEN_ALGO_ORDERS": case(shapes.ALGO_ASKED),
    "ALGO_HISTORY": case(shapes.ALGO_ASKED, symbol=BTC),
    "LEVERAGE": case(shapes.LEVERAGE, symbol=BTC, leverage="6"),
    "MARGIN_TYPE": case(shapes.DONE, symbol=ETH, marginType="CROSSED"),
    "POSITION_MODE": Case(shapes.DONE, {"dualSidePosition": "false"}, wrong_modes),
    "ASSETS_MODE": Case(shapes.DONE, {"multiAssetsMargin": "false"}, wrong_modes),
    "COUNTDOWN": case(shapes.COUNTDOWN, symbol=BTC, countdownTime="120000"),
    "KEY_RIGHTS": case(shapes.KEY_RIGHTS),
    "OPEN_LISTEN_KEY": Case(shapes.KEY, {}, nothing),
    "KEEP_LISTEN_KEY": Case(shapes.KEY, {}, a_listen_key),
    "CLOSE_LISTEN_KEY": Case({}, {}, a_listen_key),
}
NESTED = {
    "EXCHANGE_INFO": {"symbols": shapes.INFO_SYMBOL, "assets": shapes.INFO_ASSET, "rateLimits": shapes.LIMIT},
    "ACCOUNT": {"assets": shapes.ACCOUNT_ASSET, "positions": shapes.ACCOUNT_POSITION},
    "BRACKETS": {"brackets": shapes.BRACKET},
}


def test_every_endpoint_that_is_used_has_a_case() -> None:
    assert sorted(USED) == sorted(CASES)


def test_no_other_part_of_the_library_is_used() -> None:
    used = {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(client_module)))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "_client"
    }
    assert used == {"_request_futures_api", "_request_margin_api", "timestamp_offset", "close_connection"}


def nested_misfits(row: Any, parts: Mapping[str, Shape]) -> list[str]:
    return [fault for name, shape in parts.items() for inner in row[name] for fault in misfits(inner, shape)]


@pytest.mark.parametrize("name", USED)
async def test_an_answer_has_its_shape_and_costs_what_the_adapter_reckons_with(name: str) -> None:
    endpoint, wanted = USED[name], CASES[name]
    told: list[tuple[int, int]] = []

    def hear(_: int, headers: Mapping[str, str]) -> None:
        orders = int(headers.get("X-MBX-ORDER-COUNT-1M", "0"))
        told.append((int(headers["X-MBX-USED-WEIGHT-1M"]), orders))

    async with loopback(offers_permissions=True) as bench:
        environment = environment_of(
            Mode.LIVE,
            rest_url=bench.exchange.rest_url,
            stream_url=bench.exchange.stream_url,
            key=Key(bench.credentials.key, bench.credentials.secret),
            live_reach=LiveReach.THIS_MACHINE,
        )
        await wanted.before(bench)
        orders_before = bench.exchange.floor.meter.headers(bench.exchange.floor.clock.now(), with_orders=True)
        client = Client(environment, hear)
        try:
            await client.ask(endpoints.TIME, {})
            answer: Any = await client.ask(endpoint, wanted.params)
        finally:
            await client.close()
    rows = answer if isinstance(answer, list) else [answer]
    assert rows
    if name == "KLINES":
        assert {tuple(map(type, row)) for row in rows} == {shapes.KLINE_ROW}
    else:
        assert [misfits(row, wanted.shape) + nested_misfits(row, NESTED.get(name, {})) for row in rows] == [[]] * len(
            rows
        )
    assert told[1][0] - told[0][0] == endpoint.weight
    if endpoint.orders:
        assert told[1][1] - int(orders_before["X-MBX-ORDER-COUNT-1M"]) == endpoint.orders


STREAMS = {
    "bookTicker": shapes.BOOK_TICKER_EVENT,
    "depth@100ms": shapes.DEPTH_EVENT,
    "trade": shapes.TRADE_EVENT,
    "markPrice@1s": shapes.MARK_EVENT,
    "kline_1m": shapes.KLINE_EVENT,
}
_BY_ROUTE = {"public": live_feed._PUBLIC_STREAMS, "market": live_feed._MARKET_STREAMS}


@pytest.mark.parametrize("route", _BY_ROUTE)
async def test_every_stream_that_is_used_tells_its_shape(bench: LoopbackBench, route: str) -> None:
    streams = [f"btcusdt@{stream}" for stream in _BY_ROUTE[route]]
    heard: dict[str, Any] = {}
    async with bench.listen(f"/{route}/stream?streams={'/'.join(streams)}") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        await bench.price(BTC, 60_010)
        await bench.trade(BTC, 60_010, "0.5", sold=True)
        while len(heard) < len(streams):
            message = await ear.hear()
            heard[message["stream"].partition("@")[2]] = message["data"]
    assert {name: misfits(data, STREAMS[name]) for name, data in heard.items()} == {name: [] for name in heard}
    if "kline_1m" in heard:
        assert misfits(heard["kline_1m"]["k"], shapes.KLINE_BODY) == []
