"""The harness itself, against trivial shell commands: it must not be what fails, or hides a failure."""

import os
import select
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.console.pty_terminal import PtyTerminal
from tests.console.terminal import DEADLINE, NotSeen, Terminal, requires_tmux

_SHELL = ("sh", "-c")


@requires_tmux
def test_the_screen_is_read_and_keys_arrive() -> None:
    with Terminal((*_SHELL, "echo ready; read line; echo got:$line; read more")) as terminal:
        terminal.wait_for_text("ready")
        terminal.type_text("one; two")
        terminal.send_keys("Enter")
        screen = terminal.wait_for_text("got:one; two")
        assert screen.splitlines()[0] == "ready"
        assert terminal.exit_status() is None


@requires_tmux
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
def test_the_window_has_the_size_asked_for(size: tuple[int, int]) -> None:
    with Terminal((*_SHELL, "stty size; read line"), size=size) as terminal:
        terminal.wait_for_text(f"{size[1]} {size[0]}")
        assert len(terminal.lines()) == size[1]


@requires_tmux
def test_a_resize_reaches_the_program() -> None:
    with Terminal((*_SHELL, "trap 'stty size' WINCH; echo ready; while :; do read line; done")) as terminal:
        terminal.wait_for_text("ready")
        terminal.resize(100, 30)
        terminal.wait_for_text("30 100")


@requires_tmux
def test_the_last_screen_and_the_exit_status_outlive_the_program() -> None:
    with Terminal((*_SHELL, "echo last words; exit 3")) as terminal:
        assert terminal.wait_for_exit() == 3
        assert "last words" in terminal.screen()


@requires_tmux
def test_death_by_signal_is_told_as_a_shell_does() -> None:
    with Terminal(("sleep", "60")) as terminal:
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_exit() == 128 + signal.SIGTERM


@requires_tmux
def test_what_never_comes_is_an_error_that_shows_the_screen() -> None:
    with Terminal((*_SHELL, "echo something else; read line")) as terminal:
        terminal.wait_for_text("something")
        with pytest.raises(NotSeen, match=r"(?s)'nothing'.*something else"):
            terminal.wait_for_text("nothing", deadline=0.2)


@requires_tmux
def test_an_early_end_is_told_without_waiting_for_the_deadline() -> None:
    started = time.monotonic()
    with Terminal((*_SHELL, "exit 2")) as terminal, pytest.raises(NotSeen, match="ended with 2"):
        terminal.wait_for_text("nothing", deadline=3600)
    assert time.monotonic() - started < 60


@requires_tmux
def test_unicode_colours_environment_and_alternate_screen_are_seen() -> None:
    script = r"printf '\033[?1049h▲ \033[31m%s\033[0m\n' \"$WORD\"; read line; printf '\033[?1049l'; read line"
    with Terminal((*_SHELL, script.replace('\\"', '"')), env={"WORD": "red", "LC_ALL": "C"}) as terminal:
        terminal.wait_for_text("▲ red")
        assert terminal.is_full_screen()
        assert "\x1b[31mred" in terminal.styled_screen()
        terminal.send_keys("Enter")
        terminal.wait_for(lambda _: not terminal.is_full_screen(), "the way back to the ordinary screen")


@requires_tmux
def test_closing_ends_the_program(tmp_path: Path) -> None:
    held_open = tmp_path / "held-open"
    os.mkfifo(held_open)
    reader = os.open(held_open, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with Terminal((*_SHELL, f"trap '' HUP TERM; exec 3>{held_open}; echo ready; while :; do :; done")) as terminal:
            terminal.wait_for_text("ready")
        readable, _, _ = select.select([reader], [], [], DEADLINE)
        assert readable
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_a_pty_carries_keys_and_output_and_the_exit_status() -> None:
    with PtyTerminal((*_SHELL, "stty size; read line; echo got:$line; exit 4"), size=(100, 30)) as terminal:
        terminal.wait_for(lambda output: b"30 100" in output, "the size")
        terminal.write(b"hello\n")
        terminal.wait_for(lambda output: b"got:hello" in output, "the answer")
        assert terminal.wait_for_exit() == 4


def test_a_stalled_reader_blocks_the_program_and_loses_nothing() -> None:
    lines = 20_000
    with PtyTerminal((*_SHELL, f"read line; seq {lines}; echo END")) as terminal:
        terminal.stall()
        terminal.write(b"\n")
        with pytest.raises(NotSeen):
            terminal.wait_for_exit(deadline=0.5)
        assert b"END" not in terminal.output
        terminal.flow()
        output = terminal.wait_for(lambda output: b"END" in output, "the rest")
        assert output.split()[-lines - 1 :] == [*(str(n).encode() for n in range(1, lines + 1)), b"END"]
        assert terminal.wait_for_exit() == 0


def test_hanging_up_reaches_the_program_as_sighup() -> None:
    # Not a shell: under load one lost the signal now and then, while it was starting its next sleep.
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGHUP, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.05)\n"
    )
    with PtyTerminal((sys.executable, "-c", script)) as terminal:
        terminal.wait_for(lambda output: b"ready" in output, "the start")
        terminal.hang_up()
        assert terminal.wait_for_exit() == 7


def test_a_terminal_left_raw_is_noticed() -> None:
    script = "import tty, sys; tty.setraw(0); sys.stdout.write('raw'); sys.stdout.flush()"
    with PtyTerminal((sys.executable, "-c", script)) as terminal:
        assert terminal.wait_for_exit() == 0
        assert not terminal.is_restored()
    with PtyTerminal(("true",)) as terminal:
        assert terminal.wait_for_exit() == 0
        assert terminal.is_restored()


def test_a_resize_of_a_pty_reaches_the_program() -> None:
    with PtyTerminal((*_SHELL, "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done")) as terminal:
        terminal.wait_for(lambda output: b"ready" in output, "the start")
        terminal.resize(90, 40)
        terminal.wait_for(lambda output: b"40 90" in output, "the new size")
