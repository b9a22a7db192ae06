"""What others hold and work: counted at full size, no entry beside it, left alone until the operator says otherwise."""

from decimal import Decimal

import pytest

from tests.fakes.exchange import EventFault, ReadFault, WriteFault
from tests.fakes.trader_parts import BTC, ETH, D, Trader, entry, shipped_policy, trading, virtual, world_of
from tui_trader.core.order import Intent, OrderType, Purpose, TimeInForce
from tui_trader.core.reconciliation import Agreement, DifferenceKind
from tui_trader.core.records import AccountReconciled, OrderFilled, PositionAdopted, TradingStateChanged
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol, TradingState
from tui_trader.desk import sender
from tui_trader.risk.book import Book
from tui_trader.risk.gate import Judgement, Outcome
from tui_trader.risk.policy import Policy


async def stranger(
    trader: Trader, quantity: str, *, price: str | None = None, symbol: Symbol = BTC, name: str = "web-1"
) -> None:
    """Somebody trades past us: a signed quantity, at the market or at a price."""
    size = D(quantity)
    intent = Intent(
        symbol=symbol,
        side=Side.BUY if size > 0 else Side.SELL,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        quantity=abs(size),
        price=None if price is None else D(price),
        time_in_force=TimeInForce.GTC,
        purpose=Purpose.ENTRY,
        actor=Actor.OPERATOR,
    )
    await trader.world.paper.submit(ClientOrderId(name), intent)
    await trader.wait(0.2 if price is not None else 2.0)


def foreign(trader: Trader, symbol: Symbol = BTC) -> Decimal:
    return trader.ledger.shares(symbol).foreign


def kinds(trader: Trader) -> list[DifferenceKind]:
    return [each.kind for each in trader.seen.reconciliation(trader.world.clock.now()).differences]


def agreement(trader: Trader) -> Agreement:
    return trader.seen.reconciliation(trader.world.clock.now()).agreement


# ---------------------------------------------------------------------- counted, and beside it nothing opens


@virtual
async def test_a_position_of_others_is_counted_blocks_its_symbol_and_is_left_alone() -> None:
    async with trading() as trader:
        await stranger(trader, "0.05")
        assert (trader.quantity(), foreign(trader)) == (D(0), D("0.05"))
        assert trader.desk.book().worst_case_notional(BTC) == D("0.05") * 94_000
        assert (await trader.open(BTC)).code == "FOREIGN_EXPOSURE"
        await trader.opened(ETH)
        await trader.wait(120)
        assert trader.world.held() == D("0.05")
        assert trader.world.orders() == []
        assert trader.state.current is TradingState.ACTIVE
        assert agreement(trader) is Agreement.AMBER
        assert kinds(trader) == [DifferenceKind.FOREIGN_POSITION]
        assert trader.records(TradingStateChanged) == []


@virtual
async def test_a_position_that_no_trade_explains_is_somebody_elses_and_halts_nothing() -> None:
    async with trading() as trader:
        trader.script.event = lambda _: EventFault.LOST
        await stranger(trader, "-0.05")
        trader.script.event = lambda _: EventFault.NONE
        trader.world.paper._books._connection.execute("DELETE FROM fills")
        await trader.until(lambda: foreign(trader) == D("-0.05"), within=70)
        (adopted,) = trader.records(PositionAdopted)
        assert (adopted.was, adopted.own, adopted.foreign) == (D(0), D(0), D("-0.05"))
        await trader.wait(60)
        assert trader.world.held() == D("-0.05")
        assert trader.state.current is TradingState.ACTIVE
        await trader.opened(ETH)


@virtual
async def test_an_order_of_others_is_counted_at_once_and_never_cancelled() -> None:
    async with trading() as trader:
        await stranger(trader, "0.01", price="90000")
        assert (await trader.open(BTC)).code == "FOREIGN_EXPOSURE"
        assert trader.desk.book().worst_case_notional(BTC) == D("0.01") * 94_000
        assert trader.desk.book().reconciled, "the other symbols go on"
        await trader.desk.state.halt("test", actor=Actor.OPERATOR, code="TEST")
        await trader.wait(60)
        assert [order.client_order_id for order in trader.world.orders()] == ["web-1"]
        assert kinds(trader) == [DifferenceKind.FOREIGN_ORDER]
        assert (await trader.operator("resume", reason="it is my own order")).is_ok
        await trader.world.paper.cancel(BTC, ClientOrderId("web-1"))
        await trader.until(lambda: agreement(trader) is Agreement.GREEN, within=30)
        assert (await trader.open(BTC)).is_ok


@virtual
async def test_what_others_do_is_found_without_news_and_written_down_when_it_changes() -> None:
    async with trading() as trader:
        trader.script.event = lambda _: EventFault.LOST
        await stranger(trader, "0.01", price="90000")
        await trader.until(lambda: kinds(trader) == [DifferenceKind.FOREIGN_ORDER], within=25)
        await trader.wait(200)
        assert len([r for r in trader.records(AccountReconciled) if r.found]) == 1
        await stranger(trader, "0.01", price="90001", name="web-2")
        await trader.until(lambda: len([r for r in trader.records(AccountReconciled) if r.found]) == 2, within=25)
        found = trader.records(AccountReconciled)[-1].found
        assert [each.theirs for each in found] == ["2 open: web-1, web-2"]


@pytest.mark.parametrize("limit", ["max_gross_notional", "max_leverage", "max_open_orders"])
@virtual
async def test_what_others_hold_and_work_uses_up_the_limits_of_the_whole_account(limit: str) -> None:
    policy = shipped_policy()
    tight = {"max_gross_notional": D(6_000), "max_leverage": 1, "max_open_orders": 4}
    risk = policy.risk.model_copy(update={"max_gross_notional": D(90_000), limit: tight[limit]})
    async with trading(policy=policy.model_copy(update={"risk": risk})) as trader:
        if limit == "max_leverage":
            await trader.operator("set_leverage", symbol=ETH, leverage=1)
        assert trader.desk.judged(_eth_entry()).verdict is not Outcome.DENY
        if limit == "max_open_orders":
            await stranger(trader, "0.002", price="90000")
            await stranger(trader, "0.002", price="90001", name="web-2")
        else:
            await stranger(trader, "0.1", price="93000")
        assert trader.desk.judged(_eth_entry()).code == limit.upper()


def _eth_entry() -> Intent:
    return entry(ETH, quantity="0.5", price="1800", stop="1782", take_profit="1850")


@virtual
async def test_the_last_look_before_the_socket_sees_what_came_after_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    def passes(intent: Intent, _book: Book, _policy: Policy) -> Judgement:
        return Judgement(verdict=Outcome.ALLOW, intent=intent)

    async with trading() as trader:
        await stranger(trader, "0.01", price="90000")
        monkeypatch.setattr(sender, "judge", passes)
        sent = await trader.desk.enter(entry(), tool="test")
        assert trader.exchange.submitted == []
        assert sent.order is not None
        assert sent.order.reason == "FOREIGN_EXPOSURE"
        assert trader.state.current is TradingState.ACTIVE


@virtual
async def test_an_entry_that_rests_where_somebody_else_comes_is_cancelled() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        await stranger(trader, "0.01", price="90000")
        await trader.until(lambda: trader.working(Purpose.ENTRY) == [], within=5)
        assert [order.client_order_id for order in trader.world.orders()] == ["web-1"]


@virtual
async def test_the_exchange_is_not_told_to_cancel_what_others_have_there() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(price="93900"), tool="test")
        await trader.until(lambda: any(seconds > 0 for _, seconds in trader.exchange.countdowns), within=10)
        trader.script.cancel = lambda _: WriteFault.LOST
        await stranger(trader, "0.01", price="90000")
        await trader.wait(10)
        told = len(trader.exchange.countdowns)
        assert trader.exchange.countdowns[-1] == (BTC, 0.0)
        await trader.wait(60)
        assert all(seconds == 0.0 for _, seconds in trader.exchange.countdowns[told:])


# ---------------------------------------------------------------------- beside what is ours


@virtual
async def test_a_trade_of_others_against_ours_takes_from_ours_and_is_no_secret() -> None:
    async with trading() as trader:
        await trader.opened()
        ours = trader.quantity()
        await stranger(trader, f"-{ours / 2}")
        assert (trader.quantity(), foreign(trader)) == (ours / 2, D(0))
        assert trader.state.current is TradingState.ACTIVE
        assert trader.world.is_protected()


@virtual
async def test_our_stop_covers_ours_alone_as_long_as_others_hold_the_same_symbol() -> None:
    async with trading() as trader:
        await trader.opened()
        ours = trader.quantity()
        await stranger(trader, "0.05")
        assert (trader.quantity(), foreign(trader)) == (ours, D("0.05"))
        await trader.until(lambda: not any(order.close_position for order in trader.world.orders()), within=20)
        stops = [order for order in trader.world.orders() if order.type is OrderType.STOP_MARKET]
        assert [(order.quantity, order.reduce_only) for order in stops] == [(ours, True)]
        trader.world.go_to(D(92_900))
        await trader.until(lambda: trader.quantity() == 0, within=20)
        assert trader.world.held() == D("0.05"), "what the others hold is still there"
        await trader.until(lambda: trader.world.orders() == [], within=20)
        await trader.wait(60)
        assert trader.world.held() == D("0.05")


@virtual
async def test_once_we_are_alone_again_the_stop_closes_whatever_there_is() -> None:
    async with trading() as trader:
        await trader.opened()
        await stranger(trader, "0.05")
        await trader.until(lambda: not trader.world.stops(), within=20)
        await stranger(trader, "-0.05", name="web-2")
        assert foreign(trader) == 0
        await trader.until(lambda: len(trader.world.stops()) == 1, within=20)
        assert trader.state.current is TradingState.ACTIVE


@virtual
async def test_closing_ours_leaves_the_others_part() -> None:
    async with trading() as trader:
        await trader.opened()
        await stranger(trader, "0.05")
        assert (await trader.agent("close_position", symbol=BTC)).is_ok
        await trader.wait(5)
        assert (trader.quantity(), trader.world.held()) == (D(0), D("0.05"))
        assert trader.world.orders() == []
        assert (await trader.agent("close_position", symbol=BTC)).code == "NOTHING_HELD"
        assert trader.world.held() == D("0.05")


@virtual
async def test_fills_of_ours_that_come_late_are_not_taken_for_somebody_elses() -> None:
    """Our own order traded, its fills are missing for good, and others hold the symbol, too."""
    async with trading() as trader:
        trader.script.event = lambda _: EventFault.LOST
        trader.script.read = lambda name: ReadFault.UNAVAILABLE if name == "fills_since" else ReadFault.NONE
        await trader.desk.enter(entry(price="94100"), tool="test")
        await stranger(trader, "0.05")
        trader.world.paper._books._connection.execute("DELETE FROM fills")
        trader.script.read = lambda _: ReadFault.NONE
        trader.script.event = lambda _: EventFault.NONE
        await trader.until(lambda: bool(trader.records(PositionAdopted)), within=90)
        assert (trader.quantity(), foreign(trader)) == (D("0.01"), D("0.05"))
        await trader.wait(30)
        stops = [order.quantity for order in trader.world.orders() if order.type is OrderType.STOP_MARKET]
        assert stops == [D("0.01")] or trader.world.held() == D("0.05")


# ---------------------------------------------------------------------- who may touch it


@virtual
async def test_the_drawdowns_flatten_spares_it_and_the_operators_does_not() -> None:
    async with trading() as trader:
        await trader.opened(ETH)
        await stranger(trader, "-0.05")
        await stranger(trader, "0.01", price="80000", name="web-2")
        await trader.desk.watch.mark_equity()
        trader.world.go_to(D(124_000))
        await trader.until(lambda: trader.state.status.code == "MAX_DRAWDOWN", within=10)
        await trader.until(lambda: trader.world.held(ETH) == 0, within=60)
        await trader.wait(120)
        assert trader.world.held() == D("-0.05")
        assert [order.client_order_id for order in trader.world.orders()] == ["web-2"]
        assert (await trader.operator("flatten")).is_ok
        assert trader.world.held() == 0
        assert trader.world.orders() == []
        assert trader.ledger.held == {}


@virtual
async def test_what_others_hold_counts_as_money_of_the_account_but_not_as_our_trades() -> None:
    async with trading() as trader:
        before = trader.desk.book().equity
        assert before is not None
        await stranger(trader, "0.05")
        trader.world.go_to(D(93_000))
        await trader.wait(2)
        equity = trader.desk.book().equity
        assert equity is not None
        assert equity < before - 40
        await stranger(trader, "-0.05", name="web-2")
        assert all(record.own is None for record in trader.records(OrderFilled))
        assert trader.desk.book().meters.consecutive_losses == 0
        assert trader.ledger.wallet == trader.world.paper._venue.state.balance.wallet


@virtual
async def test_a_restart_knows_whose_it_is() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.opened()
        ours = trader.quantity()
        await stranger(trader, "0.05")
        await stranger(trader, "0.01", price="90000", name="web-2")
        await trader.crash()
        again = await world.start()
        assert (again.quantity(), foreign(again)) == (ours, D("0.05"))
        assert set(kinds(again)) == {DifferenceKind.FOREIGN_POSITION, DifferenceKind.FOREIGN_ORDER}
        assert again.state.current is TradingState.ACTIVE
        await again.wait(60)
        assert world.held() == ours + D("0.05")
        again.tasks.cancel()


@virtual
async def test_a_home_that_begins_with_a_position_of_its_owner_leaves_it() -> None:
    async with world_of() as world:
        intent = Intent(
            symbol=ETH,
            side=Side.BUY,
            type=OrderType.MARKET,
            quantity=D(1),
            purpose=Purpose.ENTRY,
            actor=Actor.OPERATOR,
        )
        await world.paper.submit(ClientOrderId("web-1"), intent)
        await world.clock.sleep(5)
        world.forget_news()
        trader = await world.start()
        assert foreign(trader, ETH) == 1
        await trader.opened(BTC)
        await trader.wait(60)
        assert world.held(ETH) == 1
        assert world.orders(ETH) == []
        trader.tasks.cancel()
