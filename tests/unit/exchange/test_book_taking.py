"""Orders that take walk the book: whose price, how far, and never the same quantity twice."""

import pytest

from tests.unit.exchange.bench import BTC, D, intent
from tests.unit.exchange.depth_bench import DepthBench, parts
from tui_trader.core.market import Quote
from tui_trader.core.order import OrderStatus, TimeInForce
from tui_trader.core.words import Side
from tui_trader.exchange.paper import DepthModel, Latency
from tui_trader.exchange.ports import Accepted, OrderReport, Refused

BUY, SELL = Side.BUY, Side.SELL
FOK, GTX, IOC = TimeInForce.FOK, TimeInForce.GTX, TimeInForce.IOC


async def test_a_market_order_walks_the_book_when_it_arrives() -> None:
    bench = DepthBench.start()
    report = await bench.place(intent(BUY, "6"))
    assert (report.status, report.filled) == (OrderStatus.FILLED, D(6))
    fills = await bench.fills()
    assert parts(fills) == [("100000.1", "2"), ("100000.2", "3"), ("100001", "1")]
    assert all(not fill.maker and fill.time == report.time == bench.clock.now() for fill in fills)
    assert fills[0].fee == D(2) * D("100000.1") * D("0.0005")


async def test_a_sell_walks_down_the_bids() -> None:
    bench = DepthBench.start()
    await bench.place(intent(SELL, "6"))
    assert parts(await bench.fills()) == [("100000", "2"), ("99999.9", "3"), ("99999", "1")]


async def test_the_owner_hears_of_the_order_before_its_fills_and_of_its_end_last() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1"))
    accepted, _, filled = await bench.news()
    assert isinstance(accepted, OrderReport)
    assert isinstance(filled, OrderReport)
    assert [accepted.status, filled.status] == [OrderStatus.ACCEPTED, OrderStatus.FILLED]


async def test_an_order_meets_the_book_of_its_arrival_not_of_its_sending() -> None:
    bench = DepthBench.start(latency=Latency(3.0))
    sending = bench.exchange.submit(bench.next_id(), intent(BUY, "1"))
    bench.diff(asks={"100000.1": "0", "100000.2": "0"})
    assert isinstance(await sending, Accepted)
    assert parts(await bench.fills()) == [("100001", "1")]


async def test_what_is_taken_is_not_there_for_the_next_order() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1.5"))
    await bench.place(intent(BUY, "1"))
    assert parts(await bench.fills()) == [("100000.1", "1.5"), ("100000.1", "0.5"), ("100000.2", "0.5")]


async def test_a_level_that_merely_changes_gives_only_what_is_new() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "2"))
    bench.diff(asks={"100000.1": "1.9"})
    bench.diff(asks={"100000.1": "2.3"})
    await bench.place(intent(BUY, "0.5", price="100000.1", tif=IOC))
    assert parts(await bench.fills()) == [("100000.1", "2"), ("100000.1", "0.4")]


async def test_a_level_that_ended_and_came_again_is_new() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "2"))
    bench.diff(asks={"100000.1": "0"})
    bench.diff(asks={"100000.1": "2"})
    await bench.place(intent(BUY, "2"))
    assert parts(await bench.fills())[1:] == [("100000.1", "2")]


async def test_a_snapshot_is_a_new_book() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "2"))
    bench.snapshot()
    await bench.place(intent(BUY, "2"))
    assert parts(await bench.fills())[1:] == [("100000.1", "2")]


async def test_an_ioc_order_takes_within_its_limit_and_the_rest_expires() -> None:
    bench = DepthBench.start()
    report = await bench.place(intent(BUY, "6", price="100000.2", tif=IOC))
    assert (report.status, report.filled) == (OrderStatus.EXPIRED, D(5))
    assert parts(await bench.fills()) == [("100000.1", "2"), ("100000.2", "3")]


async def test_an_ioc_order_that_meets_nobody_expires_at_once() -> None:
    bench = DepthBench.start()
    report = await bench.place(intent(BUY, "6", price="100000", tif=IOC))
    assert (report.status, report.filled) == (OrderStatus.EXPIRED, D(0))


async def test_a_limit_order_that_crosses_takes_and_then_rests_with_the_rest() -> None:
    bench = DepthBench.start()
    report = await bench.place(intent(BUY, "6", price="100000.2"))
    assert (report.status, report.filled) == (OrderStatus.PARTIALLY_FILLED, D(5))
    bench.diff(asks={"100000.3": "1"})
    assert (await bench.order(report)).filled == D(5)
    bench.diff(asks={"100000.1": "0", "100000.2": "3.25"})
    rested = (await bench.fills())[-1]
    assert (rested.maker, rested.price, rested.quantity) == (True, D("100000.2"), D("0.25"))


@pytest.mark.parametrize(("quantity", "is_filled"), [("5", True), ("5.001", False)])
async def test_fok_is_all_or_refused(quantity: str, is_filled: bool) -> None:
    bench = DepthBench.start()
    outcome = await bench.send(intent(BUY, quantity, price="100000.2", tif=FOK))
    if is_filled:
        assert isinstance(outcome, Accepted)
        assert outcome.report.status is OrderStatus.FILLED
    else:
        assert isinstance(outcome, Refused)
        assert outcome.code == -5021
        assert await bench.news() == []
        assert await bench.quantity() == 0


async def test_fok_counts_what_was_taken_before() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1"))
    outcome = await bench.send(intent(BUY, "5", price="100000.2", tif=FOK))
    assert isinstance(outcome, Refused)


@pytest.mark.parametrize(("side", "price"), [(BUY, "100000.1"), (SELL, "100000")])
async def test_gtx_is_refused_where_it_would_take(side: Side, price: str) -> None:
    bench = DepthBench.start()
    outcome = await bench.send(intent(side, "1", price=price, tif=GTX))
    assert isinstance(outcome, Refused)
    assert outcome.code == -5022


@pytest.mark.parametrize(("side", "price"), [(BUY, "100000"), (SELL, "100000.1")])
async def test_gtx_rests_at_the_touch(side: Side, price: str) -> None:
    bench = DepthBench.start()
    report = await bench.place(intent(side, "1", price=price, tif=GTX))
    assert report.status is OrderStatus.ACCEPTED


async def test_a_quote_newer_than_the_book_is_its_touch() -> None:
    """The ask of the book is gone, and a new bid stands above the book's."""
    bench = DepthBench.start()
    bench.exchange.on_market(Quote(BTC, bench.tick(), D("100000.1"), D(1), D("100000.2"), D("0.5")))
    await bench.place(intent(BUY, "1"))
    await bench.place(intent(SELL, "1.5"))
    assert parts(await bench.fills()) == [
        ("100000.2", "0.5"),
        ("100001", "0.5"),
        ("100000.1", "1"),
        ("100000", "0.5"),
    ]


async def test_behind_the_known_levels_the_book_goes_on_as_thin_as_it_is_known() -> None:
    """4 are known over 10 bps, so each further 0.4 costs a basis point: 2 more, 5 bps, 2.5 on average."""
    bench = DepthBench.start(depth=DepthModel(impact_bps=D(1), bound_bps=D(100)))
    bench.snapshot(asks={"100010": "2", "100110.01": "2"}, bids={"100000": "1"})
    report = await bench.place(intent(BUY, "6"))
    assert report.status is OrderStatus.FILLED
    price = D("100110.01") + D("2.5") * D("10.001")
    assert parts(await bench.fills())[-1] == (str(price.quantize(D("0.1"), rounding="ROUND_CEILING")), "2")


async def test_a_book_of_one_level_goes_on_as_a_quote_does() -> None:
    """As in the model for quotes: 2 at the touch, then 1 bp for each further 2: 4 more at 1 bp on average."""
    bench = DepthBench.start(depth=DepthModel(impact_bps=D(1), bound_bps=D(10)))
    bench.snapshot(bids={"100000": "2"}, asks={"100000.1": "2"})
    await bench.place(intent(SELL, "6"))
    assert parts(await bench.fills()) == [("100000", "2"), ("99990", "4")]


async def test_a_market_order_beyond_the_bound_gets_the_rest_at_the_bound() -> None:
    bench = DepthBench.start(depth=DepthModel(impact_bps=D(1), bound_bps=D(10)))
    bench.snapshot(bids={"100000": "2", "90000": "500"}, asks={"100000.1": "2"})
    await bench.place(intent(SELL, "6"))
    assert parts(await bench.fills()) == [("100000", "2"), ("99900", "4")]


async def test_a_market_order_waits_where_nothing_is_offered() -> None:
    bench = DepthBench.start()
    bench.diff(asks=dict.fromkeys(("100000.1", "100000.2", "100001"), "0"))
    report = await bench.place(intent(BUY, "1"))
    assert report.status is OrderStatus.ACCEPTED
    bench.diff(asks={"100005": "4"})
    assert parts(await bench.fills()) == [("100005", "1")]


async def test_a_stop_that_triggers_walks_the_book() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "3"))
    await bench.place(intent(SELL, "3", stop="99000", close_position=True))
    await bench.fills()
    bench.mark("98999")
    assert parts(await bench.fills()) == [("100000", "2"), ("99999.9", "1")]
    assert await bench.quantity() == 0


async def test_an_order_that_waited_for_a_quote_takes_from_the_first_book() -> None:
    bench = DepthBench.start(market="mark")
    bench.quote("100000")
    waiting = await bench.place(intent(BUY, "1"))
    assert waiting.filled == 0
    bench.snapshot(asks={"100000.4": "2"})
    assert parts(await bench.fills()) == [("100000.4", "1")]


async def test_after_a_gap_quotes_alone_are_traded_against_until_the_next_snapshot() -> None:
    bench = DepthBench.start()
    bench.diff(bids={"100000": "2"})
    bench.diff(bids={"100000": "9"}, skipped=5)
    order = await bench.place(intent(BUY, "1"))
    assert order.status is OrderStatus.ACCEPTED
    bench.quote("100010", size="4")
    assert parts(await bench.fills()) == [("100010.1", "1")]
    bench.snapshot()
    await bench.place(intent(BUY, "1"))
    assert parts(await bench.fills()) == [("100000.1", "1")]
