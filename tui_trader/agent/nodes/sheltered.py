"""The one place where an unexpected error of a node becomes a fault, so that every path reaches the record."""

import logging
import traceback
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from langgraph.errors import GraphBubbleUp

from tui_trader.agent.faults import Fault
from tui_trader.journal.ports import JournalUnwritable

T = TypeVar("T")

_PACKAGE = "tui_trader"
_log = logging.getLogger(__name__)


async def sheltered(work: Awaitable[T], *, what: str) -> T | Fault:
    """The work's result, or `Fault.INTERNAL` where it raised; the log gets the error's class and place.

    Passed on: cancellation, LangGraph's own signals, and a journal that cannot be written (the engine halts on it).
    """
    try:
        return await work
    except (GraphBubbleUp, JournalUnwritable):
        raise
    except Exception as error:  # noqa: BLE001 - the boundary this module is for
        # The text of an error may quote what came from outside; its class and place are enough to find it.
        _log.error("%s failed: %s at %s", what, type(error).__name__, _place_of(error))
        return Fault.INTERNAL


def _place_of(error: Exception) -> str:
    """File and line of the deepest frame of this program: a library's own place says little."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parts] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "an unknown place"
