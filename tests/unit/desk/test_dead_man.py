"""The dead-man's switch: armed while entries rest, renewed, off on a clean stop, distrusted once it may have fired."""

from tests.fakes.exchange import FaultyExchange
from tests.fakes.trader_parts import BTC, Trader, entry, trading, virtual
from tui_trader.core.order import TimeInForce
from tui_trader.desk.dead_man import COUNTDOWN


async def rests(trader: Trader) -> None:
    """An entry that waits far below the market."""
    await trader.desk.enter(entry(price="93600", stop="93000", time_in_force=TimeInForce.GTC), tool="test")
    assert trader.world.orders() != []


def countdowns(trader: Trader) -> list[float]:
    return [seconds for symbol, seconds in trader.exchange.countdowns if symbol == BTC]


@virtual
async def test_nothing_is_armed_while_nothing_rests() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.wait(100)
        assert countdowns(trader) == []


@virtual
async def test_it_is_armed_for_a_resting_entry_and_renewed_well_before_it_goes_off() -> None:
    async with trading() as trader:
        await rests(trader)
        began = trader.world.clock.now()
        await trader.wait(200)
        passed = (trader.world.clock.now() - began) / 10**9
        assert set(countdowns(trader)) == {COUNTDOWN}
        assert passed / 40 <= len(countdowns(trader)) <= passed / 30 + 1


@virtual
async def test_it_is_called_off_when_the_entry_is_gone_and_on_a_clean_stop() -> None:
    async with trading() as trader:
        await rests(trader)
        await trader.wait(10)
        await trader.desk.cancel(trader.ledger.open_orders()[0])
        await trader.wait(10)
        assert countdowns(trader) == [COUNTDOWN, 0.0]
        await rests(trader)
        await trader.wait(10)
        await trader.desk.stop()
        assert countdowns(trader)[-1] == 0.0


@virtual
async def test_after_it_may_have_gone_off_the_stop_is_read_back_anew() -> None:
    async with trading() as trader:
        await trader.opened()
        await trader.wait(61)
        await rests(trader)
        await trader.wait(10)
        resting = next(
            o for o in trader.ledger.open_orders() if o.intent.time_in_force is TimeInForce.GTC and o.intent.price
        )
        before = _queries(trader.exchange)
        await trader.world.paper.cancel(BTC, resting.client_order_id)  # as the exchange would
        await trader.wait(10)
        assert _queries(trader.exchange) > before
        assert trader.desk.stop_price(BTC) is not None


def _queries(exchange: FaultyExchange) -> int:
    return exchange.reads.count("query")
