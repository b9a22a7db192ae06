"""HALT by file, command and socket: no entry leaves afterwards, stops stay, and only a person with a reason resumes."""

import json
import signal
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from tests.integration.cli.program import DEADLINE, Line, Program, Shell
from tests.integration.cli.records import journal_rows, orders_of, paper_books
from tui_trader.core.order import OrderStatus, Purpose
from tui_trader.core.records import OrderChanged, TradingStateChanged
from tui_trader.core.words import TradingState


def start(shell: Shell, home: Path, minutes: Path, speed: str = "max", *more: str) -> Program:
    feed = ("--feed", f"file:{minutes}", "--decider", "rules", "--speed", speed, "--seed", "1", "--json")
    return shell.start("run", "--home", home, *feed, *more)


def asked(shell: Shell, home: Path, *command: str) -> tuple[int, Line]:
    ended = shell.run(*command, "--home", home, "--json")
    assert ended.err == ""
    (line,) = ended.lines
    return ended.code, line


def check_no_entry_after_halt(home: Path) -> None:
    """From the last HALTED row on no entry was sent."""
    rows = journal_rows(home)
    orders = orders_of(rows)
    halted = [
        row.seq
        for row in rows
        if isinstance(row.record, TradingStateChanged) and row.record.state is TradingState.HALTED
    ]
    assert halted
    sent = [
        row.record.client_order_id
        for row in rows
        if row.seq > halted[-1] and isinstance(row.record, OrderChanged) and row.record.status is OrderStatus.SENT
    ]
    assert all(orders.intents[order_id].purpose is not Purpose.ENTRY for order_id in sent)


def check_protected(home: Path) -> None:
    paper = paper_books(home)
    assert {symbol for _, symbol, kind in paper.open_orders if kind == "STOP_MARKET"} == set(paper.positions)
    assert all(kind != "LIMIT" for _, _, kind in paper.open_orders)


def by_file(_: Shell, home: Path) -> None:
    (home / "HALT").touch()


def by_command(shell: Shell, home: Path) -> None:
    code, reply = asked(shell, home, "halt", "--reason", "enough")
    assert (code, reply["done"]) == (0, True)


def by_socket(_: Shell, home: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as peer:
        peer.connect(str(home / "control.sock"))
        peer.sendall(b'{"command":"halt","reason":"enough"}\n')
        assert json.loads(peer.makefile("rb").readline())["done"] is True


@pytest.mark.parametrize("way", [by_file, by_command, by_socket], ids=lambda way: way.__name__)
def test_a_halt_while_running_stops_entries_and_keeps_stops(
    shell: Shell, home: Path, minutes: Path, way: Callable[[Shell, Path], None]
) -> None:
    with start(shell, home, minutes, "max") as program:
        program.event("fill")
        way(shell, home)
        program.event("state", trading_state="HALTED", actor="operator")
        decided = program.event("decision")
        program.event("decision", cycle=decided["cycle"] + 20)
        program.signal(signal.SIGTERM)
        ended = program.end()
    assert (ended.code, ended.err) == (130, "")
    cycles = [line["cycle"] for line in ended.events("decision")]
    assert cycles == list(range(1, len(cycles) + 1))
    assert ended.summary["trading_state"] == "HALTED"
    check_no_entry_after_halt(home)
    check_protected(home)
    code, status = asked(shell, home, "status")
    assert (code, status["trading_state"], status["running"]) == (0, "HALTED", False)


def test_a_file_before_the_start_halts_from_the_first_cycle(shell: Shell, home: Path, minutes: Path) -> None:
    home.mkdir()
    (home / "HALT").touch()
    with start(shell, home, minutes, "max", "--cycles", "130") as program:
        ended = program.end()
    assert (ended.code, ended.err) == (0, "")
    assert (ended.summary["trading_state"], ended.summary["orders"]) == ("HALTED", 0)
    assert ended.summary["decisions"] == 130


def test_deleting_the_file_resumes_nothing(shell: Shell, home: Path, minutes: Path) -> None:
    home.mkdir()
    (home / "HALT").touch()
    with start(shell, home, minutes, "max", "--cycles", "2") as program:
        assert program.end().code == 0
    (home / "HALT").unlink()
    _, status = asked(shell, home, "status")
    assert status["trading_state"] == "HALTED"
    with start(shell, home, minutes, "max", "--cycles", "130") as program:
        ended = program.end()
    assert (ended.summary["trading_state"], ended.summary["orders"]) == ("HALTED", 0)


def test_resume_needs_a_reason_and_removes_the_file(shell: Shell, home: Path, minutes: Path) -> None:
    with start(shell, home, minutes, "60") as program:
        program.event("decision")
        assert asked(shell, home, "halt", "--reason", "a look around")[0] == 0
        assert (home / "HALT").exists()
        without = shell.run("resume", "--home", home)
        assert (without.code, without.out) == (2, "")
        assert "--reason" in without.err
        code, refused = asked(shell, home, "resume", "--reason", "  ")
        assert (code, refused["code"]) == (1, "RESUME_REFUSED")
        assert asked(shell, home, "status")[1]["trading_state"] == "HALTED"
        for _ in range(5):  # against a halt that the file itself would bring about while it is being removed
            code, resumed = asked(shell, home, "resume", "--reason", "looked around")
            assert (code, resumed["done"]) == (0, True), resumed
            assert not (home / "HALT").exists()
            assert asked(shell, home, "status")[1]["trading_state"] == "ACTIVE"
            assert asked(shell, home, "halt")[0] == 0


def test_halt_works_with_no_engine_and_with_no_home(shell: Shell, home: Path, minutes: Path) -> None:
    code, reply = asked(shell, home, "halt", "--reason", "never started")
    assert (code, reply["done"]) == (0, True)
    assert "no engine runs here" in reply["text"]
    assert (home / "HALT").exists()
    assert (home.stat().st_mode & 0o777, (home / "HALT").stat().st_mode & 0o777) == (0o700, 0o600)
    with start(shell, home, minutes, "max", "--cycles", "1") as program:
        assert program.end().summary["trading_state"] == "HALTED"


def test_halt_and_flatten_closes_everything(shell: Shell, home: Path, minutes: Path) -> None:
    with start(shell, home, minutes, "60") as program:
        until_held(shell, home, program)
        code, reply = asked(shell, home, "halt", "--flatten", "--reason", "enough")
        assert (code, reply["done"]) == (0, True)
        _, status = asked(shell, home, "status")
        assert (status["trading_state"], status["positions"], status["orders"]) == ("HALTED", [], [])
    assert paper_books(home).positions == {}
    assert paper_books(home).open_orders == []


def until_held(shell: Shell, home: Path, program: Program) -> None:
    """The operator opens a position, so that nobody has to wait for the rules to."""
    program.event("decision")
    wish = ("order", "BTCUSDT", "buy", "0.01", "--stop", "93000", "--take-profit", "99000")
    code, reply = asked(shell, home, *wish)
    assert code == 0, reply


def test_a_halt_takes_effect_while_the_engines_loop_hangs(shell: Shell, home: Path, minutes: Path) -> None:
    """In virtual time rows are written on the loop itself; who holds the database's lock makes it hang."""
    with start(shell, home, minutes, "max") as program:
        program.event("decision", cycle=20)
        with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as thief:
            thief.execute("BEGIN IMMEDIATE")
            with closing(socket.socket(socket.AF_UNIX)) as peer:
                peer.settimeout(30)
                peer.connect(str(home / "control.sock"))
                ends = monotonic() + DEADLINE
                while not hangs(home):  # it does once it has something to write
                    assert monotonic() < ends
                peer.sendall(b'{"command":"halt","reason":"it hangs"}\n')
                # The control thread has heard it when it answers what comes next on another connection.
                with closing(socket.socket(socket.AF_UNIX)) as other:
                    other.connect(str(home / "control.sock"))
                    other.sendall(b"what?\n")
                    assert json.loads(other.makefile("rb").readline())["code"] == "INVALID_COMMAND"
                (at,) = thief.execute("SELECT max(seq) FROM journal").fetchone()
                thief.execute("ROLLBACK")
                assert json.loads(peer.makefile("rb").readline())["done"] is True
        program.event("state", trading_state="HALTED")
        program.signal(signal.SIGTERM)
        ended = program.end()
    assert ended.summary["trading_state"] == "HALTED"
    rows = journal_rows(home)
    orders = orders_of(rows)
    sent = [r.record for r in rows if r.seq > at and isinstance(r.record, OrderChanged)]
    entries = [o for o in sent if orders.intents[o.client_order_id].purpose is Purpose.ENTRY]
    assert all(order.status is not OrderStatus.SENT for order in entries)


def hangs(home: Path) -> bool:
    """Whether the engine's own loop leaves a question unanswered, while the socket still takes it."""
    with closing(socket.socket(socket.AF_UNIX)) as peer:
        peer.settimeout(0.5)
        peer.connect(str(home / "control.sock"))
        peer.sendall(b'{"command":"status"}\n')
        try:
            return not peer.recv(1)
        except TimeoutError:
            return True


@pytest.mark.parametrize("reason", ["bad \udcff byte", "\x1b[31mred\x1b[0m", "long " * 5_000])
def test_no_sign_in_its_reason_and_no_length_keeps_a_halt_from_being_carried_out(
    shell: Shell, home: Path, minutes: Path, reason: str
) -> None:
    with start(shell, home, minutes, "60") as program:
        program.event("decision")
        code, line = asked(shell, home, "halt", "--reason", reason)
        assert code == 0, line
        assert program.event("state")["trading_state"] == "HALTED"
    said = [row.record.reason for row in journal_rows(home) if isinstance(row.record, TradingStateChanged)]
    assert all(one.isprintable() and len(one) <= 280 for one in said)
