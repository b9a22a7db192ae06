"""The two answers to a proposed entry: yes, after a look at the whole card, and no, with a reason."""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from tui_trader.core.records import Clamp
from tui_trader.engine.views import Question, StatusView
from tui_trader.tui.card_lines import countdown, stake_lines, wish
from tui_trader.tui.screens.dialog import Confirmation, Dialog, bullet
from tui_trader.tui.widgets.format import number
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.tone import Line, Span, Tone

_LOOK_EVERY = 0.25
_LONGEST_REASON = 160
"""As much of a reason as is kept."""
_OVER = "It is over: answered elsewhere, expired, or ended by a halt. Nothing can be sent by it any more."


class ApproveDialog(Confirmation):
    """Send it? It is about one question for as long as it is open, and says when that is over."""

    TITLE = "approve"
    KEYS_LINE = "y  yes, send it    n, escape  let it wait"
    IS_DANGEROUS = True

    def __init__(self, asked: Question, status: Callable[[], StatusView | None], glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._asked = asked
        self._status = status
        self._is_over = False

    def on_mount(self) -> None:
        """Count down."""
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    def _look(self) -> None:
        status = self._status()
        waiting = status is not None and any(question.id == self._asked.id for question in status.approvals)
        if status is None or not waiting:
            self._is_over = True
            self.words.show(((Span(f"{self._asked.id}: {wish(self._asked)}"),), (Span(_OVER, Tone.WARNING),)))
            return
        self.words.show(
            (
                (Span(f"{self._asked.id}  "), Span(wish(self._asked), Tone.STRONG)),
                (countdown(self._asked, status.time),),
                *stake_lines(self._asked),
                *_clamped(self._asked.proposed.card.clamps),
                (Span("Why: ", Tone.TITLE), Span(self._asked.proposed.reason or "no reason given")),
                (Span("The gate judges it again before it is sent: a price that moved is denied.", Tone.DIM),),
            )
        )

    def action_confirm(self) -> None:
        """Yes, while it waits."""
        if not self._is_over:
            super().action_confirm()


def _clamped(clamps: tuple[Clamp, ...]) -> tuple[Line, ...]:
    return tuple(
        bullet(f"made smaller by {clamp.code}: {number(clamp.before)} to {number(clamp.after)}", Tone.DIM)
        for clamp in clamps
    )


class RejectDialog(Dialog[str]):
    """Why not? The agent is told; an empty reason is a no as well."""

    TITLE = "reject"
    KEYS_LINE = "enter  reject    escape  let it wait    F9, ctrl+g  halt"
    AUTO_FOCUS = "Input"

    def __init__(self, asked: Question, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._asked = asked

    def compose_more(self) -> ComposeResult:
        """Where the reason is typed."""
        reason = Input(placeholder="why not; the agent is told", max_length=_LONGEST_REASON, classes="reason")
        reason.cursor_blink = False
        yield reason

    def on_mount(self) -> None:
        """Which one."""
        self.words.show(((Span(f"{self._asked.id}  "), Span(wish(self._asked), Tone.STRONG)),))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.can_be_read:
            self.dismiss(event.value.strip())
