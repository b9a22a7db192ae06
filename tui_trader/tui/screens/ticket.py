"""The order ticket: what one wants, and beside it what the gate says of it now. Enter never sends."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.timer import Timer
from textual.widgets import Input

from tui_trader.core.words import Symbol
from tui_trader.engine.commands import CheckOrder, PlaceOrder, Reply
from tui_trader.tui.screens.dialog import Dialog
from tui_trader.tui.ticket_lines import FIELDS, Draft, check_lines, draft_line, order_fields
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.tone import Span, Tone

_QUIET_FOR = 0.15
"""Real seconds without a keystroke after which the gate is asked."""
_ASKED_ANEW = 1.0
"""Real seconds after which it is asked again: the market moves while one reads."""

Check = Callable[[CheckOrder, Callable[[Reply], None]], None]
"""Asks the gate; the answer is told later, on the console's loop."""


class TicketDialog(Dialog[PlaceOrder]):
    """Dismissed with the order that a person has confirmed, with None where nothing is to be sent."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,ctrl+s", "review", "Review", show=False, priority=True),
        Binding("f3,ctrl+t", "turn", "Buy or sell", show=False, priority=True),
        Binding("y", "confirm", "Yes", show=False),
        Binding("n", "back", "No", show=False),
    ]
    TITLE = "order"
    KEYS_LINE = "tab  next field   F3, ctrl+t  buy or sell   F2, ctrl+s  review   escape  leave"
    AUTO_FOCUS = "#size"

    def __init__(self, symbol: Symbol | None, check: Check, glyphs: Glyphs) -> None:
        """`symbol` is written in for a start."""
        super().__init__(glyphs)
        self._check = check
        self._draft = Draft(symbol=symbol or "")
        self._answer: tuple[Draft, Reply] | None = None
        self._reviewed: PlaceOrder | None = None
        self._gate = Prose(glyphs=glyphs, classes="gate")
        self._pause: Timer | None = None

    def compose_more(self) -> ComposeResult:
        """The fields, and the gate's word."""
        with Grid(classes="fields"):
            for field in FIELDS:
                label = Prose(glyphs=self.glyphs, classes="label")
                label.show(((Span(field.label, Tone.TITLE),),))
                yield label
                entry = Input(getattr(self._draft, field.name), placeholder=field.hint, id=field.name, max_length=32)
                entry.cursor_blink = False
                yield entry
        yield self._gate

    def on_mount(self) -> None:
        """Ask as soon as there is something to ask about, and anew while one reads."""
        self._show()
        self.set_interval(_ASKED_ANEW, self._ask)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._draft = self._draft.with_field(event.input.id or "", event.value)
        self._reviewed = None  # what is sent is what was read; something else is reviewed anew
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(_QUIET_FOR, self._ask)
        self._show()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field, and sends nothing."""
        event.stop()
        self.focus_next(Input)

    def action_turn(self) -> None:
        """Buy becomes sell, and back."""
        if self._reviewed is None:
            self._draft = self._draft.turned()
            self._show()
            self._ask()

    def action_review(self) -> None:
        """Show once more what would be sent; only `y` sends it, and only what the gate lets through now."""
        answer = self._current_answer()
        if answer is None or not answer.done or not self.can_be_read:
            return
        self._reviewed = PlaceOrder.model_validate(order_fields(self._draft))
        self.set_focus(None)
        self._show()

    def action_confirm(self) -> None:
        """Send what was reviewed."""
        if self._reviewed is not None and self.can_be_read:
            self.dismiss(self._reviewed)

    def action_back(self) -> None:
        """To the fields again."""
        if self._reviewed is not None:
            self._reviewed = None
            self.query_one("#size", Input).focus()
            self._show()

    def action_leave(self) -> None:
        """From the review to the fields, from the fields away."""
        if self._reviewed is not None:
            self.action_back()
        else:
            super().action_leave()

    def _ask(self) -> None:
        draft = self._draft
        try:
            wish = CheckOrder.model_validate(order_fields(draft))
        except ValueError:
            return

        def told(reply: Reply) -> None:
            if self.is_attached and draft == self._draft:
                self._answer = (draft, reply)
                self._show()

        self._check(wish, told)

    def _current_answer(self) -> Reply | None:
        """The gate's word on what stands in the fields now, not on what stood there before."""
        return self._answer[1] if self._answer is not None and self._answer[0] == self._draft else None

    def _show(self) -> None:
        self.words.show((draft_line(self._draft),))
        if self._reviewed is not None:
            question = ((Span("Send it?  y  yes, send    n, escape  back to the fields", Tone.STRONG),),)
            self._gate.show((*check_lines(self._draft, self._current_answer()), *question))
        else:
            self._gate.show(check_lines(self._draft, self._current_answer()))
