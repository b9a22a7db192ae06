"""The books on disk: written before anyone hears of it, the same after a restart or a kill, clear when broken."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.exchange.bench import BTC, DAYBREAK, ETH, Bench, D, HandClock, instrument, intent
from tui_trader.core.order import Fill, OrderStatus
from tui_trader.core.words import ClientOrderId, Side
from tui_trader.exchange.paper import PaperBooksError, PaperExchange
from tui_trader.exchange.paper.books import Books
from tui_trader.exchange.ports import (
    Accepted,
    ExchangeUnavailable,
    NotSent,
    Refused,
    StreamLost,
    SubmitOutcome,
    Uncertain,
)

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "paper.db"


async def busy(path: Path) -> Bench:
    """An account with a position, funding, a resting exit, a waiting stop and a set leverage."""
    bench = Bench.open(path, symbols=(BTC, ETH))
    await bench.hold(BUY, "0.1")
    bench.funding("0.001", "100000")
    await bench.place(intent(SELL, "0.05", price="101000", reduce_only=True), "tt-exit")
    await bench.place(intent(SELL, "0.1", stop="98000", close_position=True), "tt-stop")
    await bench.exchange.set_leverage(ETH, 7)
    await bench.exchange.transfer(D(250))
    return bench


async def everything(bench: Bench) -> tuple[object, ...]:
    exchange = bench.exchange
    return (
        exchange.account,
        await exchange.account_report(),
        await exchange.open_orders(),
        await exchange.fills_since(BTC, DAYBREAK),
        await exchange.funding_since(DAYBREAK),
    )


async def test_a_restart_changes_nothing(path: Path) -> None:
    bench = await busy(path)
    before = await everything(bench)
    await bench.exchange.close()
    again = Bench.open(path, clock=bench.clock, symbols=(BTC, ETH), deposit="1", mark=None)
    assert await everything(again) == before
    await again.exchange.close()


async def test_what_happened_goes_on_after_a_restart(path: Path) -> None:
    bench = await busy(path)
    await bench.exchange.close()
    again = Bench.open(path, clock=bench.clock, symbols=(BTC, ETH), mark=None)
    again.orders = bench.orders
    again.mark("97999")
    again.quote("97000")
    assert await again.quantity() == 0
    order = await again.place(intent(BUY, "0.01"))
    again.quote("97000")
    fills = await again.exchange.fills_since(BTC, DAYBREAK)
    assert [int(fill.trade_id) for fill in fills] == [1, 2, 3]
    assert order.exchange_order_id == "4"
    await again.exchange.close()


async def test_events_that_the_books_took_in_are_skipped_after_a_restart(path: Path) -> None:
    bench = Bench.open(path)
    await bench.place(intent(BUY, "0.1"))
    quote = bench.quote("100000")
    funding = bench.funding("0.001", "100000")
    resting = await bench.place(intent(BUY, "0.1", price="99999.9"))
    before = await bench.account()
    await bench.exchange.close()
    again = Bench.open(path, clock=HandClock(bench.clock.now()), mark=None)
    again.exchange.on_market(quote)
    again.exchange.on_market(funding)
    assert (await again.account()).wallet == before.wallet
    assert (await again.order(resting)).filled == 0
    assert again.exchange.market_time == quote.time
    await again.exchange.close()


CHILD = """
import asyncio, os, sys
from pathlib import Path
from tests.unit.exchange.bench import Bench, D, Side, intent

async def main():
    bench = Bench.open(Path(sys.argv[1]), deposit="1000000")
    number = 0
    while True:
        number += 1
        side = Side.BUY if number % 3 else Side.SELL
        report = await bench.place(intent(side, "0.01"))
        os.write(1, f"accepted {report.client_order_id}\\n".encode())
        bench.quote(D(100000) + number % 7)
        for event in await bench.news():
            if hasattr(event, "trade_id"):
                os.write(1, f"fill {event.trade_id} {event.signed_quantity}\\n".encode())

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 7, 40])
async def test_what_was_told_before_a_kill_is_in_the_books(path: Path, lines: int) -> None:
    root = Path(__file__).parents[3]
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, cwd=root, text=True)
    assert child.stdout is not None
    told = [child.stdout.readline().split() for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    told += [line.split() for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    child.stdout.close()
    child.wait()
    bench = Bench.open(path, mark=None)
    fills = await bench.exchange.fills_since(BTC, DAYBREAK)
    assert {words[1] for words in told if words[0] == "fill"} <= {fill.trade_id for fill in fills}
    for words in told:
        if words[0] == "accepted":
            assert await bench.exchange.query(BTC, ClientOrderId(words[1])) is not None
    assert await bench.quantity() == sum((fill.signed_quantity for fill in fills), start=D(0))
    assert (await bench.account()).wallet == 1000000 + sum(fill.realised - fill.fee for fill in fills)
    await bench.exchange.close()


async def test_the_file_is_for_its_owner_only(path: Path) -> None:
    exchange = PaperExchange.open(path, {BTC: instrument()}, HandClock())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await exchange.close()


async def test_the_first_opening_names_and_funds_the_account(path: Path) -> None:
    first = PaperExchange.open(path, {BTC: instrument()}, HandClock(), account="paper-a", deposit=D(500))
    await first.close()
    again = PaperExchange.open(path, {BTC: instrument()}, HandClock(), account="paper-b", deposit=D(900))
    assert (again.account, (await again.account_report()).wallet) == ("paper-a", D(500))
    await again.close()


def break_header(path: Path) -> None:
    path.write_bytes(b"not a database, and long enough to be read as a header" * 40)


def be_foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE something (x)")
    connection.close()


def be_newer(path: Path) -> None:
    Books(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def break_figure(path: Path) -> None:
    books = Books(path)
    books.open_account("paper", D(1))
    books.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE account SET fees = 'much'")
    connection.commit()
    connection.close()


def cut_short(path: Path) -> None:
    books = Books(path)
    books.open_account("paper", D(1))
    books.close()
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


def be_a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("harm", [break_header, be_foreign, be_newer, break_figure, cut_short, be_a_folder])
def test_a_file_that_is_not_sound_paper_books_is_named_and_left_alone(path: Path, harm: object) -> None:
    assert callable(harm)
    harm(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(PaperBooksError) as caught:
        PaperExchange.open(path, {BTC: instrument()}, HandClock())
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith(".")
    assert "\n" not in message
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PaperBooksError, match=r"nowhere/paper\.db: cannot be opened"):
        PaperExchange.open(tmp_path / "nowhere" / "paper.db", {BTC: instrument()}, HandClock())


@pytest.mark.parametrize("held", [True, False])
async def test_what_is_held_or_open_must_be_tradable(path: Path, held: bool) -> None:
    bench = Bench.open(path)
    if held:
        await bench.hold(BUY, "0.1")
    else:
        await bench.place(intent(BUY, "0.1", price="99000"))
    await bench.exchange.close()
    with pytest.raises(PaperBooksError, match="in BTCUSDT, which this run does not trade"):
        PaperExchange.open(path, {ETH: instrument(ETH)}, HandClock())


async def test_symbols_may_change_when_flat(path: Path) -> None:
    bench = Bench.open(path)
    await bench.hold(BUY, "0.1")
    await bench.place(intent(SELL, "0.1", reduce_only=True))
    bench.quote("100000")
    await bench.exchange.close()
    other = PaperExchange.open(path, {ETH: instrument(ETH)}, HandClock())
    await other.close()


def fill_up(bench: Bench) -> None:
    """The disk is full: the file may not grow."""
    connection = bench.exchange._books._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(bench: Bench) -> None:
    bench.exchange._books._connection.execute("PRAGMA max_page_count = 1000000")


async def test_what_cannot_be_written_has_not_happened(path: Path) -> None:
    bench = await busy(path)
    fill_up(bench)
    accepted = []
    client_order_id = bench.next_id()
    outcome: SubmitOutcome | None = None
    while not isinstance(outcome, Uncertain):
        client_order_id = bench.next_id()
        outcome = await bench.exchange.submit(client_order_id, intent(BUY, "0.002", price="96000"))
        accepted += [client_order_id] if isinstance(outcome, Accepted) else []
        assert len(accepted) < 199
    assert "could not be written" in outcome.text
    open_now = [o.client_order_id for o in await bench.exchange.open_orders()]
    assert open_now == ["tt-exit", "tt-stop", *accepted]
    lost = [event for event in await bench.news() if isinstance(event, StreamLost)]
    assert len(lost) == 1
    again = await bench.exchange.submit(client_order_id, intent(BUY, "0.002", price="96000"))
    assert isinstance(again, Uncertain)
    assert await bench.news() == [], "it is said once"
    make_room(bench)
    assert isinstance(await bench.exchange.submit(client_order_id, intent(BUY, "0.002", price="96000")), Accepted)
    await bench.exchange.close()


async def test_a_trigger_that_cannot_be_written_comes_again(path: Path) -> None:
    bench = await busy(path)
    bench.exchange._books._connection.execute("PRAGMA query_only = ON")
    bench.mark("97000")
    bench.quote("97000")
    assert await bench.quantity() == D("0.1")
    bench.exchange._books._connection.execute("PRAGMA query_only = OFF")
    bench.mark("97000")
    bench.quote("97000")
    assert await bench.quantity() == 0
    assert (await bench.exchange.open_orders()) == ()
    await bench.exchange.close()


async def test_books_that_are_gone_make_the_exchange_unavailable(path: Path) -> None:
    bench = await busy(path)
    bench.exchange._books._connection.close()
    assert isinstance(await bench.send(intent(BUY, "0.01")), Uncertain)
    assert isinstance(await bench.send(intent(BUY, "0.01")), NotSent)
    assert isinstance(await bench.exchange.cancel(BTC, ClientOrderId("tt-stop")), NotSent)
    assert isinstance(await bench.exchange.set_leverage(BTC, 10), Refused)
    assert isinstance(await bench.exchange.transfer(D(1)), Refused)
    with pytest.raises(ExchangeUnavailable):
        await bench.exchange.open_orders()
    bench.quote("101000")
    assert not [event for event in await bench.news() if isinstance(event, Fill) and event.time == bench.clock.now()]


async def test_no_write_is_answered_as_done_that_is_not_in_the_books(path: Path) -> None:
    bench = await busy(path)
    at, before = bench.clock.now(), await everything(bench)
    bench.exchange._books._connection.execute("PRAGMA query_only = ON")
    assert isinstance(await bench.exchange.cancel(BTC, ClientOrderId("tt-stop")), Uncertain)
    assert isinstance(await bench.exchange.set_leverage(BTC, 10), Uncertain)
    assert isinstance(await bench.exchange.transfer(D(1)), Uncertain)
    bench.clock._now = at
    assert await everything(bench) == before
    await bench.exchange.close()


async def test_a_quote_that_changes_nothing_writes_nothing(path: Path) -> None:
    bench = await busy(path)
    connection = bench.exchange._books._connection
    before = connection.total_changes
    for price in range(100000, 100020):
        bench.quote(D(price))
        bench.mark(D(price))
    assert connection.total_changes == before
    await bench.exchange.close()


async def test_the_latest_order_of_an_id_answers_a_query(path: Path) -> None:
    bench = Bench.open(path)
    for status in (OrderStatus.CANCELED, OrderStatus.ACCEPTED):
        await bench.place(intent(BUY, "0.01", price="99000"), "tt-twice")
        if status is OrderStatus.CANCELED:
            await bench.exchange.cancel(BTC, ClientOrderId("tt-twice"))
    found = await bench.exchange.query(BTC, ClientOrderId("tt-twice"))
    assert found is not None
    assert found.status is OrderStatus.ACCEPTED
    assert await bench.exchange.query(ETH, ClientOrderId("tt-twice")) is None
    await bench.exchange.close()


async def test_a_failed_write_does_not_make_the_exchange_forget_the_market(path: Path) -> None:
    bench = await busy(path)
    bench.exchange._books._connection.execute("PRAGMA query_only = ON")
    seen = bench.mark("97000")
    assert bench.exchange.market_time == seen.time
    held = await bench.held()
    assert held is not None
    assert held.mark_price == 97000
    bench.exchange._books._connection.execute("PRAGMA query_only = OFF")
    await bench.exchange.close()
