"""Amending an order: what it may become, what is refused, and who keeps the place in line."""

import pytest

from tests.unit.exchange.bench import BTC, Bench, D, intent
from tests.unit.exchange.depth_bench import DepthBench, parts
from tui_trader.core.order import OrderStatus, TimeInForce
from tui_trader.core.words import ClientOrderId, Side
from tui_trader.exchange.ports import Accepted, NotSent, OrderReport, Refused, SubmitOutcome

BUY, SELL = Side.BUY, Side.SELL


async def amend(
    bench: Bench, order: OrderReport, *, price: str | None = None, quantity: str | None = None
) -> SubmitOutcome:
    return await bench.exchange.amend(
        BTC,
        order.client_order_id,
        price=None if price is None else D(price),
        quantity=None if quantity is None else D(quantity),
    )


async def test_less_quantity_keeps_the_place_in_line() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.diff(bids={"100000": "9"})
    outcome = await amend(bench, order, quantity="0.5")
    assert isinstance(outcome, Accepted)
    assert (outcome.report.quantity, outcome.report.client_order_id) == (D("0.5"), order.client_order_id)
    bench.trade("100000", "2.2", maker=BUY)
    assert (await bench.order(order)).filled == D("0.2")


@pytest.mark.parametrize(("price", "quantity"), [("100000", "1.001"), ("99999.9", None)])
async def test_more_quantity_or_another_price_goes_to_the_end_of_the_line(price: str, quantity: str | None) -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.diff(bids={"100000": "9", "99999.9": "9"})
    await amend(bench, order, price=price, quantity=quantity)
    bench.trade(price, "9", maker=BUY)
    assert (await bench.order(order)).filled == 0
    bench.trade(price, "0.1", maker=BUY)
    assert (await bench.order(order)).filled == D("0.1")


async def test_a_price_of_which_nothing_is_known_has_no_line_yet() -> None:
    """What stood before it at the old price says nothing of the new one."""
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    await amend(bench, order, price="99998")
    bench.trade("99998", "5", maker=BUY)
    assert (await bench.order(order)).filled == 0


async def test_one_that_was_moved_stands_behind_our_other_orders_too() -> None:
    bench = DepthBench.start()
    first = await bench.place(intent(BUY, "1", price="100000"))
    second = await bench.place(intent(BUY, "1", price="100000"))
    await amend(bench, first, quantity="2")
    bench.trade("100000", "3.5", maker=BUY)
    assert [(await bench.order(order)).filled for order in (first, second)] == [D("0.5"), D(1)]


async def test_a_price_that_crosses_takes() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    outcome = await amend(bench, order, price="100000.1")
    assert isinstance(outcome, Accepted)
    assert outcome.report.status is OrderStatus.FILLED
    (fill,) = await bench.fills()
    assert (fill.price, fill.maker) == (D("100000.1"), False)


async def test_what_has_traded_counts_as_part_of_the_new_quantity() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.trade("100000", "2.4", maker=BUY)
    outcome = await amend(bench, order, quantity="0.6")
    assert isinstance(outcome, Accepted)
    assert outcome.report.status is OrderStatus.PARTIALLY_FILLED
    bench.trade("100000", "9", maker=BUY)
    assert parts(await bench.fills()) == [("100000", "0.4"), ("100000", "0.2")]


@pytest.mark.parametrize("quantity", ["0.4", "0.1"])
async def test_to_no_more_than_has_traded_cancels(quantity: str) -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.trade("100000", "2.4", maker=BUY)
    outcome = await amend(bench, order, quantity=quantity)
    assert isinstance(outcome, Accepted)
    assert (outcome.report.status, outcome.report.filled) == (OrderStatus.CANCELED, D("0.4"))
    assert await bench.exchange.open_orders() == ()


async def test_a_gtx_order_amended_to_where_it_would_take_is_cancelled() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="99999", tif=TimeInForce.GTX))
    outcome = await amend(bench, order, price="100000.1")
    assert isinstance(outcome, Accepted)
    assert (outcome.report.status, outcome.report.filled) == (OrderStatus.CANCELED, D(0))


@pytest.mark.parametrize(
    ("code", "price", "quantity"),
    [
        (-5027, None, None),
        (-5027, "99990", "0.5"),
        (-4014, "99990.05", None),
        (-4016, "105000.1", None),
        (-4023, None, "0.50001"),
        (-4003, None, "0"),
        (-5029, None, "0.001"),
        (-2019, None, "5"),
    ],
)
async def test_what_breaks_a_rule_is_refused_and_the_order_stays(
    code: int, price: str | None, quantity: str | None
) -> None:
    bench = DepthBench.start(deposit="10000")
    order = await bench.place(intent(BUY, "0.5", price="99990"))
    await bench.news()
    outcome = await amend(bench, order, price=price, quantity=quantity)
    assert isinstance(outcome, Refused), outcome
    assert outcome.code == code
    assert await bench.order(order) == order
    assert await bench.news() == []


async def test_what_the_order_locks_itself_is_free_for_its_successor() -> None:
    bench = DepthBench.start(deposit="10000")
    order = await bench.place(intent(BUY, "1.9", price="100000"))
    assert (await bench.account()).available < 600
    assert isinstance(await amend(bench, order, quantity="1.95"), Accepted)


async def test_only_open_limit_orders_can_be_amended() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1"))
    stop = await bench.place(intent(SELL, "1", stop="99000", close_position=True))
    refused = await amend(bench, stop, quantity="0.5")
    assert isinstance(refused, Refused)
    assert refused.code == -5025
    unknown = await bench.exchange.amend(BTC, ClientOrderId("tt-none"), quantity=D(1))
    assert isinstance(unknown, Refused)
    assert unknown.code == -2013


async def test_a_reduce_only_order_grows_to_what_there_is_to_close() -> None:
    bench = DepthBench.start()
    await bench.place(intent(BUY, "1"))
    order = await bench.place(intent(SELL, "0.5", price="100001", reduce_only=True))
    outcome = await amend(bench, order, quantity="3")
    assert isinstance(outcome, Accepted)
    assert outcome.report.quantity == 1


async def test_against_quotes_alone_an_amended_order_trades_at_the_next_one() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1", price="99000"))
    await amend(bench, order, price="100000.1")
    assert (await bench.order(order)).filled == 0
    bench.quote("100000")
    (fill,) = await bench.exchange.fills_since(BTC, order.time)
    assert (fill.price, fill.maker) == (D("100000.1"), False)


async def test_an_amendment_to_a_closed_exchange_was_never_sent() -> None:
    bench = DepthBench.start()
    order = await bench.place(intent(BUY, "1", price="99000"))
    await bench.exchange.close()
    assert isinstance(await amend(bench, order, quantity="2"), NotSent)
