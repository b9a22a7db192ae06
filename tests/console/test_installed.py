"""The program as it is installed, in a real terminal: read, halted, resumed, flattened, left, killed, stalled."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.console.pty_terminal import PtyTerminal
from tests.console.terminal import Terminal, requires_tmux

_PROGRAM = (sys.executable, "-m", "tui_trader")
_MARKET = ("--feed", "synthetic", "--seed", "1", "--decider", "rules")
_ENDS_WITHIN = 20.0
"""Real seconds on a machine that runs other tests; it takes about one."""


def _console(home: Path, *more: str) -> Sequence[str]:
    return (*_PROGRAM, "--home", str(home), *_MARKET, *more)


def _run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*_PROGRAM, "--home", str(home), *arguments), capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def _assert_whole(home: Path) -> None:
    """The journal verifies, the socket is gone, nobody holds the home."""
    verified = _run(home, "audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert not (home / "control.sock").exists()
    assert "internal error" not in (home / "tui-trader.log").read_text() if (home / "tui-trader.log").exists() else True


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@requires_tmux
@pytest.mark.parametrize(("size", "speed"), [((80, 24), "60"), ((200, 50), "300")])
def test_a_session_from_the_first_picture_to_the_shell(tmp_path: Path, size: tuple[int, int], speed: str) -> None:
    with Terminal(_console(tmp_path, "--speed", speed), size=size) as terminal:
        terminal.wait_for(lambda screen: "ACTIVE" in screen and re.search(r"#\d+ ", screen) is not None, "a decision")
        screen = terminal.screen()
        for words in ("PAPER", "feed synthetic", "rules: baseline", "BTCUSDT", "ETHUSDT", "log_decision", "h HALT"):
            assert words in screen
        terminal.send_keys("h")
        terminal.wait_for_text("halted at the console")
        terminal.send_keys("r")
        terminal.wait_for_text("why trading may go on")
        terminal.type_text("the halt was a test")
        terminal.send_keys("Enter")
        terminal.wait_for_text("Trading is ACTIVE again.")
        terminal.send_keys("F9")  # at this speed a new position may be there before the question is read
        terminal.wait_for_text("HALTED, journalled")
        terminal.send_keys("f")
        terminal.wait_for_text("Then it is verified that nothing is left")
        terminal.send_keys("y")
        terminal.wait_for_text("Flat: nothing held")
        terminal.wait_for_text("0 held")
        terminal.send_keys("q")
        assert terminal.wait_for_exit() == 0
        assert not terminal.is_full_screen()
        told = terminal.screen().replace("\n", "")
        assert " decision" in told
        assert "HALTED" in told
        assert "journal" in told
        assert "Traceback" not in terminal.screen()
    _assert_whole(tmp_path)


@requires_tmux
def test_quitting_with_a_position_asks_first(tmp_path: Path) -> None:
    with Terminal(_console(tmp_path, "--speed", "60")) as terminal:
        terminal.wait_for_text("1 held")
        terminal.send_keys("q")
        terminal.wait_for_text("stops stay on the exchange")
        terminal.send_keys("n")
        terminal.wait_for(lambda screen: "stops stay" not in screen, "the question's end")
        terminal.send_keys("q")
        terminal.wait_for_text("stops stay on the exchange")
        terminal.send_keys("y")
        assert terminal.wait_for_exit() == 0
    status = _run(tmp_path, "status")
    assert "stop 8" in status.stdout
    _assert_whole(tmp_path)


@requires_tmux
@pytest.mark.parametrize(("number", "speed"), [(signal.SIGTERM, "max"), (signal.SIGINT, "60"), (signal.SIGHUP, "60")])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals, speed: str) -> None:
    with Terminal(_console(tmp_path, "--speed", speed)) as terminal:
        terminal.wait_for_text("BTCUSDT")
        terminal.signal(number)
        assert terminal.wait_for_exit(deadline=_ENDS_WITHIN) == 130
        assert not terminal.is_full_screen()
        assert "equity" in terminal.screen()
    _assert_whole(tmp_path)


@requires_tmux
def test_a_signal_before_the_engine_has_begun_ends_it_too(tmp_path: Path) -> None:
    with Terminal(_console(tmp_path)) as terminal:
        terminal.wait_for_text("STARTING")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_exit(deadline=_ENDS_WITHIN) == 130


@requires_tmux
def test_a_stop_signal_does_not_suspend_it(tmp_path: Path) -> None:
    with Terminal(_console(tmp_path, "--speed", "60")) as terminal:
        terminal.wait_for_text("ACTIVE")
        terminal.signal(signal.SIGTSTP)
        terminal.send_keys("h")
        terminal.wait_for_text("halted at the console")
        terminal.send_keys("q")
        terminal.send_keys("y")
        assert terminal.wait_for_exit() == 0


@requires_tmux
def test_a_terminal_too_small_says_so_and_halts(tmp_path: Path) -> None:
    with Terminal(_console(tmp_path, "--speed", "60"), size=(60, 20)) as terminal:
        terminal.wait_for_text("terminal too small (80x24 needed)")
        terminal.wait_for_text("ACTIVE")
        terminal.send_keys("h")
        terminal.wait_for_text("HALTED")
        terminal.resize(80, 24)
        terminal.wait_for_text("halted at the console")
    assert (tmp_path / "journal.db").exists()


_DEAF_TO_RESIZES = (
    "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH]); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


@requires_tmux
def test_a_size_of_which_no_signal_came_is_noticed_all_the_same(tmp_path: Path) -> None:
    """As at a start on a busy machine, where the terminal gets its size before anybody listens; stale variables too."""
    console = (sys.executable, "-c", _DEAF_TO_RESIZES, *_console(tmp_path, "--speed", "60"))
    with Terminal(console, size=(80, 24), env={"COLUMNS": "200", "LINES": "50"}) as terminal:
        terminal.wait_for_text("BTCUSDT")
        terminal.resize(60, 20)
        terminal.wait_for_text("terminal too small (80x24 needed)")
        terminal.resize(80, 24)
        terminal.wait_for_text("BTCUSDT")


@requires_tmux
def test_a_home_that_cannot_be_planned_for_is_told_in_a_sentence(tmp_path: Path) -> None:
    with Terminal((*_PROGRAM, "--home", str(tmp_path), "--feed", f"file:{tmp_path}/none.csv")) as terminal:
        assert terminal.wait_for_exit() == 2
        screen = terminal.screen()
        assert "none.csv: there is no such file" in screen.replace("\n", "")
        assert "Traceback" not in screen
        assert not terminal.is_full_screen()


@requires_tmux
def test_when_the_data_end_the_console_stays_and_says_so(tmp_path: Path) -> None:
    start = 1_746_403_200_000
    rows = (f"{start + n * 60_000},{p},{p + 30},{p - 30},{p + 5},10" for n in range(120) for p in [94_000 + 7 * n])
    (tmp_path / "BTCUSDT-1m.csv").write_text("open_time,open,high,low,close,volume\n" + "\n".join(rows))
    home = tmp_path / "home"
    market = ("--feed", f"file:{tmp_path}/BTCUSDT-1m.csv", "--decider", "rules", "--speed", "max")
    with Terminal((*_PROGRAM, "--home", str(home), *market), size=(120, 40)) as terminal:
        screen = terminal.wait_for_text("ENGINE ENDED: the data have ended")
        assert "ACTIVE" in screen
        assert "HALTED" not in screen
        terminal.send_keys("q")
        assert terminal.wait_for_exit() == 0
        assert "decisions" in terminal.screen()
    _assert_whole(home)


@requires_tmux
def test_a_wrong_theme_is_told_before_anything_begins(tmp_path: Path) -> None:
    with Terminal(_console(tmp_path), env={"TUI_TRADER_THEME": "sunset"}) as terminal:
        assert terminal.wait_for_exit() == 2
        assert "theme sunset: not known" in terminal.screen()
    assert not (tmp_path / "journal.db").exists()


@requires_tmux
def test_keys_and_drivers_from_the_environment_are_ignored(tmp_path: Path) -> None:
    foreign = {"TEXTUAL_PRESS": "h", "TEXTUAL_DRIVER": "os:system"}
    with Terminal(_console(tmp_path, "--speed", "60"), env=foreign) as terminal:
        terminal.wait_for(lambda screen: "#1 " in screen, "a decision")
        assert "HALTED" not in terminal.screen()


@requires_tmux
@pytest.mark.parametrize(("connection", "moves"), [("", True), ("10.0.0.1 1 10.0.0.2 22", False)])
def test_over_ssh_the_mouse_is_left_to_the_terminal(tmp_path: Path, connection: str, moves: bool) -> None:
    env = {"TUI_TRADER_MOUSE": "true"} if moves else {"SSH_CONNECTION": connection}
    with PtyTerminal(_console(tmp_path), env=env) as terminal:
        terminal.wait_for(lambda output: b"STARTING" in output, "the first picture")
        assert (b"\x1b[?1003h" in terminal.output) is moves


def test_without_a_terminal_it_points_to_run(tmp_path: Path) -> None:
    refused = _run(tmp_path)
    assert refused.returncode == 2
    assert "tui-trader run" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_lost_terminal_ends_it_cleanly(tmp_path: Path) -> None:
    with PtyTerminal(_console(tmp_path, "--speed", "60")) as terminal:
        terminal.wait_for(lambda output: b"BTCUSDT" in output, "prices")
        terminal.hang_up()
        assert terminal.wait_for_exit(deadline=_ENDS_WITHIN) == 130
        assert _is_gone(terminal.pid)
    _assert_whole(tmp_path)


def test_behind_a_stalled_terminal_a_signal_ends_it_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with PtyTerminal(_console(tmp_path, "--speed", "max")) as terminal:
        terminal.wait_for(lambda output: b"BTCUSDT" in output, "prices")
        terminal.stall()
        _fill(terminal)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_exit(deadline=_ENDS_WITHIN) == 130
        terminal.flow()
        terminal.wait_for(lambda output: b"\x1b[?1049l" in output and b"\x1b[?25h" in output, "the normal screen")
        assert terminal.is_restored()
    _assert_whole(tmp_path)


def test_behind_a_stalled_terminal_the_halt_key_still_halts(tmp_path: Path) -> None:
    with PtyTerminal(_console(tmp_path, "--speed", "60")) as terminal:
        terminal.wait_for(lambda output: b"BTCUSDT" in output, "prices")
        terminal.stall()
        _fill(terminal)
        terminal.write(b"h")
        _wait_for_status(tmp_path, "HALTED (halted at the console)")
        before = len(terminal.output)
        terminal.flow()
        terminal.wait_for(lambda output: b"HALTED" in output[before:], "the whole screen again")
        terminal.write(b"q")
        terminal.wait_for(lambda output: b"nobody moves them" in output[before:] or b"\x1b[?1049l" in output, "an end")
        terminal.write(b"y")
        assert terminal.wait_for_exit() == 0
    _assert_whole(tmp_path)


def _fill(terminal: PtyTerminal) -> None:
    """Make the program paint until nothing more fits into the terminal's buffer and its own queue."""
    for number in range(80):
        terminal.resize(100 + number % 7, 30 + number % 5)
        try:
            terminal.wait_for(lambda _: False, deadline=0.05)
        except AssertionError:
            continue


def _wait_for_status(home: Path, words: str) -> None:
    told = ""
    for _ in range(20):
        told = _run(home, "status").stdout
        if words in told:
            return
    raise AssertionError(f"{words}: not in the status, which is\n{told}")
