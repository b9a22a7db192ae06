"""The engine as a console or command sees it, in this process or across the control socket."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tui_trader.engine.commands import Command, Reply
from tui_trader.engine.mailbox import Mailbox

if TYPE_CHECKING:  # a first paint needs no journal
    from tui_trader.engine.cycle_story import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended. `failure` None: cleanly, and `reason` says why; `had_begun` False: it failed while planning."""

    reason: str
    failure: BaseException | None
    had_begun: bool


class EngineClient(Protocol):
    """Views come out of the mailbox; commands go in and are answered. Every method is safe from any thread."""

    @property
    def mailbox(self) -> Mailbox:
        """The engine's views."""
        ...

    @property
    def embeds(self) -> bool:
        """Whether the engine lives in this process and ends with it."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether the engine has ended."""
        ...

    @property
    def ending(self) -> Ending | None:
        """How the engine ended; None while it runs."""
        ...

    def story(self, cycle: int, near: int) -> "Future[tuple[Told, ...]]":
        """All that the journal holds of a cycle, whose decision is row `near`; read elsewhere, without waiting here.

        The future ends in JournalUnreadable, JournalCorrupt or SealUnusable where that cannot be read.
        """
        ...

    def submit(self, command: Command) -> "Future[Reply]":
        """Hand a command over. A halt takes effect before this returns, whatever the engine is doing."""
        ...
