"""From the start of the process to an answer: `--help`, one decided cycle, and the console's first paint on a pty."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from tests.benchmarks.figure import Figure, percentile

SUBJECT = "start"
_COLUMNS, _LINES = 80, 24
_PATIENCE = 60.0
PROGRAM = (sys.executable, "-m", "tui_trader")
_MARKET = ("--feed", "synthetic", "--decider", "rules", "--seed", "7")
_ALTERNATE_SCREEN = b"\x1b[?1049h"
_CONTROL = re.compile(rb"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]|\x1b[P_^X].*?\x1b\\|\x1b\].*?(?:\x07|\x1b\\)|\x1b.", re.DOTALL)
_BARE_APP = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("bare")
Bare().run()
"""
_CONSOLE = ("tui_trader.cli.console", "tui_trader.tui.app")


class NotPainted(Exception):
    """The program ended, or stayed silent, before it had painted a screen."""


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """Medians of `count` starts."""
    bare_python = _median([until_exit((sys.executable, "-c", "pass")) for _ in range(count)])
    helped = _median([until_exit((*PROGRAM, "--help")) for _ in range(count)])
    yield _figure("--help", helped, bare_python, "python -c pass")
    cycles = [until_exit((*PROGRAM, *one_cycle(folder / f"run-{n}"))) for n in range(count)]
    yield _figure("run --cycles 1, whole", _median(cycles), bare_python, "python -c pass")
    bare_app = _median([_until_painted((sys.executable, "-c", _BARE_APP)) for _ in range(count)])
    yield _figure("first paint, bare Textual app", bare_app, bare_python, "python -c pass")
    if any(find_spec(module) is None for module in _CONSOLE):
        return  # the console is not built yet
    paints = [_until_painted((*PROGRAM, *_console(folder / f"console-{n}"))) for n in range(count)]
    yield _figure("first paint, console", _median(paints), bare_app, "bare Textual app")


def _figure(name: str, seconds: float, baseline: float, against: str) -> Figure:
    return Figure(subject=SUBJECT, name=name, value=seconds * 1e3, unit="ms", baseline=baseline * 1e3, against=against)


def _median(samples: Sequence[float]) -> float:
    return percentile(samples, 0.5)


def one_cycle(home: Path) -> tuple[str, ...]:
    return ("run", *_MARKET, "--speed", "max", "--cycles", "1", "--json", "--home", str(home))


def _console(home: Path) -> tuple[str, ...]:
    return (*_MARKET, "--home", str(home))


def until_exit(command: Sequence[str]) -> float:
    began = perf_counter()
    subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)
    return perf_counter() - began


def _until_painted(command: Sequence[str]) -> float:
    """Seconds until a letter stands on the full screen of a fresh terminal. Raises NotPainted."""
    began = perf_counter()
    child, master = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(command[0], [*command])
    try:
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, _COLUMNS, 0, 0))
        _read_until_painted(master, began)
        return perf_counter() - began
    finally:
        os.kill(child, signal.SIGKILL)
        os.close(master)
        os.waitpid(child, 0)


def _read_until_painted(master: int, began: float) -> None:
    seen = bytearray()
    while not has_painted(bytes(seen)):
        left = began + _PATIENCE - perf_counter()
        readable, _, _ = select.select([master], [], [], max(0.0, left))
        try:
            seen += os.read(master, 65_536) if readable else b""
        except OSError:  # EIO: the program has ended
            readable = []
        if not readable:
            raise NotPainted(_CONTROL.sub(b"", bytes(seen)).decode(errors="replace")[-2_000:])


def has_painted(output: bytes) -> bool:
    """Whether a letter was written after the switch to the full screen."""
    _, switched, drawn = output.partition(_ALTERNATE_SCREEN)
    return bool(switched) and any(chr(byte).isalpha() for byte in _CONTROL.sub(b"", drawn))
