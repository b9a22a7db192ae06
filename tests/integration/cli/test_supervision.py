"""Under a supervisor: it hears of start, life and end, and an engine that hangs ends its own process, HALTED."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.program import DEADLINE, ROOT, Line, Shell, environment
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


KEEPS = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
with (folder / "alerts").open("a") as kept:
    kept.write(sys.stdin.read())
(folder / "environment").write_text(json.dumps(dict(os.environ)))
"""


def test_alerts_reach_a_command_and_what_is_not_kept_elsewhere_is_said_in_status_and_at_the_end(
    shell: Shell, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "alert.py").write_text(KEEPS)
    env = {
        "TUI_TRADER_ALERTS__COMMAND": f"{sys.executable} {tmp_path}/alert.py {tmp_path}",
        "TUI_TRADER_ANCHOR__FILE": str(tmp_path / "none" / "anchors"),
        "TUI_TRADER_ANCHOR__EVERY_SECONDS": "1",
        "TUI_TRADER_OPENAI__API_KEY": "sk-of-the-test-4711",
        "SOMEBODYS_TOKEN": "a-token-of-the-test",
    }

    def alerts() -> dict[str, Line]:
        file = tmp_path / "alerts"
        lines = map(json.loads, file.read_text().splitlines()) if file.exists() else ()
        return {line["kind"]: line for line in lines}

    def asked(*command: str) -> Line:
        (line,) = shell.run(*command, "--home", home, "--json", env=env).lines
        return line

    with shell.start("run", "--home", home, *SYNTHETIC, "--speed", "60", env=env) as program:
        program.event("decision")
        assert asked("halt", "--reason", "the moon is full")["done"] is True
        ends = time.monotonic() + DEADLINE
        while not {"halt", "anchor"} <= alerts().keys():
            assert time.monotonic() < ends
            program.ended_within(0.05)
        status = asked("status")
        assert "No such file" in status["anchor"]["problem"]
        assert status["alerts"] == {"problem": ""}
        assert status["since_halt"]["reason"] == "the moon is full"
        resumed = asked("resume", "--reason", "it has set")
        assert resumed["result"]["since_halt"]["told"][0].endswith("(the moon is full): nothing has changed")
        assert asked("status")["since_halt"] is None
        program.signal(signal.SIGTERM)
        ended = program.end()
    assert alerts()["halt"]["text"] == "HALTED: the moon is full"
    assert ended.err.startswith("tui-trader: the journal's last head is not kept elsewhere: ")
    environment_of_it = (tmp_path / "environment").read_text()
    assert "of-the-test" not in environment_of_it + (tmp_path / "alerts").read_text()
    tried = shell.run("doctor", "--send-alert", "--home", home, "--json", env=env)
    assert [(line["what"], line["level"]) for line in tried.lines if line["what"] == "alerts"] == [("alerts", "ok")]
    assert alerts()["test"]["text"] == "this is a test; all is well"
