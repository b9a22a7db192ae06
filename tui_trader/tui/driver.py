"""The terminal driver that never waits for the terminal: a stalled link stalls the picture, not the keys.

The only user of private names of Textual (8.2.8): the queue of its writer thread. Textual's own driver blocks the event
loop in `Queue.put` once thirty writes are waiting (a lost link, ctrl+s), and with it the halt key.
"""

import queue

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

    def stop_application_mode(self) -> None:
        """Give the terminal back; none of this may be dropped."""
        self._is_leaving = True
        super().stop_application_mode()
