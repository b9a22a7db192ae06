"""Ordinary orders over the wire: what becomes of them, and with which code they are refused."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fakes.loopback import BTC, HandMarket, LoopbackBench, known, loopback

ORDER = "/fapi/v1/order"


async def position(bench: LoopbackBench) -> str:
    rows = await bench.ok("GET", "/fapi/v3/positionRisk", symbol=BTC)
    return str(rows[0]["positionAmt"]) if rows else "0"


async def test_an_acknowledgement_says_no_price_and_a_query_does(bench: LoopbackBench) -> None:
    ack = await bench.market("BUY", "0.010", newClientOrderId="tt-1")
    assert ack["status"] == "FILLED"
    assert not {"avgPrice", "cumQuote"} & set(ack)
    asked = await bench.ok("GET", ORDER, symbol=BTC, origClientOrderId="tt-1")
    assert (asked["avgPrice"], asked["cumQuote"]) == ("60000.10000", "600.00100000")


async def test_the_acknowledgement_of_before_is_a_switch() -> None:
    async with loopback(legacy_ack=True) as bench:
        assert (await bench.market("BUY", "0.010"))["avgPrice"] == "60000.10000"


async def test_without_being_asked_for_a_result_an_order_is_only_new(bench: LoopbackBench) -> None:
    ack = await bench.market("BUY", "0.010", newOrderRespType="ACK")
    assert (ack["status"], ack["executedQty"]) == ("NEW", "0.000")
    assert await position(bench) == "0.010"


async def test_an_order_rests_is_changed_and_is_cancelled(bench: LoopbackBench) -> None:
    placed = await bench.limit("BUY", "0.010", 59_000, newClientOrderId="tt-r")
    number = placed["orderId"]
    listed = await bench.ok("GET", "/fapi/v1/openOrders", symbol=BTC)
    assert [order["orderId"] for order in listed] == [number]
    changed = await bench.ok("PUT", ORDER, symbol=BTC, orderId=number, side="BUY", quantity="0.020", price="58000")
    assert (changed["price"], changed["origQty"]) == ("58000.0", "0.020")
    ended = await bench.ok("DELETE", ORDER, symbol=BTC, origClientOrderId="tt-r")
    assert (ended["orderId"], ended["status"]) == (number, "CANCELED")
    assert await bench.code("DELETE", ORDER, symbol=BTC, orderId=number) == -2011
    assert (await bench.ok("GET", ORDER, symbol=BTC, orderId=number))["status"] == "CANCELED"
    assert await bench.code("GET", "/fapi/v1/openOrder", symbol=BTC, orderId=number) == -2013


async def test_a_resting_order_is_filled_as_a_maker_when_the_market_comes_to_it(bench: LoopbackBench) -> None:
    await bench.limit("BUY", "0.010", 59_000, newClientOrderId="tt-m")
    await bench.price(BTC, 58_900)
    (trade,) = await bench.ok("GET", "/fapi/v1/userTrades", symbol=BTC)
    assert (trade["maker"], trade["price"], trade["commission"]) == (True, "59000.0", "0.11800000")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"symbol": "NONEUSDT"}, -1121),
        ({"side": "LONG"}, -1117),
        ({"type": "ICEBERG"}, -1116),
        ({"type": "STOP_MARKET", "stopPrice": "50000"}, -4120),
        ({"type": "TRAILING_STOP_MARKET"}, -4120),
        ({"quantity": ""}, -1102),
        ({"quantity": "1e-2"}, -1102),
        ({"quantity": "0"}, -4003),
        ({"quantity": "0.0001"}, -1111),
        ({"quantity": "1001"}, -4005),
        ({"quantity": "0.001", "price": "59000"}, -4164),
        ({"price": ""}, -1102),
        ({"price": "59000.123"}, -1111),
        ({"price": "59000.05"}, -4014),
        ({"price": "0"}, -4001),
        ({"price": "100"}, -4013),
        ({"price": "63100"}, -4016),
        ({"side": "SELL", "price": "56900"}, -4024),
        ({"timeInForce": ""}, -1102),
        ({"timeInForce": "DAY"}, -1115),
        ({"timeInForce": "GTX", "price": "60100"}, -5022),
        ({"timeInForce": "FOK", "quantity": "150", "price": "60000.1"}, -2019),
        ({"timeInForce": "GTD"}, -1102),
        ({"timeInForce": "GTD", "goodTillDate": "1000"}, -5040),
        ({"quantity": "10"}, -2019),
        ({"reduceOnly": "true"}, -2022),
        ({"reduceOnly": "maybe"}, -1130),
        ({"positionSide": "LONG"}, -4061),
        ({"closePosition": "true"}, -4136),
        ({"newClientOrderId": "with space"}, -4015),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"priceMatch": "OPPONENT"}, -1130),
        ({"stopPrice": "50000"}, -1106),
        ({"newOrderRespType": "FULL"}, -1130),
    ],
)
async def test_what_breaks_a_rule_is_refused_with_its_code(
    bench: LoopbackBench, changed: dict[str, str], code: int
) -> None:
    wanted = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "0.01",
        "price": "59000",
        "timeInForce": "GTC",
        **changed,
    }
    assert await bench.code("POST", ORDER, **{name: value for name, value in wanted.items() if value}) == code
    assert await bench.ok("GET", "/fapi/v1/openOrders") == []


@pytest.mark.parametrize(("quantity", "code"), [("0.012", -4023), ("0.005", -4004)])
async def test_a_quantity_lies_on_the_step_and_is_not_too_small(quantity: str, code: int) -> None:
    coarse = replace(known(BTC), step=Decimal("0.005"), min_quantity=Decimal("0.010"))
    async with loopback(market=HandMarket({BTC: coarse})) as bench:
        wanted = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "price": "59000", "timeInForce": "GTC"}
        assert await bench.code("POST", ORDER, quantity=quantity, **wanted) == code


async def test_a_position_may_be_as_large_as_its_leverage_allows(bench: LoopbackBench) -> None:
    await bench.ok("POST", "/fapi/v1/leverage", symbol=BTC, leverage=150)
    wanted = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "price": "59000", "timeInForce": "GTC"}
    assert await bench.code("POST", ORDER, quantity="5.1", **wanted) == -2027
    await bench.ok("POST", ORDER, quantity="5", **wanted)


async def test_the_position_mode_stands_while_it_is_used_and_there_is_only_one(bench: LoopbackBench) -> None:
    mode = "/fapi/v1/positionSide/dual"
    assert await bench.code("POST", mode, dualSidePosition="true") == -4060
    await bench.limit("BUY", "0.010", 59_000)
    assert await bench.code("POST", mode, dualSidePosition="true") == -4067
    await bench.ok("DELETE", "/fapi/v1/allOpenOrders", symbol=BTC)
    await bench.market("BUY", "0.010")
    assert await bench.code("POST", mode, dualSidePosition="true") == -4068


async def test_what_an_immediate_order_does_not_get_is_over(bench: LoopbackBench) -> None:
    await bench.price(BTC, 60_000, size="0.004")
    ended = await bench.limit("BUY", "0.010", Decimal("60000.1"), timeInForce="IOC", newOrderRespType="RESULT")
    assert (ended["status"], ended["executedQty"]) == ("EXPIRED", "0.004")
    assert await bench.ok("GET", "/fapi/v1/openOrders") == []


async def test_an_order_that_is_good_till_a_date_ends_with_it(bench: LoopbackBench) -> None:
    # A date must lie ten minutes ahead. As the server is told the time, it does; as time is, it has passed.
    bench.exchange.mischief.skew_clock(-700)
    now = (await bench.public("/fapi/v1/time"))["serverTime"]
    async with bench.listen_user() as ear:
        placed = await bench.limit(
            "BUY", "0.010", 59_000, timestamp=str(now), timeInForce="GTD", goodTillDate=str(now + 650_000)
        )
        assert placed["goodTillDate"] == (now + 650_000) // 1000 * 1000
        assert (await ear.hear_event("ORDER_TRADE_UPDATE"))["o"]["X"] == "NEW"
        assert (await ear.hear_event("ORDER_TRADE_UPDATE"))["o"]["X"] == "CANCELED"


async def test_a_fok_that_the_book_does_not_hold_is_refused(bench: LoopbackBench) -> None:
    await bench.price(BTC, 60_000, size="0.010")
    code = await bench.code(
        "POST", ORDER, symbol=BTC, side="BUY", type="LIMIT", quantity="0.5", price="60000.1", timeInForce="FOK"
    )
    assert code == -5021


async def test_a_market_order_far_from_the_mark_is_refused(bench: LoopbackBench) -> None:
    await bench.mark(BTC, 50_000)
    assert await bench.code("POST", ORDER, symbol=BTC, side="BUY", type="MARKET", quantity="0.01") == -4131


async def test_an_id_is_unique_among_open_orders_only(bench: LoopbackBench) -> None:
    await bench.limit("BUY", "0.010", 59_000, newClientOrderId="tt-same")
    again = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "58000", "timeInForce": "GTC"}
    assert await bench.code("POST", ORDER, newClientOrderId="tt-same", **again) == -4116
    await bench.ok("DELETE", ORDER, symbol=BTC, origClientOrderId="tt-same")
    second = await bench.ok("POST", ORDER, newClientOrderId="tt-same", **again)
    assert (await bench.ok("GET", ORDER, symbol=BTC, origClientOrderId="tt-same"))["orderId"] == second["orderId"]


async def test_two_hundred_orders_of_a_symbol_are_enough() -> None:
    async with loopback() as bench:
        for number in range(200):
            assert (
                await bench.call(
                    "POST",
                    ORDER,
                    symbol="BTCUSDT",
                    side="BUY",
                    type="LIMIT",
                    quantity="0.002",
                    price=str(58_000 + number),
                    timeInForce="GTC",
                )
            ).status == 200
        code = await bench.code(
            "POST", ORDER, symbol=BTC, side="BUY", type="LIMIT", quantity="0.002", price="57999", timeInForce="GTC"
        )
        assert code == -2025


async def test_a_reduce_only_order_closes_no_more_than_there_is(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    closed = await bench.market("SELL", "0.500", reduceOnly="true")
    assert (closed["origQty"], closed["status"]) == ("0.010", "FILLED")
    assert await position(bench) == "0"


async def test_a_batch_is_answered_one_by_one(bench: LoopbackBench) -> None:
    good = '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"0.01","price":"59000","timeInForce":"GTC"}'
    bad = good.replace("59000", "59000.05")
    first, second = await bench.ok("POST", "/fapi/v1/batchOrders", batchOrders=f"[{good},{bad}]")
    assert (first["status"], second["code"]) == ("NEW", -4014)
    gone, unknown = await bench.ok("DELETE", "/fapi/v1/batchOrders", symbol=BTC, orderIdList=f"[{first['orderId']},7]")
    assert (gone["status"], unknown["code"]) == ("CANCELED", -2011)


async def test_cancel_all_leaves_conditional_orders_alone(bench: LoopbackBench) -> None:
    await bench.limit("BUY", "0.010", 59_000)
    await bench.stop("SELL", 58_000)
    assert (await bench.ok("DELETE", "/fapi/v1/allOpenOrders", symbol=BTC))["code"] == 200
    assert await bench.ok("GET", "/fapi/v1/openOrders") == []
    assert len(await bench.ok("GET", "/fapi/v1/openAlgoOrders")) == 1


async def test_a_countdown_cancels_ordinary_orders_and_zero_takes_it_back(bench: LoopbackBench) -> None:
    await bench.limit("BUY", "0.010", 59_000)
    await bench.stop("SELL", 58_000)
    path = "/fapi/v1/countdownCancelAll"
    assert await bench.ok("POST", path, symbol=BTC, countdownTime=1) == {"symbol": BTC, "countdownTime": "1"}
    await bench.ok("POST", path, symbol=BTC, countdownTime=0)
    await bench.exchange.floor.cancel_due()
    assert len(await bench.ok("GET", "/fapi/v1/openOrders")) == 1
    async with bench.listen_user() as ear:
        await bench.ok("POST", path, symbol=BTC, countdownTime=1)
        assert (await ear.hear_event("ORDER_TRADE_UPDATE"))["o"]["X"] == "CANCELED"
    assert len(await bench.ok("GET", "/fapi/v1/openAlgoOrders")) == 1


async def test_a_tested_order_is_judged_and_not_sent(bench: LoopbackBench) -> None:
    wanted = {"symbol": BTC, "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    assert await bench.ok("POST", "/fapi/v1/order/test", **wanted) == {}
    assert await bench.code("POST", "/fapi/v1/order/test", **{**wanted, "quantity": "100"}) == -2019
    assert await position(bench) == "0"
