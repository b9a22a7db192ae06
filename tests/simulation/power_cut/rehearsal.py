"""Stories and their power cuts: a subject lives one to three lives, and at random instants the power fails."""

import asyncio
import math
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from tests.simulation.power_cut.image import Disk, Image, cut
from tests.simulation.power_cut.journal import JournalSubject
from tests.simulation.power_cut.paper import PaperSubject
from tests.simulation.power_cut.recorder import Recorder
from tests.simulation.power_cut.subject import Outcome, Subject, Synchronous, Unusable, Verdict
from tests.simulation.power_cut.tape import Tape, Told
from tui_trader.core.clock import PacedLoop

T = TypeVar("T")

_MOST_LIVES = 3
_ANYWHERE = 0.25
"""Of the cuts; the others fall after something was acknowledged, where there is more to lose."""
_MEMORY = Path("/dev/shm")
"""Where there is memory that looks like a disk, thousands of images are written and synced there."""

SUBJECTS: dict[str, Callable[[], Subject]] = {"journal": JournalSubject, "paper": PaperSubject}


class Mode(StrEnum):
    """How the file is written, and what the disk makes of it."""

    FULL = "full"
    NORMAL = "normal"
    OFF = "off"
    LYING = "full, the disk lies"

    @property
    def synchronous(self) -> Synchronous:
        """The setting of the writer."""
        return {Mode.NORMAL: Synchronous.NORMAL, Mode.OFF: Synchronous.OFF}.get(self, Synchronous.FULL)

    @property
    def disk(self) -> Disk:
        """The disk under it."""
        return Disk.LYING if self is Mode.LYING else Disk.HONEST


@dataclass(slots=True)
class Tally:
    """How many images had which outcome, and the first case of each: which story, which cut, and why."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    first: dict[Outcome, str] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Take in the images of other stories."""
        self.counts += other.counts
        self.first = {**other.first, **self.first}

    @property
    def harmed(self) -> int:
        """Images of which anything was lost, wrong or refused."""
        return sum(self.counts[each] for each in (Outcome.LOST, Outcome.CORRUPT, Outcome.REFUSED))


def rehearse(subject: str, mode: Mode, story: int, images: int) -> Tally:
    """One story and so many power cuts in it; the same for the same arguments."""

    async def judged() -> Tally:
        tally = Tally()
        with workshop() as folder:
            one = SUBJECTS[subject]()
            tape = await _story(one, mode, story, folder)
            for number in range(images):
                verdict = await one.judge(_image(tape, mode, story, number, folder), folder)
                tally.counts[verdict.outcome] += 1
                why = verdict.why.replace(f"{folder}/", "")
                tally.first.setdefault(verdict.outcome, f"story {story}, cut {number}: {why}")
        return tally

    return _run(judged())


def laid_out(subject: str, mode: Mode, story: int, number: int, folder: Path) -> Verdict:
    """What became of one image; its files, as they were before the program started on them, are put into `folder`."""

    async def judged() -> Verdict:
        with workshop() as home:
            one = SUBJECTS[subject]()
            image = _image(await _story(one, mode, story, home), mode, story, number, home)
            shutil.copytree(home, folder, dirs_exist_ok=True)
            return await one.judge(image, home)

    return _run(judged())


def _run(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(pace=math.inf, deadlock_is_error=True)) as runner:
        return runner.run(main)


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder to be made, for one story; in memory where that can be had."""
    where = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="power-cut-", dir=where) as name:
        yield Path(name) / "home"


def _image(tape: Tape, mode: Mode, story: int, number: int, folder: Path) -> Image:
    """One image of the story, and its files in the folder."""
    chance = Random(f"cut {story} {number}")
    told = (at for at, each in enumerate(tape.operations) if isinstance(each, Told))
    first = tape.start if chance.random() < _ANYWHERE else max(tape.start, next(told, 0))
    image = cut(tape, chance.randint(first, len(tape.operations)), chance, mode.disk)
    filled(folder, image)
    return image


async def _story(subject: Subject, mode: Mode, number: int, folder: Path) -> Tape:
    """The tape of one to three lives."""
    chance = Random(f"story {number}")
    ended = tape = Tape()
    for _ in range(chance.randint(1, _MOST_LIVES)):
        began = len(tape.operations)
        recorder = Recorder(emptied(folder), tape)
        try:
            await subject.live(recorder, chance, mode.synchronous)
        except Unusable:
            return tape  # the judge will meet the same files, and say so
        finally:
            recorder.forget()
        ended, tape = tape, _next_start(tape, began, mode, chance)
    return ended


def _next_start(tape: Tape, began: int, mode: Mode, chance: Random) -> Tape:
    """After a life: the process ended, or it was killed earlier, or there already was a power cut."""
    at = chance.randint(began, len(tape.operations))
    match chance.choice(("ended", "killed", "cut")):
        case "ended":
            return tape.until(len(tape.operations))
        case "cut" if mode is Mode.FULL:
            image = cut(tape, at, chance, mode.disk)
            files = {name: content for name, content in image.files.items() if not name.endswith("-shm")}
            return Tape.on(files, image.told)
        case _:
            return tape.until(at)


def emptied(folder: Path) -> Path:
    """The folder, there and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def filled(folder: Path, image: Image) -> Path:
    """The folder, with the image's files and no others."""
    emptied(folder)
    for name, content in image.files.items():
        (folder / name).write_bytes(content)
    return folder
