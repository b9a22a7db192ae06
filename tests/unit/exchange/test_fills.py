"""When and how orders trade: later than they arrive, at whose price, with which fee."""

import pytest

from tests.unit.exchange.bench import BTC, Bench, D, intent
from tui_trader.core.order import Fill, OrderStatus, TimeInForce
from tui_trader.core.words import Side
from tui_trader.exchange.ports import CancelDone, CancelNotOpen, OrderReport

BUY, SELL = Side.BUY, Side.SELL


async def fills(bench: Bench) -> list[Fill]:
    return [event for event in await bench.news() if isinstance(event, Fill)]


async def test_an_order_does_not_trade_against_what_it_was_decided_on() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.01"))
    assert order.status is OrderStatus.ACCEPTED
    assert await fills(bench) == []
    bench.quote("101000")
    (fill,) = await fills(bench)
    assert fill.price == D("101000.1")
    assert fill.time > order.time


async def test_a_quote_at_the_very_instant_of_arrival_is_too_early() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.01"))
    bench.clock._now = order.time
    stale = bench.quote("100000")
    assert (await bench.order(order)).filled == D("0.01")
    again = await bench.place(intent(BUY, "0.01"))
    early = type(stale)(BTC, again.time, stale.bid, stale.bid_size, stale.ask, stale.ask_size)
    bench.exchange.on_market(early)
    assert (await bench.order(again)).filled == 0


async def test_arrival_comes_after_the_latency() -> None:
    bench = Bench.open()
    sent = bench.clock.now()
    order = await bench.place(intent(BUY, "0.01"))
    assert order.time - sent == 50_000_000


async def test_a_market_order_pays_the_takers_fee_and_walks_the_depth() -> None:
    bench = Bench.open()
    await bench.place(intent(BUY, "0.1"))
    bench.quote("100000", size="0.05")
    first, second = await fills(bench)
    assert (first.quantity, first.price) == (D("0.05"), D("100000.1"))
    assert second.price > first.price
    assert first.fee == D("0.05") * D("100000.1") * D("0.0005")
    assert not first.maker


async def test_a_resting_limit_trades_as_maker_at_its_price_when_the_other_side_crosses() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1", price="99000"))
    bench.quote("99000")
    assert (await bench.order(order)).status is OrderStatus.ACCEPTED
    bench.quote("98000")
    (fill,) = await fills(bench)
    assert (fill.price, fill.quantity, fill.maker) == (D("99000"), D("0.1"), True)
    assert fill.fee == D("0.1") * D("99000") * D("0.0002")


async def test_a_resting_limit_fills_in_parts_as_size_comes() -> None:
    bench = Bench.open()
    order = await bench.place(intent(SELL, "0.1", price="100500"))
    seen = []
    for _ in range(3):
        bench.quote("100500", size="0.04")
        now = await bench.order(order)
        seen.append((now.status, now.filled))
    assert seen == [
        (OrderStatus.PARTIALLY_FILLED, D("0.04")),
        (OrderStatus.PARTIALLY_FILLED, D("0.08")),
        (OrderStatus.FILLED, D("0.1")),
    ]


async def test_a_marketable_limit_takes_once_then_rests() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1", price="100000.1"))
    bench.quote("100000", size="0.04")
    bench.quote("99990", "99990.1", size="0.04")
    bench.quote("99990", "99990.1", size="0.04")
    took, *rested = await fills(bench)
    assert (took.maker, took.price) == (False, D("100000.1"))
    assert all(fill.maker and fill.price == D("100000.1") for fill in rested)
    assert (await bench.order(order)).status is OrderStatus.FILLED


async def test_a_marketable_limit_never_pays_more_than_its_limit() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.01", price="100050"))
    bench.quote("100100")
    assert (await bench.order(order)).filled == 0
    bench.quote("100020")
    (fill,) = await fills(bench)
    assert fill.price == D("100050")


async def test_what_an_ioc_order_does_not_get_at_once_expires() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1", price="100000.1", tif=TimeInForce.IOC))
    bench.quote("100000", size="0.03")
    now = await bench.order(order)
    assert (now.status, now.filled) == (OrderStatus.EXPIRED, D("0.03"))
    kinds = [e.status if isinstance(e, OrderReport) else "fill" for e in await bench.news()]
    assert kinds == [OrderStatus.ACCEPTED, "fill", OrderStatus.PARTIALLY_FILLED, OrderStatus.EXPIRED]


async def test_an_ioc_order_away_from_the_market_expires_at_the_next_quote() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1", price="99000", tif=TimeInForce.IOC))
    bench.quote("100000")
    now = await bench.order(order)
    assert (now.status, now.filled) == (OrderStatus.EXPIRED, D(0))


async def test_a_post_only_order_that_rests_is_a_maker() -> None:
    bench = Bench.open()
    await bench.place(intent(BUY, "0.1", price="100000", tif=TimeInForce.GTX))
    bench.quote("99990")
    (fill,) = await fills(bench)
    assert (fill.maker, fill.price) == (True, D("100000"))


async def test_orders_share_the_size_of_a_quote() -> None:
    bench = Bench.open()
    first = await bench.place(intent(BUY, "0.03", price="99990"))
    second = await bench.place(intent(BUY, "0.03", price="99990"))
    bench.quote("99989.9", size="0.04")
    assert [(await bench.order(order)).filled for order in (first, second)] == [D("0.03"), D("0.01")]


async def test_a_cancel_keeps_what_was_filled_and_comes_once() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1", price="99990"))
    bench.quote("99989.9", size="0.04")
    done = await bench.exchange.cancel(BTC, order.client_order_id)
    assert isinstance(done, CancelDone)
    assert (done.report.status, done.report.filled) == (OrderStatus.CANCELED, D("0.04"))
    assert isinstance(await bench.exchange.cancel(BTC, order.client_order_id), CancelNotOpen)
    bench.quote("99000")
    assert await bench.quantity() == D("0.04")


async def test_the_quote_can_win_against_the_cancel() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1"))
    bench.quote("100000")
    assert isinstance(await bench.exchange.cancel(BTC, order.client_order_id), CancelNotOpen)


async def test_the_average_price_is_that_of_all_fills() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1"))
    bench.quote("100000", size="0.05")
    now, parts = await bench.order(order), await fills(bench)
    assert now.average_price == sum(f.quantity * f.price for f in parts) / D("0.1")


async def test_the_stream_ends_with_the_exchange_and_has_one_listener() -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.01"))
    stream = bench.exchange.events()
    assert await anext(stream) == order
    with pytest.raises(RuntimeError, match="one listener"):
        await anext(bench.exchange.events())
    await bench.exchange.close()
    assert [event async for event in stream] == []


async def test_events_of_other_symbols_and_steps_back_in_time_change_nothing() -> None:
    bench = Bench.open()
    old = bench.quote("100000")
    bench.quote("100100")
    await bench.place(intent(SELL, "0.01", price="100050"))
    bench.exchange.on_market(old)
    assert await bench.quantity() == 0
    assert bench.exchange.market_time is not None
    assert bench.exchange.market_time > old.time


@pytest.mark.parametrize(("size", "status"), [("0.1", OrderStatus.FILLED), ("0.099", OrderStatus.EXPIRED)])
async def test_a_fok_order_takes_all_at_its_first_quote_or_expires(size: str, status: OrderStatus) -> None:
    bench = Bench.open()
    order = await bench.place(intent(BUY, "0.1", price="100000.1", tif=TimeInForce.FOK))
    bench.quote("100000", size=size)
    now = await bench.order(order)
    assert (now.status, now.filled) == (status, D("0.1") if status is OrderStatus.FILLED else D(0))
