"""What leaves the process besides its answers: tracebacks of any thread, and memory as a core file. No secret does."""

import ctypes
import errno
import logging
import os
import re
import resource
import sys
import threading
import traceback
from contextlib import suppress
from types import TracebackType
from typing import Final

from tui_trader.core.plain_text import printable
from tui_trader.journal.redact import SECRETS

_PR_SET_DUMPABLE = 4
"""<linux/prctl.h>. Zero: no core file, also none through a program that the kernel pipes it to, and neither memory nor
the environment can be read by this user's other programs."""

_CALLED_SECRET: Final = re.compile(r"(?:KEY|SECRET|TOKEN|PASSWORD|PASSPHRASE)$", re.IGNORECASE)
"""Variables whose value is hidden from the start, before anything asks for it; also those of other programs."""

_SCREEN_WRITER: Final = "textual-output"
_HUNG_UP: Final = (errno.EIO, errno.EPIPE)
"""What the thread that writes the screen ends in when the terminal is gone: how that goes on is a signal's matter."""

_log = logging.getLogger(__name__)


def close() -> None:
    """Redact what Python says of errors that nobody caught, and leave no core file. First of all, and once."""
    for name, value in os.environ.items():
        if _CALLED_SECRET.search(name):
            with suppress(ValueError):  # too short to be one
                SECRETS.register(value)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_a_thread
    sys.unraisablehook = _unraisable
    _end_memory()


def _end_memory() -> None:
    """The memory goes with the process, and is nobody else's before."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _uncaught(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    _tell("internal error", error.with_traceback(at) if isinstance(error, kind) else error)


def _uncaught_in_a_thread(told: threading.ExceptHookArgs) -> None:
    error, name = told.exc_value, told.thread.name if told.thread else "?"
    if isinstance(error, OSError) and error.errno in _HUNG_UP and name == _SCREEN_WRITER:
        _log.info("the terminal is gone: %s", error.strerror)
    elif error is not None and told.exc_type is not SystemExit:
        _tell(f"internal error in the thread {name}", error)


def _unraisable(told: "sys.UnraisableHookArgs") -> None:
    if told.exc_value is not None:
        _tell(told.err_msg or "internal error", told.exc_value)


def _tell(what: str, error: BaseException) -> None:
    """Into the log where one is kept (a line on a terminal would tear the screen), else to stderr; without locals."""
    if logging.getLogger().handlers:
        _log.error(what, exc_info=error)
        return
    lines = traceback.format_exception(error)
    sys.stderr.write(printable(SECRETS(f"tui-trader: {what}. Please report it.\n{''.join(lines)}")))
    sys.stderr.flush()
