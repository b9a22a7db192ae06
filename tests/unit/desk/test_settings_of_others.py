"""Settings that somebody changed: no new risk, said by name, set back where nothing is held or open."""

import pytest

from tests.fakes.trader_parts import BTC, ETH, trading, virtual
from tui_trader.core.reconciliation import Agreement, DifferenceKind
from tui_trader.core.records import AccountReconciled
from tui_trader.core.words import TradingState


@pytest.mark.parametrize("kind", [DifferenceKind.MARGIN_MODE, DifferenceKind.POSITION_MODE, DifferenceKind.ASSETS_MODE])
@virtual
async def test_a_mode_that_was_changed_denies_new_risk_by_name_and_is_set_back_and_read_back(
    kind: DifferenceKind,
) -> None:
    async with trading() as trader:
        script = trader.script
        script.sets_modes = False
        script.not_isolated = (BTC,) if kind is DifferenceKind.MARGIN_MODE else ()
        script.one_way = kind is not DifferenceKind.POSITION_MODE
        script.single_asset = kind is not DifferenceKind.ASSETS_MODE
        await trader.wait(25)
        denied = await trader.open(ETH)
        assert denied.code == "MODE_DRIFT"
        assert kind.value in str(denied.result["detail"])
        assert trader.state.current is TradingState.ACTIVE
        now = trader.world.clock.now()
        assert trader.seen.reconciliation(now).agreement is Agreement.RED
        script.sets_modes = True
        await trader.wait(25)
        assert trader.seen.reconciliation(trader.world.clock.now()).agreement is Agreement.GREEN
        assert (await trader.open(ETH)).is_ok
        found = [[each.kind for each in row.found] for row in trader.records(AccountReconciled)]
        assert [kind] in found
        assert found[-1] == []


@virtual
async def test_while_anything_is_held_or_open_the_setting_is_the_operators() -> None:
    async with trading() as trader:
        await trader.opened()
        trader.script.not_isolated = (BTC,)
        await trader.wait(60)
        assert "set_modes" not in trader.exchange.reads
        assert trader.script.not_isolated == (BTC,)
        assert "set it back at the exchange" in trader.seen.reconciliation(trader.world.clock.now()).differences[0].done
        assert (await trader.agent("close_position", symbol=BTC)).is_ok, "exits always pass"
        await trader.until(lambda: trader.script.not_isolated == (), within=60)


@virtual
async def test_leverage_above_the_limit_blocks_its_symbol_and_is_set_back_where_it_is_flat() -> None:
    async with trading() as trader:
        await trader.opened(ETH)
        await trader.world.paper.set_leverage(BTC, 20)
        await trader.world.paper.set_leverage(ETH, 10)
        await trader.until(lambda: trader.seen.leverage.get(BTC) == 20, within=25)
        await trader.until(lambda: trader.seen.leverage.get(BTC) == 3, within=25)
        assert trader.seen.leverage[ETH] == 10, "something is held there"
        assert [d.symbol for d in trader.seen.reconciliation(trader.world.clock.now()).differences] == [ETH]
        assert (await trader.open(BTC)).is_ok


@virtual
async def test_a_changed_setting_is_no_reason_not_to_resume_once_it_is_set_back() -> None:
    async with trading() as trader:
        trader.script.one_way, trader.script.sets_modes = False, False
        assert (await trader.operator("halt", reason="look")).is_ok
        refused = await trader.operator("resume", reason="go on")
        assert not refused.is_ok
        assert "hedge mode" in str(refused.result["detail"])
        trader.script.one_way = True
        assert (await trader.operator("resume", reason="go on")).is_ok
