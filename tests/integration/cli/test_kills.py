"""kill -9 at random moments, again and again: nothing is lost, nothing is doubled, and what is held has its stop."""

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.cli.markets import write_market
from tests.integration.cli.program import Line, Shell
from tests.integration.cli.records import Orders, PaperBooks, journal_rows, orders_of, paper_books
from tui_trader.core.order import Fill, OrderStatus, Purpose
from tui_trader.core.words import ClientOrderId

MOST_LINES = 60
"""Before a kill; about half a second at full speed."""
MANY_TRADES = 3
"""Fewer would prove nothing."""
LONGEST_START = 0.4
"""Seconds; in some rounds the kill comes this early, into recovery itself."""


@pytest.fixture(scope="module")
def long_wave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days, more than all rounds use up."""
    return write_market(tmp_path_factory.mktemp("long"), minutes=2_880)


def arguments(home: Path, klines: Path, speed: str) -> tuple[str | Path, ...]:
    feed = ("--feed", f"file:{klines}", "--decider", "rules", "--speed", speed, "--seed", "5")
    return ("run", "--home", home, *feed, "--json")


@pytest.mark.parametrize(
    ("speed", "kills"),
    [
        ("max", 14),
        ("900", 6),
        pytest.param("max", 100, marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
        pytest.param("900", 40, marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
    ],
)
def test_kills_lose_and_double_nothing(shell: Shell, home: Path, long_wave: Path, speed: str, kills: int) -> None:
    chance = random.Random(f"{speed} {kills}")
    for _ in range(kills):
        with shell.start(*arguments(home, long_wave, speed)) as program:
            if chance.random() < 0.25:
                assert not program.ended_within(chance.random() * LONGEST_START)
            else:
                lines = program.lines()
                for _ in range(chance.randrange(1, MOST_LINES)):
                    next(lines)
            program.kill()
        if (home / "journal.db").exists():
            check_after_kill(shell, home)
    ended = shell.run(*arguments(home, long_wave, "max"), "--cycles", "70")
    assert (ended.code, ended.err) == (0, "")
    assert ended.summary["trading_state"] == "ACTIVE"
    check_at_rest(shell, home)


def check_after_kill(shell: Shell, home: Path) -> None:
    """What must be true of the files at any moment, and what `status` makes of them without an engine."""
    rows = journal_rows(home)
    orders = orders_of(rows)
    if not rows or not (home / "paper.db").exists():
        return
    check_books(orders, paper_books(home))
    ended = shell.run("status", "--home", home, "--json")
    assert (ended.code, ended.err) == (0, "")
    (status,) = ended.lines
    assert status["running"] is False
    assert status["journal_entries"] == rows[-1].seq
    assert status["journal_head"] == rows[-1].hash.hex()
    check_positions(status, orders)


def check_books(orders: Orders, paper: PaperBooks) -> None:
    """Written before sent, sent once, traded once."""
    assert len(set(paper.order_ids)) == len(paper.order_ids)
    assert set(paper.order_ids) <= orders.with_status(OrderStatus.SENT)
    booked = [fill.trade_id for fill in orders.fills]
    assert len(set(booked)) == len(booked)
    assert set(booked) <= set(paper.trade_ids)
    for had in orders.statuses.values():
        assert had.count(OrderStatus.SENT) <= 1
    check_one_entry_a_position(orders)


def check_one_entry_a_position(orders: Orders) -> None:
    """The rules enter only when flat: a second entry order that fills on top of the first is a doubled one."""
    held, entry = Decimal(0), ""
    for fill in orders.fills:
        is_entry = orders.intents[fill.client_order_id].purpose is Purpose.ENTRY
        assert not is_entry or not held or entry == fill.client_order_id
        entry = fill.client_order_id if is_entry else entry
        held += fill.signed_quantity


def check_positions(status: Line, orders: Orders) -> None:
    """The status of a home at rest says what the fills say."""
    held = {symbol: quantity for symbol, quantity in positions(orders.fills) if quantity}
    assert {p["symbol"]: Decimal(p["quantity"]) for p in status["positions"]} == held
    for position in status["positions"]:
        entry = last_entry(orders, position["symbol"])
        stop = orders.intents[entry].protection
        assert stop is not None
        assert Decimal(position["stop_price"]) == stop.stop_price


def positions(fills: list[Fill]) -> Iterator[tuple[str, Decimal]]:
    for symbol in {fill.symbol for fill in fills}:
        yield symbol, sum((fill.signed_quantity for fill in fills if fill.symbol == symbol), start=Decimal(0))


def last_entry(orders: Orders, symbol: str) -> ClientOrderId:
    """The id of the order that opened what is held."""
    entries = [f for f in orders.fills if orders.intents[f.client_order_id].purpose is Purpose.ENTRY]
    return [fill.client_order_id for fill in entries if fill.symbol == symbol][-1]


def check_at_rest(shell: Shell, home: Path) -> None:
    """After a clean end both books agree, every position has its stop, and what is flat has nothing left."""
    orders, paper = orders_of(journal_rows(home)), paper_books(home)
    check_books(orders, paper)
    assert len(paper.trade_ids) >= MANY_TRADES
    assert [fill.trade_id for fill in orders.fills] == paper.trade_ids
    held = {symbol for symbol, quantity in positions(orders.fills) if quantity}
    assert set(paper.positions) == held
    assert {symbol for _, symbol, kind in paper.open_orders if kind == "STOP_MARKET"} == held
    assert {symbol for _, symbol, _ in paper.open_orders} == held
    open_here = {order_id for order_id, had in orders.statuses.items() if not had[-1].is_final}
    assert open_here == {order_id for order_id, *_ in paper.open_orders}
    assert shell.run("audit", "verify", "--home", home).code == 0


def test_what_a_kill_interrupts_stands_in_the_status(shell: Shell, home: Path, long_wave: Path) -> None:
    """Position, stop, trading state and the day's start are after the kill what the engine said before it."""
    with shell.start(*arguments(home, long_wave, "max")) as program:
        program.event("order", status="ACCEPTED", type="STOP_MARKET")
        program.kill()
    with shell.start(*arguments(home, long_wave, "1")) as program:
        assert shell.run("status", "--home", home).code == 0
        running = until_running(shell, home)
        program.kill()
    (resting,) = shell.run("status", "--home", home, "--json").lines
    assert running["positions"]
    same = ("mode", "account", "trading_state", "reason", "autonomy", "decider", "prompt", "last_cycle")
    assert {key: resting[key] for key in same} == {key: running[key] for key in same}
    kept = ("symbol", "quantity", "entry_price", "stop_price", "take_profit_price")
    assert [[p[key] for key in kept] for p in resting["positions"]] == [
        [p[key] for key in kept] for p in running["positions"]
    ]
    assert day_start(resting) == day_start(running)


def until_running(shell: Shell, home: Path) -> Line:
    """The status that the engine itself gives, once it answers."""
    for _ in range(200):
        (status,) = shell.run("status", "--home", home, "--json").lines
        if status["running"] and status["equity"] is not None and status["positions"]:
            return dict(status)
    pytest.fail("the engine did not answer")


def day_start(status: Line) -> Decimal:
    """Equity when the day began, from which the day's loss is measured."""
    return Decimal(status["equity"]) - Decimal(status["day_pnl"])
