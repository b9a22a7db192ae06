"""Accept a changed prompt? Each limit that it loosens, with the value in force and the one that the file wants."""

from tui_trader.engine.views import WaitingPrompt
from tui_trader.risk.change import Loosening
from tui_trader.tui.screens.dialog import Confirmation, bullet
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.tone import Line, Span, Tone

_MOST_LISTED = 9
"""Lines of the list; at 80x24 there is room for no more."""


class AcceptDialog(Confirmation):
    """It does not follow the file: what is agreed to is what stands here."""

    TITLE = "accept the changed prompt"
    KEYS_LINE = "y  accept    n, escape  keep what is in force"
    IS_DANGEROUS = True

    def __init__(self, waiting: WaitingPrompt, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._waiting = waiting

    def on_mount(self) -> None:
        """The list."""
        self.words.show(loosening_lines(self._waiting))

    @property
    def can_be_read(self) -> bool:
        """Not where some limits are only counted."""
        return super().can_be_read and len(self._waiting.limits) <= _MOST_LISTED


def loosening_lines(waiting: WaitingPrompt) -> tuple[Line, ...]:
    """What would hold from the next decision on."""
    limits = waiting.limits
    listed = [bullet(_told(each), Tone.STRONG) for each in limits[:_MOST_LISTED]]
    more = len(limits) - len(listed)
    rest = [bullet(f"and {more} more: see `status --json`, accept them from a shell", Tone.WARNING)] if more else []
    return (
        (Span("The prompt's file loosens, in force and wanted:", Tone.TITLE),),
        *listed,
        *rest,
        (Span("What it tightens holds already. A halt stays a halt.", Tone.DIM),),
    )


def _told(each: Loosening) -> str:
    return f"{each.field}: {each.in_force or 'not set'} to {each.wanted or 'not set'}"
