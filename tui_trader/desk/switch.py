"""The switch at the door: halted is the OR of a memory flag, the last durable state, and a file."""

import os
from dataclasses import dataclass
from pathlib import Path

from tui_trader.core.words import TradingState
from tui_trader.risk.trading_state import StateFold


@dataclass(frozen=True, slots=True)
class FileSeen:
    """One HALT file as it was seen: touched again, or made anew, it is another one."""

    device: int
    number: int
    changed: int


class HaltSwitch:
    """Asked as the last step before the socket. Tripping it is safe from any thread and takes no lock."""

    def __init__(self, state: StateFold, file: Path | None) -> None:
        """`file` is the home folder's HALT; None where there is no folder (simulation)."""
        self._state = state
        self._file = file
        self._tripped = 0
        self._released = 0
        self._announced = 0

    def trip(self, *, announced: bool = False) -> None:
        """Halt now, in memory; the durable row follows. `announced`: by a command on its way, which brings a reason."""
        self._tripped += 1
        if announced:
            self._announced = self._tripped

    @property
    def is_announced(self) -> bool:
        """Whether a command that says why is still on its way, as far as this switch knows."""
        return self._announced > self._released

    @property
    def trips(self) -> int:
        """How often it was tripped: a resume names the count that it answers."""
        return self._tripped

    def release(self, trips: int) -> None:
        """Lift the memory flag for the trips that had happened; a later one stays."""
        self._released = max(self._released, trips)

    def file_exists(self) -> bool:
        """Whether somebody put the HALT file there; a folder that cannot be read counts as yes."""
        if self._file is None:
            return False
        try:
            os.stat(self._file)  # noqa: PTH116 - 2 µs on the way of every order; a Path costs ten times that
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def file_seen(self) -> FileSeen | None:
        """Which HALT file is there now; None where none is, or where it cannot be seen."""
        return None if self._file is None else _seen(self._file)

    def remove_file(self, seen: FileSeen | None) -> None:
        """A person resumes: the file that was answered goes, a later one stays. Raises OSError where it cannot.

        It is put aside before the last look at it: between a look and a removal it could be touched once more.
        """
        if self._file is None or seen is None or self.file_seen() != seen:
            return
        aside = self._file.with_name(self._file.name + ".answered")
        self._file.replace(aside)
        if _seen(aside) == seen:
            aside.unlink()
        else:
            aside.replace(self._file)

    @property
    def is_halted(self) -> bool:
        """Whether anything but exits is forbidden."""
        return self._tripped > self._released or self._state.current is TradingState.HALTED or self.file_exists()

    @property
    def durable_state(self) -> TradingState:
        """The state that the journal holds: what the next start begins with."""
        return self._state.current

    @property
    def state(self) -> TradingState:
        """The state in force: the durable one, unless flag or file say HALTED."""
        return TradingState.HALTED if self.is_halted else self._state.current


def _seen(file: Path) -> FileSeen | None:
    try:
        seen = file.stat()
    except OSError:
        return None
    return FileSeen(seen.st_dev, seen.st_ino, seen.st_mtime_ns)
