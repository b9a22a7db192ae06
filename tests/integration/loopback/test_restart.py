"""What survives: orders, conditional orders, positions, trades and settings; a kill between two writes too."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.fakes.loopback import BTC, loopback
from tui_trader.exchange.loopback.algo_order import AlgoStatus


async def test_the_books_survive_a_restart(tmp_path: Path) -> None:
    async with loopback(tmp_path) as bench:
        await bench.ok("POST", "/fapi/v1/leverage", symbol=BTC, leverage=7)
        await bench.market("BUY", "0.010", newClientOrderId="tt-1")
        await bench.limit("BUY", "0.010", 59_000, newClientOrderId="tt-2")
        await bench.stop("SELL", 58_000, clientAlgoId="tt-3")
        await bench.exchange.restart()
        await bench.open_market()
        assert [o["clientOrderId"] for o in await bench.ok("GET", "/fapi/v1/openOrders")] == ["tt-2"]
        assert [o["clientAlgoId"] for o in await bench.ok("GET", "/fapi/v1/openAlgoOrders")] == ["tt-3"]
        assert [t["orderId"] for t in await bench.ok("GET", "/fapi/v1/userTrades", symbol=BTC)] == [8_000_000_001]
        (held,) = await bench.ok("GET", "/fapi/v2/positionRisk", symbol=BTC)
        assert (held["positionAmt"], held["leverage"]) == ("0.010", "7")
        await bench.price(BTC, 57_990)
        assert (await bench.ok("GET", "/fapi/v1/algoOrder", clientAlgoId="tt-3"))["algoStatus"] == "FINISHED"


async def test_a_trailing_stop_remembers_how_far_it_has_followed(tmp_path: Path) -> None:
    async with loopback(tmp_path) as bench:
        await bench.market("BUY", "0.010")
        await bench.stop(
            "SELL",
            0,
            type="TRAILING_STOP_MARKET",
            triggerPrice="",
            closePosition="",
            quantity="0.010",
            reduceOnly="true",
            callbackRate="1",
            clientAlgoId="tt-t",
        )
        await bench.price(BTC, 62_000)
        await bench.exchange.restart()
        bench.prices[BTC] = Decimal(61_381)
        await bench.open_market()
        assert (await bench.ok("GET", "/fapi/v1/algoOrder", clientAlgoId="tt-t"))["algoStatus"] == "NEW"
        await bench.price(BTC, 61_380)
        assert (await bench.ok("GET", "/fapi/v1/algoOrder", clientAlgoId="tt-t"))["algoStatus"] == "FINISHED"


async def test_a_listen_key_does_not_survive_and_connections_break(tmp_path: Path) -> None:
    async with loopback(tmp_path) as bench, bench.listen_user() as ear:
        await bench.exchange.restart()
        assert (await ear.ws.receive(timeout=5)).data is None
        assert (await bench.raw("PUT", "/fapi/v1/listenKey")).body["code"] == -1125


async def test_a_stop_that_had_triggered_and_was_not_sent_is_sent_after_a_restart(tmp_path: Path) -> None:
    async with loopback(tmp_path) as bench:
        await bench.market("BUY", "0.010")
        await bench.stop("SELL", 59_000, clientAlgoId="tt-k")
        floor = bench.exchange.floor
        (waiting,) = floor.algos.open_orders()
        now = floor.clock.now()
        floor.store.put_algo(replace(waiting, status=AlgoStatus.TRIGGERING, updated=now, triggered=now))
        await bench.exchange.restart()
        await bench.open_market()
        ended = await bench.ok("GET", "/fapi/v1/algoOrder", clientAlgoId="tt-k")
        assert ended["algoStatus"] == "FINISHED"
        assert len(await bench.ok("GET", "/fapi/v1/userTrades", symbol=BTC)) == 2


async def test_a_stop_whose_order_was_sent_before_the_kill_is_not_sent_twice(tmp_path: Path) -> None:
    async with loopback(tmp_path) as bench:
        await bench.market("BUY", "0.020")
        await bench.stop("SELL", 59_000, closePosition="", quantity="0.010", reduceOnly="true", clientAlgoId="tt-k")
        floor = bench.exchange.floor
        (waiting,) = floor.algos.open_orders()
        now = floor.clock.now()
        await bench.mark(BTC, 58_990)
        floor.store.put_algo(replace(waiting, status=AlgoStatus.TRIGGERING, updated=now, triggered=now))
        await bench.exchange.restart()
        await bench.open_market()
        ended = await bench.ok("GET", "/fapi/v1/algoOrder", clientAlgoId="tt-k")
        assert (ended["algoStatus"], ended["actualQty"]) == ("FINISHED", "0.010")
        assert len(await bench.ok("GET", "/fapi/v1/userTrades", symbol=BTC)) == 2
