"""The log file: warnings and worse, without secrets, wherever in the line or the trace they stand."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_trader.engine.diary import keep_diary

SECRET = "sk-very-secret-0123456789"


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Path]:
    """A diary in place of the process's logging, which comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    path = tmp_path / "tui-trader.log"
    keep_diary(path, [SECRET])
    yield path
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_nothing_said_makes_no_file(diary: Path) -> None:
    logging.getLogger("any").info("all is well")
    assert not diary.exists()


def test_a_warning_is_written_with_its_place(diary: Path) -> None:
    logging.getLogger("tui_trader.desk").warning("order %s is late", "tt-1")
    assert diary.read_text().rstrip().endswith("WARNING tui_trader.desk: order tt-1 is late")


def refuse() -> None:
    raise RuntimeError(f"refused {SECRET}")


def test_a_secret_is_blacked_out_in_text_arguments_and_trace(diary: Path) -> None:
    log = logging.getLogger("any")
    log.error("key %s", SECRET)
    try:
        refuse()
    except RuntimeError:
        log.exception("with %s", SECRET)
    written = diary.read_text()
    assert SECRET not in written
    assert "RuntimeError: refused" in written


def test_chatty_libraries_are_heard_only_when_something_is_wrong(diary: Path) -> None:
    logging.getLogger("httpx").info("GET /v1?key=1")
    logging.getLogger("httpx").warning("gone")
    assert diary.read_text().count("\n") == 1


def test_the_terminal_is_left_alone(diary: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("any").error("something broke")
    assert capfd.readouterr() == ("", "")
    assert diary.exists()
