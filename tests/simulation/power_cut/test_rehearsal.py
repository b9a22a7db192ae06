"""Nothing acknowledged is lost in a power cut, and the rehearsal that says so does see losses where there are some."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from tests.simulation.power_cut.image import Disk, Kept, cut
from tests.simulation.power_cut.journal import JournalSubject
from tests.simulation.power_cut.paper import PaperSubject
from tests.simulation.power_cut.recorder import Recorder
from tests.simulation.power_cut.rehearsal import SUBJECTS, Mode, Tally, emptied, filled, rehearse, workshop
from tests.simulation.power_cut.subject import Outcome, Subject, Synchronous, Verdict
from tests.simulation.power_cut.tape import FolderSynced, Synced, Tape, Told
from tui_trader.exchange.paper import books
from tui_trader.journal import store

_CUTS = 25
_CONTROLS = [Mode.NORMAL, Mode.OFF, Mode.LYING]
_GOOD = {Outcome.WHOLE, Outcome.EARLY}

of_each = pytest.mark.parametrize("subject", SUBJECTS)
of_both = pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)


@pytest.fixture
def home() -> Iterator[Path]:
    """The folder to which it all happens."""
    with workshop() as folder:
        yield folder


def rehearsed(subject: str, mode: Mode, stories: int) -> Tally:
    total = Tally()
    for story in range(stories):
        total.add(rehearse(subject, mode, story, _CUTS))
    return total


@of_each
def test_no_power_cut_takes_what_was_acknowledged(subject: str) -> None:
    tally = rehearsed(subject, Mode.FULL, 16)
    assert not tally.harmed, tally.first
    assert tally.counts[Outcome.WHOLE] > tally.counts.total() / 2


@pytest.mark.parametrize("mode", _CONTROLS)
@of_each
def test_the_rehearsal_sees_what_a_weaker_promise_loses(subject: str, mode: Mode) -> None:
    tally = rehearsed(subject, mode, 4)
    assert tally.counts[Outcome.LOST] > tally.counts.total() / 10, tally.counts


@of_each
def test_a_story_can_be_told_again(subject: str) -> None:
    assert rehearse(subject, Mode.NORMAL, 3, 10) == rehearse(subject, Mode.NORMAL, 3, 10)


@of_both
async def test_at_any_instant_of_the_first_start_the_home_opens_again(
    subject: Callable[[], Subject], home: Path
) -> None:
    assert set(await first_starts(subject, home)) == {Outcome.EARLY}


async def test_that_is_thanks_to_the_log_getting_its_name_when_it_is_complete(home: Path) -> None:
    with patch.object(store, "_create", lambda path, _: path.touch(mode=0o600, exist_ok=False)):
        assert Outcome.REFUSED in await first_starts(JournalSubject, home)


@of_both
async def test_a_kill_before_a_sync_and_a_power_cut_after_the_restart_lose_nothing(
    subject: Callable[[], Subject], home: Path
) -> None:
    assert set(await kills_then_cuts(subject, home)) <= _GOOD


@pytest.mark.parametrize(("subject", "module"), [(JournalSubject, store), (PaperSubject, books)])
async def test_that_is_thanks_to_the_sync_at_the_start(
    subject: Callable[[], Subject], module: object, home: Path
) -> None:
    with patch.object(module, "_settle", lambda _: None):
        assert set(await kills_then_cuts(subject, home)) - _GOOD


async def first_starts(subject: Callable[[], Subject], home: Path) -> list[Outcome]:
    """Power cuts at every instant before the first acknowledgement."""
    one, tape = await first_life(subject, home)
    return [
        (await judged(one, tape, at, kept, home, seed=number)).outcome
        for at in range(first_told(tape) + 1)
        for number, kept in enumerate((Kept.NONE, Kept.ALL, *[Kept.SOME] * 4))
    ]


async def kills_then_cuts(subject: Callable[[], Subject], home: Path) -> list[Outcome]:
    """A kill right before each sync of the first life; a restart; cuts until its first word, only what is safe kept."""
    one, first = await first_life(subject, home)
    kills = [at for at, each in enumerate(first.operations) if isinstance(each, Synced | FolderSynced)]
    tapes = [(at, await lived(one, first.until(at), home, seed=at)) for at in kills]
    # Between two syncs nothing becomes safe, so that what a cut leaves is the same.
    return [
        (await judged(one, tape, end + 1, Kept.NONE, home)).outcome
        for at, tape in tapes
        for end in range(at, first_told(tape, since=at) + 1)
        if isinstance(tape.operations[end], Synced | FolderSynced | Told)
    ]


async def first_life(subject: Callable[[], Subject], home: Path) -> tuple[Subject, Tape]:
    one = subject()
    return one, await lived(one, Tape(), home, seed=5)


async def lived(subject: Subject, tape: Tape, home: Path, *, seed: int) -> Tape:
    """The tape after one more life."""
    recorder = Recorder(emptied(home), tape)
    try:
        await subject.live(recorder, Random(seed), Synchronous.FULL)
    finally:
        recorder.forget()
    return tape


def first_told(tape: Tape, *, since: int = 0) -> int:
    """The number of the first acknowledgement."""
    return next(at for at, each in enumerate(tape.operations) if at >= since and isinstance(each, Told))


async def judged(subject: Subject, tape: Tape, at: int, kept: Kept, home: Path, *, seed: int = 0) -> Verdict:
    image = cut(tape, at, Random(f"{at} {seed}"), Disk.HONEST, kept=kept)
    return await subject.judge(image, filled(home, image))
