"""Why a run could not begin or go on, in one sentence, and the exit code that belongs to it."""

from tui_trader.cli.context import NO, USAGE
from tui_trader.engine.home import HomeError
from tui_trader.engine.resources import ResourceMissing
from tui_trader.engine.settings import SettingsError
from tui_trader.journal.ports import JournalCorrupt, JournalUnreadable, JournalUnwritable
from tui_trader.market.ports import FeedError
from tui_trader.risk.front_matter import PolicyError

_TOLD = (
    PolicyError,
    HomeError,
    ResourceMissing,
    SettingsError,
    JournalCorrupt,
    JournalUnreadable,
    JournalUnwritable,
    FeedError,
)


def told(error: BaseException) -> tuple[str, int]:
    """The sentence and the code. What is not one of ours is an error of the program; details are in the log."""
    if isinstance(error, _TOLD):
        return str(error), USAGE
    return f"internal error ({type(error).__name__}); the home's tui-trader.log has the details", NO
