"""The last resort: it ends a process that cannot end itself, and only that."""

import contextlib
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tui_trader.cli.last_resort import LastResort, Screen

_HUNG = """
import pathlib, sys, threading
from tui_trader.cli.last_resort import LastResort, Screen
engine_over, console_left = (word == "yes" for word in sys.argv[2:4])
over = threading.Event()
if engine_over:
    over.set()
last = LastResort(Screen.of_this_process(), over, socket=pathlib.Path(sys.argv[1]), code=130)
last.arm()
last.arm()
if console_left:
    last.console_left()
threading.Event().wait(float(sys.argv[4]))
"""


def _ended(socket: Path, *, engine: str, console: str, seconds: float) -> int:
    socket.touch()
    arguments = (sys.executable, "-c", _HUNG, str(socket), engine, console, str(seconds))
    return subprocess.run(arguments, timeout=60, check=False, stderr=subprocess.DEVNULL).returncode


def test_a_console_that_hangs_after_the_engines_end_is_ended(tmp_path: Path) -> None:
    socket = tmp_path / "control.sock"
    assert _ended(socket, engine="yes", console="no", seconds=30) == 130
    assert not socket.exists()


@pytest.mark.parametrize(("engine", "console"), [("yes", "yes"), ("no", "no"), ("no", "yes")])
def test_nothing_is_ended_that_can_end_by_itself(tmp_path: Path, engine: str, console: str) -> None:
    assert _ended(tmp_path / "control.sock", engine=engine, console=console, seconds=2.5) == 0


def test_a_terminal_that_nobody_reads_gets_its_settings_and_its_screen_back() -> None:
    master, slave = pty.openpty()
    try:
        settings = termios.tcgetattr(slave)
        raw = termios.tcgetattr(slave)
        raw[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(slave, termios.TCSANOW, raw)
        _fill(slave)
        Screen(slave, settings).restore()
        assert termios.tcgetattr(slave)[3] == settings[3]
        assert os.get_blocking(slave)
        assert _all_of(master).endswith(b"\x1b[?1049l\x1b[?25h")
    finally:
        os.close(master)
        os.close(slave)


def _fill(terminal: int) -> None:
    """Write until nothing more fits."""
    os.set_blocking(terminal, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(terminal, b"x" * 4096)
    os.set_blocking(terminal, True)


def _all_of(master: int) -> bytes:
    """What the other end has to read."""
    os.set_blocking(master, False)
    read = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            read += os.read(master, 65536)
    return read


def test_what_is_no_terminal_is_left_alone(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        Screen(file.fileno(), None).restore()
    assert (tmp_path / "file").read_bytes() == b""


def test_it_is_not_armed_by_being_made(tmp_path: Path) -> None:
    class _Over:
        def wait(self, timeout: float | None = None) -> bool:
            raise AssertionError(timeout)

    LastResort(Screen(0, None), _Over(), socket=tmp_path / "none", code=1).console_left()
