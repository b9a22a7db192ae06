"""The dialog: a frame over the trading screen that asks one thing. Enter never confirms what is dangerous."""

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui_trader.tui.screens.sized import HEIGHTS, TOO_SMALL, WIDTHS, is_too_small
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.tone import Line, Span, Tone

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """Words, whatever a subclass puts below them, and a line that names the keys. Escape leaves it with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    AUTO_FOCUS = ""
    TITLE: ClassVar[str] = ""
    KEYS_LINE: ClassVar[str] = ""
    IS_DANGEROUS: ClassVar[bool] = False

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self.glyphs = glyphs
        self.words = Prose(glyphs=glyphs, classes="words")

    def compose(self) -> ComposeResult:
        """Title in the frame, words, the subclass's own, keys."""
        frame = Vertical(classes="dialog -dangerous" if self.IS_DANGEROUS else "dialog")
        frame.border_title = self.TITLE
        with frame:
            yield self.words
            yield from self.compose_more()
            keys = Prose(glyphs=self.glyphs, classes="keys")
            keys.say(self.KEYS_LINE, Tone.DIM)
            yield keys
        small = Prose(glyphs=self.glyphs, classes="too-small")
        small.show(((Span(TOO_SMALL, Tone.WARNING),), (Span("escape leaves; F9 or ctrl+g halt", Tone.DIM),)))
        yield small

    def compose_more(self) -> ComposeResult:
        """What stands between the words and the keys."""
        yield from ()

    def action_leave(self) -> None:
        """Nothing is done."""
        self.dismiss(None)

    @property
    def can_be_read(self) -> bool:
        """Whether all of it is on the screen: what cannot be read is not confirmed."""
        return not is_too_small(self)


class Confirmation(Dialog[bool]):
    """A question that only `y` answers with yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "Yes", show=False),
        Binding("n,q", "leave", "No", show=False),
    ]

    def action_confirm(self) -> None:
        """Yes, if the question can be read."""
        if self.can_be_read:
            self.dismiss(result=True)


def bullet(text: str, tone: Tone = Tone.PLAIN) -> Line:
    """One line of a list."""
    return (Span("  "), Span(text, tone))
