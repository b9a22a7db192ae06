"""Money on paper: fees, realised profit, funding, isolated margin, liquidation, transfers; and that they add up."""

import pytest

from tests.unit.exchange.bench import BTC, DAYBREAK, ETH, Bench, D, instrument, intent
from tui_trader.core.margin import is_liquidated
from tui_trader.core.order import Fill, OrderStatus
from tui_trader.core.position import Position
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import Side
from tui_trader.exchange.paper.margin import takeover
from tui_trader.exchange.ports import OrderReport, Refused

BUY, SELL = Side.BUY, Side.SELL


async def test_realised_profit_is_before_fees_and_the_wallet_is_the_sum() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1", at="100000")
    await bench.place(intent(SELL, "0.1"))
    bench.quote("101000")
    opened, closed = [e for e in await bench.news() if isinstance(e, Fill)]
    assert (opened.realised, closed.realised) == (D(0), D(100))
    assert (opened.fee, closed.fee) == (D(5), D("5.05"))
    assert (await bench.account()).wallet == D(10000) + 100 - 5 - D("5.05")


async def test_a_position_locks_its_notional_over_the_leverage_and_gives_it_back() -> None:
    bench = Bench.open(leverage=4)
    await bench.hold(BUY, "0.2")
    held = await bench.held()
    assert held is not None
    assert held.isolated_wallet == 5000
    assert (await bench.account()).available == D(10000) - 10 - 5000
    await bench.place(intent(SELL, "0.05", reduce_only=True))
    bench.quote("100000")
    held = await bench.held()
    assert held is not None
    assert held.isolated_wallet == 3750
    await bench.place(intent(SELL, "0.25"))
    bench.quote("100000")
    held = await bench.held()
    assert held is not None
    assert (held.quantity, held.isolated_wallet) == (D("-0.1"), D(2500))


async def test_funding_is_for_those_who_hold_at_the_instant() -> None:
    bench = Bench.open()
    bench.funding("0.01", "100000")
    assert await bench.exchange.funding_since(DAYBREAK) == ()
    await bench.hold(BUY, "0.1")
    wallet = (await bench.account()).wallet
    settled = bench.funding("0.001", "100500")
    assert (await bench.account()).wallet == wallet - D("10.05")
    bench.exchange.on_market(settled)
    assert (await bench.account()).wallet == wallet - D("10.05"), "an instant settles once"
    await bench.place(intent(SELL, "0.1", reduce_only=True))
    bench.quote("100000")
    bench.funding("0.001", "100500")
    (booked,) = await bench.exchange.funding_since(DAYBREAK)
    assert (booked.amount, booked.rate, booked.mark, booked.time) == (
        D("-10.05"),
        D("0.001"),
        D("100500"),
        settled.time,
    )
    assert [e for e in await bench.news() if isinstance(e, FundingBooked)] == [booked]


async def test_shorts_receive_what_longs_pay_and_it_moves_the_positions_own_margin() -> None:
    bench = Bench.open()
    await bench.hold(SELL, "0.1")
    before = await bench.held()
    bench.funding("0.001", "100000")
    after = await bench.held()
    assert before is not None
    assert after is not None
    assert after.isolated_wallet == before.isolated_wallet + 10


@pytest.mark.parametrize(("side", "falls"), [(BUY, True), (SELL, False)])
async def test_liquidation_comes_at_the_liquidation_price_and_ends_all_orders(side: Side, falls: bool) -> None:
    bench = Bench.open()
    await bench.hold(side, "0.1")
    held = await bench.held()
    assert held is not None
    assert held.liquidation_price is not None
    stop = await bench.place(intent(side.opposite, "0.1", stop="79900" if falls else "120100", close_position=True))
    entry = await bench.place(intent(side, "0.01", price="95000" if falls else "105000"))
    await bench.news()
    edge = D(1) if falls else D(-1)
    bench.mark(held.liquidation_price + edge)
    assert await bench.held() is not None
    bench.mark(held.liquidation_price - edge)
    account = await bench.account()
    assert account.positions == ()
    assert account.available == account.wallet
    assert await bench.exchange.open_orders() == ()
    assert [(await bench.order(o)).status for o in (stop, entry)] == [OrderStatus.EXPIRED] * 2
    fill = next(e for e in await bench.news() if isinstance(e, Fill))
    assert fill.client_order_id.startswith("autoclose-")
    assert fill.fee > fill.quantity * fill.price * D("0.0005")
    report = await bench.exchange.query(BTC, fill.client_order_id)
    assert report is not None
    assert (report.status, report.reduce_only) == (OrderStatus.FILLED, True)


async def test_liquidation_follows_the_mark_and_not_the_quote() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    bench.quote("50000")
    assert await bench.quantity() == D("0.1")


@pytest.mark.parametrize("mark", ["80350", "79000", "40000"])
async def test_an_isolated_position_loses_no_more_than_its_margin(mark: str) -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    held, before = await bench.held(), await bench.account()
    assert held is not None
    bench.mark(mark)
    after = await bench.account()
    if mark == "80350":
        assert after.positions
        return
    assert before.wallet - held.isolated_wallet <= after.wallet < before.wallet
    assert after.wallet == before.available


@pytest.mark.parametrize(
    ("quantity", "wallet", "mark", "price", "fee"),
    [
        # 1 BTC at 65,000 x 20: liquidated at 61,997.99 (Binance's formula, tier 1); 1.25 % is more than what is left.
        ("1", "3250", "61997.9", "61997.9", "247.9"),
        ("1", "3250", "60000", "61750", "0"),
        ("-1", "3250", "67978.1", "67978.1", "271.9"),
        ("-1", "3250", "70000", "68250", "0"),
        # At 100x of margin 2,000 nothing is near; a tier whose maintenance exceeds the fee leaves the rest.
        ("1", "4000", "62000", "62000", "775"),
    ],
)
def test_the_liquidation_engine_takes_over_at_the_mark_or_at_bankruptcy(
    quantity: str, wallet: str, mark: str, price: str, fee: str
) -> None:
    position = Position(BTC, D(quantity), D(quantity) * 65000)
    terms = takeover(instrument(), position, D(wallet), D(mark))
    assert (terms.price, terms.fee) == (D(price), D(fee))


def test_the_golden_liquidation_is_where_the_formula_says() -> None:
    position = Position(BTC, D(1), D(65000))
    assert is_liquidated(instrument(), position, D(3250), D("61997.9"))
    assert not is_liquidated(instrument(), position, D(3250), D("61998.0"))


async def test_each_symbol_has_its_own_margin() -> None:
    bench = Bench.open(symbols=(BTC, ETH))
    await bench.hold(BUY, "0.1")
    await bench.place(intent(SELL, "0.1", symbol=ETH))
    bench.quote("100000", symbol=ETH)
    bench.mark("70000")
    assert (await bench.quantity(BTC), await bench.quantity(ETH)) == (D(0), D("-0.1"))


async def test_transfers_move_the_wallet_and_only_free_money_leaves() -> None:
    bench = Bench.open()
    await bench.hold(BUY, "0.1")
    free = (await bench.account()).available
    refused = await bench.exchange.transfer(-free - D("0.01"))
    assert isinstance(refused, Refused)
    assert refused.code == -5013
    booked = await bench.exchange.transfer(-free)
    assert isinstance(booked, TransferBooked)
    assert (await bench.account()).available == 0
    assert isinstance(await bench.exchange.transfer(D(500)), TransferBooked)
    assert (await bench.account()).available == 500
    assert [e.amount for e in await bench.news() if isinstance(e, TransferBooked)] == [-free, D(500)]


async def test_news_of_a_fill_comes_before_the_orders_new_status() -> None:
    bench = Bench.open()
    await bench.place(intent(BUY, "0.01"))
    bench.quote("100000")
    accepted, fill, filled = await bench.news()
    assert isinstance(accepted, OrderReport)
    assert isinstance(fill, Fill)
    assert isinstance(filled, OrderReport)
    assert (accepted.status, filled.status) == (OrderStatus.ACCEPTED, OrderStatus.FILLED)
