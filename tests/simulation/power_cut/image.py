"""What a disk may hold after the power failed: what was synced, and any part of what was not.

The disk keeps operations on one file in order but may lose any of them; a write may be torn at a sector's border, and
a file may have grown without its content. Names are kept or lost one operation at a time, each as a whole. That is
weaker than what any file system with a journal promises, so what survives here survives there.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import assert_never

from tests.simulation.power_cut.tape import (
    Files,
    FolderSynced,
    Inode,
    Made,
    OnContent,
    Operation,
    Removed,
    Renamed,
    Resized,
    Synced,
    Tape,
    Told,
    Wrote,
    apply_to_content,
    apply_to_names,
    grow,
)

_SECTOR = 512
"""Bytes that a disk writes as a whole or not at all."""
_TORN = 0.2
"""Of the writes that were not synced, where any subset of them may survive."""
_NOISE = 0.2
"""Of the images; they come with an index of the write-ahead log (`-shm`) that holds anything."""
_NOISE_SIZE = 32 * 1024


class Disk(StrEnum):
    """Whether a sync means what it says."""

    HONEST = "honest"
    LYING = "lying"


class Kept(StrEnum):
    """Which of the operations that were not synced survive."""

    NONE = "none"
    ALL = "all"
    SOME = "some"


_KEPT = (Kept.NONE, Kept.ALL, Kept.SOME, Kept.SOME)
"""Drawn from evenly."""


@dataclass(frozen=True, slots=True)
class Image:
    """What the next start finds, and what had been told before the power failed."""

    files: Files
    told: tuple[Told, ...]


def cut(tape: Tape, at: int, chance: Random, disk: Disk, *, kept: Kept | None = None) -> Image:
    """One legal image of the folder if the power fails before the operation number `at`; `kept` None is drawn."""
    done = tape.operations[:at]
    safe = _safe(done, disk)
    kept = kept or chance.choice(_KEPT)
    part = chance.random()
    names: dict[str, Inode] = {}
    contents: dict[Inode, bytearray] = {}
    for number, operation in enumerate(done):
        survives = number in safe or _survives(kept, chance, part)
        match operation:
            case Wrote() | Resized():
                content = contents.setdefault(operation.inode, bytearray())
                if number in safe or kept is not Kept.SOME or chance.random() >= _TORN:
                    if survives:
                        apply_to_content(operation, content)
                else:
                    _tear(operation, content, chance)
            case Made() | Renamed() | Removed():
                if survives:
                    apply_to_names(operation, names)
            case Synced() | FolderSynced() | Told():
                pass
            case never:
                assert_never(never)
    files = {name: bytes(contents.get(inode, b"")) for name, inode in names.items()}
    if chance.random() < _NOISE:
        files |= {f"{name}-shm": chance.randbytes(_NOISE_SIZE) for name in tuple(files) if name.endswith(".db")}
    return Image(files, tuple(each for each in done if isinstance(each, Told)))


def _safe(done: list[Operation], disk: Disk) -> frozenset[int]:
    """The numbers of the operations that a later sync vouches for."""
    if disk is Disk.LYING:
        return frozenset()
    safe: set[int] = set()
    synced: set[Inode] = set()
    folder = False
    for number in range(len(done) - 1, -1, -1):
        match done[number]:
            case Synced(inode):
                synced.add(inode)
            case FolderSynced():
                folder = True
            case Wrote(inode) | Resized(inode):
                if inode in synced:
                    safe.add(number)
            case Made() | Renamed() | Removed():
                if folder:
                    safe.add(number)
            case Told():
                pass
            case never:
                assert_never(never)
    return frozenset(safe)


def _survives(kept: Kept, chance: Random, part: float) -> bool:
    match kept:
        case Kept.NONE:
            return False
        case Kept.ALL:
            return True
        case Kept.SOME:
            return chance.random() < part
        case never:
            assert_never(never)


def _tear(operation: OnContent, content: bytearray, chance: Random) -> None:
    """Each sector of a write survives or not; the file may have its new length either way. A resize has no parts."""
    if isinstance(operation, Resized):
        return
    start, end = operation.offset, operation.offset + len(operation.content)
    first = start - start % _SECTOR
    for sector in range(first, end, _SECTOR):
        if chance.random() < 1 / 2:
            piece = slice(max(sector, start), min(sector + _SECTOR, end))
            torn = Wrote(operation.inode, piece.start, operation.content[piece.start - start : piece.stop - start])
            apply_to_content(torn, content)
    if chance.random() < 1 / 2:
        grow(content, end)
