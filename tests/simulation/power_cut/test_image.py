"""An image holds what was synced, nothing that was not written, and any part of the rest."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.power_cut.image import Disk, Kept, cut
from tests.simulation.power_cut.tape import Files, FolderSynced, Inode, Removed, Resized, Synced, Tape, Told, Wrote

quickly = settings(max_examples=40, deadline=None)
_NAMES = st.sampled_from(["a.db", "a.head", "a.head.new"])


@st.composite
def tapes(draw: st.DrawFn) -> Tape:
    """Any short tape that a program could make."""
    tape = Tape()
    for _ in range(draw(st.integers(0, 25))):
        name = draw(_NAMES)
        inode = tape.names.get(name)
        if inode is None:
            tape.made(name)
            continue
        match draw(st.sampled_from(["write", "write", "resize", "sync", "folder", "rename", "remove", "tell"])):
            case "write":
                tape.add(Wrote(inode, draw(st.integers(0, 2000)), draw(st.binary(min_size=1, max_size=1100))))
            case "resize":
                tape.add(Resized(inode, draw(st.integers(0, 3000))))
            case "sync":
                tape.add(Synced(inode))
            case "folder":
                tape.add(FolderSynced())
            case "rename" if (other := draw(_NAMES)) != name:
                tape.renamed(name, other)
            case "remove":
                tape.add(Removed(name))
            case _:
                tape.add(Told(str(len(tape.operations))))
    return tape


def without_noise(files: Files) -> Files:
    return {name: content for name, content in files.items() if not name.endswith("-shm")}


@quickly
@given(tapes(), st.randoms(use_true_random=False), st.sampled_from(Disk))
def test_if_all_survives_the_image_is_what_everybody_saw(tape: Tape, chance: Random, disk: Disk) -> None:
    image = cut(tape, len(tape.operations), chance, disk, kept=Kept.ALL)
    assert without_noise(image.files) == tape.live()


@quickly
@given(tapes(), st.randoms(use_true_random=False), st.sampled_from(Kept))
def test_what_was_synced_survives_whatever_else_does(tape: Tape, chance: Random, kept: Kept) -> None:
    for inode in tape.names.values():
        tape.add(Synced(inode))
    tape.add(FolderSynced())
    image = cut(tape, len(tape.operations), chance, Disk.HONEST, kept=kept)
    assert without_noise(image.files) == tape.live()


@quickly
@given(tapes(), st.randoms(use_true_random=False))
def test_on_a_disk_that_lies_nothing_needs_to_survive(tape: Tape, chance: Random) -> None:
    assert not cut(tape, len(tape.operations), chance, Disk.LYING, kept=Kept.NONE).files


@quickly
@given(tapes(), st.randoms(use_true_random=False), st.integers(0, 25))
def test_what_was_told_before_the_cut_is_known_to_the_judge(tape: Tape, chance: Random, at: int) -> None:
    image = cut(tape, at, chance, Disk.HONEST)
    assert list(image.told) == [each for each in tape.operations[:at] if isinstance(each, Told)]


def test_a_torn_write_leaves_whole_sectors_and_zeros() -> None:
    tape = Tape()
    inode = tape.made("a.db")
    tape.add(FolderSynced())
    tape.add(Wrote(inode, 100, b"x" * 2000))
    found = {
        cut(tape, 3, Random(seed), Disk.HONEST, kept=Kept.SOME).files["a.db"].ljust(2100, b"\0") for seed in range(400)
    }
    sectors = [100, 512, 1024, 1536, 2048, 2100]
    for content in found:
        for start, end in pairwise(sectors):
            assert content[start:end] in (b"x" * (end - start), bytes(end - start))
    assert len(found) > 10


@pytest.mark.parametrize("kept", [Kept.NONE, Kept.SOME])
def test_a_name_and_its_content_are_kept_apart(kept: Kept) -> None:
    """A rename that survived without the content that was to come with it: the head file's case."""
    tape = Tape.on({"a.head": b"old"}, ())
    fresh = tape.made("a.head.new")
    tape.add(Wrote(fresh, 0, b"new"))
    tape.renamed("a.head.new", "a.head")
    end = len(tape.operations)
    found = {cut(tape, end, Random(seed), Disk.HONEST, kept=kept).files["a.head"] for seed in range(300)}
    assert found == ({b"old"} if kept is Kept.NONE else {b"old", b"", b"\0\0\0", b"new"})


def test_a_tape_goes_on_from_where_it_was_taken_up() -> None:
    tape = Tape()
    first = tape.made("a.db")
    tape.add(Wrote(first, 0, b"1"))
    earlier = tape.until(2)
    tape.add(Wrote(first, 1, b"2"))
    second = earlier.made("b.db")
    assert second not in {first, Inode(0)}
    assert (tape.live(), earlier.live()) == ({"a.db": b"12"}, {"a.db": b"1", "b.db": b""})
