"""What the order book had done before a restart or a kill is not done again, and who waited goes on waiting."""

import sqlite3
from pathlib import Path

import pytest

from tests.unit.exchange.bench import Bench, D, intent
from tests.unit.exchange.depth_bench import DepthBench
from tui_trader.core.words import Side
from tui_trader.exchange.ports import OrderReport

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "paper.db"


@pytest.mark.parametrize("killed", [False, True])
async def test_a_trade_that_filled_does_not_fill_again(path: Path, killed: bool) -> None:
    bench = DepthBench.start(path)
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.trade("100000", "2.4", maker=BUY)
    bench = await bench.again(path, killed=killed)
    assert (await bench.order(order)).filled == D("0.4")
    await bench.exchange.close()


@pytest.mark.parametrize("killed", [False, True])
async def test_after_it_one_stands_at_the_end_of_the_line(path: Path, killed: bool) -> None:
    bench = DepthBench.start(path)
    order = await bench.place(intent(BUY, "1", price="100000"))
    bench.trade("100000", "1.9", maker=BUY)
    bench = await bench.again(path, killed=killed)
    bench.diff()
    bench.trade("100000", "1.9", maker=BUY)
    assert (await bench.order(order)).filled == 0
    bench.trade("100000", "0.2", maker=BUY)
    assert (await bench.order(order)).filled == D("0.1")
    await bench.exchange.close()


@pytest.mark.parametrize("killed", [False, True])
async def test_what_a_resting_order_took_is_not_offered_to_it_again(path: Path, killed: bool) -> None:
    bench = DepthBench.start(path)
    order = await bench.place(intent(BUY, "3", price="100000.1"))
    assert order.filled == 2
    bench = await bench.again(path, killed=killed)
    bench.diff()
    assert (await bench.order(order)).filled == 2
    bench.diff(asks={"100000.1": "2.5"})
    assert (await bench.order(order)).filled == D("2.5")
    await bench.exchange.close()


@pytest.mark.parametrize("killed", [False, True])
async def test_an_amended_order_keeps_its_new_place_among_ours(path: Path, killed: bool) -> None:
    bench = DepthBench.start(path)
    orders: list[OrderReport] = [await bench.place(intent(BUY, "1", price="100000")) for _ in range(2)]
    await bench.exchange.amend(orders[0].symbol, orders[0].client_order_id, quantity=D(2))
    bench = await bench.again(path, killed=killed)
    bench.diff()
    bench.trade("100000", "3.5", maker=BUY)
    assert [(await bench.order(order)).filled for order in orders] == [D("0.5"), D(1)]
    await bench.exchange.close()


async def test_the_market_goes_on_after_the_newest_word_on_the_book(path: Path) -> None:
    bench = DepthBench.start(path)
    told = bench.trade("100000", "1", maker=BUY)
    assert bench.exchange.market_time == told.time
    await bench.exchange.close()
    again = DepthBench.start(path, clock=bench.clock, market="none")
    assert again.exchange.market_time == told.time
    await again.exchange.close()


async def test_books_of_the_first_format_are_read_and_upgraded(path: Path) -> None:
    bench = Bench.open(path)
    await bench.hold(BUY, "0.1")
    before = await bench.account()
    await bench.exchange.close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE market DROP COLUMN depth_time")
        connection.execute("ALTER TABLE orders DROP COLUMN created")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    again = Bench.open(path, clock=bench.clock, mark=None)
    assert await again.account() == before
    again.quote("100000")
    await again.place(intent(SELL, "0.1", reduce_only=True))
    again.quote("100000")
    assert await again.quantity() == 0
    await again.exchange.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    connection.close()
