"""The head file: the last row's number and hash, kept beside the log.

A chain alone does not show that its end was cut off; the head file does, as long as it is not cut back with it.
It is rewritten after each commit and synced only at the end, so after a crash it may lag behind the log, never lead.
"""

import os
import re
from pathlib import Path

from tui_trader.journal.layout import EMPTY
from tui_trader.journal.ports import Head

_LINE = re.compile(rb"(0|[1-9][0-9]{0,15}) ([0-9a-f]{64})\n", re.ASCII)


class HeadGarbled(ValueError):
    """The head file holds something that this program never writes."""


class HeadFile:
    """Reads and atomically replaces `journal.head`."""

    def __init__(self, path: Path) -> None:
        """`path` is the head file itself; its folder must exist when it is written."""
        self.path = path

    @classmethod
    def beside(cls, journal: Path) -> "HeadFile":
        """The head file of this journal: the same name, ending in `.head`."""
        return cls(journal.with_suffix(".head"))

    def read(self) -> Head | None:
        """What the file says; None where there is none. Raises HeadGarbled, OSError.

        A file without content, or of zeros only, is what a power cut can leave of one that was not synced yet: it
        says nothing, as an empty log's does.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        if not content.strip(b"\0"):
            return EMPTY
        match = _LINE.fullmatch(content)
        if match is None:
            raise HeadGarbled(f"{self.path} does not hold a row number and a hash")
        return Head(int(match[1]), bytes.fromhex(match[2].decode()))

    def write(self, head: Head, *, sync: bool) -> None:
        """Replace the file; with `sync` it survives a power cut when this returns. Raises OSError."""
        fresh = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line(head))
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.replace(self.path)
        if sync:
            sync_folder(self.path.parent)


def line(head: Head) -> bytes:
    """The head file's content."""
    return f"{head.seq} {head.hash.hex()}\n".encode("ascii")


def sync_folder(folder: Path) -> None:
    """Make the names in the folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
