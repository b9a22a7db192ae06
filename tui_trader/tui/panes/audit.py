"""The audit pane: the journal's tail as it grows, a row a line."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from tui_trader.core.clock import text
from tui_trader.engine import views
from tui_trader.engine.views import AuditLine, AuditView
from tui_trader.tui.panes.pane import Pane, Source
from tui_trader.tui.widgets.format import number
from tui_trader.tui.widgets.tail_log import LogEntry, TailLog
from tui_trader.tui.widgets.tone import Tone

_KINDS = {
    "state": Tone.WARNING,
    "naked": Tone.DANGER,
    "breaker": Tone.WARNING,
    "fill": Tone.UP,
    "decision": Tone.STRONG,
    "position.adopted": Tone.WARNING,
    "emergency": Tone.DANGER,
}
"""Kinds of rows that stand out; all others are dim."""
_KEPT = 1_000
"""Entries; the engine's tail of the journal is half of that, so no entry of it pushes out another."""
_NUMBERED_FROM = 56
"""Cells; in a narrower pane the text needs the room of the rows' numbers."""


class AuditPane(Pane):
    """Twice a second."""

    KEYS: ClassVar = (views.AUDIT,)
    EVERY: ClassVar = 0.5

    def __init__(self, source: Source) -> None:
        super().__init__(source, name="audit", key="4")
        self._log = TailLog(
            capacity=_KEPT,
            kind_width=13,
            prefix_from=_NUMBERED_FROM,
            empty="the journal has not been opened yet",
            glyphs=source.glyphs,
            id="log",
        )
        self._seen = 0

    def compose(self) -> ComposeResult:
        """The log."""
        yield self._log

    @property
    def reader(self) -> Widget:
        """The log."""
        return self._log

    def draw(self) -> None:
        """Append what has come; rows that went by between two looks are counted, not hidden."""
        tail = self.view(views.AUDIT, AuditView)
        if tail is None or not tail.lines:
            return
        fresh = [line for line in tail.lines if line.seq > self._seen]
        if not fresh:
            return
        missed = fresh[0].seq - self._seen - 1 if self._seen else 0
        entries = [_entry(line) for line in fresh]
        if missed > 0:
            entries.insert(0, LogEntry(text=f"{number(missed)} rows went by; `audit show` has them", tone=Tone.DIM))
        self._log.append(entries)
        self._seen = fresh[-1].seq
        self.note(f"{number(self._seen)} entries")


def _entry(line: AuditLine) -> LogEntry:
    return LogEntry(
        prefix=f"{line.seq:>5}",
        time=text(line.time)[11:19],
        kind=line.kind,
        kind_tone=_KINDS.get(line.kind, Tone.DIM),
        text=line.text,
    )
