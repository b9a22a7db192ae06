"""The operator's hand from another shell, and the socket behind it: same limits, clear answers, nothing kills it."""

import json
import os
import pwd
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.cli.program import Line, Program, Shell
from tests.integration.cli.records import journal_rows, paper_books
from tui_trader.core.records import JsonObject, ToolCalled, TradingStateChanged

BUY = ("order", "BTCUSDT", "buy", "0.01", "--stop", "93000", "--take-profit", "99000")
"""With seed 3 the synthetic market begins near 94,500."""
COMMAND_LINE_LIMIT = 16_384


@pytest.fixture
def running(shell: Shell, home: Path) -> Iterator[Program]:
    """A run on the synthetic market at a minute a second, whose agent only observes."""
    write_prompt(home, "autonomy: auto", "autonomy: observe")
    feed = ("--feed", "synthetic", "--seed", "3", "--speed", "60", "--decider", "rules", "--prompt", "watcher")
    with shell.start("run", "--home", home, *feed, "--json") as program:
        program.event("decision")
        yield program


def write_prompt(home: Path, *change: str, name: str = "watcher") -> Path:
    """The shipped prompt under another name, with one text in it replaced by another."""
    shipped = Path(__file__).resolve().parents[3] / "prompts" / "trader.md"
    before, after = change
    text = shipped.read_text(encoding="utf-8")
    assert before in text
    path = home / "prompts" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(before, after), encoding="utf-8")
    return path


def asked(shell: Shell, home: Path, *command: str) -> tuple[int, Line]:
    ended = shell.run(*command, "--home", home, "--json")
    assert ended.err == ""
    (line,) = ended.lines
    return ended.code, line


def status_of(shell: Shell, home: Path) -> Line:
    return asked(shell, home, "status")[1]


@pytest.mark.usefixtures("running")
def test_an_order_is_opened_protected_reduced_moved_and_flattened(shell: Shell, home: Path) -> None:
    code, opened = asked(shell, home, *BUY)
    assert (code, opened["done"], opened["result"]["status"]) == (0, True, "FILLED"), opened
    (position,) = status_of(shell, home)["positions"]
    assert Decimal(position["quantity"]) == Decimal("0.01")
    assert (position["stop_price"], position["take_profit_price"]) == ("93000", "99000")
    kinds = sorted(order["type"] for order in status_of(shell, home)["orders"])
    assert kinds == ["STOP_MARKET", "TAKE_PROFIT_MARKET"]

    assert asked(shell, home, "stop", "btcusdt", "93200")[0] == 0
    (position,) = status_of(shell, home)["positions"]
    assert position["stop_price"] == "93200"
    stops = [kind for _, _, kind in paper_books(home).open_orders if kind == "STOP_MARKET"]
    assert len(stops) == 1

    code, reduced = asked(shell, home, "reduce", "BTCUSDT", "50")
    assert (code, reduced["done"]) == (0, True)
    (position,) = status_of(shell, home)["positions"]
    assert Decimal(position["quantity"]) == Decimal("0.005")

    code, flat = asked(shell, home, "flatten")
    assert (code, flat["done"]) == (0, True)
    status = status_of(shell, home)
    assert (status["positions"], status["orders"], status["trading_state"]) == ([], [], "ACTIVE")
    assert paper_books(home).open_orders == []


@pytest.mark.usefixtures("running")
def test_a_resting_order_is_cancelled_by_its_id_and_by_all(shell: Shell, home: Path) -> None:
    limit = ("order", "BTCUSDT", "buy", "0.01", "--limit", "92000", "--stop", "91000", "--take-profit", "95000")
    for cancel in ("by its id", "all"):
        code, placed = asked(shell, home, *limit)
        assert (code, placed["result"]["status"]) == (0, "ACCEPTED"), placed
        order_id = placed["result"]["client_order_id"]
        assert [order["client_order_id"] for order in status_of(shell, home)["orders"]] == [order_id]
        code, _ = asked(shell, home, "cancel", "--all" if cancel == "all" else order_id)
        assert code == 0
        assert status_of(shell, home)["orders"] == []


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("order", "BTCUSDT", "buy", "0.01"), "NO_STOP"),
        (("order", "BTCUSDT", "buy", "0.01", "--stop", "93000"), "NO_TAKE_PROFIT"),
        (("order", "BTCUSDT", "buy", "0.01", "--stop", "60000", "--take-profit", "130000"), "MAX_STOP_DISTANCE"),
        (("order", "DOGEUSDT", "buy", "1", "--stop", "1", "--take-profit", "2"), "INSTRUMENT_UNKNOWN"),
        (("order", "BTCUSDT", "sell", "0.01", "--reduce-only"), "NOTHING_HELD"),
        (("reduce", "BTCUSDT", "50"), "NOTHING_HELD"),
        (("stop", "BTCUSDT", "90000"), "NOTHING_HELD"),
        (("adopt", "BTCUSDT", "--stop", "90000", "--cancel-orders"), "NOT_ADOPTED"),
        (("cancel", "tt-aaaaaaaaaaaaaaaaaaaaaa"), "ORDER_UNKNOWN"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_not_allowed_is_denied_with_its_code(
    shell: Shell, home: Path, command: tuple[str, ...], code: str
) -> None:
    exit_code, reply = asked(shell, home, *command)
    assert (exit_code, reply["done"]) == (1, False)
    assert reply["text"]
    assert reply["code"] == code
    in_words = shell.run(*command, "--home", home)
    assert (in_words.code, in_words.err) == (1, "")
    assert reply["code"] in in_words.out
    assert paper_books(home).order_ids == []


@pytest.mark.usefixtures("running")
def test_an_order_can_be_asked_about_without_sending_it(shell: Shell, home: Path) -> None:
    code, reply = asked(shell, home, "order", "BTCUSDT", "buy", "0.2%", *BUY[4:], "--check")
    assert (code, reply["done"], reply["result"]["verdict"]) == (0, True, "allow")
    assert 0 < Decimal(reply["result"]["max_loss"]) <= 20
    code, reply = asked(shell, home, "order", "BTCUSDT", "buy", "500USDT", "--check")
    assert (code, reply["code"], reply["result"]) == (1, "NO_STOP", {"verdict": "deny"})
    refused = shell.run("order", "BTCUSDT", "buy", "500EUR", "--check", "--home", home)
    assert refused.code == 2
    assert "'500EUR' is no size: write a quantity (0.05)" in refused.err
    assert paper_books(home).order_ids == []


@pytest.mark.usefixtures("running")
def test_an_order_beyond_the_limits_is_made_smaller(shell: Shell, home: Path) -> None:
    code, reply = asked(shell, home, "order", "BTCUSDT", "buy", "0.5", *BUY[4:])
    assert (code, reply["done"]) == (0, True)
    assert Decimal(reply["result"]["quantity"]) * 93_000 <= 2_000


@pytest.mark.usefixtures("running")
def test_halted_entries_are_denied_and_exits_work(shell: Shell, home: Path) -> None:
    assert asked(shell, home, *BUY)[0] == 0
    assert asked(shell, home, "halt", "--reason", "enough")[0] == 0
    code, denied = asked(shell, home, *BUY)
    assert (code, denied["code"]) == (1, "HALTED")
    assert asked(shell, home, "stop", "BTCUSDT", "93300")[0] == 0
    assert asked(shell, home, "reduce", "BTCUSDT", "100")[0] == 0
    status = status_of(shell, home)
    assert (status["positions"], status["orders"], status["trading_state"]) == ([], [], "HALTED")


@pytest.mark.usefixtures("running")
def test_who_halts_and_resumes_is_written_down_by_name(shell: Shell, home: Path) -> None:
    user = pwd.getpwuid(os.getuid()).pw_name
    assert asked(shell, home, "halt", "--reason", "enough")[0] == 0
    assert asked(shell, home, "resume", "--reason", "seen", "--as", "Anna\x1b[2J")[0] == 0
    ended = shell.run("resume", "--reason", "seen", "--as", " ", "--home", home)
    assert (ended.code, "must be a name" in ended.err) == (2, True)
    rows = [row.record for row in journal_rows(home)]
    states = [(r.state.value, r.person) for r in rows if isinstance(r, TradingStateChanged)]
    named = [state for state in states if state[1]]  # the watch may see the file HALT first, which names nobody
    assert named == [("HALTED", user), ("ACTIVE", "Anna [2J")]
    called = [(r.tool, r.person) for r in rows if isinstance(r, ToolCalled) and r.tool in ("halt", "resume")]
    assert called == [("halt", user), ("resume", "Anna [2J")]


@pytest.mark.parametrize(
    "command",
    [
        ("order", "BTCUSDT", "buy", "-1"),
        ("order", "BTCUSDT", "buy", "NaN"),
        ("order", "BTCUSDT", "buy", "many"),
        ("order", "BTCUSDT", "hold", "1"),
        ("order", "BTCUSDT", "buy", "1", "--limit", "0"),
        ("reduce", "BTCUSDT", "101"),
        ("reduce", "BTCUSDT", "0"),
        ("stop", "BTCUSDT", "Infinity"),
        ("cancel",),
        ("cancel", "tt-a", "--all"),
        ("resume",),
        ("nonsense",),
        ("audit", "nonsense"),
        ("run", "--cycles", "0"),
        ("run", "--nonsense"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two_and_says_what_is_wrong(shell: Shell, home: Path, command: tuple[str, ...]) -> None:
    ended = shell.run(*command, "--home", home)
    assert (ended.code, ended.out) == (2, "")
    assert "Error:" in ended.err
    assert "Traceback" not in ended.err
    assert not home.exists()


@pytest.mark.parametrize(
    "command",
    [
        BUY,
        ("cancel", "--all"),
        ("reduce", "BTCUSDT", "50"),
        ("stop", "BTCUSDT", "1"),
        ("flatten",),
        ("resume", "--reason", "x"),
    ],
    ids=lambda command: command[0],
)
def test_without_an_engine_it_says_so(shell: Shell, home: Path, command: tuple[str, ...]) -> None:
    ended = shell.run(*command, "--home", home)
    assert (ended.code, ended.out) == (1, "")
    assert f"no engine runs in {home}" in ended.err
    assert not home.exists()


# ---------------------------------------------------------------------- the socket itself


def talk(home: Path, *lines: bytes) -> list[JsonObject]:
    """Send raw lines on one connection; the answers until the other side closes or has answered each."""
    with closing(socket.socket(socket.AF_UNIX)) as peer:
        peer.settimeout(30)
        peer.connect(str(home / "control.sock"))
        answers: list[JsonObject] = []
        with peer.makefile("rb") as replies:
            for line in lines:
                peer.sendall(line)
                reply = replies.readline()
                if not reply:
                    break
                answers.append(json.loads(reply))
        return answers


@pytest.mark.usefixtures("running")
def test_the_socket_is_private_and_answers_nonsense_with_invalid_command(shell: Shell, home: Path) -> None:
    mode = (home / "control.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    nonsense = (
        b"not json\n",
        b"{}\n",
        b"[]\n",
        b"null\n",
        b'{"command":"format the disk"}\n',
        b'{"command":"halt","reason":5}\n',
        b'{"command":"halt","more":"than it takes"}\n',
        b'{"command":"order","symbol":"BTCUSDT","side":"BUY","quantity":"NaN"}\n',
        b'{"command":"order","symbol":"BTCUSDT","side":"BUY","quantity":"-1"}\n',
        b'{"command":"resume"}\n',
        b"\xff\xfe\x00\n",
        b"[" * 10_000 + b"\n",
        b"\n",
    )
    answers = talk(home, *nonsense)
    assert [answer["code"] for answer in answers] == ["INVALID_COMMAND"] * len(nonsense)
    assert all(answer["done"] is False and answer["text"] for answer in answers)
    assert status_of(shell, home)["running"] is True
    assert status_of(shell, home)["trading_state"] == "ACTIVE"


def test_an_oversized_line_is_refused_and_the_engine_lives(shell: Shell, home: Path, running: Program) -> None:
    too_long = b'{"command":"halt","reason":"' + b"x" * 2 * COMMAND_LINE_LIMIT + b'"}\n'
    answers = talk(home, too_long)
    assert [answer["code"] for answer in answers] == ["INVALID_COMMAND"]
    assert talk(home, b'{"command":"status"}\n')[0]["done"] is True
    assert status_of(shell, home)["trading_state"] == "ACTIVE"
    assert running.is_running


def test_peers_that_say_nothing_or_leave_early_harm_nobody(shell: Shell, home: Path, running: Program) -> None:
    silent = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    try:
        for number, peer in enumerate(silent):
            peer.connect(str(home / "control.sock"))
            if number % 2:
                peer.sendall(b'{"command":"sta')
            if number % 3 == 0:
                peer.close()
        assert talk(home, b'{"command":"status"}\n')[0]["done"] is True
        assert asked(shell, home, "halt")[0] == 0
    finally:
        for peer in silent:
            peer.close()
    assert running.is_running
