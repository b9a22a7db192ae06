"""The question before live begins in a console: what would be traded, within which limits, with what kind of key."""

from dataclasses import dataclass

from tui_trader.core.words import Autonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveQuestion:
    """What a person is asked; the answer is the account's name, typed."""

    account: str
    host: str
    prompt: str
    autonomy: Autonomy
    decider: str
    limits: tuple[tuple[str, str], ...]
    """The capped limits as they would be in force: name and value."""
    warning: str
    """What is dangerous about the key; empty where nothing is."""
