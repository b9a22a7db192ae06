"""The question before real money is traded: nothing begins until the account's name has been typed."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui_trader.engine.live.question import LiveQuestion
from tui_trader.tui.screens.dialog import Dialog
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.tone import Line, Span, Tone

_LONGEST_NAME = 64


class LiveDialog(Dialog[str]):
    """Which account? Only its own name begins anything; escape leaves the program."""

    TITLE = "live: real money"
    KEYS_LINE = "enter  begin    escape, ctrl+q  leave, nothing has begun"
    IS_DANGEROUS = True
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q,ctrl+c", "leave", "Leave", show=False)]

    def __init__(self, question: LiveQuestion, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._question = question
        self._complaint = Prose(glyphs=glyphs, classes="complaint")

    def compose_more(self) -> ComposeResult:
        """Where the name is typed."""
        name = Input(placeholder="the account's name, to begin", max_length=_LONGEST_NAME, classes="reason")
        name.cursor_blink = False
        yield name
        yield self._complaint

    def on_mount(self) -> None:
        """What would be traded, and within what, before anybody agrees to it."""
        self.words.show(live_lines(self._question))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() != self._question.account:
            self._complaint.say(f"that is not {self._question.account}; nothing has begun", Tone.DANGER)
        elif self.can_be_read:
            self.dismiss(self._question.account)


def live_lines(question: LiveQuestion) -> tuple[Line, ...]:
    """The question in lines."""
    limits = ", ".join(_limit(name, value) for name, value in question.limits)
    lines: list[Line] = [
        (
            Span("LIVE REAL MONEY", Tone.LIVE, badge=True),
            Span(" account "),
            Span(question.account, Tone.STRONG),
            Span(f" at {question.host}"),
        ),
        (Span(f"decided by {question.decider}, prompt {question.prompt}, autonomy {question.autonomy.value}"),),
        (Span("At most (the smaller of prompt and live_caps): ", Tone.DIM), Span(f"{limits}.")),
    ]
    if question.warning:
        lines.append((Span("WARNING", Tone.WARNING, badge=True), Span(f" {question.warning}", Tone.WARNING)))
    return tuple(lines)


def _limit(name: str, value: str) -> str:
    """`max_daily_loss_pct` of 1 as `daily loss 1 %`."""
    words = name.removeprefix("max_").removesuffix("_pct").replace("_", " ")
    return f"{words} {value} %" if name.endswith("_pct") else f"{words} {value}"
