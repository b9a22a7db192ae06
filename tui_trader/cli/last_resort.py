"""The last resort: a console that cannot leave by itself is left for it, with the terminal as it was before."""

import contextlib
import os
import sys
import termios
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

from tui_trader.cli.context import NO

_CONSOLE_LEAVES_WITHIN = 1.0
"""Real seconds after the engine's end."""
_ENGINE_ENDS_WITHIN = 90.0
"""Real seconds; what was begun is carried to its end in far less. After that the engine hangs, and the home is as after
a crash, which the next start mends."""
_SAID_WITHIN = 1.0
_ATTEMPTS = 20
_BETWEEN_ATTEMPTS = 0.02
_PLAIN_TERMINAL = (
    b"\x18\x1b[?2026l"  # no half sequence, no held-back frame
    b"\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[<u"  # focus, paste, size reports, kitty keys
    b"\x1b[?7h\x1b[0m\x1b[?1049l\x1b[?25h"  # wrapping, colours, the normal screen, the cursor
)


class Stoppable(Protocol):
    """What has to end before the process may."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; False if it did not come in time."""
        ...


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal and how it was set before the console took it. `settings` None: it is none."""

    descriptor: int
    settings: list[Any] | None

    @classmethod
    def of_this_process(cls) -> "Screen":
        """The terminal that Textual writes to."""
        descriptor = sys.__stderr__.fileno() if sys.__stderr__ is not None else 2
        try:
            return cls(descriptor, termios.tcgetattr(descriptor))
        except (termios.error, ValueError):
            return cls(descriptor, None)

    def restore(self) -> None:
        """As it was, without ever waiting for whoever should read it.

        What lies unread in the terminal's buffer is dropped first: behind a stalled link there would be no room for
        the few bytes that give the screen back.
        """
        if self.settings is None:
            return
        with contextlib.suppress(termios.error, OSError):
            blocks = os.get_blocking(self.descriptor)
            # Textual's writer waits in a write of its own; woken by the flush it finds that it may not wait, and ends.
            os.set_blocking(self.descriptor, False)
            termios.tcflow(self.descriptor, termios.TCOON)
            termios.tcsetattr(self.descriptor, termios.TCSANOW, self.settings)
            self._write_over_the_backlog()
            os.set_blocking(self.descriptor, blocks)

    def _write_over_the_backlog(self) -> None:
        pause = threading.Event()
        for _ in range(_ATTEMPTS):
            termios.tcflush(self.descriptor, termios.TCOFLUSH)
            pause.wait(_BETWEEN_ATTEMPTS)  # whoever was woken by the flush has written what it had
            termios.tcflush(self.descriptor, termios.TCOFLUSH)
            with contextlib.suppress(BlockingIOError):
                if os.write(self.descriptor, _PLAIN_TERMINAL) == len(_PLAIN_TERMINAL):
                    return


def _unsaid(_: threading.ExceptHookArgs) -> None:
    """The process is about to end; a traceback would be the last thing on the terminal that is being given back."""


def end_hung(why: str, *, socket: Path, screen: Screen | None = None) -> NoReturn:
    """End the process of an engine that hangs, in its heartbeat's thread: nothing of it can be waited for.

    A supervisor starts it again; the stops stay at the exchange meanwhile.
    """
    if screen is not None:
        threading.excepthook = _unsaid
        screen.restore()
    sentence = f"tui-trader: {why}: the process ends, HALTED; stops stay at the exchange. Start it again.\n"
    # A thread of its own: whoever should read stderr may be what everything waits for.
    saying = threading.Thread(target=os.write, args=(2, sentence.encode()), daemon=True)
    saying.start()
    saying.join(_SAID_WITHIN)
    with contextlib.suppress(OSError):
        socket.unlink(missing_ok=True)
    os._exit(NO)


class LastResort:
    """Armed when the end was asked for: bounds how long the engine, and after it the console, may take."""

    def __init__(self, screen: Screen, engine: Stoppable, *, socket: Path, code: int) -> None:
        """`code` is the exit code where the process has to be ended."""
        self._screen = screen
        self._engine = engine
        self._code = code
        self._socket = socket
        self._has_left = threading.Event()
        self._is_armed = False

    def arm(self) -> None:
        """Begin to watch; safe in a signal handler, and more than once."""
        if not self._is_armed:
            self._is_armed = True
            threading.Thread(target=self._watch, name="last resort", daemon=True).start()

    def console_left(self) -> None:
        """The console has given the terminal back by itself."""
        self._has_left.set()

    def _watch(self) -> None:
        has_ended = self._engine.wait(_ENGINE_ENDS_WITHIN)
        if has_ended and self._has_left.wait(_CONSOLE_LEAVES_WITHIN):
            return
        if not self._has_left.is_set():
            threading.excepthook = _unsaid
            self._screen.restore()
        with contextlib.suppress(OSError):
            self._socket.unlink(missing_ok=True)
        os._exit(self._code)
