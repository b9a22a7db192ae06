"""Each refusal of the paper exchange has Binance's code, and a refused order leaves no trace."""

from decimal import Decimal

import pytest

from tests.unit.exchange.bench import BTC, ETH, Bench, D, HandClock, instrument, intent
from tui_trader.core.order import Intent, TimeInForce
from tui_trader.core.words import ClientOrderId, Side
from tui_trader.exchange.paper import PaperExchange
from tui_trader.exchange.paper.admission import MAX_CONDITIONAL, MAX_WORKING
from tui_trader.exchange.ports import Accepted, NotSent, Refused

BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize(
    ("code", "order"),
    [
        (-1121, intent(BUY, "0.01", symbol=ETH)),
        (-4136, intent(SELL, "0.01", price="100100", close_position=True)),
        (-4003, intent(BUY, "0", price="99000")),
        (-4004, intent(BUY, "0.0001", price="99000")),
        (-4005, intent(BUY, "1001", price="99000")),
        (-4005, intent(BUY, "121")),
        (-4013, intent(BUY, "1", price="500")),
        (-4002, intent(SELL, "0.1", price="4529764.1")),
        (-4014, intent(BUY, "0.01", price="99000.05")),
        (-4016, intent(BUY, "0.01", price="105000.1")),
        (-4024, intent(SELL, "0.01", price="94999.9")),
        (-4023, intent(BUY, "0.0105", price="99000")),
        (-4164, intent(BUY, "0.001", price="99000")),
        (-2022, intent(SELL, "0.01", price="100100", reduce_only=True)),
        (-2022, intent(BUY, "0.01", reduce_only=True)),
        (-2021, intent(SELL, "0.01", stop="100000")),
        (-2021, intent(SELL, "0.01", stop="100000.1")),
        (-2021, intent(BUY, "0.01", stop="99999.9")),
        (-2021, intent(SELL, "0.01", take_profit="99999.9")),
        (-2021, intent(BUY, "0.01", take_profit="100000")),
        (-5022, intent(BUY, "0.01", price="100000.1", tif=TimeInForce.GTX)),
        (-5022, intent(SELL, "0.01", price="100000", tif=TimeInForce.GTX)),
        (-2019, intent(BUY, "0.51", price="99900")),
        (-2019, intent(SELL, "0.51")),
    ],
)
async def test_an_order_that_breaks_a_rule_is_refused_with_its_code(code: int, order: Intent) -> None:
    bench = Bench.open(mark=None)
    bench.mark("100000")
    bench.quote("100000")
    outcome = await bench.send(order)
    assert isinstance(outcome, Refused), outcome
    assert outcome.code == code
    assert outcome.text
    assert await bench.exchange.open_orders() == ()
    assert await bench.exchange.query(order.symbol, ClientOrderId("tt-1")) is None
    assert await bench.news() == []


@pytest.mark.parametrize("client_order_id", ["", "x" * 37, "tt 1", "tt-ü"])
async def test_a_client_id_outside_binances_characters_is_refused(client_order_id: str) -> None:
    bench = Bench.open()
    outcome = await bench.exchange.submit(ClientOrderId(client_order_id), intent(BUY, "0.01"))
    assert outcome == Refused(-4015, "Client order id is not valid.")


async def test_a_market_orders_notional_is_reckoned_on_the_mark() -> None:
    bench = Bench.open(mark="99999.9")
    outcome = await bench.send(intent(BUY, "0.001"))
    assert isinstance(outcome, Refused)
    assert outcome.code == -4164


async def test_an_id_is_taken_while_its_order_is_open_and_free_afterwards() -> None:
    bench = Bench.open()
    for order in (intent(BUY, "0.01", price="99000"), intent(SELL, "0.01", stop="98000", close_position=True)):
        first = await bench.place(order, "tt-same")
        again = await bench.send(order, "tt-same")
        assert isinstance(again, Refused)
        assert again.code == -4116
        await bench.exchange.cancel(BTC, first.client_order_id)
    assert isinstance(await bench.send(intent(BUY, "0.01", price="99000"), "tt-same"), Accepted)


async def test_nothing_is_taken_before_the_market_was_seen() -> None:
    bench = Bench.open(mark=None)
    bench.quote("100000")
    outcome = await bench.send(intent(BUY, "0.01"))
    assert isinstance(outcome, Refused)
    assert outcome.code == -4140


async def test_open_orders_of_each_kind_are_bounded() -> None:
    bench = Bench.open(deposit="10000000")
    for _ in range(MAX_WORKING):
        await bench.place(intent(BUY, "0.01", price="96000"))
    for _ in range(MAX_CONDITIONAL):
        await bench.place(intent(SELL, "0.01", stop="96000", close_position=True))
    ordinary = await bench.send(intent(BUY, "0.01", price="96000"))
    conditional = await bench.send(intent(SELL, "0.01", stop="96000", close_position=True))
    assert isinstance(ordinary, Refused)
    assert isinstance(conditional, Refused)
    assert (ordinary.code, conditional.code) == (-2025, -4045)


@pytest.mark.parametrize("leverage", [-1, 0, 151])
async def test_leverage_outside_the_tiers_is_refused(leverage: int) -> None:
    refused = await Bench.open().exchange.set_leverage(BTC, leverage)
    assert isinstance(refused, Refused)
    assert refused.code == -4028


async def test_an_unknown_symbol_has_no_leverage() -> None:
    refused = await Bench.open().exchange.set_leverage(ETH, 5)
    assert isinstance(refused, Refused)
    assert refused.code == -1121


async def test_a_position_beyond_its_leverages_tier_is_refused() -> None:
    bench = Bench.open(deposit="1000000", leverage=150)
    await bench.place(intent(BUY, "2", price="99000"))
    beyond = await bench.send(intent(BUY, "1.1", price="99000"))
    assert isinstance(beyond, Refused)
    assert beyond.code == -2027
    assert isinstance(await bench.send(intent(BUY, "1", price="99000")), Accepted)


async def test_leverage_cannot_rise_above_what_the_position_allows() -> None:
    bench = Bench.open(deposit="1000000", leverage=75)
    await bench.hold(BUY, "9")
    refused = await bench.exchange.set_leverage(BTC, 100)
    assert isinstance(refused, Refused)
    assert refused.code == -2027


async def test_leverage_cannot_fall_while_isolated_margin_is_in_use() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    refused = await bench.exchange.set_leverage(BTC, 4)
    assert isinstance(refused, Refused)
    assert refused.code == -4161
    assert await bench.exchange.set_leverage(BTC, 10) is None
    assert dict((await bench.account()).leverage)[BTC] == 10


async def test_leverage_cannot_fall_below_what_open_orders_need() -> None:
    bench = Bench.open()
    await bench.place(intent(BUY, "0.4", price="99000"))
    refused = await bench.exchange.set_leverage(BTC, 3)
    assert isinstance(refused, Refused)
    assert refused.code == -2028
    assert dict((await bench.account()).leverage)[BTC] == 5
    assert await bench.exchange.set_leverage(BTC, 4) is None


async def test_exits_need_no_margin() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.498")
    assert (await bench.account()).available < 50
    assert isinstance(await bench.send(intent(SELL, "0.498", price="101000", reduce_only=True)), Accepted)
    assert isinstance(await bench.send(intent(SELL, "0.498", price="101000")), Accepted)
    assert isinstance(await bench.send(intent(SELL, "0.498", stop="95000", close_position=True)), Accepted)


async def test_working_orders_use_up_margin() -> None:
    bench = Bench.open()
    await bench.place(intent(BUY, "0.3", price="99000"))
    assert (await bench.account()).available == 10000 - D("0.3") * 99000 / 5
    refused = await bench.send(intent(BUY, "0.3", price="99000"))
    assert isinstance(refused, Refused)
    assert refused.code == -2019


async def test_a_closed_exchange_takes_nothing() -> None:
    exchange = PaperExchange.open(None, {BTC: instrument()}, HandClock())
    await exchange.close()
    outcome = await exchange.submit(ClientOrderId("tt-1"), intent(BUY, "0.01"))
    assert isinstance(outcome, NotSent)


@pytest.mark.parametrize(
    ("order", "locked"),
    [
        # Above the mark: the limit over the leverage, and what it would lose on the mark at once.
        (intent(BUY, "0.1", price="100500"), D("0.1") * 100500 / 5 + D("0.1") * 500),
        (intent(BUY, "0.1", price="99000"), D("0.1") * 99000 / 5),
        # A market buy: the ask plus 0.05 %.
        (intent(BUY, "0.1"), D("0.1") * D("100050.10005") / 5 + D("0.1") * D("50.10005")),
        # A sell below the bid is reckoned at the mark, and what it would lose on the mark at once.
        (intent(SELL, "0.1", price="99900"), D("0.1") * 100000 / 5 + D("0.1") * 100),
        (intent(SELL, "0.1", price="101000"), D("0.1") * 101000 / 5),
        (intent(SELL, "0.1"), D("0.1") * 100000 / 5),
    ],
)
async def test_an_order_locks_the_cost_that_binance_reckons(order: Intent, locked: Decimal) -> None:
    bench = Bench.open()
    await bench.place(order)
    assert (await bench.account()).available == 10000 - locked


async def test_an_order_that_locks_nothing_passes_where_nothing_is_free() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    await bench.exchange.transfer(-(await bench.account()).available)
    await bench.place(intent(SELL, "0.05", reduce_only=True))
    bench.quote("75000")
    assert bench.exchange.state.free_money() < 0
    assert (await bench.account()).available == 0
    assert isinstance(await bench.send(intent(SELL, "0.05", price="101000")), Accepted)
    refused = await bench.send(intent(BUY, "0.01", price="99000"))
    assert isinstance(refused, Refused)
    assert refused.code == -2019
