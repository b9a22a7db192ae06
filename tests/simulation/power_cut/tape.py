"""What a program did to one folder, in order: the operations that a power cut may keep or lose.

Files are known by inode, names belong to the folder, as on a real disk: a rename moves a name and never the content.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NewType, TypeAlias, assert_never

Inode = NewType("Inode", int)


@dataclass(frozen=True, slots=True)
class Made:
    """A new, empty file got this name."""

    name: str
    inode: Inode


@dataclass(frozen=True, slots=True)
class Wrote:
    """Bytes of the file from `offset` on."""

    inode: Inode
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Resized:
    """The file was cut off, or grown by zeros, to `size` bytes."""

    inode: Inode
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What was done to this file so far survives, if the disk keeps its word. Its name is another matter."""

    inode: Inode


@dataclass(frozen=True, slots=True)
class Renamed:
    """The file `inode` lost the name `old` and took over the name `new`, both at once."""

    old: str
    new: str
    inode: Inode


@dataclass(frozen=True, slots=True)
class Removed:
    """The name is gone."""

    name: str


@dataclass(frozen=True, slots=True)
class FolderSynced:
    """What was done to names so far survives, if the disk keeps its word."""


@dataclass(frozen=True, slots=True)
class Told:
    """Not the disk's business: the program acknowledged something, here named, to someone outside."""

    what: str


OnContent: TypeAlias = Wrote | Resized
OnNames: TypeAlias = Made | Renamed | Removed
Operation: TypeAlias = OnContent | OnNames | Synced | FolderSynced | Told
Files: TypeAlias = dict[str, bytes]
"""A folder's content by name."""


@dataclass(slots=True)
class Tape:
    """The operations so far, and which name stands for which file at their end."""

    operations: list[Operation] = field(default_factory=list)
    names: dict[str, Inode] = field(default_factory=dict)
    start: int = 0
    """How many of the operations only lay out what was on the disk at the beginning: no power cut falls among them."""
    _inodes: int = 0

    @classmethod
    def on(cls, files: Mapping[str, bytes], told: Sequence[Told]) -> "Tape":
        """A tape that begins with these files safely on the disk, and with what was told about them."""
        tape = cls()
        for name, content in files.items():
            inode = tape.made(name)
            tape.add(Wrote(inode, 0, content))
            tape.add(Synced(inode))
        tape.add(FolderSynced())
        for each in told:
            tape.add(each)
        tape.start = len(tape.operations)
        return tape

    def until(self, at: int) -> "Tape":
        """The tape as it was before the operation number `at`; another one, on which recording goes on."""
        tape = Tape(start=self.start, _inodes=self._inodes)
        for operation in self.operations[:at]:
            tape.add(operation)
        return tape

    def made(self, name: str) -> Inode:
        """Record a new file and say which one it is."""
        self._inodes += 1
        inode = Inode(self._inodes)
        self.add(Made(name, inode))
        return inode

    def renamed(self, old: str, new: str) -> None:
        """Record a rename."""
        self.add(Renamed(old, new, self.names[old]))

    def add(self, operation: Operation) -> None:
        """Record what happened next."""
        self.operations.append(operation)
        if isinstance(operation, Made | Renamed | Removed):
            apply_to_names(operation, self.names)

    def live(self) -> Files:
        """What every process sees while the power is on: all operations, synced or not."""
        contents: dict[Inode, bytearray] = {}
        for operation in self.operations:
            if isinstance(operation, Wrote | Resized):
                apply_to_content(operation, contents.setdefault(operation.inode, bytearray()))
        return {name: bytes(contents.get(inode, b"")) for name, inode in self.names.items()}


def apply_to_names(operation: OnNames, names: dict[str, Inode]) -> None:
    """Let the operation happen. It need not follow those that came before it: names are independent of one another."""
    match operation:
        case Made(name, inode):
            names[name] = inode
        case Renamed(old, new, inode):
            names[new] = inode
            if names.get(old) == inode:
                del names[old]
        case Removed(name):
            names.pop(name, None)
        case never:
            assert_never(never)


def apply_to_content(operation: OnContent, content: bytearray) -> None:
    """Let the operation happen. What lies between the end of the file and a write behind it are zeros."""
    match operation:
        case Wrote(_, offset, fresh):
            grow(content, offset)
            content[offset : offset + len(fresh)] = fresh
        case Resized(_, size):
            grow(content, size)
            del content[size:]
        case never:
            assert_never(never)


def grow(content: bytearray, size: int) -> None:
    """Zeros up to `size`; a longer file stays as it is."""
    content.extend(bytes(max(0, size - len(content))))
