"""Rule 7 and restarts: what was missed is booked once, what differs is adopted and halts, and flat means flat."""

import pytest

from tests.fakes.exchange import EventFault, ReadFault, Script, WriteFault
from tests.fakes.trader_parts import BTC, ETH, D, entry, trading, virtual, world_of
from tui_trader.core.order import Fill, Intent, OrderStatus, OrderType, Purpose
from tui_trader.core.reconciliation import DifferenceKind
from tui_trader.core.records import (
    AccountReconciled,
    FundingBooked,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    TradingStateChanged,
)
from tui_trader.core.words import Actor, ClientOrderId, Side, TradingState
from tui_trader.journal.ports import Entry, Row


def by_hand(side: Side = Side.BUY, quantity: str = "0.05") -> Intent:
    """An order that somebody gives past us."""
    return Intent(
        symbol=BTC,
        side=side,
        type=OrderType.MARKET,
        quantity=D(quantity),
        purpose=Purpose.ENTRY,
        actor=Actor.OPERATOR,
    )


def _answers(_: str) -> ReadFault:
    return ReadFault.NONE


def _knows_no_order(name: str) -> ReadFault:
    return ReadFault.EMPTY if name == "query" else ReadFault.NONE


@virtual
async def test_fills_and_funding_that_were_missed_are_booked_once() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.opened()
        await trader.crash()
        world.fund("0.0001")
        world.go_to(world.stops()[0] - 100)
        await world.clock.sleep(3_000)
        assert world.held() == 0
        world.forget_news()
        again = await world.start()
        assert again.quantity() == 0
        assert again.records(PositionAdopted) == []
        trades = [record.fill.trade_id for record in again.records(OrderFilled)]
        assert len(trades) == len(set(trades)) == 2
        assert len(again.records(FundingBooked)) == 1
        assert again.ledger.wallet == world.paper._venue.state.balance.wallet
        await again.until(lambda: world.orders() == [] and not again.ledger.open_orders(), within=10)
        assert again.state.current is TradingState.ACTIVE
        await again.wait(200)
        assert len(again.records(OrderFilled)) == 2
        assert again.failures == []
        again.tasks.cancel()


@virtual
async def test_the_first_trade_of_all_is_booked_also_when_it_is_found_late() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.crash()
        for number, side in enumerate((Side.BUY, Side.SELL)):
            await world.paper.submit(ClientOrderId(f"by-hand-{number}"), by_hand(side))
            await world.clock.sleep(5)
        await world.clock.sleep(3_000)
        world.forget_news()
        again = await world.start()
        assert len(again.records(OrderFilled)) == 2
        assert again.quantity() == world.held() == 0
        again.tasks.cancel()


@virtual
async def test_what_is_ours_and_changed_without_a_trade_is_taken_over_and_halts() -> None:
    """Somebody closed a part of it, and neither the stream nor the list of trades says so."""
    async with trading() as trader:
        await trader.opened()
        ours = trader.quantity()
        trader.script.event = lambda _: EventFault.LOST
        await trader.world.paper.submit(ClientOrderId("by-hand"), by_hand(Side.SELL, "0.002"))
        await trader.wait(2)
        trader.world.paper._books._connection.execute("DELETE FROM fills WHERE client_order_id = 'by-hand'")
        trader.script.event = lambda _: EventFault.NONE
        await trader.until(lambda: trader.state.status.code == "RECONCILIATION", within=70)
        (adopted,) = trader.records(PositionAdopted)
        assert (adopted.was, adopted.own, adopted.foreign) == (ours, ours - D("0.002"), D(0))
        (found,) = next(r for r in trader.records(AccountReconciled) if r.found).found
        assert (found.kind, found.symbol) == (DifferenceKind.UNKNOWN_FILL, BTC)
        assert trader.quantity() == trader.world.held() == ours - D("0.002")
        assert trader.world.is_protected()


@virtual
async def test_what_is_taken_over_halts_also_where_a_crash_follows_at_once() -> None:
    """The row of the adoption and that of the halt are one transaction: no crash can come between them."""
    async with world_of() as world:
        trader = await world.start()
        await trader.opened()
        trader.script.event = lambda _: EventFault.LOST
        await world.paper.submit(ClientOrderId("by-hand"), by_hand(Side.SELL, "0.002"))
        await trader.wait(2)
        world.paper._books._connection.execute("DELETE FROM fills WHERE client_order_id = 'by-hand'")

        class Killer:
            """Dies of the first adoption that becomes durable."""

            def apply(self, row: Row) -> None:
                if isinstance(row.record, PositionAdopted):
                    trader.journal.die()

        trader.journal.follow(Killer())
        await trader.until(lambda: bool(trader.records(PositionAdopted)), within=70)
        await trader.crash()
        again = await world.start()
        assert again.state.current is TradingState.HALTED
        assert again.state.status.code == "RECONCILIATION"
        assert not (await again.open(ETH)).is_ok
        again.tasks.cancel()


@virtual
async def test_fills_missing_before_an_adoption_do_not_leave_later_positions_unprotected() -> None:
    async with trading() as trader:
        await trader.opened()
        trader.script.event = lambda _: EventFault.LOST
        trader.script.read = lambda name: ReadFault.UNAVAILABLE if name == "fills_since" else ReadFault.NONE
        trader.world.go_to("94050")
        await trader.desk.enter(entry(price="94100", stop="93000"), tool="test")
        await trader.wait(2)
        trader.world.paper._books._connection.execute("DELETE FROM fills")
        trader.script.read = lambda _: ReadFault.NONE
        trader.script.event = lambda _: EventFault.NONE
        await trader.until(lambda: bool(trader.records(PositionAdopted)), within=90)
        await trader.wait(30)
        assert trader.quantity() == trader.world.held()
        assert trader.world.is_protected()
        assert (await trader.agent("close_position", symbol=BTC)).is_ok
        await trader.wait(60)
        assert (await trader.operator("resume", reason="looked at it")).is_ok
        assert (await trader.open()).is_ok
        await trader.wait(20)
        assert trader.switch.state is TradingState.ACTIVE
        assert trader.world.stops()


@virtual
async def test_a_fill_that_the_exchange_lists_a_moment_late_is_no_difference() -> None:
    async with trading() as trader:
        trader.script.event = lambda _: EventFault.LOST
        trader.tasks.spawn("enter", trader.desk.enter(entry(price="94010"), tool="test"))
        await trader.wait(1.5)
        assert trader.world.held() > 0
        asked: list[str] = []

        def late(name: str) -> ReadFault:
            asked.append(name)
            return ReadFault.EMPTY if name == "fills_since" and asked.count(name) <= 3 else ReadFault.NONE

        trader.script.read = late
        assert await trader.desk._reconciler.compare()
        assert trader.quantity() == trader.world.held()
        assert trader.records(PositionAdopted) == []


@virtual
async def test_doubt_means_no_at_once_and_also_when_it_comes_up_during_a_comparison() -> None:
    async with trading() as trader:
        reconciler = trader.desk._reconciler
        reconciler.doubt("a test")
        assert not trader.desk.book().reconciled
        await trader.until(lambda: trader.desk.book().reconciled, within=1)

        def doubts(name: str) -> ReadFault:
            if name == "account_report":
                trader.script.read = lambda _: ReadFault.UNAVAILABLE
                reconciler.doubt("another")
            return ReadFault.NONE

        trader.script.read = doubts
        assert await reconciler.compare()
        assert not trader.desk.book().reconciled


@virtual
async def test_an_order_with_our_prefix_that_our_log_does_not_know_halts_once() -> None:
    async with trading() as trader:
        await trader.world.paper.submit(ClientOrderId("tt-other"), entry(price="90000", quantity="0.01"))
        await trader.until(lambda: trader.state.status.code == "RECONCILIATION", within=70)
        await trader.wait(400)
        halts = trader.records(TradingStateChanged)
        assert len(halts) == 1
        rows = [r for r in trader.records(AccountReconciled) if r.differences]
        assert len(rows) == 1
        assert [each.kind for each in rows[0].found] == [DifferenceKind.SECOND_INSTANCE]
        assert (await trader.operator("flatten")).is_ok
        assert trader.world.orders() == []


@virtual
async def test_a_trade_of_a_second_instance_halts_though_its_order_never_rested() -> None:
    async with trading() as trader:
        await trader.world.paper.submit(ClientOrderId("tt-other"), by_hand())
        await trader.until(lambda: trader.state.status.code == "RECONCILIATION", within=5)
        assert "second instance" in trader.state.status.reason
        await trader.wait(60)
        assert trader.world.held() == D("0.05"), "its position is not ours to close"


@virtual
async def test_written_down_and_never_marked_as_sent_means_never_sent() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.journal.append(Entry(record=OrderIntended(intent=entry()), actor=Actor.AGENT))
        await trader.crash()
        again = await world.start()
        assert again.ledger.open_orders() == ()
        again.tasks.cancel()


@pytest.mark.parametrize("fault", [WriteFault.EXECUTED, WriteFault.LOST, WriteFault.HANGS])
@virtual
async def test_a_crash_with_an_order_in_flight_doubles_and_loses_nothing(fault: WriteFault) -> None:
    async with world_of() as world:
        trader = await world.start()
        trader.script.submit = lambda _: fault
        trader.tasks.spawn("enter", trader.desk.enter(entry(price="94010"), tool="test"))
        await trader.wait(0.3)
        await trader.crash()
        await world.clock.sleep(120)
        again = await world.start()
        await again.wait(15)
        assert again.exchange.submitted_entries() == []
        assert again.quantity() == world.held() == (D(0) if fault is WriteFault.LOST else D("0.01"))
        assert world.is_protected()
        assert again.records(PositionAdopted) == []
        assert again.state.current is TradingState.ACTIVE
        assert not any(order.status is OrderStatus.UNKNOWN for order in again.ledger.open_orders())
        assert again.failures == []
        again.tasks.cancel()


@virtual
async def test_a_restart_finds_the_stop_and_places_no_second_one() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.opened()
        before = [order.client_order_id for order in world.conditional()]
        await trader.crash()
        again = await world.start()
        await again.wait(30)
        assert [order.client_order_id for order in world.conditional()] == before
        assert again.exchange.submitted == []
        again.tasks.cancel()


@virtual
async def test_a_restart_in_halted_cancels_entries_that_still_rest() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.desk.enter(entry(price="93900"), tool="test")
        trader.script.cancel = lambda _: WriteFault.LOST
        await trader.desk.state.halt("test", actor=Actor.OPERATOR, code="TEST")
        await trader.crash()
        assert world.orders()
        again = await world.start()
        await again.until(lambda: world.orders() == [], within=5)
        again.tasks.cancel()


@virtual
async def test_an_order_that_traded_counts_until_its_fills_are_booked() -> None:
    """Between the news that it is filled and its fills it is neither an open order nor a position."""
    async with trading() as trader:
        trader.script.event = lambda event: EventFault.LOST if isinstance(event, Fill) else EventFault.NONE
        trader.script.read = lambda name: ReadFault.UNAVAILABLE if name == "fills_since" else ReadFault.NONE
        before = trader.ledger.open_orders()
        trader.tasks.spawn("enter", trader.desk.enter(entry(price="94010"), tool="test"))
        await trader.until(lambda: trader.world.held() > 0 and trader.ledger.open_orders() == before, within=3)
        assert trader.quantity() == 0
        assert not trader.desk.book().reconciled
        trader.script.read = lambda _: ReadFault.NONE
        await trader.until(lambda: trader.quantity() > 0 and trader.desk.book().reconciled, within=15)


@virtual
async def test_what_an_earlier_run_left_is_settled_also_where_the_first_comparison_gets_no_answer() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.journal.append(Entry(record=OrderIntended(intent=entry()), actor=Actor.AGENT))
        trader.script.submit = lambda _: WriteFault.LOST
        trader.tasks.spawn("enter", trader.desk.enter(entry(price="93990"), tool="test"))
        await trader.wait(0.3)
        await trader.crash()
        again = await world.start(script=Script(read=lambda _: ReadFault.UNAVAILABLE))
        statuses = {order.status for order in again.ledger.open_orders()}
        assert statuses == {OrderStatus.INTENDED, OrderStatus.UNKNOWN}
        again.script.read = lambda _: ReadFault.NONE
        await again.until(lambda: again.ledger.open_orders() == (), within=30)
        assert again.failures == []
        again.tasks.cancel()


@virtual
async def test_what_is_naked_by_our_own_books_is_closed_though_the_first_comparison_gets_no_answer() -> None:
    def without_stops(intent: Intent) -> WriteFault:
        return WriteFault.NOT_SENT if intent.purpose is Purpose.STOP else WriteFault.NONE

    async with world_of() as world:
        trader = await world.start()
        trader.script.submit = without_stops
        trader.tasks.spawn("open", trader.open(BTC, "long"))
        await trader.until(lambda: trader.quantity() != 0, within=5)
        await trader.crash()
        again = await world.start(script=Script(read=lambda _: ReadFault.UNAVAILABLE, submit=without_stops))
        await again.until(lambda: world.held() == 0, within=20)
        assert again.state.current is TradingState.HALTED
        again.tasks.cancel()


@virtual
async def test_a_silent_exchange_means_no_new_risk_until_it_answers() -> None:
    async with trading() as trader:
        trader.script.read = lambda _: ReadFault.HANGS
        await trader.wait(260)
        assert not trader.desk.book().reconciled
        trader.script.read = lambda _: ReadFault.NONE
        await trader.until(lambda: trader.desk.book().reconciled, within=70)


@virtual
async def test_news_that_was_interrupted_is_doubt_until_compared() -> None:
    async with trading() as trader:
        trader.script.event = lambda _: EventFault.LOST_AND_SAID
        trader.script.read = lambda name: ReadFault.UNAVAILABLE if name == "account_report" else ReadFault.NONE
        await trader.world.paper.transfer(D(5))
        await trader.wait(1)
        assert not trader.desk.book().reconciled
        trader.script.event = lambda _: EventFault.NONE
        trader.script.read = lambda _: ReadFault.NONE
        await trader.until(lambda: trader.desk.book().reconciled, within=15)


# ---------------------------------------------------------------------- flatten


@virtual
async def test_flatten_tries_again_until_the_exchange_says_flat() -> None:
    async with trading() as trader:
        await trader.opened(BTC)
        await trader.opened(ETH)
        await trader.open(BTC, entry="limit", limit_offset_bps=90)
        tries: list[str] = []

        def fails_at_first(order_id: ClientOrderId) -> WriteFault:
            tries.append(order_id)
            return WriteFault.LOST if len(tries) < 6 else WriteFault.NONE

        trader.script.cancel = fails_at_first
        assert (await trader.operator("flatten")).is_ok
        for symbol in (BTC, ETH):
            assert trader.world.held(symbol) == 0
            assert trader.world.orders(symbol) == []
        assert not trader.ledger.open_orders()


@virtual
async def test_a_stop_that_was_just_accepted_is_not_given_up_where_reads_lag_at_a_start() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.opened()
        await trader.crash()
        again = await world.start(script=Script(read=_knows_no_order, shows_open=False))
        assert len(again.working(Purpose.STOP)) == 1
        again.script.read, again.script.shows_open = _answers, True
        await again.wait(90)
        assert {o.client_order_id for o in world.orders()} == {o.client_order_id for o in again.ledger.open_orders()}
        assert again.exchange.submitted == []
        again.tasks.cancel()


@virtual
async def test_an_order_that_is_open_there_and_final_here_halts_and_flatten_cancels_it() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        (order,) = trader.ledger.open_orders()
        gone = OrderChanged(client_order_id=order.client_order_id, status=OrderStatus.EXPIRED)
        await trader.journal.append(Entry(record=gone, actor=Actor.SYSTEM))
        await trader.until(lambda: trader.state.status.code == "RECONCILIATION", within=70)
        assert (await trader.operator("flatten")).is_ok
        assert trader.world.orders() == []


@virtual
async def test_flatten_goes_on_where_the_client_breaks_on_the_cancel_of_an_order_that_is_not_ours() -> None:
    async with trading() as trader:
        await trader.world.paper.submit(ClientOrderId("by-hand"), entry(price="90000", quantity="0.01"))
        trader.script.cancel = lambda _: WriteFault.RAISES
        assert (await trader.operator("flatten")).is_ok
        assert trader.world.orders() == []


@virtual
async def test_flatten_says_what_is_left_when_it_cannot() -> None:
    async with trading() as trader:
        await trader.opened()
        trader.script.submit = lambda _: WriteFault.REFUSED
        answer = await trader.operator("flatten")
        assert not answer.is_ok
        assert BTC in str(answer.result["detail"])
        assert trader.world.stops(), "what protects a position stays while it cannot be closed"


@virtual
async def test_flatten_is_not_done_while_an_order_of_unknown_fate_may_still_arrive() -> None:
    async with trading() as trader:
        trader.script.submit = lambda i: WriteFault.DELAYED if i.purpose is Purpose.ENTRY else WriteFault.NONE
        trader.script.delay = 1.9
        await trader.desk.enter(entry(price="94010"), tool="test")
        assert (await trader.operator("flatten")).is_ok
        await trader.wait(30)
        assert trader.world.held() == 0
        assert trader.world.orders() == []


# ---------------------------------------------------------------------- the end


@virtual
async def test_stop_cancels_entries_and_ends_protected() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.open(entry="limit", limit_offset_bps=90)
        assert await trader.desk.stop()
        assert trader.working(Purpose.ENTRY) == []
        assert trader.world.stops()
        assert trader.state.current is TradingState.ACTIVE


@virtual
async def test_stop_carries_an_entry_in_flight_to_protected() -> None:
    async with trading() as trader:
        trader.script.submit = lambda i: WriteFault.DELAYED if i.purpose is Purpose.ENTRY else WriteFault.NONE
        entering = trader.tasks.spawn("enter", trader.desk.enter(entry(price="94010"), tool="test"))
        await trader.wait(0.2)
        assert await trader.desk.stop()
        await entering
        assert trader.world.held() == 0 or trader.world.stops()
        assert trader.working(Purpose.ENTRY) == []
        assert trader.quantity() == trader.world.held()


@virtual
async def test_stop_says_so_when_it_could_not_carry_all_to_an_end() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        trader.script.cancel = lambda _: WriteFault.LOST
        assert not await trader.desk.stop()
