"""Reduce-only orders close what there is and nothing more."""

from tests.unit.exchange.bench import Bench, D, intent
from tui_trader.core.order import OrderStatus
from tui_trader.core.words import Side

BUY, SELL = Side.BUY, Side.SELL


async def test_it_is_reduced_to_what_there_is() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    order = await bench.place(intent(SELL, "0.3", reduce_only=True))
    assert order.quantity == D("0.1")
    bench.quote("100000")
    assert (await bench.order(order)).status is OrderStatus.FILLED
    assert await bench.quantity() == 0


async def test_resting_ones_shrink_with_the_position() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    resting = await bench.place(intent(SELL, "0.1", price="101000", reduce_only=True))
    await bench.place(intent(SELL, "0.06"))
    bench.quote("100000")
    assert (await bench.order(resting)).quantity == D("0.04")
    bench.quote("101000")
    assert (await bench.order(resting)).status is OrderStatus.FILLED
    assert await bench.quantity() == 0


async def test_a_partly_filled_one_keeps_what_it_filled() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    resting = await bench.place(intent(SELL, "0.1", price="101000", reduce_only=True))
    bench.quote("101000", size="0.03")
    await bench.place(intent(SELL, "0.05"))
    bench.quote("100000")
    now = await bench.order(resting)
    assert (now.filled, now.quantity) == (D("0.03"), D("0.05"))


async def test_they_expire_when_the_position_is_gone_or_on_the_other_side() -> None:
    for closing in ("0.1", "0.25"):
        bench = Bench.open()
        await bench.hold(BUY, "0.1")
        resting = await bench.place(intent(SELL, "0.1", price="101000", reduce_only=True))
        await bench.place(intent(SELL, closing))
        bench.quote("100000")
        assert (await bench.order(resting)).status is OrderStatus.EXPIRED


async def test_two_exits_that_trade_at_one_quote_close_once() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    first = await bench.place(intent(SELL, "0.1", reduce_only=True))
    second = await bench.place(intent(SELL, "0.1", reduce_only=True))
    bench.quote("100000")
    assert await bench.quantity() == 0
    assert [(await bench.order(order)).status for order in (first, second)] == [OrderStatus.FILLED, OrderStatus.EXPIRED]


async def test_below_the_minimum_notional_an_exit_still_works() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.002")
    await bench.place(intent(SELL, "0.001", reduce_only=True))
    bench.quote("99000")
    assert await bench.quantity() == D("0.001")
