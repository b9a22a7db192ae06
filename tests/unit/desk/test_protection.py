"""Rule 5: protected or closed, from the first fill to the last, and nothing conditional is left afterwards."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.fakes.exchange import EventFault, ReadFault, WriteFault
from tests.fakes.trader_parts import BTC, D, Trader, entry, trading, virtual
from tui_trader.core.order import Intent, OrderStatus, OrderType, Purpose, TimeInForce
from tui_trader.core.records import JsonObject, ProtectionFailed
from tui_trader.core.words import Actor, Side, TradingState
from tui_trader.desk.hands import Exit
from tui_trader.desk.protector import PROTECT_WITHIN
from tui_trader.exchange.ports import OrderReport


def of(purpose: Purpose, fault: WriteFault) -> Callable[[Intent], WriteFault]:
    """Only orders of this purpose meet the fault."""
    return lambda intent: fault if intent.purpose is purpose else WriteFault.NONE


@virtual
async def test_the_first_part_of_a_fill_is_protected_at_once() -> None:
    async with trading() as trader:
        trader.world.size = D("0.001")
        await trader.desk.enter(entry(price="94010", quantity="0.015", time_in_force=TimeInForce.GTC), tool="test")
        await trader.until(lambda: trader.world.held() > 0)
        assert 0 < trader.world.held() < D("0.015")
        took = await trader.until(lambda: bool(trader.world.stops()))
        assert took <= PROTECT_WITHIN
        (stop,) = [order for order in trader.world.conditional() if order.type is OrderType.STOP_MARKET]
        assert stop.close_position
        assert stop.stop_price == D(93_000)


STOP_TROUBLES = {
    "refused": lambda t: _set(t, submit=of(Purpose.STOP, WriteFault.REFUSED)),
    "not sent": lambda t: _set(t, submit=of(Purpose.STOP, WriteFault.NOT_SENT)),
    "lost": lambda t: _set(t, submit=of(Purpose.STOP, WriteFault.LOST)),
    "hangs": lambda t: _set(t, submit=of(Purpose.STOP, WriteFault.HANGS), reads=ReadFault.UNAVAILABLE),
    "never read back": lambda t: _set(t, reads=ReadFault.UNAVAILABLE),
    "reads hang": lambda t: _set(t, reads=ReadFault.HANGS),
    "not known there": lambda t: _set(t, reads=ReadFault.EMPTY),
}


def _set(
    trader: Trader, *, submit: Callable[[Intent], WriteFault] | None = None, reads: ReadFault = ReadFault.NONE
) -> None:
    if submit is not None:
        trader.script.submit = submit
    trader.script.read = lambda name: reads if name == "query" else ReadFault.NONE


@pytest.mark.parametrize("trouble", STOP_TROUBLES)
@virtual
async def test_without_proof_of_a_stop_the_position_is_closed_and_trading_halted(trouble: str) -> None:
    async with trading() as trader:
        trader.world.size = D("0.002")
        STOP_TROUBLES[trouble](trader)
        await trader.desk.enter(entry(price="94010", quantity="0.02"), tool="test")
        await trader.until(lambda: trader.world.held() > 0)
        took = await trader.until(lambda: trader.state.status.code == "NAKED")
        assert took <= PROTECT_WITHIN + 1.5
        await trader.until(lambda: trader.world.held() == 0 and trader.quantity() == 0, within=30)
        assert trader.records(ProtectionFailed)
        assert trader.working(Purpose.ENTRY) == []
        closing = [s.intent for s in trader.exchange.submitted if s.intent.purpose is Purpose.EXIT]
        assert closing
        assert all(intent.reduce_only for intent in closing)
        trader.script.read = lambda _: ReadFault.NONE
        await trader.until(lambda: trader.world.orders() == [] and not trader.ledger.open_orders(), within=60)
        assert trader.state.current is TradingState.HALTED


@pytest.mark.parametrize("settle_time", [2.0, 2.7, 3.0, 3.3, 3.8])
@virtual
async def test_a_stop_whose_order_got_lost_is_placed_anew_in_time(settle_time: float) -> None:
    """Whenever it becomes certain that it never arrived: the pause between two tries must not outlast the deadline."""
    async with trading() as trader:
        trader.exchange.settle_time = settle_time
        lost: list[Intent] = []

        def first_stop_is_lost(intent: Intent) -> WriteFault:
            if intent.purpose is Purpose.STOP and not lost:
                lost.append(intent)
                return WriteFault.LOST
            return WriteFault.NONE

        trader.script.submit = first_stop_is_lost
        await trader.open()
        await trader.until(lambda: bool(trader.world.stops()), within=PROTECT_WITHIN)
        await trader.wait(20)
        assert trader.switch.state is TradingState.ACTIVE
        assert len(trader.world.stops()) == 1


@virtual
async def test_no_second_stop_goes_out_beside_one_of_unknown_fate() -> None:
    async with trading() as trader:
        unknown: list[int] = []

        def lost(intent: Intent) -> WriteFault:
            if intent.purpose is not Purpose.STOP:
                return WriteFault.NONE
            unknown.append(sum(order.status is OrderStatus.UNKNOWN for order in trader.working(Purpose.STOP)))
            return WriteFault.LOST

        trader.script.submit = lost
        await trader.open()
        await trader.wait(12)
        assert len(unknown) >= 2
        assert set(unknown) == {0}


@virtual
async def test_a_silent_exchange_does_not_keep_the_close_from_going_out() -> None:
    async with trading() as trader:
        trader.script.cancel = lambda _: WriteFault.HANGS
        await trader.desk.enter(entry(price="90100", quantity="0.01", stop="89000"), tool="test")
        trader.script.submit = of(Purpose.STOP, WriteFault.REFUSED)
        await trader.desk.enter(entry(price="94010"), tool="test")
        await trader.until(lambda: trader.world.held() > 0)
        await trader.until(lambda: trader.world.held() == 0, within=PROTECT_WITHIN + 3)


@virtual
async def test_a_stop_that_the_price_has_passed_already_is_carried_out_at_once() -> None:
    async with trading() as trader:
        trader.script.submit = of(Purpose.STOP, WriteFault.NOT_SENT)
        await trader.desk.enter(entry(price="94010"), tool="test")
        await trader.until(lambda: trader.world.held() > 0)
        trader.world.go_to("92900")
        took = await trader.until(lambda: trader.world.held() == 0)
        assert took < PROTECT_WITHIN


@virtual
async def test_a_moved_stop_is_placed_and_read_back_before_the_old_one_goes() -> None:
    async with trading() as trader:
        await trader.opened()
        never_without = _watch_for_gaps(trader)
        before = trader.world.stops()
        answer = await trader.agent("set_stop", symbol=BTC, stop_bps=50)
        assert answer.is_ok, answer
        after = trader.world.stops()
        assert len(after) == 1
        assert after[0] > before[0]
        await trader.wait(5)
        assert never_without() == []
        order = [c for c in trader.exchange.reads if c == "query"]
        assert order


@pytest.mark.parametrize("fault", [WriteFault.REFUSED, WriteFault.NOT_SENT, WriteFault.LOST])
@virtual
async def test_the_old_stop_stays_where_the_new_one_does_not_come_to_stand(fault: WriteFault) -> None:
    async with trading() as trader:
        await trader.opened()
        before = trader.world.stops()
        trader.script.submit = of(Purpose.STOP, fault)
        answer = await trader.agent("set_stop", symbol=BTC, stop_bps=50)
        assert not answer.is_ok
        await trader.wait(30)
        assert trader.world.stops() == before
        assert trader.switch.state is TradingState.ACTIVE


@virtual
async def test_a_new_stop_that_cannot_be_read_back_leaves_the_old_one_in_place() -> None:
    async with trading() as trader:
        await trader.opened()
        before = trader.world.stops()
        trader.script.read = lambda name: ReadFault.UNAVAILABLE if name == "query" else ReadFault.NONE
        assert not (await trader.agent("set_stop", symbol=BTC, stop_bps=50)).is_ok
        assert before[0] in trader.world.stops()
        await trader.wait(15)
        assert before[0] in trader.world.stops()
        assert trader.switch.state is TradingState.ACTIVE


@virtual
async def test_a_moved_stop_whose_answer_was_lost_replaces_the_old_one_when_it_is_found() -> None:
    async with trading() as trader:
        await trader.opened()
        before = trader.world.stops()
        trader.script.submit = of(Purpose.STOP, WriteFault.EXECUTED)
        await trader.agent("set_stop", symbol=BTC, stop_bps=50)
        trader.script.submit = lambda _: WriteFault.NONE
        await trader.wait(15)
        assert len(trader.world.stops()) == 1
        assert trader.world.stops()[0] > before[0]


@virtual
async def test_adding_keeps_the_tighter_stop() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="94010", stop="93500", take_profit="97000"), tool="test")
        await trader.until(lambda: trader.world.stops() == [D(93_500)])
        await trader.wait(61)
        await trader.desk.enter(entry(price="94010", stop="93000"), tool="test")
        await trader.until(lambda: trader.world.held() == D("0.02"))
        await trader.wait(61)
        assert trader.world.stops() == [D(93_500)]
        await trader.desk.enter(entry(price="94010", stop="93700"), tool="test")
        await trader.until(lambda: trader.world.stops() == [D(93_700)])


@virtual
async def test_the_agent_cannot_loosen_a_stop_also_not_in_a_race_with_the_operator() -> None:
    async with trading() as trader:
        await trader.opened()
        looser: JsonObject = {"symbol": BTC, "stop_bps": 200, "reason": "r"}
        assert (await trader.tools.preview("set_stop", looser, caller=Actor.AGENT)).code == "STOP_LOOSENED"
        assert (await trader.agent("set_stop", symbol=BTC, stop_bps=200)).code == "STOP_LOOSENED"
        tightened = trader.tasks.spawn("operator", trader.operator("set_stop", symbol=BTC, price="93800"))
        loosened = trader.tasks.spawn("agent", trader.agent("set_stop", symbol=BTC, stop_bps=60))
        assert (await tightened).is_ok
        assert (await loosened).code == "STOP_LOOSENED"
        assert trader.world.stops() == [D(93_800)]
        assert (await trader.operator("set_stop", symbol=BTC, price="93000")).is_ok
        assert trader.world.stops() == [D(93_000)]


@pytest.mark.parametrize("kind", [OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET])
@virtual
async def test_what_protects_a_position_is_not_cancelled(kind: OrderType) -> None:
    async with trading() as trader:
        await trader.opened()
        (order,) = [o for o in trader.ledger.open_orders() if o.intent.type is kind]
        assert (await trader.agent("cancel_order", client_order_id=order.client_order_id)).code == "PROTECTIVE_ORDER"
        assert not (await trader.operator("cancel_order", client_order_id=order.client_order_id)).is_ok
        assert not await trader.desk.cancel(order)
        await trader.agent("cancel_all", symbol=BTC)
        await trader.operator("cancel_all", symbol=None)
        assert len(trader.world.conditional()) == 2


async def _by_stop(trader: Trader) -> None:
    trader.world.go_to(trader.world.stops()[0] - 50)


async def _by_take_profit(trader: Trader) -> None:
    (target,) = [o.stop_price for o in trader.world.conditional() if o.type is OrderType.TAKE_PROFIT_MARKET]
    assert target is not None
    trader.world.go_to(target + 50)


async def _by_tool(trader: Trader) -> None:
    assert (await trader.agent("close_position", symbol=BTC)).is_ok


async def _by_reducing(trader: Trader) -> None:
    assert (await trader.operator("reduce_position", symbol=BTC, percent=100)).is_ok


async def _by_flatten(trader: Trader) -> None:
    assert (await trader.operator("flatten")).is_ok


async def _by_liquidation(trader: Trader) -> None:
    book = trader.world.paper._venue.state.books[BTC]
    book.isolated = D("-1000000")


CLOSES = {
    "stop": _by_stop,
    "take-profit": _by_take_profit,
    "close": _by_tool,
    "reduce": _by_reducing,
    "flatten": _by_flatten,
    "liquidation": _by_liquidation,
}


@pytest.mark.parametrize("news", [EventFault.NONE, EventFault.TWICE, EventFault.LOST_AND_SAID])
@pytest.mark.parametrize("way", CLOSES)
@virtual
async def test_after_a_close_nothing_conditional_is_left(way: str, news: EventFault) -> None:
    async with trading() as trader:
        await trader.opened()
        trader.script.event = lambda _: news
        await CLOSES[way](trader)
        await trader.until(lambda: trader.world.held() == 0)
        await trader.until(lambda: trader.world.orders() == [] and not trader.ledger.open_orders(), within=20)
        assert trader.quantity() == 0


@virtual
async def test_a_conditional_order_whose_cancel_fails_is_cancelled_again_until_it_is_gone() -> None:
    async with trading() as trader:
        await trader.opened()
        trader.script.cancel = lambda _: WriteFault.LOST
        await trader.agent("close_position", symbol=BTC)
        await trader.wait(30)
        assert trader.world.conditional()
        trader.script.cancel = lambda _: WriteFault.NONE
        await trader.until(lambda: trader.world.orders() == [], within=5)


@virtual
async def test_a_reversal_is_close_verify_flat_open() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.wait(200)
        trader.exchange.submitted.clear()
        sizes: list[Decimal] = []
        trader.exchange.door = lambda _, intent: (
            sizes.append(trader.world.held()) if intent.purpose is Purpose.ENTRY else None
        )
        answer = await trader.open(side="short")
        assert answer.is_ok, answer
        assert [s.intent.purpose for s in trader.exchange.submitted[:2]] == [Purpose.EXIT, Purpose.ENTRY]
        assert sizes == [D(0)]
        assert trader.quantity() < 0


@virtual
async def test_a_reversal_whose_close_fails_opens_nothing() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.wait(200)
        trader.exchange.submitted.clear()
        trader.script.submit = of(Purpose.EXIT, WriteFault.REFUSED)
        assert not (await trader.open(side="short")).is_ok
        assert trader.exchange.submitted_entries() == []
        assert trader.world.stops()


@virtual
async def test_a_reversal_cancels_entries_that_could_reopen_what_it_closes() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.open(entry="limit", limit_offset_bps=90)
        assert trader.working(Purpose.ENTRY)
        await trader.wait(200)
        assert (await trader.open(side="short")).is_ok
        await trader.wait(5)
        assert trader.working(Purpose.ENTRY) == []
        assert trader.quantity() < 0


@virtual
async def test_a_stop_that_vanished_at_the_exchange_is_placed_again() -> None:
    async with trading() as trader:
        await trader.opened()
        (stop,) = trader.working(Purpose.STOP)
        trader.script.event = lambda _: EventFault.LOST
        await trader.world.paper.cancel(BTC, stop.client_order_id)
        await trader.wait(0.1)
        assert trader.world.stops() == []
        assert trader.working(Purpose.STOP) == [stop], "nobody has heard of it"
        trader.script.event = lambda _: EventFault.NONE
        await trader.until(lambda: bool(trader.world.stops()), within=75)
        assert trader.world.stops() == [stop.intent.stop_price]


@virtual
async def test_an_order_that_the_exchange_forgot_is_not_counted_upon() -> None:
    async with trading() as trader:
        await trader.opened()
        (stop,) = trader.working(Purpose.STOP)
        book = trader.world.paper._venue.state.books[BTC]
        trader.script.event = lambda _: EventFault.LOST
        await trader.world.paper.cancel(BTC, stop.client_order_id)
        await trader.wait(0.1)
        trader.world.paper._books._connection.execute("DELETE FROM orders WHERE is_open = 0")
        trader.script.event = lambda _: EventFault.NONE
        assert book.waiting
        await trader.until(lambda: bool(trader.world.stops()), within=75)


@virtual
async def test_a_part_of_a_fill_that_the_stream_lost_is_fetched() -> None:
    async with trading() as trader:
        trader.world.size = D("0.002")
        lost: list[object] = []

        def second_fill_is_lost(event: object) -> EventFault:
            if not isinstance(event, OrderReport) and len(lost) < 2:
                lost.append(event)
                return EventFault.LOST if len(lost) == 2 else EventFault.NONE
            return EventFault.NONE

        trader.script.event = second_fill_is_lost
        await trader.desk.enter(entry(price="94010", quantity="0.02"), tool="test")
        await trader.until(lambda: len(lost) == 2)
        await trader.until(lambda: trader.quantity() == trader.world.held(), within=4)


@virtual
async def test_the_fill_of_an_exit_that_the_stream_lost_is_asked_for() -> None:
    async with trading() as trader:
        await trader.opened()
        trader.script.event = lambda _: EventFault.LOST
        assert (await trader.agent("close_position", symbol=BTC)).is_ok
        assert trader.quantity() == 0
        exits = [s.intent for s in trader.exchange.submitted if s.intent.purpose is Purpose.EXIT]
        assert len(exits) == 1


@virtual
async def test_a_take_profit_that_cannot_stand_costs_no_protection() -> None:
    async with trading() as trader:
        trader.script.submit = of(Purpose.TAKE_PROFIT, WriteFault.REFUSED)
        await trader.open()
        await trader.wait(30)
        assert trader.world.stops()
        assert trader.switch.state is TradingState.ACTIVE


def _watch_for_gaps(trader: Trader) -> Callable[[], list[OrderStatus]]:
    """Instants at which the exchange held a position without a stop."""
    gaps: list[OrderStatus] = []
    inner = trader.exchange.inner.cancel

    async def cancel(symbol: object, order_id: object) -> object:
        outcome = await inner(symbol, order_id)  # type: ignore[arg-type]  # handed through
        if trader.world.held() and not trader.world.stops():
            gaps.append(OrderStatus.CANCELED)
        return outcome

    trader.exchange.inner.cancel = cancel  # type: ignore[method-assign,assignment]  # a spy
    return lambda: gaps


@virtual
async def test_a_closing_wish_larger_than_the_position_closes_it_and_no_more() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.desk.exit(Exit(symbol=BTC, quantity=D(5), tool="test", actor=Actor.OPERATOR))
        await trader.wait(2)
        assert trader.world.held() == 0
        assert trader.exchange.submitted[-1].intent.side is Side.SELL
