"""Signals and readers: a run ends cleanly when it is told to, and neither a stalled nor a lost reader stops it."""

import signal
from pathlib import Path

import pytest

from tests.integration.cli.program import Ended, Program, Shell
from tests.integration.cli.records import last_told, paper_books
from tui_trader.core.records import EngineStopped

SYNTHETIC = ("--feed", "synthetic", "--seed", "3", "--decider", "rules", "--json")
SMALL_PIPE = 4_096
MORE_CYCLES_THAN_IT_HOLDS = 60
"""Of a hundred bytes each, at the very least."""


def start(shell: Shell, home: Path, speed: str = "60", *, spawned: bool = False) -> Program:
    return shell.start("run", "--home", home, *SYNTHETIC, "--speed", speed, spawned=spawned)


def check_clean_end(shell: Shell, home: Path, ended: Ended, number: signal.Signals) -> None:
    assert (ended.code, ended.err) == (130, "")
    assert ended.summary["trading_state"] == "ACTIVE"
    last = last_told(home)
    assert isinstance(last, EngineStopped)
    assert number.name in last.reason
    assert shell.run("audit", "verify", "--home", home).code == 0
    assert not (home / "control.sock").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("speed", ["60", "max"])
def test_a_signal_ends_a_run_cleanly(shell: Shell, home: Path, number: signal.Signals, speed: str) -> None:
    with start(shell, home, speed) as program:
        program.event("decision")
        program.signal(number)
        check_clean_end(shell, home, program.end(), number)


def test_an_interpreter_of_its_own_ends_the_same_way(shell: Shell, home: Path) -> None:
    with start(shell, home, spawned=True) as program:
        program.event("decision")
        program.signal(signal.SIGTERM)
        check_clean_end(shell, home, program.end(), signal.SIGTERM)


def test_a_second_signal_changes_nothing(shell: Shell, home: Path) -> None:
    with start(shell, home, "max") as program:
        program.event("decision")
        for _ in range(5):
            program.signal(signal.SIGTERM)
        check_clean_end(shell, home, program.end(), signal.SIGTERM)


def test_a_lost_terminal_does_not_end_a_run(shell: Shell, home: Path) -> None:
    with start(shell, home) as program:
        first = program.event("decision")
        program.signal(signal.SIGHUP)
        program.event("decision", cycle=first["cycle"] + 2)
        program.signal(signal.SIGTERM)
        check_clean_end(shell, home, program.end(), signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", [0.0, 0.02, 0.1])
def test_a_signal_during_the_start_leaves_nothing_half_done(
    shell: Shell, home: Path, number: signal.Signals, moment: float
) -> None:
    with start(shell, home) as program:
        while not (home / "lock").exists():  # the first thing that a session does
            assert not program.ended_within(0.001)
        program.ended_within(moment)
        program.signal(number)
        ended = program.end()
    assert ended.code in (130, -signal.SIGTERM), ended
    assert ended.err == ""
    if ended.out:
        assert ended.summary["trading_state"] == "ACTIVE"
    again = shell.run("run", "--home", home, *SYNTHETIC, "--speed", "max", "--cycles", "1")
    assert (again.code, again.err) == (0, "")


def test_a_reader_that_stalls_stalls_neither_the_engine_nor_its_end(shell: Shell, home: Path) -> None:
    feed = ("run", "--home", home, *SYNTHETIC, "--speed", "max")
    with shell.start(*feed, pipe_bytes=SMALL_PIPE) as program:
        assert any(last_cycle(shell, home) > MORE_CYCLES_THAN_IT_HOLDS for _ in range(400))
        program.signal(signal.SIGTERM)
        assert program.ended_within(30)
        assert isinstance(last_told(home), EngineStopped)
        ended = program.end()
    assert (ended.code, ended.err) == (130, "")
    assert len(ended.out) <= SMALL_PIPE


def last_cycle(shell: Shell, home: Path) -> int:
    """How far the engine is, as it answers; nought while there is nothing to ask."""
    ended = shell.run("status", "--home", home, "--json")
    return int(ended.lines[0]["last_cycle"]) if ended.code == 0 else 0


def test_a_reader_that_leaves_does_not_end_a_run(shell: Shell, home: Path) -> None:
    feed = ("run", "--home", home, *SYNTHETIC, "--speed", "max", "--cycles", "100")
    with shell.start(*feed) as program:
        next(program.lines())
        program.stop_reading()
        ended = program.end()
    assert (ended.code, ended.err) == (0, "")
    (status,) = shell.run("status", "--home", home, "--json").lines
    assert status["last_cycle"] == 100


@pytest.mark.parametrize("command", [("audit", "show", "--last", "5000"), ("audit", "export")])
def test_a_reader_that_leaves_ends_a_listing_quietly(shell: Shell, home: Path, command: tuple[str, ...]) -> None:
    assert shell.run("run", "--home", home, *SYNTHETIC, "--speed", "max", "--cycles", "150").code == 0
    with shell.start(*command, "--home", home) as program:
        program.read_some()
        program.stop_reading()
        ended = program.end()
    assert ended.err == ""
    assert ended.code in (0, 1)


def test_what_is_held_at_the_end_keeps_its_stop(shell: Shell, home: Path, minutes: Path) -> None:
    feed = ("--feed", f"file:{minutes}", "--decider", "rules", "--speed", "max", "--seed", "1", "--json")
    with shell.start("run", "--home", home, *feed) as program:
        program.event("fill")
        program.signal(signal.SIGTERM)
        ended = program.end()
    assert ended.code == 130
    paper = paper_books(home)
    stops = {symbol for _, symbol, kind in paper.open_orders if kind == "STOP_MARKET"}
    assert stops == set(paper.positions)
