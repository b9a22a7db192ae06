"""Conformance: ccxt's binanceusdm, an independent client that signs, routes and reads in its own way."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fakes import ccxt_alone
from tests.fakes.loopback import BTC, LoopbackBench
from tests.integration.loopback.conftest import PAIR
from tui_trader.core.clock import Instant
from tui_trader.core.market import FundingSettled


async def test_markets(ccxt_client: Any) -> None:
    market = ccxt_client.market(PAIR)
    assert (market["id"], market["linear"], market["swap"], market["active"]) == (BTC, True, True, True)
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.1, 0.001)
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == (0.001, 100)


async def test_a_position_from_market_order_to_flat(ccxt_client: Any) -> None:
    opened = await ccxt_client.create_order(PAIR, "market", "buy", 0.01)
    assert (opened["status"], opened["filled"]) == ("closed", 0.01)
    (position,) = await ccxt_client.fetch_positions([PAIR])
    assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", 0.01, 60000.1)
    balance = await ccxt_client.fetch_balance()
    assert balance["USDT"]["total"] == pytest.approx(10_000 - 0.3000005 - 0.001)
    assert balance["USDT"]["free"] < balance["USDT"]["total"]
    closed = await ccxt_client.create_order(PAIR, "market", "sell", 0.01, None, {"reduceOnly": True})
    assert closed["reduceOnly"] is True
    assert await ccxt_client.fetch_positions([PAIR]) == []
    trades = await ccxt_client.fetch_my_trades(PAIR)
    assert [trade["side"] for trade in trades] == ["buy", "sell"]
    assert [trade["fee"]["cost"] for trade in trades] == [0.3000005, 0.2999995]


async def test_a_limit_order_and_its_end(ccxt_client: Any) -> None:
    placed = await ccxt_client.create_order(PAIR, "limit", "buy", 0.01, 59000)
    assert (placed["status"], placed["price"], placed["amount"]) == ("open", 59000.0, 0.01)
    assert (await ccxt_client.fetch_order(placed["id"], PAIR))["status"] == "open"
    edited = await ccxt_client.edit_order(placed["id"], PAIR, "limit", "buy", 0.02, 58000)
    assert (edited["price"], edited["amount"]) == (58000.0, 0.02)
    assert [order["id"] for order in await ccxt_client.fetch_open_orders(PAIR)] == [placed["id"]]
    assert (await ccxt_client.cancel_order(placed["id"], PAIR))["status"] == "canceled"
    assert [order["status"] for order in await ccxt_client.fetch_orders(PAIR)] == ["canceled"]
    await ccxt_client.create_order(PAIR, "limit", "buy", 0.01, 59000)
    await ccxt_client.cancel_all_orders(PAIR)
    assert await ccxt_client.fetch_open_orders(PAIR) == []


async def test_stops_are_orders_of_their_own(ccxt_client: Any) -> None:
    await ccxt_client.create_order(PAIR, "market", "buy", 0.01)
    stop = await ccxt_client.create_order(
        PAIR, "market", "sell", 0.01, None, {"stopLossPrice": 59000, "reduceOnly": True, "workingType": "MARK_PRICE"}
    )
    assert (stop["status"], stop["stopPrice"]) == ("open", 59000.0)
    trigger = {"trigger": True}
    assert [order["id"] for order in await ccxt_client.fetch_open_orders(PAIR, None, None, trigger)] == [stop["id"]]
    assert await ccxt_client.fetch_open_orders(PAIR) == []
    assert (await ccxt_client.fetch_order(stop["id"], PAIR, trigger))["status"] == "open"
    await ccxt_client.cancel_order(stop["id"], PAIR, trigger)
    await ccxt_client.create_order(PAIR, "STOP_MARKET", "sell", 0.01, None, {"stopPrice": 58000, "reduceOnly": True})
    await ccxt_client.cancel_all_orders(PAIR, trigger)
    assert await ccxt_client.fetch_open_orders(PAIR, None, None, trigger) == []


async def test_leverage_and_tiers(ccxt_client: Any) -> None:
    assert (await ccxt_client.set_leverage(4, PAIR))["leverage"] == 4
    leverages = await ccxt_client.fetch_leverages([PAIR])
    assert (leverages[PAIR]["longLeverage"], leverages[PAIR]["marginMode"]) == (4, "isolated")
    tiers = (await ccxt_client.fetch_leverage_tiers([PAIR]))[PAIR]
    assert (tiers[0]["maxLeverage"], tiers[0]["maintenanceMarginRate"], tiers[1]["minNotional"]) == (
        150,
        0.004,
        300_000,
    )
    assert (await ccxt_client.fetch_trading_fee(PAIR))["taker"] == 0.0005


async def test_the_market_as_it_reads_it(bench: LoopbackBench, ccxt_client: Any) -> None:
    await bench.trade(BTC, 60_000, "0.5", sold=True)
    book = await ccxt_client.fetch_order_book(PAIR, 5)
    assert (book["bids"][0], book["asks"][0]) == ([59999.9, 50.0], [60000.1, 50.0])
    candles = await ccxt_client.fetch_ohlcv(PAIR, "1m", limit=3)
    assert [len(candle) for candle in candles] == [6, 6, 6]
    assert candles[-1][4] == 60000.0
    assert (await ccxt_client.fetch_ticker(PAIR))["last"] == 60000.0
    assert (await ccxt_client.fetch_bids_asks([PAIR]))[PAIR]["bid"] == 59999.9
    assert (await ccxt_client.fetch_trades(PAIR))[-1]["amount"] == 0.5
    assert (await ccxt_client.fetch_funding_rate(PAIR))["fundingRate"] == 0.0001
    assert await ccxt_client.fetch_funding_history(PAIR) == []


async def test_margin_is_added_and_taken_away(ccxt_client: Any) -> None:
    await ccxt_client.create_order(PAIR, "market", "buy", 0.01)
    added = await ccxt_client.add_margin(PAIR, 20)
    assert (added["type"], added["amount"], added["status"]) == ("add", 20.0, "ok")
    assert (await ccxt_client.reduce_margin(PAIR, 5))["type"] == "reduce"
    moved = await ccxt_client.fetch_margin_adjustment_history(PAIR)
    assert [(row["type"], row["amount"]) for row in moved] == [("add", 20.0), ("reduce", 5.0)]


async def test_what_was_settled_and_what_was_set(bench: LoopbackBench, ccxt_client: Any) -> None:
    await ccxt_client.create_order(PAIR, "market", "buy", 0.01)
    await bench.exchange.hear(FundingSettled(BTC, Instant(0), Decimal("0.0002"), Decimal(60_000)))
    assert [row["fundingRate"] for row in await ccxt_client.fetch_funding_rate_history(PAIR)] == [0.0002]
    assert [row["amount"] for row in await ccxt_client.fetch_funding_history(PAIR)] == [-0.12]
    assert (await ccxt_client.fetch_position_mode(PAIR))["hedged"] is False
    batch = [{"symbol": PAIR, "type": "limit", "side": "buy", "amount": 0.01, "price": price} for price in (59000, 1)]
    refused, placed = await ccxt_client.create_orders(batch)  # it puts those without a time first
    assert (refused["info"]["code"], placed["status"]) == (-4013, "open")


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (("limit", "buy", 10, 59000), "InsufficientFunds"),
        (("limit", "buy", 0.01, 60100, {"timeInForce": "GTX"}), "OrderNotFillable"),
        (("market", "sell", 0.01, None, {"reduceOnly": True}), "InvalidOrder"),
        (("STOP_MARKET", "sell", 0.01, None, {"stopPrice": 61000}), "OrderImmediatelyFillable"),
    ],
)
async def test_refusals_are_what_it_takes_them_for(ccxt_client: Any, arguments: tuple[Any, ...], seen: str) -> None:
    with pytest.raises(ccxt_alone.error(seen)):
        await ccxt_client.create_order(PAIR, *arguments)
    with pytest.raises(ccxt_alone.error("OrderNotFound")):
        await ccxt_client.fetch_order("8000000099", PAIR)
