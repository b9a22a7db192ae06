"""Rule 4: an order of unknown fate is never resent, counts at full size, and is asked for until its fate is known."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from tests.fakes.exchange import EventFault, ReadFault, Script, WriteFault
from tests.fakes.trader_parts import BTC, Trader, entry, trading, virtual
from tui_trader.core.clock import elapsed
from tui_trader.core.order import Intent, Order, OrderStatus, Purpose
from tui_trader.core.records import OrderChanged, OrderFilled
from tui_trader.core.words import TradingState
from tui_trader.desk.hands import Exit
from tui_trader.desk.resolver import ALARM_AFTER


def on_entries(fault: WriteFault) -> Script:
    """Only entries meet the fault."""
    return Script(submit=lambda intent: fault if intent.purpose is Purpose.ENTRY else WriteFault.NONE)


def the_entry(trader: Trader) -> Order:
    """The only entry that was sent."""
    (only,) = trader.exchange.submitted_entries()
    order = trader.desk.order(only.client_order_id)
    assert order is not None
    return order


@virtual
async def test_an_order_without_an_answer_is_unknown_and_counts_at_full_size() -> None:
    async with trading(script=on_entries(WriteFault.LOST)) as trader:
        await trader.desk.enter(entry(quantity="0.02"), tool="test")
        order = the_entry(trader)
        assert order.status is OrderStatus.UNKNOWN
        book = trader.desk.book()
        assert book.worst_case_quantity(BTC, order.intent.side) == order.intent.quantity


@virtual
async def test_what_never_arrived_is_settled_after_the_settle_time_and_two_misses_and_not_before() -> None:
    async with trading(script=on_entries(WriteFault.LOST)) as trader:
        asked: list[float] = []

        def read(name: str) -> ReadFault:
            if name == "query":
                asked.append((trader.world.clock.now() - trader.exchange.submitted[0].time) / 1e9)
            return ReadFault.NONE

        trader.script.read = read
        await trader.desk.enter(entry(), tool="test")
        await trader.until(lambda: the_entry(trader).status is OrderStatus.NOT_SENT)
        assert len([seconds for seconds in asked if seconds > trader.exchange.settle_time + 3]) == 2
        assert asked[-1] < 10, "a stop whose order got lost must be placed anew within the time to protect"


@virtual
async def test_the_settle_time_counts_from_when_the_order_left_and_not_from_when_its_answer_was_given_up() -> None:
    """A stop whose answer is waited for five seconds in vain can then still be placed anew in time."""
    async with trading(script=on_entries(WriteFault.LOST_SLOWLY)) as trader:
        left = trader.world.clock.now()
        await trader.desk.enter(entry(), tool="test")
        gave_up = elapsed(left, trader.world.clock.now())
        await trader.until(lambda: the_entry(trader).status is OrderStatus.NOT_SENT)
        took = elapsed(left, trader.world.clock.now())
        assert gave_up >= 5.0
        assert trader.exchange.settle_time + 3 < took < trader.exchange.settle_time + 3 + 1.5


@virtual
async def test_an_order_that_arrives_late_is_found_and_protected() -> None:
    async with trading(script=on_entries(WriteFault.DELAYED)) as trader:
        trader.script.delay = 1.9
        await trader.desk.enter(entry(price="94010"), tool="test")
        await trader.until(lambda: bool(trader.world.stops()), within=12)
        assert the_entry(trader).status is OrderStatus.FILLED
        assert trader.switch.state is TradingState.ACTIVE


@pytest.mark.parametrize("fault", [WriteFault.EXECUTED, WriteFault.RAISES, WriteFault.HANGS])
@virtual
async def test_what_arrived_and_traded_is_found_and_booked_once(fault: WriteFault) -> None:
    async with trading(script=on_entries(fault)) as trader:
        await trader.open(BTC)
        await trader.until(lambda: the_entry(trader).status is OrderStatus.FILLED, within=12)
        await trader.until(lambda: trader.quantity() == trader.world.held() > 0, within=3)
        await trader.until(lambda: bool(trader.world.stops()), within=10)
        await trader.wait(130)
        trades = [record.fill.trade_id for record in trader.records(OrderFilled)]
        assert len(trades) == len(set(trades))


@virtual
async def test_an_order_that_stays_unknown_halts_after_a_minute_and_the_questions_go_on() -> None:
    async with trading(script=on_entries(WriteFault.EXECUTED)) as trader:
        trader.script.read = lambda name: ReadFault.UNAVAILABLE if name != "account_report" else ReadFault.NONE
        trader.script.event = lambda _: EventFault.LOST
        await trader.desk.enter(entry(), tool="test")
        await trader.wait(ALARM_AFTER - 5)
        assert trader.state.current is TradingState.ACTIVE
        await trader.until(lambda: trader.state.status.code == "UNKNOWN_ORDER", within=15)
        trader.script.read = lambda _: ReadFault.NONE
        await trader.until(lambda: the_entry(trader).status is not OrderStatus.UNKNOWN, within=10)


@virtual
async def test_silence_of_the_questions_cannot_hold_the_alarm_back() -> None:
    async with trading(script=on_entries(WriteFault.LOST)) as trader:
        trader.script.read = lambda _: ReadFault.HANGS
        await trader.desk.enter(entry(), tool="test")
        await trader.until(lambda: trader.state.status.code == "UNKNOWN_ORDER", within=80)


@virtual
async def test_a_question_for_fills_that_fails_does_not_end_the_asking() -> None:
    async with trading(script=on_entries(WriteFault.LOST)) as trader:
        trader.script.read = lambda name: ReadFault.UNAVAILABLE if name == "fills_since" else ReadFault.NONE
        await trader.desk.enter(entry(), tool="test")
        await trader.wait(20)
        assert the_entry(trader).status is OrderStatus.UNKNOWN
        trader.script.read = lambda _: ReadFault.NONE
        await trader.until(lambda: the_entry(trader).status is OrderStatus.NOT_SENT, within=15)


@virtual
async def test_an_unknown_exit_blocks_no_other_exit() -> None:
    async with trading() as trader:
        await trader.opened()
        trader.script.submit = _first_exit_is_lost()
        first = trader.tasks.spawn("first exit", trader.desk.exit(Exit(symbol=BTC, tool="test")))
        await trader.wait(1)
        assert [order.status for order in trader.working(Purpose.EXIT)] == [OrderStatus.UNKNOWN]
        await trader.desk.exit(Exit(symbol=BTC, tool="test"))
        assert trader.world.held() == trader.quantity() == 0
        await first
        await trader.wait(30)
        assert trader.world.orders() == []


@virtual
async def test_the_same_news_from_many_tellers_is_one_row() -> None:
    async with trading() as trader:
        trader.script.event = lambda _: EventFault.TWICE
        await trader.opened()
        await trader.agent("close_position", symbol=BTC)
        await trader.wait(70)
        changes = [(c.client_order_id, c.status) for c in trader.records(OrderChanged)]
        assert len(changes) == len(set(changes))
        trades = [record.fill.trade_id for record in trader.records(OrderFilled)]
        assert len(trades) == len(set(trades))


@virtual
async def test_two_tellers_of_one_fill_at_the_same_moment_book_it_once() -> None:
    async with trading() as trader:
        trader.script.event = lambda _: EventFault.LOST
        order = await _filled_unheard(trader)
        intake = trader.desk._intake
        await _together(intake.missed_fills(order), intake.missed_fills(order), intake.missed_fills(order))
        assert len(trader.records(OrderFilled)) == 1


def _first_exit_is_lost() -> Callable[[Intent], WriteFault]:
    seen: list[Intent] = []

    def fault(intent: Intent) -> WriteFault:
        if intent.purpose is Purpose.EXIT and not seen:
            seen.append(intent)
            return WriteFault.LOST
        return WriteFault.NONE

    return fault


async def _filled_unheard(trader: Trader) -> Order:
    sent = await trader.desk._sender.send(entry(price="94010"), tool="test")
    assert sent.order is not None
    await trader.wait(1.2)
    assert trader.world.held() > 0
    return sent.order


async def _together(*work: Coroutine[object, object, None]) -> None:
    await asyncio.gather(*work)
