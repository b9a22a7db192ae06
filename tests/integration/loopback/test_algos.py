"""Conditional orders: ids and a life of their own, apart from the matching until their price is reached."""

import pytest

from tests.fakes.loopback import BTC, LoopbackBench

ALGO = "/fapi/v1/algoOrder"


async def test_a_stop_lives_from_new_to_finished(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    async with bench.listen_user() as ear:
        placed = await bench.stop("SELL", 59_000, clientAlgoId="tt-stop")
        await bench.price(BTC, 58_990)
        seen = [await ear.hear_event("ALGO_UPDATE") for _ in range(4)]
    assert [event["o"]["X"] for event in seen] == ["NEW", "TRIGGERING", "TRIGGERED", "FINISHED"]
    assert {event["o"]["aid"] for event in seen} == {placed["algoId"]}
    ended = await bench.ok("GET", ALGO, clientAlgoId="tt-stop")
    assert (ended["algoStatus"], ended["actualType"], ended["actualQty"]) == ("FINISHED", "MARKET", "0.010")
    child = await bench.ok("GET", "/fapi/v1/order", symbol=BTC, orderId=ended["actualOrderId"])
    assert (child["clientOrderId"], child["origType"], child["status"]) == ("tt-stop", "STOP_MARKET", "FILLED")
    assert child["orderId"] != placed["algoId"]
    assert await bench.ok("GET", "/fapi/v3/positionRisk") == []


async def test_a_conditional_order_is_no_ordinary_one(bench: LoopbackBench) -> None:
    placed = await bench.stop("SELL", 59_000, clientAlgoId="tt-stop")
    assert await bench.ok("GET", "/fapi/v1/openOrders") == []
    assert await bench.code("GET", "/fapi/v1/order", symbol=BTC, orderId=placed["algoId"]) == -2013
    assert await bench.code("DELETE", "/fapi/v1/order", symbol=BTC, origClientOrderId="tt-stop") == -2011
    done = await bench.ok("DELETE", ALGO, algoId=placed["algoId"])
    assert (done["code"], done["clientAlgoId"]) == ("200", "tt-stop")
    assert await bench.code("DELETE", ALGO, clientAlgoId="tt-stop") == -2011
    assert await bench.code("GET", ALGO, clientAlgoId="tt-none") == -2013
    assert [a["algoStatus"] for a in await bench.ok("GET", "/fapi/v1/allAlgoOrders", symbol=BTC)] == ["CANCELED"]


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "reached", "missed"),
    [
        ("STOP_MARKET", "SELL", 59_000, 59_000, 59_001),
        ("STOP_MARKET", "BUY", 61_000, 61_000, 60_999),
        ("TAKE_PROFIT_MARKET", "SELL", 61_000, 61_000, 60_999),
        ("TAKE_PROFIT_MARKET", "BUY", 59_000, 59_000, 59_001),
    ],
)
async def test_each_kind_triggers_on_its_side(
    bench: LoopbackBench, kind: str, side: str, trigger: int, reached: int, missed: int
) -> None:
    await bench.market("BUY" if side == "SELL" else "SELL", "0.010")
    await bench.stop(side, trigger, type=kind, clientAlgoId="tt-x")
    await bench.mark(BTC, missed)
    assert (await bench.ok("GET", ALGO, clientAlgoId="tt-x"))["algoStatus"] == "NEW"
    await bench.mark(BTC, reached)
    assert (await bench.ok("GET", ALGO, clientAlgoId="tt-x"))["algoStatus"] == "FINISHED"


async def test_the_contract_price_triggers_where_that_is_asked_for(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    await bench.stop("SELL", 59_000, workingType="CONTRACT_PRICE", clientAlgoId="tt-c")
    await bench.mark(BTC, 58_500)
    assert (await bench.ok("GET", ALGO, clientAlgoId="tt-c"))["algoStatus"] == "NEW"
    await bench.price(BTC, 58_900)
    assert (await bench.ok("GET", ALGO, clientAlgoId="tt-c"))["algoStatus"] == "FINISHED"


async def test_a_stop_limit_becomes_a_limit_order(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    await bench.stop(
        "SELL",
        59_000,
        type="STOP",
        closePosition="",
        reduceOnly="true",
        quantity="0.010",
        price="59100",
        clientAlgoId="tt-l",
    )
    await bench.mark(BTC, 58_990)
    asked = await bench.ok("GET", ALGO, clientAlgoId="tt-l")
    # The market itself is still at 60,000, above the limit: it sells at once.
    assert (asked["algoStatus"], asked["actualType"]) == ("FINISHED", "LIMIT")


async def test_a_trailing_stop_follows_the_market_and_turns_with_it(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    await bench.ok(
        "POST",
        ALGO,
        algoType="CONDITIONAL",
        symbol=BTC,
        side="SELL",
        type="TRAILING_STOP_MARKET",
        quantity="0.010",
        reduceOnly="true",
        callbackRate="1",
        activatePrice="61000",
        workingType="MARK_PRICE",
        clientAlgoId="tt-t",
    )

    async def status() -> str:
        return str((await bench.ok("GET", ALGO, clientAlgoId="tt-t"))["algoStatus"])

    await bench.price(BTC, 60_000)  # falls by more than the rate, but it is not active yet
    await bench.price(BTC, 61_000)
    await bench.price(BTC, 62_000)
    await bench.price(BTC, 61_381)
    assert await status() == "NEW"
    await bench.price(BTC, 61_380)
    assert await status() == "FINISHED"


async def test_margin_is_asked_for_only_when_it_triggers(bench: LoopbackBench) -> None:
    await bench.stop("BUY", 61_000, closePosition="", quantity="50", clientAlgoId="tt-big")
    async with bench.listen_user() as ear:
        await bench.price(BTC, 61_000)
        assert (await ear.hear_event("ALGO_UPDATE"))["o"]["X"] == "TRIGGERING"
        ended = (await ear.hear_event("ALGO_UPDATE"))["o"]
    assert (ended["X"], ended["rm"]) == ("REJECTED", "Margin is insufficient.")


async def test_a_closing_stop_with_nothing_to_close_expires(bench: LoopbackBench) -> None:
    await bench.stop("SELL", 59_000, clientAlgoId="tt-e")
    await bench.price(BTC, 58_000)
    assert (await bench.ok("GET", ALGO, clientAlgoId="tt-e"))["algoStatus"] == "EXPIRED"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"algoType": "VP"}, -1130),
        ({"type": "LIMIT"}, -1116),
        ({"triggerPrice": "60001"}, -2021),
        ({"triggerPrice": "59000.05"}, -4014),
        ({"triggerPrice": ""}, -1102),
        ({"quantity": "1"}, -4137),
        ({"reduceOnly": "true"}, -1106),
        ({"closePosition": "", "quantity": "0.01", "reduceOnly": "true"}, -2022),
        ({"closePosition": "", "quantity": "0.0005"}, -1111),
        ({"closePosition": "", "quantity": "0.001"}, -4164),
        ({"closePosition": ""}, -1102),
        ({"type": "STOP", "price": "58900"}, -4136),
        ({"type": "TRAILING_STOP_MARKET", "closePosition": "", "quantity": "0.1", "callbackRate": "21"}, -2007),
        ({"clientAlgoId": "bad id"}, -4015),
        ({"positionSide": "SHORT"}, -4061),
        ({"workingType": "INDEX"}, -1130),
    ],
)
async def test_what_breaks_a_rule_is_refused_with_its_code(
    bench: LoopbackBench, changed: dict[str, str], code: int
) -> None:
    wanted = {
        "algoType": "CONDITIONAL",
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "STOP_MARKET",
        "triggerPrice": "59000",
        "closePosition": "true",
        "workingType": "MARK_PRICE",
        **changed,
    }
    assert await bench.code("POST", ALGO, **{name: value for name, value in wanted.items() if value}) == code
    assert await bench.ok("GET", "/fapi/v1/openAlgoOrders") == []


async def test_a_second_closing_order_of_a_kind_is_refused_and_of_another_kind_is_not(bench: LoopbackBench) -> None:
    await bench.stop("SELL", 59_000)
    wanted = {"algoType": "CONDITIONAL", "symbol": BTC, "closePosition": "true", "workingType": "MARK_PRICE"}
    code = await bench.code("POST", ALGO, side="SELL", type="STOP_MARKET", triggerPrice="58000", **wanted)
    assert code == -4130
    await bench.stop("SELL", 61_000, type="TAKE_PROFIT_MARKET")
    await bench.stop("BUY", 61_000)


async def test_an_id_is_unique_among_open_conditional_orders(bench: LoopbackBench) -> None:
    await bench.stop("SELL", 59_000, clientAlgoId="tt-same")
    wanted = {"algoType": "CONDITIONAL", "symbol": BTC, "closePosition": "true", "workingType": "MARK_PRICE"}
    again = {"side": "BUY", "type": "STOP_MARKET", "triggerPrice": "61000", "clientAlgoId": "tt-same", **wanted}
    assert await bench.code("POST", ALGO, **again) == -4116
    assert (await bench.ok("DELETE", "/fapi/v1/algoOpenOrders", symbol=BTC))["code"] == 200
    await bench.ok("POST", ALGO, **again)


async def test_two_hundred_conditional_orders_are_enough(bench: LoopbackBench) -> None:
    for number in range(200):
        await bench.stop("SELL", 58_000 - number, closePosition="", quantity="0.01")
    wanted = {"algoType": "CONDITIONAL", "symbol": BTC, "quantity": "0.01", "workingType": "MARK_PRICE"}
    code = await bench.code("POST", ALGO, side="SELL", type="STOP_MARKET", triggerPrice="57000", **wanted)
    assert code == -4045
