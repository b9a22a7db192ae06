"""Why a run could not begin or go on, in one sentence, and the exit code that belongs to it."""

import logging

from tui_trader.agent.llm.replay import ReplayMissed
from tui_trader.agent.llm.tape import CassetteError
from tui_trader.cli.context import NO, USAGE
from tui_trader.engine.home import HomeError
from tui_trader.engine.live.conditions import LiveRefused
from tui_trader.engine.resources import ResourceMissing
from tui_trader.engine.secret_sources import SecretUnusable
from tui_trader.engine.settings import SettingsError
from tui_trader.journal.ports import JournalCorrupt, JournalUnreadable, JournalUnwritable
from tui_trader.journal.seal import SealUnusable
from tui_trader.market.ports import FeedError
from tui_trader.risk.front_matter import PolicyError

_TOLD = (
    PolicyError,
    HomeError,
    ResourceMissing,
    SettingsError,
    LiveRefused,
    JournalCorrupt,
    JournalUnreadable,
    JournalUnwritable,
    FeedError,
    CassetteError,
    SealUnusable,
    SecretUnusable,
)


_log = logging.getLogger(__name__)


def told(error: BaseException) -> tuple[str, int]:
    """The sentence and the code. What is not one of ours is an error of the program; the log, if kept, has it all."""
    if isinstance(error, ReplayMissed):
        return str(error), NO
    if isinstance(error, _TOLD):
        return str(error), USAGE
    if isinstance(error, OSError) and error.filename:
        way_out = "See to it and to its rights, or name another folder with --home."
        return f"{error.filename}: cannot be used ({error.strerror}). {way_out}", USAGE
    sentence = f"internal error ({type(error).__name__})"
    if not logging.getLogger().handlers:
        return f"{sentence}. Please report it.", NO
    _log.error("internal error", exc_info=error)
    return f"{sentence}; the home's tui-trader.log has the details", NO
