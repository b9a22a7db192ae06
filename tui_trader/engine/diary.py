"""The log file of a home: what went wrong, in words, with known secrets blacked out and no local variables."""

import logging
from collections.abc import Iterable
from pathlib import Path

from tui_trader.core.plain_text import printable
from tui_trader.journal.redact import SECRETS

_QUIET = (
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "openai",
    "asyncio",
    "langchain",
    "langgraph",
    "urllib3",
    "aiohttp",
)


class _Redacting(logging.Formatter):
    """Blacks out after rendering, tracebacks included."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line as it may be read by anyone who may read the home, on a terminal."""
        return printable(SECRETS(super().format(record)))


class _Diary(logging.FileHandler):
    """A log that cannot be written (the disk is full) is silent: logging's own complaint would tear the screen."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class's name
        """Nothing: what it was about is said where it happened."""


def keep_diary(path: Path, secrets: Iterable[str]) -> None:
    """Warnings and errors go to the file and nowhere else: a line on a terminal would tear the screen."""
    for secret in secrets:
        SECRETS.register(secret)
    handler = _Diary(path, encoding="utf-8", delay=True)
    handler.setFormatter(_Redacting())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
