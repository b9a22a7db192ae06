"""Weights and order counts: told in headers, enforced with 429, and with 418 where that is ignored."""

from dataclasses import replace

from tests.fakes.loopback import BTC, LoopbackBench, loopback
from tui_trader.exchange.loopback.options import Limits, MarginType


async def weight_of(bench: LoopbackBench, method: str, path: str, **params: str) -> int:
    before = bench.exchange.floor.meter.headers(bench.exchange.floor.clock.now(), with_orders=False)
    answer = await bench.call(method, path, **params)
    told = int(answer.headers["X-MBX-USED-WEIGHT-1M"])
    return told - int(before["X-MBX-USED-WEIGHT-1M"]) if told >= int(before["X-MBX-USED-WEIGHT-1M"]) else told


async def test_weights_are_the_documented_ones(bench: LoopbackBench) -> None:
    assert await weight_of(bench, "GET", "/fapi/v1/openOrders") == 40
    assert await weight_of(bench, "GET", "/fapi/v1/openOrders", symbol="BTCUSDT") == 1
    assert await weight_of(bench, "GET", "/fapi/v1/depth", symbol="BTCUSDT", limit="1000") == 20
    assert await weight_of(bench, "GET", "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", limit="99") == 1
    assert await weight_of(bench, "GET", "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", limit="1500") == 10
    assert await weight_of(bench, "GET", "/fapi/v1/income") == 30
    assert await weight_of(bench, "POST", "/fapi/v1/order", symbol="BTCUSDT") == 0


async def test_orders_are_counted_in_headers(bench: LoopbackBench) -> None:
    wanted = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    answers = [await bench.call("POST", "/fapi/v1/order", **wanted) for _ in range(2)]
    counts = [int(answer.headers["X-MBX-ORDER-COUNT-1M"]) for answer in answers]
    assert counts in ([1, 2], [1, 1])  # a minute may end in between
    assert "X-MBX-ORDER-COUNT-10S" in answers[0].headers


async def test_too_much_weight_is_429_and_then_418() -> None:
    limits = replace(Limits(), weight_a_minute=10, patience=2)
    async with loopback(limits=limits) as bench:
        answers = [await bench.call("GET", "/fapi/v3/balance") for _ in range(7)]
    # Should a minute end in between, two more requests pass first.
    statuses = [answer.status for answer in answers]
    assert statuses == [200, 200, 429, 429, 418, 418, 418] or statuses.count(200) in (3, 4)
    refused = [answer for answer in answers if answer.status != 200]
    assert all(int(answer.headers["Retry-After"]) >= 1 and answer.body["code"] == -1003 for answer in refused)


async def test_too_many_orders_are_refused_and_cancels_are_not() -> None:
    async with loopback(limits=replace(Limits(), orders_1m=1)) as bench:
        number = (await bench.limit("BUY", "0.010", 59_000))["orderId"]
        wanted = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        answer = await bench.call("POST", "/fapi/v1/order", **wanted)
        assert (answer.status, answer.body["code"]) == (429, -1015)
        await bench.ok("DELETE", "/fapi/v1/order", symbol=BTC, orderId=number)


async def test_margin_type_is_set_when_nothing_is_used_and_cross_risks_nothing() -> None:
    async with loopback(margin_type=MarginType.CROSSED) as bench:
        wanted = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        assert await bench.code("POST", "/fapi/v1/order", **wanted) == -4168
        path = "/fapi/v1/marginType"
        assert (await bench.ok("POST", path, symbol=BTC, marginType="ISOLATED"))["code"] == 200
        assert await bench.code("POST", path, symbol=BTC, marginType="ISOLATED") == -4046
        await bench.limit("BUY", "0.010", 59_000)
        assert await bench.code("POST", path, symbol=BTC, marginType="CROSSED") == -4047
        await bench.ok("DELETE", "/fapi/v1/allOpenOrders", symbol=BTC)
        await bench.market("BUY", "0.010")
        assert await bench.code("POST", path, symbol=BTC, marginType="CROSSED") == -4048


async def test_modes_that_are_not_simulated_are_refused(bench: LoopbackBench) -> None:
    assert await bench.code("POST", "/fapi/v1/positionSide/dual", dualSidePosition="false") == -4059
    assert await bench.code("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true") == -4060
    assert await bench.code("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="false") == -4171
    assert await bench.code("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="true") == -4168


async def test_it_is_bound_to_this_machine_alone(bench: LoopbackBench) -> None:
    assert bench.exchange._runner is not None
    assert [address[0] for address in bench.exchange._runner.addresses] == ["127.0.0.1"]
