"""Conformance: python-binance's methods against the loopback exchange, and every answer's shape."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest

with warnings.catch_warnings():
    # python-binance imports names that websockets has deprecated.
    warnings.simplefilter("ignore")
    from binance import AsyncClient, BinanceSocketManager
    from binance.exceptions import BinanceAPIException

from tests.fakes.loopback import BTC, LoopbackBench
from tests.integration.loopback import shapes
from tests.integration.loopback.shapes import misfits


@pytest.fixture
async def client(bench: LoopbackBench) -> AsyncIterator[Any]:
    """A client whose every address is the exchange's."""
    base = bench.exchange.rest_url
    urls = {
        "API_URL": base + "/api",
        "MARGIN_API_URL": base + "/sapi",
        "FUTURES_URL": base + "/fapi",
        "FUTURES_DATA_URL": base + "/futures/data",
        "FUTURES_COIN_URL": base,
        "OPTIONS_URL": base,
        "PAPI_URL": base,
        "WEBSITE_URL": base,
    }
    kind = type("LoopbackClient", (AsyncClient,), urls)
    made = kind(bench.credentials.key, bench.credentials.secret)
    yield made
    await made.close_connection()


async def test_a_client_that_looks_around_first(bench: LoopbackBench, client: Any) -> None:
    """`create()` pings the spot service and takes the time from it."""
    bench.exchange.mischief.skew_clock(30)
    made = await type(client).create(bench.credentials.key, bench.credentials.secret)
    try:
        assert 29_000 < made.timestamp_offset < 31_000
        assert (await made.futures_account_balance())[0]["asset"] == "USDT"
    finally:
        await made.close_connection()


async def test_public_methods(bench: LoopbackBench, client: Any) -> None:
    await bench.trade(BTC, 60_000, "0.5", sold=True)
    assert await client.futures_ping() == {}
    assert misfits(await client.futures_time(), shapes.TIME) == []
    assert misfits(await client.futures_order_book(symbol=BTC), shapes.DEPTH) == []
    one = {"symbol": BTC}
    for rows, shape in (
        (await client.futures_recent_trades(**one), shapes.PUBLIC_TRADE),
        (await client.futures_aggregate_trades(**one), shapes.AGG_TRADE),
        ([await client.futures_ticker(**one)], shapes.DAY),
        ([await client.futures_orderbook_ticker(**one)], shapes.BOOK_TICKER),
        (await client.futures_symbol_ticker(), shapes.PRICE),
        (await client.futures_mark_price(), shapes.PREMIUM),
        (await client.futures_v1_get_funding_info(), shapes.FUNDING_INFO),
        ([await client.futures_open_interest(**one)], shapes.OPEN_INTEREST),
    ):
        assert rows
        assert [misfits(row, shape) for row in rows] == [[]] * len(rows)
    for row in await client.futures_klines(symbol=BTC, interval="5m", limit=3):
        assert tuple(type(cell) for cell in row) == shapes.KLINE_ROW
    continuous = await client.futures_continuous_klines(pair=BTC, contractType="PERPETUAL", interval="1m", limit=2)
    assert len(continuous) == 2


async def test_exchange_info_can_be_traded_by(client: Any) -> None:
    info = await client.futures_exchange_info()
    assert [misfits(limit, shapes.LIMIT) for limit in info["rateLimits"]] == [[]] * 3
    (btc,) = (symbol for symbol in info["symbols"] if symbol["symbol"] == BTC)
    filters = {each["filterType"]: each for each in btc["filters"]}
    assert (filters["PRICE_FILTER"]["tickSize"], filters["LOT_SIZE"]["stepSize"]) == ("0.1", "0.001")
    assert filters["MIN_NOTIONAL"]["notional"] == "100"
    assert (btc["status"], btc["contractType"], btc["pricePrecision"]) == ("TRADING", "PERPETUAL", 2)


async def test_order_methods(client: Any) -> None:
    order = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "59000"}
    placed = await client.futures_create_order(**order, newClientOrderId="tt-1")
    named = {"symbol": BTC, "origClientOrderId": "tt-1"}
    amended = await client.futures_modify_order(
        symbol=BTC, orderId=placed["orderId"], side="BUY", quantity="0.02", price="58000"
    )
    for answer, shape in (
        (placed, shapes.ACK),
        (amended, shapes.AMENDED),
        (await client.futures_get_order(**named), shapes.ORDER),
        (await client._request_futures_api("get", "openOrder", signed=True, data=dict(named)), shapes.ORDER),
        ((await client.futures_get_open_orders(symbol=BTC))[0], shapes.ORDER),
        ((await client.futures_get_all_orders(symbol=BTC))[0], shapes.LISTED),
        (await client.futures_countdown_cancel_all(symbol=BTC, countdownTime=0), shapes.COUNTDOWN),
        (await client.futures_cancel_order(**named), shapes.ACK),
        (await client.futures_cancel_all_open_orders(symbol=BTC), shapes.DONE),
    ):
        assert misfits(answer, shape) == []
    assert await client.futures_create_test_order(**order) == {}
    batch = await client.futures_place_batch_order(batchOrders=[{**order, "newClientOrderId": "tt-b"}])
    assert misfits(batch[0], shapes.ACK) == []
    gone = await client.futures_cancel_orders(symbol=BTC, orderidlist=[batch[0]["orderId"]])
    assert gone[0]["status"] == "CANCELED"


async def test_conditional_order_methods(client: Any) -> None:
    placed = await client.futures_create_order(
        symbol=BTC,
        side="SELL",
        type="STOP_MARKET",
        stopPrice="59000",
        closePosition="true",
        workingType="MARK_PRICE",
        clientAlgoId="tt-a",
    )
    for answer, shape in (
        (placed, shapes.ALGO),
        (await client.futures_get_order(symbol=BTC, clientAlgoId="tt-a"), shapes.ALGO_ASKED),
        ((await client.futures_get_open_orders(symbol=BTC, conditional=True))[0], shapes.ALGO_ASKED),
        ((await client.futures_get_all_orders(symbol=BTC, conditional=True))[0], shapes.ALGO_ASKED),
        (await client.futures_cancel_order(symbol=BTC, clientAlgoId="tt-a"), shapes.ALGO_CANCELLED),
        (await client.futures_cancel_all_open_orders(symbol=BTC, conditional=True), shapes.DONE),
    ):
        assert misfits(answer, shape) == []


async def test_account_methods(client: Any) -> None:
    await client.futures_create_order(symbol=BTC, side="BUY", type="MARKET", quantity="0.01", newClientOrderId="tt-1")
    account, account_v2 = await client.futures_account(version=3), await client.futures_account()
    brackets = await client.futures_leverage_bracket(symbol=BTC)
    for answer, shape in (
        (account, shapes.ACCOUNT),
        (account_v2, shapes.ACCOUNT_V2),
        (account["assets"][0], shapes.ACCOUNT_ASSET),
        (account["positions"][0], shapes.ACCOUNT_POSITION),
        ((await client.futures_account_balance())[0], shapes.BALANCE),
        ((await client.futures_position_information())[0], shapes.RISK),
        ((await client.futures_position_information(version=2))[0], shapes.RISK_V2),
        ((await client.futures_account_trades(symbol=BTC))[0], shapes.TRADE),
        ((await client.futures_income_history())[0], shapes.INCOME),
        (await client.futures_account_config(), shapes.ACCOUNT_CONFIG),
        ((await client.futures_symbol_config(symbol=BTC))[0], shapes.SYMBOL_CONFIG),
        (await client.futures_commission_rate(symbol=BTC), shapes.COMMISSION),
        (await client.futures_change_leverage(symbol=BTC, leverage=6), shapes.LEVERAGE),
        (await client.futures_get_position_mode(), shapes.DUAL),
        (await client.futures_get_multi_assets_mode(), shapes.MULTI),
        ((await client.futures_v1_get_rate_limit_order())[0], shapes.LIMIT),
        (brackets[0], shapes.BRACKETS),
        (brackets[0]["brackets"][0], shapes.BRACKET),
    ):
        assert misfits(answer, shape) == []
    assert (await client.futures_api_trading_status())["indicators"] == {}
    assert await client.futures_liquidation_orders() == []
    for refused, given, code in (
        (client.futures_change_margin_type, {"symbol": BTC, "marginType": "ISOLATED"}, -4046),
        (client.futures_change_position_mode, {"dualSidePosition": "false"}, -4059),
        (client.futures_change_multi_assets_mode, {"multiAssetsMargin": False}, -4171),
        (client.get_account_api_permissions, {}, 0),
    ):
        with pytest.raises(BinanceAPIException) as no:
            await refused(**given)
        assert no.value.code == code


async def test_listen_keys_and_streams(bench: LoopbackBench, client: Any) -> None:
    key = await client.futures_stream_get_listen_key()
    await client.futures_stream_keepalive(key)
    manager = BinanceSocketManager(client, max_queue_size=1000)
    manager.FSTREAM_URL = bench.exchange.stream_url + "/"
    public = manager.futures_multiplex_socket(["btcusdt@bookTicker", "btcusdt@depth@100ms"], category="public")
    market = manager.futures_multiplex_socket(["btcusdt@markPrice@1s", "btcusdt@aggTrade"])
    user = manager.futures_user_socket()
    heard: dict[str, Any] = {}
    async with public, market, user:
        for socket in (public, market, user):
            socket.TIMEOUT = 0.1  # how long closing a quiet socket waits
        await bench.price(BTC, 60_010)
        await bench.trade(BTC, 60_010, "0.5", sold=True)
        await client.futures_create_order(
            symbol=BTC, side="BUY", type="MARKET", quantity="0.01", newClientOrderId="tt-1"
        )
        for socket, count in ((public, 2), (market, 2)):
            for _ in range(count):
                data = (await asyncio.wait_for(socket.recv(), 5))["data"]
                heard[data["e"]] = data
        events = [await asyncio.wait_for(user.recv(), 5) for _ in range(4)]
    assert misfits(heard["bookTicker"], shapes.BOOK_TICKER_EVENT) == []
    assert misfits(heard["depthUpdate"], shapes.DEPTH_EVENT) == []
    assert misfits(heard["markPriceUpdate"], shapes.MARK_EVENT) == []
    assert misfits(heard["aggTrade"], shapes.AGG_EVENT) == []
    account, new, traded, lite = events
    assert misfits(account["a"]["P"][0], shapes.POSITION_EVENT) == []
    assert misfits(account["a"]["B"][0], shapes.BALANCE_EVENT) == []
    assert misfits(new["o"], shapes.ORDER_EVENT) == []
    assert misfits(traded["o"], shapes.FILL_EVENT) == []
    assert misfits(lite, shapes.LITE_EVENT) == []
