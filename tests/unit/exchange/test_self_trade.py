"""Our own orders never trade with each other, in each of Binance's modes."""

import pytest

from tests.unit.exchange.bench import D, intent
from tests.unit.exchange.depth_bench import DepthBench, parts
from tui_trader.core.order import OrderStatus, TimeInForce
from tui_trader.core.words import Side
from tui_trader.exchange.paper import SelfTrade
from tui_trader.exchange.ports import Refused

BUY, SELL = Side.BUY, Side.SELL
MODES = list(SelfTrade)


@pytest.mark.parametrize("mode", MODES)
async def test_what_stands_before_our_resting_order_is_taken_and_then_one_of_the_two_expires(mode: SelfTrade) -> None:
    bench = DepthBench.start(self_trade=mode)
    resting = await bench.place(intent(SELL, "1", price="100000.2"))
    bench.diff(asks={"100000.2": "10"})
    taker = await bench.place(intent(BUY, "7"))
    rested, took = await bench.order(resting), await bench.order(taker)
    before_us = [("100000.1", "2"), ("100000.2", "3")]
    if mode is SelfTrade.EXPIRE_MAKER:
        assert (rested.status, took.status) == (OrderStatus.EXPIRED, OrderStatus.FILLED)
        assert parts(await bench.fills()) == [*before_us, ("100000.2", "2")]
    else:
        assert took.status is OrderStatus.EXPIRED
        assert rested.status is (OrderStatus.EXPIRED if mode is SelfTrade.EXPIRE_BOTH else OrderStatus.ACCEPTED)
        assert parts(await bench.fills()) == before_us
    assert rested.filled == 0


@pytest.mark.parametrize("mode", MODES)
async def test_a_taker_that_is_done_before_it_comes_to_our_order_leaves_it_alone(mode: SelfTrade) -> None:
    bench = DepthBench.start(self_trade=mode)
    resting = await bench.place(intent(SELL, "1", price="100000.2"))
    taker = await bench.place(intent(BUY, "5"))
    assert (await bench.order(taker)).status is OrderStatus.FILLED
    assert (await bench.order(resting)).status is OrderStatus.ACCEPTED


async def test_a_limit_order_that_would_rest_against_our_own_ends_it_and_rests() -> None:
    """Inside the spread no other order meets it, only ours."""
    bench = DepthBench.start()
    bench.diff(asks={"100000.1": "0"})
    resting = await bench.place(intent(SELL, "1", price="100000.1"))
    crossing = await bench.place(intent(BUY, "1", price="100000.1"))
    assert (await bench.order(resting)).status is OrderStatus.EXPIRED
    assert "EXPIRE_MAKER" in (await bench.order(resting)).reason
    assert (await bench.order(crossing)).status is OrderStatus.ACCEPTED
    assert await bench.fills() == []


async def test_an_exit_is_not_stopped_by_a_forgotten_entry() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1"))
    entry = await bench.place(intent(BUY, "1", price="100000"))
    bench.diff(bids={"100000": "0"})
    await bench.place(intent(SELL, "1", reduce_only=True))
    assert await bench.quantity() == 0
    assert (await bench.order(entry)).status is OrderStatus.EXPIRED


async def test_gtx_does_not_rest_against_our_own() -> None:
    bench = DepthBench.start()
    bench.diff(asks={"100000.1": "0"})
    await bench.place(intent(SELL, "1", price="100000.1"))
    outcome = await bench.send(intent(BUY, "1", price="100000.1", tif=TimeInForce.GTX))
    assert isinstance(outcome, Refused)
    assert outcome.code == -5022


@pytest.mark.parametrize("mode", MODES)
async def test_fok_is_refused_where_our_own_order_would_stop_it(mode: SelfTrade) -> None:
    bench = DepthBench.start(self_trade=mode)
    resting = await bench.place(intent(SELL, "1", price="100000.1"))
    outcome = await bench.send(intent(BUY, "4", price="100000.2", tif=TimeInForce.FOK))
    if mode is SelfTrade.EXPIRE_MAKER:
        assert await bench.quantity() == D(4)
        assert (await bench.order(resting)).status is OrderStatus.EXPIRED
    else:
        assert isinstance(outcome, Refused)
        assert outcome.code == -5021
        assert await bench.quantity() == 0
