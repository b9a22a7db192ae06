"""Faults on demand: each does what its name says, once, and nothing happens unless it is asked for."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.loopback import BTC, LoopbackBench, loopback
from tui_trader.exchange.loopback.control import TOKEN_HEADER
from tui_trader.exchange.loopback.faults import FaultKind
from tui_trader.exchange.loopback.mischief import Mischief
from tui_trader.exchange.loopback.stream_names import Route

ORDER = "/fapi/v1/order"


async def trades(bench: LoopbackBench) -> int:
    return len(await bench.ok("GET", "/fapi/v1/userTrades", symbol=BTC))


@pytest.mark.parametrize("executes", [False, True])
@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        (
            FaultKind.UNKNOWN_503,
            503,
            {"code": 0, "msg": "Unknown error, please check your request or try again later."},
        ),
        (FaultKind.UNAVAILABLE_503, 503, {"code": 0, "msg": "Service Unavailable."}),
        (FaultKind.INTERNAL_503, 503, -1001),
        (FaultKind.BARE_503, 503, ""),
        (FaultKind.ERROR_1006, 400, -1006),
        (FaultKind.ERROR_1007, 408, -1007),
        (FaultKind.ERROR_1008, 503, -1008),
        (FaultKind.TOO_MANY_429, 429, -1003),
        (FaultKind.BANNED_418, 418, -1003),
        (FaultKind.HTML_403, 403, "<html>"),
        (FaultKind.HTML_502, 502, "<html>"),
        (FaultKind.HTML_200, 200, "<html>"),
        (FaultKind.EMPTY_200, 200, ""),
        (FaultKind.LIST_400, 400, ["unexpected"]),
    ],
)
async def test_an_answer_is_replaced_whether_or_not_the_order_is_executed(
    bench: LoopbackBench, kind: FaultKind, status: int, body: Any, *, executes: bool
) -> None:
    bench.exchange.mischief.request(kind, method="POST", path="/order", executes=executes)
    wanted = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    answer = await bench.call("POST", ORDER, **wanted)
    assert answer.status == status
    match body:
        case int():
            assert answer.body["code"] == body
        case "<html>":
            assert answer.body.startswith("<html>")
        case _:
            assert answer.body == body
    assert ("Retry-After" in answer.headers) is (status in (418, 429))
    assert await trades(bench) == int(executes)
    await bench.market("BUY", "0.010")  # the next one goes well


@pytest.mark.parametrize("executes", [False, True])
@pytest.mark.parametrize(
    ("kind", "seen"),
    [(FaultKind.DROP, aiohttp.ServerDisconnectedError), (FaultKind.TIMEOUT, TimeoutError)],
)
async def test_an_answer_is_lost_whether_or_not_the_order_is_executed(
    bench: LoopbackBench, kind: FaultKind, seen: type[Exception], *, executes: bool
) -> None:
    bench.exchange.mischief.request(kind, method="POST", executes=executes)
    with pytest.raises(seen):
        async with asyncio.timeout(0.3):
            await bench.market("BUY", "0.010")
    assert await trades(bench) == int(executes)


async def test_half_an_answer_cannot_be_read(bench: LoopbackBench) -> None:
    bench.exchange.mischief.request(FaultKind.BROKEN_200)
    with pytest.raises(ValueError, match="truncated"):
        await bench.call("GET", "/fapi/v3/balance")


async def test_a_delay_is_only_that(bench: LoopbackBench) -> None:
    bench.exchange.mischief.request(FaultKind.DELAY, seconds=0.05)
    began = asyncio.get_running_loop().time()
    await bench.market("BUY", "0.010")
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_an_answer_alone_can_be_late(bench: LoopbackBench) -> None:
    """The order trades, and tells of it, while whoever sent it still waits."""
    bench.exchange.mischief.request(FaultKind.DELAY, method="POST", path="/order", executes=True, seconds=1.0)
    async with bench.listen_user() as ear:
        sent = asyncio.create_task(bench.market("BUY", "0.010"))
        assert (await ear.hear_event("ORDER_TRADE_UPDATE"))["o"]["c"]
        assert await trades(bench) == 1
        assert not sent.done()
        assert (await sent)["status"] == "FILLED"


async def test_a_fault_waits_for_its_request(bench: LoopbackBench) -> None:
    bench.exchange.mischief.request(
        FaultKind.UNAVAILABLE_503, method="POST", path="/order", skip=1, times=2, contains="quantity=0.010"
    )
    wanted = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
    sent = ["0.010", "0.020", "0.010", "0.010", "0.010"]
    statuses = [(await bench.call("POST", ORDER, quantity=each, **wanted)).status for each in sent]
    assert statuses == [200, 200, 503, 503, 200]


async def test_the_systems_protection_spares_cancels_and_exits(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.020")
    number = (await bench.limit("BUY", "0.010", 59_000))["orderId"]
    bench.exchange.mischief.request(FaultKind.ERROR_1008, times=9)
    await bench.ok("DELETE", ORDER, symbol=BTC, orderId=number)
    await bench.stop("SELL", 58_000)
    await bench.market("SELL", "0.010", reduceOnly="true")
    assert await bench.code("POST", ORDER, symbol=BTC, side="BUY", type="MARKET", quantity="0.01") == -1008


async def test_a_restart_can_be_had_over_the_wire(tmp_path: Path) -> None:
    async with loopback(tmp_path, control_token="t") as bench:
        await bench.market("BUY", "0.010")
        before = bench.exchange.floor
        assert (await wish(bench, "t", act="restart"))[0] == 200
        async with asyncio.timeout(10):
            while bench.exchange.floor is before or not await is_served(bench):
                await asyncio.sleep(0.01)
        assert await trades(bench) == 1


async def test_dropped_streams_break(bench: LoopbackBench) -> None:
    async with bench.listen("/public/ws/btcusdt@trade") as ear, bench.listen_user() as user:
        await ear.ask("LIST_SUBSCRIPTIONS")
        assert bench.exchange.mischief.drop_streams(Route.PUBLIC) == 1
        assert (await ear.ws.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert (await user.ask("LIST_SUBSCRIPTIONS"))["result"] == []


@pytest.mark.parametrize(
    ("break_it", "answers_pings"),
    [(Mischief.silence_streams, True), (Mischief.half_open_streams, False)],
)
async def test_a_quiet_stream_stays_open(
    bench: LoopbackBench, break_it: Callable[[Mischief], int], *, answers_pings: bool
) -> None:
    ws = await bench.session.ws_connect(bench.exchange.stream_url + "/public/ws/btcusdt@trade", autoping=False)
    await ws.send_str('{"method":"LIST_SUBSCRIPTIONS","id":1}')
    await ws.receive(timeout=5)
    break_it(bench.exchange.mischief)
    await bench.trade(BTC, 60_000, "1", sold=True)
    await ws.ping(b"are you there")
    if answers_pings:
        assert (await ws.receive(timeout=5)).type is aiohttp.WSMsgType.PONG
    else:
        with pytest.raises(TimeoutError):
            await ws.receive(timeout=0.2)
    assert not ws.closed
    await ws.close()


async def test_a_burst_of_ten_thousand_arrives_whole(bench: LoopbackBench) -> None:
    async with bench.listen("/public/ws/btcusdt@bookTicker") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        bench.exchange.mischief.burst(BTC, 10_000)
        assert [(await ear.hear())["e"] for _ in range(10_000)] == ["bookTicker"] * 10_000
    async with bench.listen_user() as user:
        bench.exchange.mischief.burst_user_events(10_000)
        assert [(await user.hear())["gu"]["si"] for _ in range(10_000)] == list(range(10_000))


async def test_account_events_are_doubled_lost_and_told_in_the_other_order(bench: LoopbackBench) -> None:
    async def kinds(count: int) -> list[str]:
        await bench.market("BUY", "0.010")
        return [(await ear.hear())["e"] for _ in range(count)]

    a, o, lite = "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE", "TRADE_LITE"
    async with bench.listen_user() as ear:
        bench.exchange.mischief.duplicate_user_events()
        assert await kinds(5) == [a, a, o, o, lite]
        bench.exchange.mischief.reorder_user_events()
        assert await kinds(4) == [o, o, a, lite]  # accepted, traded, and only then what it did to the account
        bench.exchange.mischief.lose_user_events(2)
        assert await kinds(2) == [o, lite]
        bench.exchange.mischief.burst_user_events(3)
        assert await kinds(7) == ["GRID_UPDATE"] * 3 + [a, o, o, lite]


@pytest.mark.parametrize("pace", ["@0ms", "@100ms"])
async def test_a_gap_in_the_depth_chain_shows(bench: LoopbackBench, pace: str) -> None:
    async with bench.listen(f"/public/ws/btcusdt@depth{pace}") as ear:
        await ear.ask("LIST_SUBSCRIPTIONS")
        for price in (60_001, 60_002, 60_003):
            bench.exchange.mischief.break_depth(int(price == 60_002))
            await bench.price(BTC, price)
        before, after = await ear.hear(), await ear.hear()
    # The gap is hidden within no message: what came before it is told by itself.
    assert after["pu"] == before["u"] + 1


async def test_a_skewed_clock_refuses_what_is_of_now(bench: LoopbackBench) -> None:
    bench.exchange.mischief.skew_clock(60)
    assert await bench.code("GET", "/fapi/v3/balance") == -1021
    server = (await bench.public("/fapi/v1/time"))["serverTime"]
    assert (await bench.call("GET", "/fapi/v3/balance", timestamp=server)).status == 200
    bench.exchange.mischief.clear()
    await bench.ok("GET", "/fapi/v3/balance")


async def test_modes_may_drift(bench: LoopbackBench) -> None:
    bench.exchange.mischief.report_modes(dual_side=True, multi_assets=True)
    assert (await bench.ok("GET", "/fapi/v1/positionSide/dual"))["dualSidePosition"] is True
    assert (await bench.ok("GET", "/fapi/v1/accountConfig"))["multiAssetsMargin"] is True
    await bench.ok("POST", "/fapi/v1/positionSide/dual", dualSidePosition="false")
    assert (await bench.ok("GET", "/fapi/v1/positionSide/dual"))["dualSidePosition"] is False


async def is_served(bench: LoopbackBench) -> bool:
    try:
        return bool(await bench.public("/fapi/v1/ping") == {})
    except aiohttp.ClientError:
        return False


async def wish(bench: LoopbackBench, token: str, **wanted: Any) -> tuple[int, Any]:
    url = bench.exchange.rest_url + "/control"
    async with bench.session.post(url, json=wanted, headers={TOKEN_HEADER: token}) as response:
        return response.status, await response.json(content_type=None) if response.status != 404 else None


async def test_over_the_wire_faults_need_a_token_and_are_off_without_one(bench: LoopbackBench) -> None:
    assert (await wish(bench, "", act="clear"))[0] == 404
    async with loopback(control_token="t0ken") as controlled:
        assert (await wish(controlled, "wrong", act="clear"))[0] == 401
        assert (await wish(controlled, "t0ken", act="nothing"))[0] == 400
        assert (await wish(controlled, "t0ken", act="burst", symbol="NONE"))[0] == 400
        status, done = await wish(controlled, "t0ken", act="request", kind="-1007", path="/balance")
        assert (status, done["done"]) == (200, "request")
        assert (await wish(controlled, "t0ken", act="met"))[1]["count"] == 0
        assert await controlled.code("GET", "/fapi/v3/balance") == -1007
        assert (await wish(controlled, "t0ken", act="met"))[1]["count"] == 1


@pytest.mark.parametrize(
    "wanted",
    [
        {"act": "drop"},
        {"act": "silence", "route": "public"},
        {"act": "half-open"},
        {"act": "burst", "symbol": "btcusdt", "count": 3},
        {"act": "burst-user", "count": 3},
        {"act": "duplicate"},
        {"act": "reorder"},
        {"act": "lose"},
        {"act": "break-depth"},
        {"act": "expire-listen-key"},
        {"act": "skew", "seconds": 0.5},
        {"act": "modes", "dual_side": True},
        {"act": "margin-type", "symbol": "BTCUSDT"},
        {"act": "transfer", "amount": "5"},
        {"act": "clear"},
    ],
    ids=lambda wanted: wanted["act"],
)
async def test_every_wish_can_be_had_over_the_wire(wanted: dict[str, Any]) -> None:
    async with loopback(control_token="t") as bench:
        assert (await wish(bench, "t", **wanted))[0] == 200
