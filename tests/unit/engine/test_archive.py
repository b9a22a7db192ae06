"""Stories are read from the journal beside a running writer, and what cannot be read is said by the future."""

from pathlib import Path

import pytest

from tests.unit.engine.runs import finished, run_options
from tui_trader.engine.archive import Archive
from tui_trader.engine.cycle_story import Part
from tui_trader.engine.home import Home
from tui_trader.journal.ports import JournalUnreadable


def test_a_cycle_is_told_from_the_journal(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home", cycles=3)
    finished(options)
    archive = Archive(options.home)
    story = archive.story(2, near=40).result(timeout=30)
    assert {told.part for told in story} >= {Part.SEEN, Part.OUTCOME}
    assert archive.story(99, near=40).result(timeout=30) == ()
    archive.close()


def test_a_home_without_a_journal_is_an_error_of_the_answer(tmp_path: Path) -> None:
    archive = Archive(Home(tmp_path / "nothing"))
    with pytest.raises(JournalUnreadable):
        archive.story(1, near=1).result(timeout=30)
    archive.close()
