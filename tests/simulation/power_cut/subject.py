"""What can be rehearsed: a program with a file, a way to live with it, and a judge of what a power cut left."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from random import Random
from typing import Protocol

from tests.simulation.power_cut.image import Image
from tests.simulation.power_cut.recorder import Recorder


class Synchronous(IntEnum):
    """SQLite's setting of this name. The program uses FULL; the others are there to see that the rehearsal bites."""

    OFF = 0
    NORMAL = 1
    FULL = 2


class Outcome(StrEnum):
    """What a power cut did, worst last."""

    EARLY = "before the first ack"
    WHOLE = "ok"
    LOST = "lost"
    """Something that had been told is not there any more."""
    CORRUPT = "corrupt"
    """What is there is not what was written, or a part of a transaction."""
    REFUSED = "refused"
    """All is there, and yet the program will not start with it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one image, and if that is not good, in which way."""

    outcome: Outcome
    why: str = ""


class Subject(Protocol):
    """A program with a file. One instance goes through one story: it may remember what it did in earlier lives."""

    async def live(self, recorder: Recorder, chance: Random, synchronous: Synchronous) -> None:
        """From a start to a clean end or to one that is none, telling on the tape what was acknowledged.

        Everything that was opened is closed when this returns, whether recorded or not. Raises Unusable.
        """
        ...

    async def judge(self, image: Image, folder: Path) -> Verdict:
        """Start on the image, whose files are in the folder, with the production SQLite."""
        ...


class Unusable(Exception):
    """The program would not start on what is in the folder."""
