"""Resting orders wait in line at their price: who is before them, and what reaches them."""

import pytest

from tests.unit.exchange.bench import BTC, D, intent
from tests.unit.exchange.depth_bench import DepthBench, parts
from tui_trader.core.clock import Instant
from tui_trader.core.market import MarketTrade, Quote
from tui_trader.core.order import OrderStatus
from tui_trader.core.words import Side

BUY, SELL = Side.BUY, Side.SELL


async def test_all_that_rests_at_the_price_is_traded_before_us() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.trade("100000", "1.5", maker=BUY)
    assert (await bench.order(order)).filled == 0
    bench.trade("100000", "0.8", maker=BUY)
    (fill,) = await bench.fills()
    assert (fill.quantity, fill.price, fill.maker) == (D("0.3"), D(100000), True)
    assert fill.fee == D("0.3") * 100000 * D("0.0002")


async def test_partial_fills_follow_what_is_traded() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(SELL, "1", price="100000.1"))
    seen = []
    for quantity in ("2", "0.25", "0.25", "3"):
        bench.trade("100000.1", quantity, maker=SELL)
        seen.append((await bench.order(order)).filled)
    assert seen == [D(0), D("0.25"), D("0.5"), D(1)]


async def test_trades_of_the_other_aggressor_do_not_move_the_line() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.trade("100000", "50", maker=SELL)
    assert (await bench.order(order)).filled == 0


async def test_inside_the_spread_nobody_is_before_us() -> None:
    bench = DepthBench.start()
    bench.diff(asks={"100000.1": "0"})
    await bench.place(intent(BUY, "1", price="100000.1"))
    bench.trade("100000.1", "0.4", maker=BUY)
    assert parts(await bench.fills()) == [("100000.1", "0.4")]


async def test_a_trade_at_a_worse_price_would_have_met_us_first() -> None:
    """As much as it traded, at our price, whatever stood before us: the market went through it."""
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1", price="100000"))
    bench.trade("99999.9", "0.7", maker=BUY)
    assert parts(await bench.fills()) == [("100000", "0.7")]


async def test_when_the_other_side_comes_to_our_price_it_meets_us() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1", price="100000"))
    bench.diff(bids={"100000": "0"}, asks={"99999.95": "0.6"})
    assert parts(await bench.fills()) == [("100000", "0.6")]
    bench.diff(asks={"99999.95": "0.5"})
    assert await bench.fills() == []
    bench.diff(asks={"99999.95": "0.6"})
    assert parts(await bench.fills()) == [("100000", "0.1")]


async def test_a_trade_that_is_told_after_the_other_side_came_still_went_to_those_before_us() -> None:
    """The 2 before us were traded; that their trade is told last does not make it ours."""
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    at = bench.diff(bids={"100000": "0"}, asks={"100000": "0.1"}).time
    bench.exchange.on_market(MarketTrade(BTC, Instant(at + 5_000_000), D(100000), D(2), buyer_is_maker=True))
    assert (await bench.order(order)).filled == D("0.1")


async def test_cancellations_shorten_the_line_in_proportion() -> None:
    """Of 2 before us and 2 behind us half is cancelled, and no trade explains it: 1 is left before us."""
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1", price="100000"))
    bench.diff(bids={"100000": "4"})
    bench.diff(bids={"100000": "2"})
    bench.diff(bids={"99000": "1"})
    bench.trade("100000", "1.5", maker=BUY)
    assert parts(await bench.fills()) == [("100000", "0.5")]


async def test_what_a_trade_explains_is_no_cancellation() -> None:
    """The level shrinks first and the trade is told a moment later: the 1 was traded off the front."""
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.diff(bids={"100000": "4"})
    told = bench.diff(bids={"100000": "3"})
    soon = Instant(told.time + 5_000_000)
    bench.exchange.on_market(MarketTrade(BTC, soon, D(100000), D(1), buyer_is_maker=True))
    bench.clock._now = soon
    bench.diff(bids={"99000": "1"})
    bench.trade("100000", "1", maker=BUY)
    assert (await bench.order(order)).filled == 0
    bench.trade("100000", "0.1", maker=BUY)
    assert (await bench.order(order)).filled == D("0.1")


async def test_no_more_can_be_before_us_than_is_there() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1", price="100000"))
    bench.diff(bids={"100000": "0.2"})
    bench.diff(bids={"99000": "1"})
    bench.trade("100000", "0.5", maker=BUY)
    assert parts(await bench.fills()) == [("100000", "0.3")]


async def test_one_trade_fills_our_orders_by_price_then_by_place_and_only_once() -> None:
    bench = DepthBench.start()
    behind = await bench.place(intent(BUY, "1", price="99999.9"))
    first = await bench.place(intent(BUY, "0.5", price="100000"))
    second = await bench.place(intent(BUY, "0.5", price="100000"))
    bench.trade("100000", "2.7", maker=BUY)
    assert [(await bench.order(o)).filled for o in (first, second, behind)] == [D("0.5"), D("0.2"), D(0)]
    bench.trade("99999.9", "3.5", maker=BUY)
    assert [(await bench.order(o)).filled for o in (first, second, behind)] == [D("0.5"), D("0.5"), D("0.2")]


async def test_the_touch_alone_moves_the_line_too() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1", price="100000"))
    for size in ("1", "1"):
        bench.exchange.on_market(Quote(BTC, bench.tick(), D(100000), D(size), D("100000.1"), D(2)))
    bench.trade("100000", "1.4", maker=BUY)
    assert parts(await bench.fills()) == [("100000", "0.4")]


async def test_where_the_line_is_not_known_one_waits_for_it() -> None:
    """The price lies behind all known levels; what is there when it is first told stands before us."""
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="99998"))
    bench.trade("99998", "50", maker=BUY)
    assert (await bench.order(order)).filled == 0
    bench.diff(bids={"99998": "7"})
    bench.trade("99998", "7.5", maker=BUY)
    assert (await bench.order(order)).filled == D("0.5")


async def test_a_trade_of_the_instant_of_arrival_is_too_early() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.exchange.on_market(MarketTrade(BTC, order.time, D(99999), D(5), buyer_is_maker=True))
    assert (await bench.order(order)).filled == 0


@pytest.mark.parametrize("loss", ["gap", "quotes first"])
async def test_without_a_place_one_goes_to_the_end_of_the_line(loss: str) -> None:
    bench = DepthBench.start(market="book" if loss == "gap" else "mark")
    if loss == "quotes first":
        bench.quote("100000", "100010")
    order = await bench.place(intent(BUY, "1", price="100000"))
    if loss == "gap":
        bench.trade("100000", "1.9", maker=BUY)
        bench.diff()
        bench.diff(skipped=3)
    bench.snapshot()
    bench.trade("100000", "1.9", maker=BUY)
    assert (await bench.order(order)).filled == 0
    bench.trade("100000", "0.2", maker=BUY)
    assert (await bench.order(order)).filled == D("0.1")


async def test_a_resting_exit_closes_what_there_is_and_no_more() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1"))
    resting = await bench.place(intent(SELL, "1", price="100000.2", reduce_only=True))
    await bench.place(intent(SELL, "0.6", reduce_only=True))
    assert (await bench.order(resting)).quantity == D("0.4")
    bench.trade("100001", "5", maker=SELL)
    assert (await bench.order(resting)).status is OrderStatus.FILLED
    assert await bench.quantity() == 0
