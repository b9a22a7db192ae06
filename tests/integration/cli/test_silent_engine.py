"""`status` beside an engine that listens and does not answer: it starts, or it hangs, and the truth is said."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner, Result

from tests.unit.engine.runs import finished, run_options
from tui_trader.cli import status
from tui_trader.engine.home import Home


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose socket takes what is said and never says anything."""
    monkeypatch.setattr(status, "_ANSWER_WITHIN", 0.05)
    with TemporaryDirectory(prefix="tt-") as folder, socket.socket(socket.AF_UNIX) as listener:
        home = Home(Path(folder))
        home.prepare()
        listener.bind(str(home.socket))
        listener.listen()
        yield home


def asked(home: Home) -> Result:
    return CliRunner().invoke(status.status, ["--json", "--home", str(home.folder)])


def test_in_a_fresh_home_an_engine_that_starts_is_not_called_absent(silent: Home) -> None:
    answer = asked(silent)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "it is starting, or hangs. Nothing is written down yet" in answer.stderr


def test_in_a_used_home_the_journal_answers_for_the_engine_and_that_is_said(silent: Home) -> None:
    finished(run_options(silent.folder, cycles=1))
    answer = asked(silent)
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert (found["running"], found["last_cycle"]) == (True, 1)
    assert "This is what its journal says" in answer.stderr
