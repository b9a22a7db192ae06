"""Conditional orders: triggered by the mark price, trading as takers at the next quote, closing what there is."""

import pytest

from tests.unit.exchange.bench import BTC, Bench, D, intent
from tui_trader.core.market import MarkPrice
from tui_trader.core.order import Fill, Intent, OrderStatus
from tui_trader.core.words import Side

BUY, SELL = Side.BUY, Side.SELL


async def last_fill(bench: Bench) -> Fill:
    return [event for event in await bench.news() if isinstance(event, Fill)][-1]


async def test_a_stop_triggers_on_the_mark_and_not_on_the_quote() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    stop = await bench.place(intent(SELL, "0.1", stop="99000", close_position=True))
    bench.quote("98000")
    bench.quote("97000")
    assert (await bench.order(stop)).status is OrderStatus.ACCEPTED
    bench.mark("99000.1")
    bench.quote("97000")
    assert await bench.quantity() == D("0.1")
    bench.mark("99000")
    assert await bench.quantity() == D("0.1"), "a triggered stop trades at the next quote, not at its trigger"
    bench.quote("98500")
    assert (await bench.order(stop)).status is OrderStatus.FILLED
    assert (await last_fill(bench)).price == D("98500")
    assert await bench.quantity() == 0


@pytest.mark.parametrize(
    ("exit_order", "mark"),
    [
        (intent(SELL, "0.1", stop="99000", close_position=True), "98999"),
        (intent(SELL, "0.1", take_profit="101000", close_position=True), "101001"),
        (intent(BUY, "0.1", stop="101000", close_position=True), "101001"),
        (intent(BUY, "0.1", take_profit="99000", close_position=True), "98999"),
    ],
)
async def test_both_kinds_protect_both_sides_and_are_takers(exit_order: Intent, mark: str) -> None:
    bench = Bench.open()
    await bench.hold(exit_order.side.opposite, "0.1")
    await bench.place(exit_order)
    bench.mark(mark)
    bench.quote(mark)
    fill = await last_fill(bench)
    assert not fill.maker
    assert fill.fee == fill.quantity * fill.price * D("0.0005")
    assert await bench.quantity() == 0


async def test_close_position_closes_what_there_is_at_the_trigger() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    stop = await bench.place(intent(SELL, "0.1", stop="99000", close_position=True))
    await bench.hold(BUY, "0.15")
    bench.mark("98999")
    bench.quote("98999", size="100")
    now = await bench.order(stop)
    assert (now.quantity, now.filled) == (D("0.25"), D("0.25"))
    assert await bench.quantity() == 0


async def test_close_position_expires_where_there_is_nothing_to_close() -> None:
    bench = Bench.open()
    flat = await bench.place(intent(SELL, "0.1", stop="99000", close_position=True))
    await bench.hold(SELL, "0.1")
    bench.mark("98999")
    now = await bench.order(flat)
    assert (now.status, now.filled) == (OrderStatus.EXPIRED, D(0))
    assert await bench.quantity() == D("-0.1"), "a stop of a long never adds to a short"


async def test_several_close_position_stops_stand_side_by_side() -> None:
    """A stop is moved by placing the new one before the old one is cancelled."""
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    old = await bench.place(intent(SELL, "0.1", stop="98000", close_position=True))
    new = await bench.place(intent(SELL, "0.1", stop="99000", close_position=True))
    assert {o.client_order_id for o in await bench.exchange.open_orders()} == {old.client_order_id, new.client_order_id}
    bench.mark("97000")
    bench.quote("97000")
    assert await bench.quantity() == 0
    assert [(await bench.order(o)).filled for o in (old, new)] == [D("0.1"), D(0)]
    assert (await bench.order(new)).status is OrderStatus.EXPIRED


async def test_a_stop_stays_when_the_position_is_closed_by_hand() -> None:
    """Binance leaves it too: whoever closes has to cancel."""
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    stop = await bench.place(intent(SELL, "0.1", stop="98000", close_position=True))
    await bench.place(intent(SELL, "0.1", reduce_only=True))
    bench.quote("100000")
    assert await bench.quantity() == 0
    assert [o.client_order_id for o in await bench.exchange.open_orders()] == [stop.client_order_id]


async def test_a_reduce_only_stop_is_cut_to_what_there_is_at_the_trigger() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    stop = await bench.place(intent(SELL, "0.3", stop="98000", reduce_only=True))
    assert stop.quantity == D("0.3")
    bench.mark("97000")
    bench.quote("97000")
    now = await bench.order(stop)
    assert (now.status, now.quantity, now.filled) == (OrderStatus.FILLED, D("0.1"), D("0.1"))


async def test_a_conditional_entry_is_checked_for_margin_when_it_triggers() -> None:
    bench = Bench.open()
    entry = await bench.place(intent(BUY, "5", stop="101000"))
    assert (await bench.account()).available == 10000, "it locks nothing before"
    bench.mark("101000")
    now = await bench.order(entry)
    assert now.status is OrderStatus.EXPIRED
    assert "-2019" in now.reason


async def test_a_conditional_entry_opens_at_the_next_quote() -> None:
    bench = Bench.open()
    await bench.place(intent(BUY, "0.1", stop="101000"))
    bench.mark("101000")
    bench.quote("101200")
    assert await bench.quantity() == D("0.1")


async def test_a_triggered_stop_can_be_cancelled_until_it_trades() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    stop = await bench.place(intent(SELL, "0.1", stop="98000", close_position=True))
    bench.mark("97000")
    await bench.exchange.cancel(BTC, stop.client_order_id)
    bench.quote("97000")
    assert await bench.quantity() == D("0.1")


async def test_a_mark_at_the_very_instant_of_arrival_is_too_early() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    stop = await bench.place(intent(SELL, "0.1", stop="99000", close_position=True))
    bench.exchange.on_market(MarkPrice(BTC, stop.time, D(98000), D(0), stop.time))
    assert (await bench.order(stop)).reason == ""
    bench.mark("98000")
    assert (await bench.order(stop)).reason == "triggered"


async def test_a_conditional_entry_is_checked_against_its_tier_when_it_triggers() -> None:
    bench = Bench.open(deposit="1000000", leverage=150)
    entry = await bench.place(intent(BUY, "3.1", stop="101000"))
    bench.mark("101000")
    now = await bench.order(entry)
    assert now.status is OrderStatus.EXPIRED
    assert "-2027" in now.reason
