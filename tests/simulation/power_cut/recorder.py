"""Records on a tape what the program does to one folder: through SQLite, and by the system calls of Python's `os`.

SQLite is apsw's, whose file layer can be written in Python; it runs the statements and settings of the production
store. That nothing escapes the recording is checked: the tape's content must be the folder's.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import apsw

from tests.simulation.power_cut.tape import FolderSynced, Inode, Removed, Resized, Synced, Tape, Wrote

_WITH_FOLDER: Final = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL
"""Kinds of files with whose first sync SQLite on Unix syncs the folder too, if it has made them (os_unix.c, isNewJrnl);
seen with strace at SQLite 3.40."""

_numbers = count(1)
"""Names for file layers: they are the process's, not a recorder's."""


class Recorder:
    """Watches one folder. Its tape goes on where the folder's content came from."""

    def __init__(self, folder: Path, tape: Tape) -> None:
        """Fills the empty folder with what the tape holds."""
        self.folder = folder
        self.tape = tape
        self._on = False
        self._open: dict[int, Inode | None] = {}
        for name, content in tape.live().items():
            (folder / name).write_bytes(content)
        self._layer = _Layer(f"power-cut-{next(_numbers)}", self)

    @property
    def layer(self) -> str:
        """The name of the file layer that a recorded connection must use."""
        return self._layer.name

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record everything until the end of the block; then see that the tape holds all that the folder does."""
        replaced = {
            "open": self._os_open,
            "write": self._os_write,
            "fsync": self._os_fsync,
            "fdatasync": self._os_fsync,
            "close": self._os_close,
            "rename": self._os_rename,
            "replace": self._os_rename,
            "unlink": self._os_unlink,
            "remove": self._os_unlink,
        }
        self._real = {name: getattr(os, name) for name in replaced}
        with ExitStack() as patches:
            for name, call in replaced.items():
                patches.enter_context(patch.object(os, name, call))
            self._on = True
            try:
                yield
                self._nothing_escaped()
            finally:
                self._on = False

    def forget(self) -> None:
        """Give the file layer back. Connections must be closed by then."""
        self._layer.unregister()

    def name_of(self, path: str | os.PathLike[str]) -> str | None:
        """The file's name, if it is one of the folder's and this is being recorded."""
        where = Path(os.fspath(path))
        return where.name if self._on and where.parent == self.folder else None

    def opened(self, name: str, *, was_there: bool) -> Inode:
        """The file that was opened, and possibly made by that.

        An empty one that nobody recorded was made by a read-only connection, which the program opens with the
        standard library's SQLite: a log to be read needs a write-ahead log, be it empty.
        """
        if was_there and name in self.tape.names:
            return self.tape.names[name]
        assert not was_there or not (self.folder / name).stat().st_size, f"{name} was made unseen"
        return self.tape.made(name)

    @property
    def is_on(self) -> bool:
        """False after the end: what a connection does then is not part of the story."""
        return self._on

    def _nothing_escaped(self) -> None:
        files = {path.name: path.read_bytes() for path in self.folder.iterdir() if not path.name.endswith("-shm")}
        assert files == self.tape.live(), "something was written that the recorder did not see"

    def _os_open(self, path: Any, flags: int, *mode: int, **options: Any) -> int:
        name = self.name_of(path) if isinstance(path, str | os.PathLike) else None
        was_there = name is not None and (self.folder / name).exists()
        descriptor: int = self._real["open"](path, flags, *mode, **options)
        if name is not None:
            inode = self.opened(name, was_there=was_there)
            self._open[descriptor] = inode
            if was_there and flags & os.O_TRUNC:
                self.tape.add(Resized(inode, 0))
        elif self._on and isinstance(path, str | os.PathLike) and Path(path) == self.folder:
            self._open[descriptor] = None
        return descriptor

    def _os_write(self, descriptor: int, content: bytes) -> int:
        inode = self._open.get(descriptor)
        written: int = self._real["write"](descriptor, content)
        if inode is not None:
            offset = os.lseek(descriptor, 0, os.SEEK_CUR) - written
            self.tape.add(Wrote(inode, offset, bytes(content[:written])))
        return written

    def _os_fsync(self, descriptor: int) -> None:
        """Not carried out, only recorded: the folder itself is thrown away, and rehearsals shall be quick."""
        if descriptor not in self._open:
            self._real["fsync"](descriptor)
            return
        inode = self._open[descriptor]
        self.tape.add(FolderSynced() if inode is None else Synced(inode))

    def _os_close(self, descriptor: int) -> None:
        self._open.pop(descriptor, None)
        self._real["close"](descriptor)

    def _os_rename(self, old: Any, new: Any, **options: Any) -> None:
        before, after = self.name_of(old), self.name_of(new)
        self._real["replace"](old, new, **options)
        if before is not None and after is not None:
            self.tape.renamed(before, after)

    def _os_unlink(self, path: Any, **options: Any) -> None:
        name = self.name_of(path)
        self._real["unlink"](path, **options)
        if name is not None:
            self.tape.add(Removed(name))


class _Layer(apsw.VFS):
    """SQLite's own file layer, with a recorder listening."""

    def __init__(self, name: str, recorder: Recorder) -> None:
        self.name = name
        self._recorder = recorder
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 SQLite's name
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        ours = text is not None and self._recorder.name_of(text)
        if not text or not ours:
            return super().xOpen(name, flags)
        was_there = Path(text).exists()
        opened = _File(self._recorder, name, flags, syncs_folder=not was_there and bool(flags[0] & _WITH_FOLDER))
        opened.inode = self._recorder.opened(ours, was_there=was_there)
        return opened

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 SQLite's name
        name = self._recorder.name_of(filename)
        super().xDelete(filename, syncdir)
        if name is not None:
            self._recorder.tape.add(Removed(name))
            if syncdir:
                self._recorder.tape.add(FolderSynced())


class _File(apsw.VFSFile):
    """One open file, with a recorder listening."""

    inode: Inode

    def __init__(
        self, recorder: Recorder, name: str | apsw.URIFilename | None, flags: list[int], *, syncs_folder: bool
    ) -> None:
        super().__init__("", name, flags)
        self._recorder = recorder
        self._syncs_folder = syncs_folder

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 SQLite's name
        super().xWrite(data, offset)
        if self._recorder.is_on:
            self._recorder.tape.add(Wrote(self.inode, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 SQLite's name
        super().xTruncate(newsize)
        if self._recorder.is_on:
            self._recorder.tape.add(Resized(self.inode, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802 SQLite's name
        """Not carried out, only recorded."""
        if self._recorder.is_on:
            self._recorder.tape.add(Synced(self.inode))
            if self._syncs_folder:
                self._syncs_folder = False
                self._recorder.tape.add(FolderSynced())


class Connection:
    """What the program uses of sqlite3.Connection, on the recorder's layer."""

    def __init__(self, recorder: Recorder, path: Path, *, pages_per_checkpoint: int) -> None:
        """`pages_per_checkpoint` is small in a rehearsal, so that a short story has many checkpoints."""
        self._connection = apsw.Connection(str(path), vfs=recorder.layer)
        self._connection.wal_autocheckpoint(pages_per_checkpoint)

    def execute(self, sql: str, cells: Sequence[Any] = ()) -> apsw.Cursor:
        """Run the statement."""
        return self._connection.execute(sql, tuple(cells))

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close(True)  # noqa: FBT003 apsw's signature: even if a statement is not finished
