"""Where an exchange keeps one close-position order of a kind (-4130), a stop still moves new before old."""

from collections.abc import Iterable

import pytest

from tests.fakes.trader_parts import BTC, D, Trader, entry, trading, virtual
from tui_trader.core.clock import Instant
from tui_trader.core.order import Intent, Order, OrderStatus, OrderType, Purpose
from tui_trader.core.position import Position
from tui_trader.core.words import Actor, ClientOrderId, Side, TradingState
from tui_trader.desk.stops import live_stops
from tui_trader.exchange.ports import CancelOutcome, OrderReport


def covering(orders: Iterable[OrderReport], held: D) -> list[OrderReport]:
    """The stops that would close all that is held."""
    return [
        order
        for order in orders
        if order.type is OrderType.STOP_MARKET and (order.close_position or order.quantity >= abs(held))
    ]


def gaps_in(trader: Trader) -> list[object]:
    """Ids of orders after whose cancel nothing covered the position; filled from now on."""
    gaps: list[object] = []
    inner = trader.exchange.inner.cancel

    async def cancel(symbol: object, order_id: object) -> CancelOutcome:
        outcome = await inner(symbol, order_id)  # type: ignore[arg-type]  # handed through
        if trader.world.held() and not covering(trader.world.orders(), trader.world.held()):
            gaps.append(order_id)
        return outcome

    trader.exchange.inner.cancel = cancel  # type: ignore[method-assign,assignment]  # a spy
    return gaps


@virtual
async def test_a_moved_stop_goes_over_a_bridge_and_ends_as_the_one_that_closes_all() -> None:
    async with trading() as trader:
        trader.exchange.one_closing_order = True
        await trader.opened()
        before, gaps = trader.world.stops(), gaps_in(trader)
        answer = await trader.agent("set_stop", symbol=BTC, stop_bps=50)
        assert answer.is_ok, answer
        await trader.wait(5)
        stops = covering(trader.world.orders(), trader.world.held())
        assert len(stops) == 1
        assert stops[0].close_position
        assert trader.world.stops()[0] > before[0]
        assert gaps == []
        assert trader.switch.state is TradingState.ACTIVE


@virtual
async def test_a_tighter_stop_of_an_added_entry_covers_all_that_is_held() -> None:
    async with trading() as trader:
        trader.exchange.one_closing_order = True
        await trader.desk.enter(entry(price="94010", stop="93500", take_profit="97000"), tool="test")
        await trader.until(lambda: trader.world.stops() == [D(93_500)])
        gaps = gaps_in(trader)
        await trader.wait(61)
        await trader.desk.enter(entry(price="94010", stop="93700"), tool="test")
        await trader.until(lambda: trader.world.held() == D("0.02") and trader.world.stops() == [D(93_700)])
        await trader.wait(2)
        assert gaps == []
        assert len(covering(trader.world.orders(), trader.world.held())) == 1


@virtual
async def test_a_bridge_is_reduce_only_and_as_large_as_what_is_held() -> None:
    async with trading() as trader:
        trader.exchange.one_closing_order = True
        await trader.opened()
        await trader.agent("set_stop", symbol=BTC, stop_bps=50)
        intents = [submission.intent for submission in trader.exchange.submitted]
        (bridge,) = [i for i in intents if i.purpose is Purpose.STOP and not i.close_position]
        assert bridge.reduce_only
        assert bridge.quantity == trader.world.held()


@pytest.mark.parametrize(("quantity", "covers"), [("0.01", True), ("0.009", False)])
def test_a_stop_for_less_than_is_held_does_not_protect_it(quantity: str, *, covers: bool) -> None:
    intent = Intent(
        symbol=BTC,
        side=Side.SELL,
        type=OrderType.STOP_MARKET,
        quantity=D(quantity),
        stop_price=D(93_000),
        reduce_only=True,
        purpose=Purpose.STOP,
        actor=Actor.SYSTEM,
    )
    order = Order(
        client_order_id=ClientOrderId("tt-1"),
        intent=intent,
        status=OrderStatus.ACCEPTED,
        created=Instant(0),
        updated=Instant(0),
    )
    held = Position.held(BTC, D("0.01"), D(94_000))
    assert (live_stops([order], held, Purpose.STOP) == (order,)) is covers
