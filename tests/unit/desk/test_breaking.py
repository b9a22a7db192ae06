"""Breakers at work: what opens them, what they keep inside, how they are tried again, and who closes them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fakes.exchange import Script, WriteFault
from tests.fakes.trader_parts import BTC, ETH, D, Trader, World, entry, shipped_policy, trading, virtual, world_of
from tui_trader.core.order import OrderStatus, Purpose, TimeInForce
from tui_trader.core.records import BreakerChanged, OrderIntended
from tui_trader.core.words import Actor, BreakerCause, BreakerScope, BreakerState, TradingState
from tui_trader.journal.ports import Entry
from tui_trader.risk.codes import Code
from tui_trader.risk.hours import Window
from tui_trader.risk.policy import Policy
from tui_trader.tools.ports import ToolAnswer

REPEATS = (BreakerScope.DECIDER, BreakerCause.IDENTICAL_ORDERS)
UNKNOWN = (BreakerScope.EXCHANGE, BreakerCause.UNKNOWN_OUTCOMES)
SLIPPAGE = (BreakerScope.MARKET, BreakerCause.SLIPPAGE)


def policy(**changes: object) -> Policy:
    """The shipped policy without what else would stop a handful of entries."""
    shipped = shipped_policy()
    roomy = {"max_open_orders": 100, "max_orders_per_minute": 500, "max_cancels_per_minute": 100}
    return shipped.model_copy(update={"risk": shipped.risk.model_copy(update={**roomy, **changes})})


async def resting(trader: Trader) -> ToolAnswer:
    """The agent's limit entry, far below the market."""
    return await trader.open(entry="limit", limit_offset_bps=80)


def state(trader: Trader, key: tuple[BreakerScope, BreakerCause]) -> BreakerState:
    return trader.meters.breakers.of(*key).state(trader.world.clock.now())


@virtual
async def test_an_agent_that_repeats_itself_is_stopped_until_a_person_resumes() -> None:
    async with trading(policy=policy(max_identical_orders=3)) as trader:
        answers = [await resting(trader) for _ in range(3)]
        assert all(answer.is_ok for answer in answers), "so many may pass"
        assert state(trader, REPEATS) is BreakerState.OPEN
        denied = [await resting(trader), await trader.open(ETH, "short"), await trader.operator("open_position", **BUY)]
        assert [answer.code for answer in denied] == [Code.BREAKER_OPEN] * 3
        await trader.wait(2 * trader.policy.current.risk.breaker_window)
        assert (await resting(trader)).code == Code.BREAKER_OPEN
        assert not (await trader.agent("resume")).is_ok
        assert (await trader.operator("resume", reason="looked at it")).is_ok
        assert state(trader, REPEATS) is BreakerState.CLOSED
        assert (await resting(trader)).is_ok


BUY = {
    "symbol": "ETHUSDT",
    "side": "BUY",
    "quantity": "0.1",
    "limit": "1790",
    "stop": "1780",
    "take_profit": "1850",
}


@virtual
async def test_the_breaker_is_durable_with_the_order_that_opens_it() -> None:
    async with trading(policy=policy(max_identical_orders=3)) as trader:
        batches: list[list[type]] = []
        write = trader.journal.append

        async def noted(*entries: Entry) -> object:
            batches.append([type(each.record) for each in entries])
            return await write(*entries)

        trader.journal.append = noted  # type: ignore[method-assign,assignment]  # only looks on
        for _ in range(3):
            await resting(trader)
        [batch] = [each for each in batches if BreakerChanged in each]
        assert OrderIntended in batch


@virtual
async def test_what_the_agent_left_resting_is_asked_back_and_a_persons_is_not() -> None:
    async with trading(policy=policy(max_identical_orders=3)) as trader:
        assert (await trader.operator("open_position", **BUY)).is_ok
        for _ in range(3):
            await resting(trader)
        await trader.until(lambda: not trader.working(Purpose.ENTRY, BTC), within=3)
        assert len(trader.working(Purpose.ENTRY, ETH)) == 1


@virtual
async def test_a_restart_knows_that_a_person_has_to_resume() -> None:
    async with world_of() as world:
        trader = await world.start(policy=policy(max_identical_orders=3))
        for _ in range(3):
            await resting(trader)
        await trader.crash()
        await world.clock.sleep(1_800)
        again = await world.start(policy=policy(max_identical_orders=3))
        assert state(again, REPEATS) is BreakerState.OPEN
        assert (await resting(again)).code == Code.BREAKER_OPEN
        again.tasks.cancel()


@virtual
async def test_a_breaker_that_opens_while_a_resume_runs_wins() -> None:
    async with trading(policy=policy(max_identical_orders=3)) as trader:
        await trader.desk.state.halt("test", actor=Actor.OPERATOR, code="TEST")
        asked = trader.desk.state.halts()
        change = BreakerChanged(
            scope=BreakerScope.MARKET, open=True, failures=3, reason="it slips", cause=BreakerCause.SLIPPAGE
        )
        await trader.journal.append(Entry(record=change, actor=Actor.SYSTEM))
        resumed = await trader.desk.resume("go on", actor=Actor.OPERATOR, answering=asked)
        assert "it slips" in resumed.refusal
        assert trader.switch.state is TradingState.HALTED
        assert state(trader, SLIPPAGE) is not BreakerState.CLOSED


@virtual
async def test_unknown_fates_open_it_and_an_entry_that_is_answered_closes_it() -> None:
    script = Script(submit=lambda _: WriteFault.EXECUTED)
    async with trading(policy=policy(max_unknown_outcomes=2, max_consecutive_failures=100), script=script) as trader:
        for quantity in ("0.010", "0.020"):
            await trader.desk.enter(entry(price="93900", quantity=quantity), tool="test")
        await trader.wait(2)
        assert state(trader, UNKNOWN) is BreakerState.OPEN
        assert (await resting(trader)).code == Code.BREAKER_OPEN
        trader.script.submit = lambda _: WriteFault.NONE
        for order in trader.working(Purpose.ENTRY):
            assert await trader.desk.cancel(order), "a cancel passes"
        await trader.wait(trader.policy.current.risk.breaker_window)
        assert state(trader, UNKNOWN) is BreakerState.HALF_OPEN
        assert (await resting(trader)).is_ok, "one entry tries it"
        assert (await resting(trader)).code == Code.BREAKER_OPEN, "and no second one beside it"
        await trader.wait(2)
        assert state(trader, UNKNOWN) is BreakerState.CLOSED
        assert (await resting(trader)).is_ok


@pytest.mark.parametrize(("gap", "opens"), [("92500", True), ("92995", False)])
@virtual
async def test_stops_that_fill_far_from_their_trigger_open_it_and_exits_pass(gap: str, opens: bool) -> None:
    async with trading(policy=policy(max_slipped_orders=1, reentry_cooldown=1.0)) as trader:
        sent = await trader.desk.enter(entry(price="94100", time_in_force=TimeInForce.IOC), tool="test")
        assert sent.order is not None
        assert sent.order.filled
        await trader.wait(1)
        assert trader.world.stops() == [D(93_000)]
        trader.world.go_to(gap)
        await trader.until(lambda: trader.world.held() == 0)
        await trader.wait(2)
        assert (state(trader, SLIPPAGE) is BreakerState.OPEN) is opens
        assert (await trader.operator("flatten")).is_ok


@virtual
async def test_an_exit_is_held_against_the_mark_of_its_sending() -> None:
    async with trading() as trader:
        await trader.opened()
        assert (await trader.agent("close_position", symbol=BTC)).is_ok
        [closing] = [r.intent for r in trader.records(OrderIntended) if r.intent.purpose is Purpose.EXIT]
        assert closing.seen_price == trader.world.prices[BTC]


@virtual
async def test_refused_orders_open_it_by_their_share() -> None:
    script = Script(submit=lambda i: WriteFault.REFUSED if i.purpose is Purpose.ENTRY else WriteFault.NONE)
    async with trading(policy=policy(), script=script) as trader:
        for number in range(6):
            answer = await trader.desk.enter(entry(price="93900", quantity=D("0.01") * (number + 1)), tool="test")
            assert answer.order is not None
            assert answer.order.status is OrderStatus.REJECTED
        await trader.wait(1.5)
        assert state(trader, (BreakerScope.EXCHANGE, BreakerCause.ERROR_RATE)) is BreakerState.OPEN


@virtual
async def test_when_the_trading_hours_end_nothing_new_is_entered_and_nothing_rests() -> None:
    async with trading() as trader:
        trader.policy.current = _with_hours(trader.policy.current, trader.world, 5)
        await trader.opened(ETH)
        assert (await resting(trader)).is_ok
        await trader.wait(4 * 60)
        assert trader.working(Purpose.ENTRY)
        await trader.wait(62)
        assert trader.working(Purpose.ENTRY) == []
        assert (await resting(trader)).code == Code.OUTSIDE_TRADING_HOURS
        assert trader.world.is_protected(ETH)
        assert (await trader.agent("close_position", symbol=ETH)).is_ok


def _with_hours(policy: Policy, world: World, minutes: int) -> Policy:
    """Trading hours that end in so many minutes."""
    minute = world.clock.now() // 60_000_000_000 % 1_440
    hours = (Window(minute, (minute + minutes) % 1_440),)
    return policy.model_copy(update={"risk": policy.risk.model_copy(update={"trading_hours": hours})})


@virtual
async def test_entries_that_are_taken_back_too_often_are_followed_by_none() -> None:
    async with trading(policy=policy(max_cancels_per_minute=2)) as trader:
        for _ in range(2):
            assert (await resting(trader)).is_ok
            [order] = trader.working(Purpose.ENTRY)
            assert (await trader.agent("cancel_order", client_order_id=order.client_order_id)).is_ok
        assert (await resting(trader)).code == Code.MAX_CANCELS_PER_MINUTE
        await trader.wait(61)
        assert (await resting(trader)).is_ok
        [order] = trader.working(Purpose.ENTRY)
        assert (await trader.agent("cancel_order", client_order_id=order.client_order_id)).is_ok


@virtual
async def test_sizes_that_differ_are_not_the_same_order() -> None:
    async with trading(policy=policy(max_identical_orders=3)) as trader:
        for size in (Decimal("0.010"), Decimal("0.012"), Decimal("0.014"), Decimal("0.016")):
            sent = await trader.desk.enter(replace(entry(price="93900"), quantity=size), tool="test")
            assert sent.order is not None, sent.judgement
