"""Adopting: a stop of ours stands and was read back before what others hold is ours; else all stays as it was."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fakes.exchange import ReadFault, WriteFault
from tests.fakes.trader_parts import BTC, ETH, D, Trader, trading, virtual
from tests.unit.desk.test_foreign import agreement, foreign, stranger
from tests.unit.risk.scenes import BOOK, POLICY, holding, limits, with_equity
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.position import Position
from tui_trader.core.reconciliation import Agreement
from tui_trader.core.records import PositionAdopted, ToolStatus
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol, TradingState
from tui_trader.risk.adopting import NoStop, stop_for


async def adopt(trader: Trader, **arguments: object) -> str:
    """Empty where it was done; else why not."""
    answer = await trader.operator("adopt_position", symbol=BTC, **arguments)  # type: ignore[arg-type]  # JSON values
    return "" if answer.is_ok else str(answer.result["detail"])


@virtual
async def test_what_is_adopted_is_ours_protected_and_free_to_trade_again() -> None:
    async with trading() as trader:
        await stranger(trader, "0.01")
        assert await adopt(trader) == ""
        (record,) = trader.records(PositionAdopted)
        assert (record.own, record.foreign, record.stop_price) == (D("0.01"), D(0), D("89300"))
        assert (trader.quantity(), foreign(trader)) == (D("0.01"), D(0))
        assert trader.world.stops() == [D("89300")]
        assert trader.desk.stop_price(BTC) == D("89300")
        await trader.wait(30)
        assert trader.world.stops() == [D("89300")]
        assert agreement(trader) is Agreement.GREEN
        assert trader.state.current is TradingState.ACTIVE
        assert (await trader.agent("close_position", symbol=BTC)).is_ok
        await trader.until(lambda: trader.world.held() == 0 and trader.world.orders() == [], within=10)


@virtual
async def test_the_agent_may_not_adopt() -> None:
    async with trading() as trader:
        await stranger(trader, "0.01")
        assert (await trader.agent("adopt_position", symbol=BTC)).code == "NOT_PERMITTED"
        assert "adopt_position" not in {spec.name for spec in trader.tools.catalogue(Actor.AGENT)}


@virtual
async def test_the_row_is_the_operators_and_survives_a_restart() -> None:
    async with trading() as trader:
        await stranger(trader, "-0.01")
        assert await adopt(trader, stop="95000") == ""
        row = next(row for row in trader.journal.log.rows if isinstance(row.record, PositionAdopted))
        assert row.actor is Actor.OPERATOR
        assert row.correlation
        await trader.crash()
        again = await trader.world.start()
        await again.wait(30)
        assert again.quantity() == D("-0.01")
        assert again.desk.stop_price(BTC) == D("95000")
        assert trader.world.stops() == [D("95000")]
        assert again.state.current is TradingState.ACTIVE
        again.tasks.cancel()


@pytest.mark.parametrize("stop", ["94500", "60000"])
@virtual
async def test_a_stop_that_makes_no_sense_is_refused_and_nothing_is_sent(stop: str) -> None:
    async with trading() as trader:
        await stranger(trader, "0.01")
        assert ("trigger at once" if stop == "94500" else "liquidation") in await adopt(trader, stop=stop)
        assert trader.exchange.submitted == []
        assert foreign(trader) == D("0.01")


@pytest.mark.parametrize("fault", [WriteFault.REFUSED, WriteFault.LOST, WriteFault.EXECUTED])
@virtual
async def test_without_a_stop_that_stands_it_stays_theirs_and_no_order_of_ours_is_left(fault: WriteFault) -> None:
    async with trading() as trader:
        await stranger(trader, "0.01")
        trader.script.submit = lambda _: fault
        assert "did not take its stop" in await adopt(trader)
        trader.script.submit = lambda _: WriteFault.NONE
        await trader.wait(60)
        assert (trader.quantity(), foreign(trader), trader.world.held()) == (D(0), D("0.01"), D("0.01"))
        assert trader.world.orders() == []
        assert trader.records(PositionAdopted) == []
        assert trader.state.current is TradingState.ACTIVE


@virtual
async def test_a_stop_that_cannot_be_read_back_is_taken_away_again() -> None:
    async with trading() as trader:
        await stranger(trader, "0.01")
        trader.script.read = lambda name: ReadFault.UNAVAILABLE if name == "query" else ReadFault.NONE
        assert "could not be read back" in await adopt(trader)
        trader.script.read = lambda _: ReadFault.NONE
        await trader.until(lambda: trader.world.orders() == [], within=60)
        assert (foreign(trader), trader.world.held()) == (D("0.01"), D("0.01"))


@virtual
async def test_a_crash_after_the_stop_and_before_the_row_leaves_it_theirs_and_clears_the_stop() -> None:
    async with trading() as trader:
        await stranger(trader, "0.01")
        trader.journal.fails_at = ()

        async def die(*_: object) -> bool:
            trader.journal.die()
            return True

        trader.desk._protector._proven = die  # type: ignore[method-assign, assignment]  # the process ends right there
        trader.tasks.spawn("adopt", trader.operator("adopt_position", symbol=BTC))
        await trader.until(lambda: len(trader.world.orders()) == 1, within=10)
        await trader.wait(1)
        await trader.crash()
        again = await trader.world.start()
        await again.until(lambda: trader.world.orders() == [], within=30)
        assert (again.quantity(), foreign(again), trader.world.held()) == (D(0), D("0.01"), D("0.01"))
        again.tasks.cancel()


@virtual
async def test_orders_of_others_stay_unless_the_operator_says_so() -> None:
    async with trading() as trader:
        await stranger(trader, "0.01")
        await stranger(trader, "0.002", price="90000", name="web-2")
        answer = await trader.operator("adopt_position", symbol=BTC)
        assert answer.result["orders_left"] == ["web-2"]
        assert "web-2" in {order.client_order_id for order in trader.world.orders()}
        assert (await trader.open(BTC)).code == "FOREIGN_EXPOSURE"
        answer = await trader.operator("adopt_position", symbol=BTC, cancel_orders=True)
        assert (answer.is_ok, answer.result["cancelled"]) == (True, 1)
        assert "web-2" not in {order.client_order_id for order in trader.world.orders()}
        assert (await trader.open(BTC)).code != "FOREIGN_EXPOSURE"


@virtual
async def test_a_part_of_ours_keeps_its_stop_and_the_whole_gets_one_that_closes_all() -> None:
    async with trading() as trader:
        await trader.opened()
        ours, stop = trader.quantity(), trader.desk.stop_price(BTC)
        await stranger(trader, "0.01")
        await trader.wait(10)
        assert await adopt(trader) == ""
        await trader.wait(10)
        assert trader.quantity() == ours + D("0.01")
        assert trader.world.stops() == [stop]
        assert [o.intent.close_position for o in trader.working(Purpose.STOP)] == [True]


@virtual
async def test_where_somebodys_own_closing_order_stands_ours_is_for_the_quantity_first() -> None:
    async with trading() as trader:
        trader.exchange.one_closing_order = True
        trader.exchange.inner = trader.world.paper
        await stranger(trader, "0.01")
        await trader.world.paper.submit(*_closing_order_of_others())
        await trader.wait(1)
        assert await adopt(trader) == ""
        stops = [o for o in trader.world.orders() if o.type is OrderType.STOP_MARKET]
        assert {order.client_order_id for order in stops} > {"web-9"}
        assert trader.desk._protector.is_protected(BTC)


def _closing_order_of_others() -> tuple[ClientOrderId, Intent]:
    return ClientOrderId("web-9"), Intent(
        symbol=BTC,
        side=Side.SELL,
        type=OrderType.STOP_MARKET,
        quantity=D("0.01"),
        stop_price=D(90_000),
        reduce_only=True,
        close_position=True,
        purpose=Purpose.STOP,
        actor=Actor.OPERATOR,
    )


@pytest.mark.parametrize(
    ("symbol", "why"), [(ETH, "nobody else holds or works anything of ETHUSDT"), ("SOLUSDT", "nobody else")]
)
@virtual
async def test_where_nothing_is_foreign_nothing_is_adopted(symbol: str, why: str) -> None:
    async with trading() as trader:
        answer = await trader.operator("adopt_position", symbol=symbol)
        assert (answer.status, answer.code) == (ToolStatus.DENIED, "NOT_ADOPTED")
        assert why in str(answer.result["detail"])


# ---------------------------------------------------------------------- where the stop stands


def test_the_policys_stop_is_as_far_as_distance_and_risk_allow() -> None:
    book = holding(D(1))
    held = book.position(BTC)
    assert stop_for(held, book, limits(max_stop_distance_pct=D(5))) == D(95)
    short = Position.held(BTC, D(-1), D(100))
    assert stop_for(short, book, limits(max_stop_distance_pct=D(5))) == D(105)
    large = Position.held(BTC, D(40), D(100))
    stop = stop_for(large, book, limits(max_risk_per_trade_pct=D(1), max_stop_distance_pct=D(5)))
    loss = 40 * (100 - stop) + 40 * stop * BOOK.fees.taker
    assert Decimal(90) < loss <= Decimal(100)


def test_a_position_too_large_for_any_stop_of_the_policy_is_refused_with_the_way_out() -> None:
    huge = Position.held(BTC, D(4_000), D(100))
    with pytest.raises(NoStop, match=r"max_risk_per_trade_pct 1 the stop would stand .* name the stop, or flatten"):
        stop_for(huge, with_equity(D(10_000)), POLICY)


def test_what_is_not_known_is_refused_by_name() -> None:
    held = Position.held(ETH, D(1), D(100))
    with pytest.raises(NoStop, match="not traded here"):
        stop_for(Position.held(Symbol("SOLUSDT"), D(1), D(100)), BOOK, POLICY)
    with pytest.raises(NoStop, match="no mark price"):
        stop_for(held, replace(BOOK, markets={}), POLICY)
    with pytest.raises(NoStop, match="equity is not known"):
        stop_for(held, replace(BOOK, equity=None), POLICY)
    with pytest.raises(NoStop, match="nothing is held"):
        stop_for(Position(ETH), BOOK, POLICY)
