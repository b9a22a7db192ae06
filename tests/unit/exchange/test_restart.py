"""What is under way when the paper exchange stops, cleanly or not, goes on as if it had not."""

from pathlib import Path

import pytest

from tests.unit.exchange.bench import BTC, DAYBREAK, Bench, D, intent
from tui_trader.core.order import Intent, TimeInForce
from tui_trader.core.words import Side

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "paper.db"


async def reopened(bench: Bench, path: Path, *, killed: bool) -> Bench:
    """The exchange after a restart, or after a kill."""
    if killed:
        bench.exchange._books._connection.close()
    else:
        await bench.exchange.close()
    again = Bench.open(path, clock=bench.clock, mark=None)
    again.orders = bench.orders
    return again


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize(
    "waiting",
    [
        intent(BUY, "0.01"),
        intent(BUY, "0.01", price="100010"),
        intent(SELL, "0.01", price="99990", tif=TimeInForce.IOC),
    ],
)
async def test_an_order_that_waits_for_its_first_quote_still_takes(path: Path, waiting: Intent, killed: bool) -> None:
    bench = Bench.open(path)
    await bench.place(waiting)
    bench = await reopened(bench, path, killed=killed)
    bench.quote("100000")
    (fill,) = await bench.exchange.fills_since(BTC, DAYBREAK)
    assert not fill.maker
    assert fill.price == (D("100000.1") if waiting.side is BUY else D("100000"))
    await bench.exchange.close()


@pytest.mark.parametrize("killed", [False, True])
async def test_a_triggered_stop_still_trades(path: Path, killed: bool) -> None:
    bench = Bench.open(path)
    await bench.hold(BUY, "0.1")
    await bench.place(intent(SELL, "0.1", stop="99000", close_position=True))
    bench.mark("98999")
    bench = await reopened(bench, path, killed=killed)
    bench.quote("99500")
    assert await bench.quantity() == 0
    await bench.exchange.close()


@pytest.mark.parametrize("killed", [False, True])
async def test_orders_keep_their_place_in_the_line(path: Path, killed: bool) -> None:
    bench = Bench.open(path)
    first = await bench.place(intent(BUY, "0.03", price="99990"))
    second = await bench.place(intent(BUY, "0.03", price="99990"))
    bench = await reopened(bench, path, killed=killed)
    bench.quote("99989.9", size="0.04")
    assert [(await bench.order(order)).filled for order in (first, second)] == [D("0.03"), D("0.01")]
    await bench.exchange.close()


async def test_the_quote_of_the_last_fill_does_not_fill_twice(path: Path) -> None:
    bench = Bench.open(path)
    order = await bench.place(intent(BUY, "0.1", price="99990"))
    quote = bench.quote("99989.9", size="0.04")
    bench = await reopened(bench, path, killed=True)
    bench.exchange.on_market(quote)
    assert (await bench.order(order)).filled == D("0.04")
    await bench.exchange.close()


async def test_the_last_mark_does_not_judge_what_came_after_it(path: Path) -> None:
    """In the first life the position met no mark price yet; the old one, told again, must not liquidate it."""
    bench = Bench.open(path, leverage=100)
    mark = bench.mark("100000")
    await bench.place(intent(BUY, "0.05"))
    bench.quote("102000")
    bench = await reopened(bench, path, killed=True)
    bench.exchange.on_market(mark)
    assert await bench.quantity() == D("0.05")
    bench.mark("100000")
    assert await bench.quantity() == 0
    await bench.exchange.close()
