"""Rules 1 to 3: what leaves was let through by the gate, is durable first, leaves once, and commits the log."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fakes.exchange import WriteFault
from tests.fakes.trader_parts import BTC, entry, trading, virtual
from tui_trader.core.ids import client_order_id
from tui_trader.core.order import Intent, OrderStatus, Purpose
from tui_trader.core.records import OrderChanged, OrderIntended, RiskJudged
from tui_trader.core.words import ClientOrderId


@virtual
async def test_an_entry_comes_to_stand_with_stop_and_take_profit() -> None:
    async with trading() as trader:
        await trader.opened()
        assert len(trader.world.stops()) == 1
        assert len(trader.world.conditional()) == 2
        assert trader.quantity() == trader.world.held() > 0


@virtual
async def test_the_intent_is_durable_before_the_order_leaves_and_its_row_makes_the_id() -> None:
    async with trading() as trader:
        seen: list[ClientOrderId] = []

        def door(order_id: ClientOrderId, intent: Intent) -> None:
            rows = trader.journal.log.rows
            row = next(row for row in rows if isinstance(row.record, OrderIntended) and row.record.intent == intent)
            assert client_order_id(row.hash) == order_id
            sent = [row.record for row in rows if isinstance(row.record, OrderChanged)]
            assert sent[-1] == OrderChanged(client_order_id=order_id, status=OrderStatus.SENT)
            seen.append(order_id)

        trader.exchange.door = door
        await trader.opened()
        assert len(seen) == len(set(seen)) == 3


@virtual
async def test_only_what_the_gate_let_through_leaves_and_the_clamp_is_recorded() -> None:
    async with trading() as trader:
        await trader.desk.enter(entry(quantity="1"), tool="test")
        sent = trader.exchange.submitted_entries()[0].intent
        said = trader.records(RiskJudged)[0]
        assert said.verdict == "shrink"
        assert said.clamps[0].before == Decimal(1)
        assert said.clamps[-1].after == sent.quantity < 1
        assert sent.quantity * Decimal(94_000) <= trader.policy.current.risk.max_order_notional


@virtual
async def test_what_the_gate_denies_leaves_no_intent_and_nothing_leaves() -> None:
    async with trading() as trader:
        sent = await trader.desk.enter(replace(entry(), protection=None), tool="test")
        assert sent.order is None
        assert trader.records(OrderIntended) == []
        assert trader.exchange.submitted == []
        assert [said.verdict for said in trader.records(RiskJudged)] == ["deny"]


@virtual
async def test_the_gate_judges_under_the_lock_so_that_two_entries_at_once_share_the_room() -> None:
    async with trading() as trader:
        sent = [trader.tasks.spawn(f"{n}", trader.desk.enter(entry(quantity="0.02"), tool="test")) for n in range(6)]
        for task in sent:
            await task
        worst = sum(each.intent.quantity * 94_000 for each in trader.exchange.submitted_entries())
        assert worst <= trader.policy.current.risk.max_position_notional


@pytest.mark.parametrize("fault", [fault for fault in WriteFault if fault is not WriteFault.NONE])
@virtual
async def test_one_intent_is_submitted_once_whatever_becomes_of_it(fault: WriteFault) -> None:
    async with trading() as trader:
        trader.script.submit = lambda intent: fault if intent.purpose is Purpose.ENTRY else WriteFault.NONE
        await trader.open(BTC)
        await trader.wait(120)
        assert len(trader.exchange.submitted_entries()) == 1
        ids = [each.client_order_id for each in trader.exchange.submitted]
        assert len(ids) == len(set(ids))
        assert [order for order in trader.ledger.open_orders() if order.intent.purpose is Purpose.ENTRY] == []


@virtual
async def test_a_caller_that_gives_up_tears_nothing() -> None:
    async with trading() as trader:
        call = trader.tasks.spawn("caller", trader.desk.enter(entry(price="94010"), tool="test"))
        await trader.until(lambda: bool(trader.records(OrderIntended)))
        call.cancel()
        await trader.until(lambda: bool(trader.world.stops()))
