"""A shell to start the program from, a home of its own for each test, and a small market."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.markets import write_market
from tests.integration.cli.program import Launcher, Shell


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    launcher = Launcher()
    yield launcher
    launcher.close()


@pytest.fixture
def shell(tmp_path: Path, launcher: Launcher) -> Shell:
    return Shell(tmp_path, launcher)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(scope="session")
def minutes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Klines of ten hours, with funding and mark files beside them."""
    return write_market(tmp_path_factory.mktemp("market"))
