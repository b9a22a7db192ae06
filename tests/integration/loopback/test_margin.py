"""Margin of a position by hand: what may be added and taken away, who hears of it, and what is kept."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.loopback import BTC, LoopbackBench, loopback
from tests.integration.loopback import shapes
from tests.integration.loopback.shapes import misfits

MARGIN = "/fapi/v1/positionMargin"
D = Decimal


async def figures(bench: LoopbackBench) -> tuple[Decimal, Decimal, Decimal]:
    """The position's own margin, what is free beside it, and where it would be liquidated."""
    (held,) = await bench.ok("GET", "/fapi/v3/positionRisk", symbol=BTC)
    account = await bench.ok("GET", "/fapi/v3/account")
    return D(held["isolatedWallet"]), D(account["availableBalance"]), D(held["liquidationPrice"])


async def test_what_is_added_is_the_positions_and_can_be_taken_back(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    before = await figures(bench)
    async with bench.listen_user() as ear:
        done = await bench.ok("POST", MARGIN, symbol=BTC, amount="100.5", type=1)
        told = (await ear.hear_event("ACCOUNT_UPDATE"))["a"]
    after = await figures(bench)
    assert done == {"amount": 100.5, "code": 200, "msg": "Successfully modify position margin.", "type": 1}
    assert (told["m"], D(told["P"][0]["iw"])) == ("MARGIN_TRANSFER", after[0])
    assert (after[0] - before[0], before[1] - after[1]) == (D("100.5"), D("100.5"))
    assert after[2] < before[2]
    assert D(told["B"][0]["wb"]) == D(told["B"][0]["cw"]) + after[0]
    # A tick was paid above the mark: the last bit must stay, to cover that.
    assert await bench.code("POST", MARGIN, symbol=BTC, amount="100.5", type=2) == -4051
    await bench.ok("POST", MARGIN, symbol=BTC, amount="100.4", type=2)
    assert (await figures(bench))[0] == before[0] + D("0.1")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": "10000"}, -4050),
        ({"amount": "1", "type": 2}, -4051),
        ({"amount": "0"}, -4055),
        ({"amount": "-1"}, -4055),
        ({"amount": "0.000000001"}, -1111),
        ({"amount": ""}, -1102),
        ({"type": ""}, -1102),
        ({"type": 3}, -1130),
        ({"symbol": "NONEUSDT"}, -1121),
        ({"symbol": "ETHUSDT"}, -4054),
        ({"positionSide": "LONG"}, -4061),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    bench: LoopbackBench, changed: dict[str, Any], code: int
) -> None:
    await bench.market("BUY", "0.010")
    before = await figures(bench)
    wanted = {"symbol": BTC, "amount": "5", "type": 1, **changed}
    assert await bench.code("POST", MARGIN, **{name: value for name, value in wanted.items() if value != ""}) == code
    assert await figures(bench) == before
    assert await bench.ok("GET", f"{MARGIN}/history", symbol=BTC) == []


async def test_a_gain_that_is_not_realised_cannot_be_taken_and_a_loss_must_stay_covered(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    await bench.ok("POST", MARGIN, symbol=BTC, amount="50", type=1)
    await bench.price(BTC, 66_000)
    assert await bench.code("POST", MARGIN, symbol=BTC, amount="50", type=2) == -4051
    await bench.price(BTC, 57_000)
    assert await bench.code("POST", MARGIN, symbol=BTC, amount="50", type=2) == -4051
    await bench.ok("POST", MARGIN, symbol=BTC, amount="20", type=2)


async def test_the_history_tells_each_move_and_survives_a_restart(tmp_path: Path) -> None:
    async with loopback(tmp_path) as bench:
        await bench.market("BUY", "0.010")
        await bench.ok("POST", MARGIN, symbol=BTC, amount="5", type=1)
        await bench.ok("POST", MARGIN, symbol=BTC, amount="2", type=2)
        margin = (await figures(bench))[0]
        await bench.exchange.restart()
        await bench.open_market()
        told = await bench.ok("GET", f"{MARGIN}/history", symbol=BTC)
        assert [misfits(row, shapes.MARGIN_MOVE) for row in told] == [[], []]
        assert [(row["type"], row["amount"]) for row in told] == [(1, "5.00000000"), (2, "2.00000000")]
        assert [row["type"] for row in await bench.ok("GET", f"{MARGIN}/history", symbol=BTC, type=2)] == [2]
        assert await bench.ok("GET", f"{MARGIN}/history", symbol=BTC, endTime=told[0]["time"] - 1) == []
        assert len(await bench.ok("GET", f"{MARGIN}/history", symbol=BTC, limit=1)) == 1
        assert (await figures(bench))[0] == margin


async def test_a_figure_written_as_a_number_is_the_digits_that_were_asked_for(bench: LoopbackBench) -> None:
    await bench.market("BUY", "0.010")
    amount = "0.12345678"
    answer = await bench.call("POST", MARGIN, symbol=BTC, amount=amount, type=1)
    assert f'"amount":{amount},' in answer.text


async def test_a_number_in_a_batch_is_the_digits_that_were_sent(bench: LoopbackBench) -> None:
    order = '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":0.00300,"price":59000.10,"timeInForce":"GTC"}'
    small = order.replace("0.00300", "0.00001")
    placed, refused = await bench.ok("POST", "/fapi/v1/batchOrders", batchOrders=f"[{order},{small}]")
    assert (placed["origQty"], placed["price"]) == ("0.003", "59000.1")
    assert refused["code"] == -1111
    for broken in ('{"symbol":"BTCUSDT"}', '["BTCUSDT"]', '[{"symbol":["BTCUSDT"]}]', "[", "[]"):
        assert await bench.code("POST", "/fapi/v1/batchOrders", batchOrders=broken) == -1130
