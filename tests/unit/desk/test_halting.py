"""Rules 6 and 7: halting is instant, exits always pass, missing means no, and only a person goes on."""

import os
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.fakes.exchange import EventFault, ReadFault, Script, WriteFault
from tests.fakes.trader_parts import BTC, D, Trader, entry, trading, virtual, world_of
from tui_trader.core.order import OrderStatus, Purpose
from tui_trader.core.records import EmergencyImported, EquityMarked, OrderChanged, OrderFilled, TradingStateChanged
from tui_trader.core.words import Actor, BreakerScope, ClientOrderId, TradingState
from tui_trader.desk.account import TRUSTED_FOR
from tui_trader.journal.ports import Entry, JournalUnwritable
from tui_trader.tools.ports import ToolAnswer


async def _halted(trader: Trader) -> None:
    await trader.desk.state.halt("test", actor=Actor.OPERATOR, code="TEST")


async def _reducing(trader: Trader) -> None:
    await trader.desk.state.reduce("test", actor=Actor.SYSTEM, code="TEST")


async def _stale(trader: Trader) -> None:
    trader.world.is_quiet = True
    await trader.wait(30)
    trader.world.is_quiet = False


async def _unreconciled(trader: Trader) -> None:
    trader.script.read = lambda name: ReadFault.UNAVAILABLE if name == "account_report" else ReadFault.NONE
    await trader.wait(TRUSTED_FOR + 70)


async def _breaker_open(trader: Trader) -> None:
    for _ in range(5):
        await trader.desk._parts.breakers.failed(BreakerScope.MODEL, "test")


async def _flagged(trader: Trader) -> None:
    trader.switch.trip()


async def _file(trader: Trader) -> None:
    (trader.world.folder / "HALT").touch()


async def _journal_lost(trader: Trader) -> None:
    trader.journal.failed = True


TROUBLES = {
    "halted": _halted,
    "reducing": _reducing,
    "stale": _stale,
    "unreconciled": _unreconciled,
    "breaker open": _breaker_open,
    "flag in memory": _flagged,
    "HALT file": _file,
    "journal lost": _journal_lost,
}


async def _set_stop(trader: Trader) -> ToolAnswer:
    return await trader.agent("set_stop", symbol=BTC, stop_bps=50)


async def _close(trader: Trader) -> ToolAnswer:
    return await trader.agent("close_position", symbol=BTC)


async def _reduce(trader: Trader) -> ToolAnswer:
    return await trader.operator("reduce_position", symbol=BTC, percent=50)


async def _flatten(trader: Trader) -> ToolAnswer:
    return await trader.operator("flatten")


EXITS = {"set_stop": _set_stop, "close": _close, "reduce": _reduce, "flatten": _flatten}


@pytest.mark.parametrize("exits", EXITS)
@pytest.mark.parametrize("trouble", TROUBLES)
@virtual
async def test_exits_pass_whatever_is_wrong_and_entries_do_not(trouble: str, exits: str) -> None:
    async with trading() as trader:
        await trader.opened()
        await TROUBLES[trouble](trader)
        if trouble == "stale":
            trader.world.is_quiet = True
        held = trader.world.held()
        sent = len(trader.exchange.submitted_entries())
        denied = await trader.open(side="long")
        assert not denied.is_ok
        assert len(trader.exchange.submitted_entries()) == sent
        trader.world.is_quiet = False
        answer = await EXITS[exits](trader)
        if (trouble, exits) != ("unreconciled", "flatten"):  # flat cannot be verified; what could be done was
            assert answer.is_ok, answer
        if exits == "set_stop":
            assert len(trader.world.stops()) == 1
            assert trader.world.stops()[0] > D(93_300)
        else:
            assert trader.world.held() < held


@virtual
async def test_a_cancel_passes_while_the_journal_cannot_be_written() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        (resting,) = trader.working(Purpose.ENTRY)
        trader.journal.failed = True
        answer = await trader.operator("cancel_order", client_order_id=resting.client_order_id)
        assert answer.is_ok
        assert trader.world.orders() == []


@virtual
async def test_a_lost_journal_halts_and_cancels_resting_entries() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        trader.journal.failed = True
        with pytest.raises(JournalUnwritable):
            await trader.desk.enter(entry(price="93900"), tool="test")
        assert trader.switch.state is TradingState.HALTED
        await trader.until(lambda: trader.world.orders() == [], within=5)


@virtual
async def test_what_was_done_without_a_journal_is_known_after_the_next_start() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.opened()
        trader.journal.failed = True
        await trader.agent("set_stop", symbol=BTC, stop_bps=50)
        moved = world.stops()
        assert (await trader.agent("reduce_position", symbol=BTC, percent=50)).is_ok
        assert trader.quantity() == world.held()
        lines = (world.folder / "emergency.jsonl").read_text().splitlines()
        assert any('"order.intent"' in line for line in lines)
        await trader.crash()
        again = await world.start()
        assert again.records(EmergencyImported)
        assert again.state.current is TradingState.HALTED
        assert again.quantity() == world.held()
        await again.wait(15)
        assert world.stops() == moved, "the stop that was placed without a journal is ours, and stays the only one"
        assert again.desk._reconciler.differences == ()
        trades = [record.fill.trade_id for record in again.records(OrderFilled)]
        assert len(trades) == len(set(trades)) == 2
        assert (await again.agent("close_position", symbol=BTC)).is_ok
        await again.until(lambda: world.orders() == [], within=5)
        again.tasks.cancel()


@virtual
async def test_without_a_journal_a_naked_position_is_closed_once_and_no_more() -> None:
    async with trading() as trader:
        trader.script.submit = lambda i: WriteFault.REFUSED if i.purpose is Purpose.STOP else WriteFault.NONE
        await trader.desk.enter(entry(price="94010"), tool="test")
        await trader.until(lambda: trader.world.held() > 0)
        trader.journal.failed = True
        await trader.until(lambda: trader.world.held() == 0 and trader.quantity() == 0, within=20)
        sent = len(trader.exchange.submitted)
        await trader.wait(60)
        assert len(trader.exchange.submitted) == sent


@virtual
async def test_halting_cancels_resting_entries_and_leaves_stops() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.open(entry="limit", limit_offset_bps=80)
        stops = trader.world.stops()
        assert (await trader.agent("halt")).is_ok
        assert trader.working(Purpose.ENTRY) == []
        await trader.wait(60)
        assert trader.world.stops() == stops
        assert trader.world.held() > 0


@pytest.mark.parametrize("fault", [WriteFault.DELAYED, WriteFault.EXECUTED])
@virtual
async def test_an_entry_in_flight_while_halting_does_not_rest_afterwards(fault: WriteFault) -> None:
    async with trading(script=Script(delay=1.5)) as trader:
        trader.script.submit = lambda _: fault
        entering = trader.tasks.spawn("enter", trader.desk.enter(entry(price="93900"), tool="test"))
        await trader.wait(0.01)
        await trader.desk.state.halt("test", actor=Actor.OPERATOR, code="TEST")
        await entering
        await trader.wait(30)
        assert trader.world.orders() == []
        assert trader.working(Purpose.ENTRY) == []


@virtual
async def test_cancels_that_fail_while_halting_are_repeated() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        trader.script.cancel = lambda _: WriteFault.LOST
        await trader.desk.state.halt("test", actor=Actor.OPERATOR, code="TEST")
        await trader.wait(20)
        assert trader.world.orders()
        trader.script.cancel = lambda _: WriteFault.NONE
        await trader.until(lambda: trader.world.orders() == [], within=6)


@pytest.mark.parametrize("how", [_flagged, _file, _halted, _reducing, _breaker_open])
@virtual
async def test_the_switch_is_asked_right_before_the_socket(how: Callable[[Trader], object]) -> None:
    async with trading() as trader:
        write = trader.journal.append

        async def slow(*entries: Entry) -> object:
            rows = await write(*entries)
            if any(isinstance(e.record, OrderChanged) and e.record.status is OrderStatus.SENT for e in entries):
                trader.journal.append = write  # type: ignore[method-assign]  # the halt writes as ever
                await how(trader)  # type: ignore[misc]  # all of them are coroutines
            return rows

        trader.journal.append = slow  # type: ignore[method-assign,assignment]  # the halt comes after the last row
        sent = await trader.desk.enter(entry(), tool="test")
        assert sent.order is not None
        assert sent.order.status is OrderStatus.NOT_SENT
        assert trader.exchange.submitted == []


@virtual
async def test_the_halt_file_halts_for_good_also_when_it_is_deleted() -> None:
    async with trading() as trader:
        file = trader.world.folder / "HALT"
        file.touch()
        await trader.wait(2)
        file.unlink()
        await trader.wait(2)
        assert trader.state.current is TradingState.HALTED
        assert trader.state.status.code == "HALT_FILE"
        assert (await trader.operator("resume", reason="looked at it")).is_ok
        assert (await trader.open()).is_ok


@virtual
async def test_resume_removes_the_file_that_it_answers() -> None:
    async with trading() as trader:
        file = trader.world.folder / "HALT"
        file.touch()
        await trader.wait(2)
        assert (await trader.operator("resume", reason="looked at it")).is_ok
        assert not file.exists()
        assert trader.switch.state is TradingState.ACTIVE


@pytest.mark.parametrize("looks_after", [TradingStateChanged, None])
@virtual
async def test_a_resume_is_not_undone_by_the_file_that_it_answers(looks_after: type | None) -> None:
    """The watch may look between the row of the resume and the removal of its file: it finds no new halt there."""
    async with trading() as trader:
        file = trader.world.folder / "HALT"
        file.touch()
        await trader.wait(2)
        write = trader.journal.append

        async def and_the_watch_looks(*entries: Entry) -> object:
            rows = await write(*entries)
            if looks_after is None or isinstance(entries[0].record, looks_after):
                await trader.desk.watch.look()
            return rows

        trader.journal.append = and_the_watch_looks  # type: ignore[method-assign,assignment]  # at the worst moment
        resumed = await trader.operator("resume", reason="looked at it")
        trader.journal.append = write  # type: ignore[method-assign]
        assert resumed.is_ok, resumed.result
        await trader.wait(3)
        assert trader.switch.state is TradingState.ACTIVE
        assert not file.exists()


@virtual
async def test_a_file_written_while_resuming_stays_and_the_answer_says_so() -> None:
    async with trading() as trader:
        file = trader.world.folder / "HALT"
        file.touch()
        await trader.wait(2)
        write = trader.journal.append

        async def and_a_hand_halts(*entries: Entry) -> object:
            rows = await write(*entries)
            if isinstance(entries[0].record, TradingStateChanged):
                trader.journal.append = write  # type: ignore[method-assign]
                os.utime(file, ns=(1, 1))
            return rows

        trader.journal.append = and_a_hand_halts  # type: ignore[method-assign,assignment]
        resumed = await trader.operator("resume", reason="looked at it")
        assert "halted again while resuming (the file HALT was written anew)" in str(resumed.result)
        await trader.wait(2)
        assert trader.state.status.code == "HALT_FILE"
        assert file.exists()


@virtual
async def test_a_resume_that_was_overtaken_says_by_what() -> None:
    async with trading() as trader:
        await _halted(trader)
        answering = trader.desk.state.halts()
        await trader.desk.state.halt("the fire alarm", actor=Actor.OPERATOR, code="TEST")
        resumed = await trader.desk.resume("go on", actor=Actor.OPERATOR, answering=answering)
        assert "HALTED: the fire alarm" in resumed.refusal
        assert (await trader.operator("resume", reason="it was a drill")).is_ok
        late = await trader.desk.resume("go on", actor=Actor.OPERATOR, answering=answering)
        assert "trading goes on already" in late.refusal


async def _halts_by_tool(trader: Trader) -> None:
    trader.tasks.spawn("halt", trader.desk.state.halt("during", actor=Actor.OPERATOR, code="TEST"))


async def _halts_by_file(trader: Trader) -> None:
    (trader.world.folder / "HALT").touch()


@pytest.mark.parametrize("halts", [_halts_by_tool, _halts_by_file, _flagged])
@pytest.mark.parametrize("turns", range(1, 13))
@virtual
async def test_a_halt_during_a_resume_wins(halts: Callable[[Trader], object], turns: int) -> None:
    async with trading() as trader:
        await _halted(trader)
        resuming = trader.tasks.spawn("resume", trader.operator("resume", reason="go on"))
        for _ in range(turns):
            await trader.wait(0)
        if resuming.done():
            return
        await halts(trader)  # type: ignore[misc]  # all of them are coroutines
        await resuming
        await trader.wait(6)
        assert trader.switch.state is TradingState.HALTED
        assert not (await trader.open()).is_ok


@virtual
async def test_only_the_operator_resumes_with_a_reason_and_an_exchange_that_agrees() -> None:
    async with trading() as trader:
        await _halted(trader)
        assert (await trader.agent("resume")).code == "NOT_PERMITTED"
        assert not (await trader.operator("resume", reason="  ")).is_ok
        trader.script.read = lambda _: ReadFault.UNAVAILABLE
        assert not (await trader.operator("resume", reason="go on")).is_ok
        trader.script.read = lambda _: ReadFault.NONE
        foreign = ClientOrderId("tt-of-another-instance")
        await trader.world.paper.submit(foreign, entry(price="93000"))
        for _ in range(3):
            refused = await trader.operator("resume", reason="go on")
            assert not refused.is_ok, "an order of a second instance is still there"
        await trader.world.paper.cancel(BTC, foreign)
        assert (await trader.operator("resume", reason="go on")).is_ok


@virtual
async def test_nobody_but_the_operator_resumes_also_not_past_the_tools() -> None:
    async with trading() as trader:
        await _halted(trader)
        for actor in (Actor.AGENT, Actor.SYSTEM):
            resumed = await trader.desk.resume("go on", actor=actor, answering=trader.desk.state.halts())
            assert not resumed.is_done
        assert trader.switch.state is TradingState.HALTED


@virtual
async def test_resume_waits_for_a_position_to_be_protected() -> None:
    async with trading() as trader:
        trader.script.submit = lambda i: WriteFault.NOT_SENT if i.purpose is Purpose.STOP else WriteFault.NONE
        await trader.desk.enter(entry(price="94010"), tool="test")
        await trader.until(lambda: trader.quantity() > 0)
        await _halted(trader)
        assert not (await trader.operator("resume", reason="go on")).is_ok


@virtual
async def test_news_that_cannot_be_written_down_halts() -> None:
    async with trading() as trader:
        trader.journal.failed = True
        await trader.world.paper.transfer(D(5))
        await trader.wait(0.1)
        assert trader.switch.state is TradingState.HALTED
        assert trader.ledger.wallet == D(10_005)


@virtual
async def test_a_cancel_without_an_answer_is_asked_for() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        (resting,) = trader.working(Purpose.ENTRY)
        trader.script.cancel = lambda _: WriteFault.EXECUTED
        trader.script.event = lambda _: EventFault.LOST
        assert (await trader.operator("cancel_order", client_order_id=resting.client_order_id)).is_ok


@virtual
async def test_resume_waits_for_orders_of_unknown_fate() -> None:
    async with trading() as trader:
        trader.script.submit = lambda _: WriteFault.LOST
        await trader.desk.enter(entry(), tool="test")
        await _halted(trader)
        assert not (await trader.operator("resume", reason="go on")).is_ok
        await trader.wait(15)
        assert (await trader.operator("resume", reason="go on")).is_ok


@virtual
async def test_while_trading_goes_on_a_look_costs_one_look_at_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch looks every second of engine time, which at full speed is thousands of times a second."""
    async with trading() as trader:
        await trader.opened()
        exists, asked = trader.switch.file_exists, []

        def counted() -> bool:
            asked.append(1)
            return exists()

        monkeypatch.setattr(trader.switch, "file_exists", counted)
        await trader.desk.watch.look()
        assert len(asked) == 1


@virtual
async def test_a_flag_that_nobody_explains_becomes_a_row() -> None:
    async with trading() as trader:
        trader.switch.trip()
        await trader.wait(6)
        assert trader.state.current is TradingState.HALTED
        assert len(trader.records(TradingStateChanged)) == 1


# ---------------------------------------------------------------------- losses


@virtual
async def test_the_loss_of_the_day_reduces_and_positions_keep_their_stops() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.open(entry="limit", limit_offset_bps=90)
        await trader.desk.watch.mark_equity()
        await _paid(trader, "-320")
        await trader.until(lambda: trader.state.current is TradingState.REDUCING, within=5)
        assert trader.state.status.code == "MAX_DAILY_LOSS"
        await trader.until(lambda: trader.working(Purpose.ENTRY) == [], within=1)
        assert trader.world.held() > 0
        assert trader.world.stops()


@virtual
async def test_a_losing_streak_reduces() -> None:
    policy_streak = 4
    async with trading() as trader:
        for _ in range(policy_streak):
            await trader.opened()
            trader.world.go_to(trader.world.prices[BTC] - 100)
            await trader.wait(3)
            await trader.agent("close_position", symbol=BTC)
            await trader.wait(90)
        assert trader.state.current is TradingState.REDUCING
        assert trader.state.status.code == "MAX_CONSECUTIVE_LOSSES"


@virtual
async def test_a_drawdown_flattens_and_halts_also_when_the_exchange_is_silent_at_first() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.desk.watch.mark_equity()
        trader.script.submit = lambda i: WriteFault.NOT_SENT if i.purpose is Purpose.EXIT else WriteFault.NONE
        await _paid(trader, "-1100")
        await trader.until(lambda: trader.state.status.code == "MAX_DRAWDOWN", within=5)
        await trader.wait(120)
        assert trader.world.held() > 0
        trader.script.submit = lambda _: WriteFault.NONE
        await trader.until(lambda: trader.world.held() == 0, within=20)
        await trader.until(lambda: trader.world.orders() == [], within=20)
        assert trader.state.current is TradingState.HALTED


@virtual
async def test_a_flatten_after_drawdown_goes_on_after_a_crash() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.opened()
        await trader.desk.watch.mark_equity()
        trader.script.submit = lambda i: WriteFault.NOT_SENT if i.purpose is Purpose.EXIT else WriteFault.NONE
        await _paid(trader, "-1100")
        await trader.until(lambda: trader.state.status.code == "MAX_DRAWDOWN", within=5)
        await trader.crash()
        again = await world.start()
        await again.until(lambda: world.held() == 0 and world.orders() == [], within=20)
        again.tasks.cancel()


@virtual
async def test_a_resume_moves_the_baselines_so_that_it_does_not_trip_again() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.desk.watch.mark_equity()
        await _paid(trader, "-320")
        await trader.until(lambda: trader.state.current is TradingState.REDUCING, within=5)
        assert (await trader.operator("resume", reason="accepted")).is_ok
        await trader.wait(10)
        assert trader.state.current is TradingState.ACTIVE


async def _paid(trader: Trader, amount: str) -> None:
    """Equity changes by so much through the mark of what is held, shared out so that no stop is reached."""
    balance = trader.world.paper._venue.state.balance
    balance.funding += Decimal(amount)
    before = len(trader.records(EquityMarked))
    await trader.desk._reconciler.compare()
    assert len(trader.records(EquityMarked)) == before
