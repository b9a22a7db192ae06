"""Under a supervisor: it hears of start, life and end, and an engine that hangs ends its own process, HALTED."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.program import DEADLINE, ROOT, Shell, environment
from tests.integration.cli.records import last_told
from tui_trader.core.records import EngineStopped

SYNTHETIC = ("--feed", "synthetic", "--decider", "rules", "--seed", "3", "--json")


@pytest.fixture
def notified(tmp_path: Path) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    """A supervisor's socket, and the environment of a process that it starts."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(path)
        bound.settimeout(DEADLINE)
        yield bound, {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"}


def until(bound: socket.socket, beginning: bytes) -> bytes:
    while not (told := bound.recv(2000)).startswith(beginning):
        pass
    return told


def test_a_supervisor_hears_of_start_life_and_end_and_the_signal_is_named(
    shell: Shell, home: Path, notified: tuple[socket.socket, dict[str, str]]
) -> None:
    bound, env = notified
    with shell.start("run", "--home", home, *SYNTHETIC, "--speed", "60", env=env) as program:
        assert until(bound, b"READY=1") == b"READY=1"
        assert b"STATUS=paper ACTIVE, 0 positions, cycle " in until(bound, b"WATCHDOG=1")
        program.signal(signal.SIGTERM)
        assert until(bound, b"STOPPING=1") == b"STOPPING=1\nSTATUS=ending: signal SIGTERM"
        ended = program.end()
    assert (ended.code, ended.err) == (130, "")
    assert ended.summary["ended"] == "signal SIGTERM"


def test_an_engine_that_hangs_ends_its_process_and_the_next_start_is_halted_and_knows_why(
    shell: Shell, home: Path, notified: tuple[socket.socket, dict[str, str]]
) -> None:
    bound, env = notified
    command = (sys.executable, "-m", "tests.integration.cli.hanging", "run", "--home", str(home), *SYNTHETIC)
    with subprocess.Popen(
        [*command, "--speed", "60"],
        cwd=ROOT,
        env=environment(**env, TUI_TRADER_HANGS_AFTER_SECONDS="5"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as hanging:
        until(bound, b"READY=1")
        _, said = hanging.communicate(timeout=DEADLINE)
    assert hanging.returncode == 1
    assert b"the engine's loop has not answered for 5 s" in said
    assert not (home / "control.sock").exists()
    assert not isinstance(last_told(home), EngineStopped)
    again = shell.run("run", "--home", home, *SYNTHETIC, "--speed", "max", "--cycles", "2")
    assert (again.code, again.summary["trading_state"]) == (0, "HALTED")
    (status,) = shell.run("status", "--home", home, "--json").lines
    assert status["reason"] == "the engine's loop has not answered for 5 s; the process was ended"
