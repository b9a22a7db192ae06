"""A pseudo-terminal whose reader can stall or hang up, as a broken SSH link does."""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from tests.console.terminal import DEADLINE, NotSeen

_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Runs in the new session before the program, which so gets the terminal as its controlling one: SIGHUP, SIGWINCH."""
_ASK_EVERY = 0.02
_LOCAL_FLAGS = 3
"""The place of the local modes in what `tcgetattr` returns."""


class PtyTerminal:
    """One program on a pseudo-terminal. A thread reads what it writes, until told to stall.

    Use as a context manager: leaving it kills what is left of the program's session.
    """

    def __init__(
        self, command: Sequence[str], *, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None
    ) -> None:
        """Start `command` at `size` (columns, lines); `env` is added to this process's environment."""
        self._master, slave = os.openpty()
        self._set_size(*size)
        self._cooked = self._modes()
        try:
            self._process = subprocess.Popen(
                (sys.executable, "-c", _TAKE_TERMINAL, *command),
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env={**os.environ, "TERM": "xterm-256color", **(env or {})},
                start_new_session=True,
            )
        finally:
            os.close(slave)
        self._seen = bytearray()
        self._flows = threading.Event()
        self._flows.set()
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, name="pty reader")
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill what is left of the session, and let go of the terminal."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=DEADLINE)
        self.hang_up()

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._process.pid

    @property
    def output(self) -> bytes:
        """All that was read so far."""
        return bytes(self._seen)

    def write(self, keys: bytes) -> None:
        """Type; control signs are sent as they are."""
        os.write(self._master, keys)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size; the program gets a SIGWINCH."""
        self._set_size(columns, lines)

    def stall(self) -> None:
        """Stop reading: what the program writes fills the terminal's buffer, and then its writes block."""
        self._flows.clear()

    def flow(self) -> None:
        """Read again, all that was held up first."""
        self._flows.set()

    def hang_up(self) -> None:
        """Close the terminal under the program, which gets a SIGHUP."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._flows.set()
        self._reader.join(timeout=DEADLINE)
        os.close(self._master)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def is_restored(self) -> bool:
        """Whether the terminal's modes (echo, line editing, signals) are what they were before the program."""
        return self._modes() == self._cooked

    def wait_for(self, predicate: Callable[[bytes], bool], what: str = "it", *, deadline: float = DEADLINE) -> bytes:
        """All output, once `predicate` holds for it. Raises NotSeen after `deadline` seconds."""
        ends = time.monotonic() + deadline
        while not predicate(output := self.output):
            if time.monotonic() > ends:
                raise NotSeen(f"{what}: not seen within {deadline} s; the last output was {output[-500:]!r}")
            time.sleep(_ASK_EVERY)
        return output

    def wait_for_exit(self, *, deadline: float = DEADLINE) -> int:
        """The exit status, negative after a signal, once the program has ended. Raises NotSeen."""
        try:
            return self._process.wait(timeout=deadline)
        except subprocess.TimeoutExpired:
            raise NotSeen(f"the program's end: not seen within {deadline} s; {self.output[-500:]!r}") from None

    def _read(self) -> None:
        while not self._closing.is_set():
            self._flows.wait()
            readable, _, _ = select.select([self._master], [], [], _ASK_EVERY)
            if not readable or not self._flows.is_set():
                continue
            try:
                self._seen += os.read(self._master, 65536)
            except OSError:  # EIO: nobody holds the other end any more
                return

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _modes(self) -> int:
        flags = termios.tcgetattr(self._master)[_LOCAL_FLAGS]
        return int(flags) & (termios.ECHO | termios.ICANON | termios.ISIG)
