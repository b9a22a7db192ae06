"""The terminal driver that never waits for the terminal: a stalled link stalls the picture, not the keys.

The only user of private names of Textual (8.2.8): the queue of its writer thread, and where it asks for the size.
Textual's own driver blocks the event
loop in `Queue.put` once thirty writes are waiting (a lost link, ctrl+s), and with it the halt key.
"""

import contextlib
import os
import queue
import sys

from textual.drivers.linux_driver import LinuxDriver


class PatientDriver(LinuxDriver):
    """Drops what does not fit into the queue, and remembers it, so that the screen is painted anew afterwards."""

    has_dropped = False
    _is_leaving = False

    def write(self, data: str) -> None:
        """Hand `data` to the writer thread, or drop it."""
        writer = self._writer_thread
        if writer is None or self._is_leaving:
            super().write(data)
            return
        try:
            writer._queue.put_nowait(data)  # noqa: SLF001 - see the module's text
        except queue.Full:
            self.has_dropped = True

    def take_gap(self) -> bool:
        """Whether something was dropped and the terminal reads again: then the screen has to be painted anew."""
        writer = self._writer_thread
        if not self.has_dropped or writer is None or not writer._queue.empty():  # noqa: SLF001
            return False
        self.has_dropped = False
        return True

    def size_now(self) -> tuple[int, int] | None:
        """Columns and lines as the terminal itself says; None where it does not say (a size of zero is none)."""
        for stream in (sys.__stderr__, sys.__stdin__):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                columns, lines = os.get_terminal_size(stream.fileno())  # type: ignore[union-attr]  # None is caught
                if columns and lines:
                    return columns, lines
        return None

    def _get_terminal_size(self) -> tuple[int, int]:
        """Textual asks stdout and believes COLUMNS; what is drawn on is the terminal behind stderr."""
        return self.size_now() or super()._get_terminal_size()

    def stop_application_mode(self) -> None:
        """Give the terminal back; none of this may be dropped."""
        self._is_leaving = True
        super().stop_application_mode()
