"""What the exchange does by itself is journalled as what it is; money moved while we were away is booked once."""

import pytest

from tests.fakes.trader_parts import BTC, D, trading, virtual, world_of
from tui_trader.core.order import Fill
from tui_trader.core.records import ExchangeClosed, ForcedCause, OrderFilled, TransferBooked
from tui_trader.core.words import ClientOrderId, Side, TradeId
from tui_trader.desk.intake import forced_cause


@pytest.mark.parametrize(
    ("order_id", "cause"),
    [
        ("autoclose-1765", ForcedCause.LIQUIDATION),
        ("adl_autoclose", ForcedCause.DELEVERAGING),
        ("settlement_autoclose-88", ForcedCause.SETTLEMENT),
        ("tt-autoclose-1", None),
        ("web_autoclose", None),
    ],
)
@virtual
async def test_a_close_by_the_exchange_is_told_from_ours_by_its_id(order_id: str, cause: ForcedCause | None) -> None:
    assert forced_cause(ClientOrderId(order_id)) is cause
    async with trading() as trader:
        await trader.opened()
        fill = Fill(
            client_order_id=ClientOrderId(order_id),
            trade_id=TradeId("9000"),
            symbol=BTC,
            side=Side.SELL,
            quantity=D("0.001"),
            price=D(93_000),
            fee=D("0.1"),
            maker=False,
            realised=D(-1),
            time=trader.world.clock.now(),
        )
        for _ in range(2):
            await trader.desk._intake.take(fill)
        told = [record.cause for record in trader.records(ExchangeClosed)]
        assert told == ([cause] if cause else [])
        assert [r.fill.trade_id for r in trader.records(OrderFilled)].count(TradeId("9000")) == 1


@virtual
async def test_a_transfer_that_was_not_told_is_booked_once_at_the_next_comparison() -> None:
    async with world_of() as world:
        trader = await world.start()
        await trader.opened()
        await trader.crash()
        await world.paper.transfer(D(500))
        world.forget_news()
        again = await world.start()
        await again.wait(60)
        assert [record.amount for record in again.records(TransferBooked)] == [D(500)]
        assert again.failures == []
        again.tasks.cancel()
