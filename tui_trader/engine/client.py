"""The engine as a console or command sees it, in this process or across the control socket."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from tui_trader.engine.commands import Command, Reply
from tui_trader.engine.mailbox import Mailbox


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

    def submit(self, command: Command) -> "Future[Reply]":
        """Hand a command over. A halt takes effect before this returns, whatever the engine is doing."""
        ...
