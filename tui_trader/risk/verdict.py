"""What a check may say of an order: allow it, make it smaller, or deny it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tui_trader.core.money import Quantity
from tui_trader.core.order import Intent
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy


@dataclass(frozen=True, slots=True)
class Allow:
    """Nothing to object."""


@dataclass(frozen=True, slots=True)
class Shrink:
    """The order passes with at most `to`; zero or less means that nothing of it passes."""

    code: Code
    to: Quantity
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Deny:
    """The order does not pass. `detail` gives the figures: what was asked and what the limit is."""

    code: Code
    detail: str = ""


ALLOW = Allow()
Verdict: TypeAlias = Allow | Shrink | Deny
Check: TypeAlias = Callable[[Intent, Book, Policy], Verdict]
"""One rule: pure, told everything in its arguments. It must not rely on any other check having run before."""
