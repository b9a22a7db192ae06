"""Keeps the journal's head elsewhere: a line a minute to a file or to a command of the user's.

It has a thread of its own, so a disk that hangs or a command that waits never holds up the engine, and a loop that
hangs does not stop it. What it tells is small: how many rows the log has, and the last row's hash.
"""

import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tui_trader.core.clock import WallClock, text
from tui_trader.engine.outside_command import CommandFailed, hand_over
from tui_trader.engine.views import AnchorView
from tui_trader.journal.anchor import anchor_of
from tui_trader.journal.ports import Head

_COMMAND_WITHIN = 20.0
"""Real seconds that the user's command has."""
_LAST_WITHIN = 25.0
"""Real seconds that the end of a run waits for its last head to be kept."""
_log = logging.getLogger(__name__)


class NotAnchored(Exception):
    """A head could not be kept elsewhere; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where heads are kept: a file to which a line is added, a command that gets the line on its input, or both."""

    file: Path | None = None
    command: tuple[str, ...] = ()

    def keep(self, line: bytes) -> None:
        """Hand a line over, and wait until it is kept. Raises NotAnchored."""
        if self.file is not None:
            _append(self.file, line)
        if self.command:
            try:
                hand_over(self.command, line, within=_COMMAND_WITHIN)
            except CommandFailed as error:
                raise NotAnchored(str(error)) from None


class Anchoring:
    """From its making until `close`."""

    def __init__(
        self,
        places: Places,
        head: Callable[[], Head],
        *,
        every: float,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`every` is in real seconds; `failed` hears why a head could not be kept. Without a place nothing starts."""
        self._failed = failed
        self._places = places
        self._head = head
        self._every = every
        self._wall = WallClock()
        self._state = AnchorView()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        if places.file is not None or places.command:
            # A daemon: the end of the process does not wait for a disk that hangs.
            self._thread = threading.Thread(target=self._work, name="anchor", daemon=True)
            self._thread.start()

    @property
    def state(self) -> AnchorView | None:
        """How far the log is kept elsewhere, and why no further; None where no place was named."""
        return None if self._thread is None else self._state

    def close(self) -> None:
        """Keep the last head, too."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_LAST_WITHIN)
            if self._thread.is_alive():
                self._state = replace(self._state, problem=f"the last head was not kept within {_LAST_WITHIN:g} s")

    def _work(self) -> None:
        while not self._over.wait(self._every):
            self._keep()
        self._keep()

    def _keep(self) -> None:
        head = self._head()
        if head.seq == self._state.entries:
            return
        line = json.dumps(dict(anchor_of(head, text(self._wall.now()))), separators=(",", ":")).encode() + b"\n"
        try:
            self._places.keep(line)
        except NotAnchored as error:
            _log.warning("row %d is not anchored: %s", head.seq, error)
            self._state = replace(self._state, problem=str(error))
            self._failed(f"row {head.seq} is not anchored: {error}")
            return
        self._state = AnchorView(entries=head.seq)


def _append(file: Path, line: bytes) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            if os.write(descriptor, line) != len(line):
                raise NotAnchored(f"{file}: only a part of the line could be written")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise NotAnchored(f"{file}: {error.strerror}") from None
