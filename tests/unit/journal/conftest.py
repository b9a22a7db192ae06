"""A sound journal, and copies of it to be attacked."""

import shutil
from pathlib import Path

import pytest

from tests.unit.journal.samples import ROWS, written


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound journal, to be copied."""
    return written(tmp_path_factory.mktemp("sound") / "journal.db", ROWS)


@pytest.fixture
def journal(sound: Path, tmp_path: Path) -> Path:
    """A copy to be attacked."""
    for name in ("journal.db", "journal.head"):
        shutil.copy(sound.with_name(name), tmp_path / name)
    return tmp_path / "journal.db"
