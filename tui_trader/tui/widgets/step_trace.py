"""A chain of steps that lights up as they run: each step's state is a sign, a tone and, in full, a time and a note."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from rich.cells import cell_len

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.line_view import Picture
from tui_trader.tui.widgets.text import Align, fitted, on_one_line
from tui_trader.tui.widgets.tone import Line, Span, Tone


class StepStatus(StrEnum):
    """How far a step is."""

    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class TraceForm(StrEnum):
    """How a chain is drawn: a line a step, all in one line, or signs with one name."""

    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `elapsed` is formatted text; `note` says what came of it, `note_tone` how that is meant."""

    name: str
    status: StepStatus = StepStatus.IDLE
    elapsed: str = ""
    note: str = ""
    note_tone: Tone = Tone.PLAIN


_TONES = {
    StepStatus.IDLE: Tone.DIM,
    StepStatus.RUNNING: Tone.WARNING,
    StepStatus.DONE: Tone.STRONG,
    StepStatus.SKIPPED: Tone.DIM,
    StepStatus.FAILED: Tone.DANGER,
}
_ELAPSED_WIDTH = 6
"""Cells for `12.3s`, `2m05s` and a gap."""


def sign_of(status: StepStatus, glyphs: Glyphs = UNICODE) -> str:
    """The sign of a status: each has its own, so that the chain can be read without colours."""
    match status:
        case StepStatus.IDLE:
            return glyphs.idle
        case StepStatus.RUNNING:
            return glyphs.running
        case StepStatus.DONE:
            return glyphs.done
        case StepStatus.SKIPPED:
            return glyphs.skipped
        case StepStatus.FAILED:
            return glyphs.failed
        case _:
            assert_never(status)


def trace_lines(steps: Sequence[Step], width: int, height: int, glyphs: Glyphs = UNICODE) -> tuple[Line, ...]:
    """The chain in the fullest form that fits: vertical, else horizontal, else compact."""
    shown = [
        replace(
            step,
            name=on_one_line(step.name, glyphs),
            elapsed=on_one_line(step.elapsed, glyphs),
            note=on_one_line(step.note, glyphs),
        )
        for step in steps
    ]
    return _FORMS[form_for(shown, width, height)](shown, width, glyphs)[:height]


def form_for(steps: Sequence[Step], width: int, height: int) -> TraceForm:
    """The fullest form for this size. Vertical needs a line a step; horizontal the names side by side."""
    if height >= len(steps) and (height > 1 or not steps):
        return TraceForm.VERTICAL
    links = 3 * (len(steps) - 1)
    if sum(cell_len(step.name) + 2 for step in steps) + links <= width:
        return TraceForm.HORIZONTAL
    return TraceForm.COMPACT


def _vertical(steps: Sequence[Step], width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Names in a column, times right-aligned, notes in what is left."""
    longest = max((cell_len(step.name) for step in steps), default=0)
    name_width = max(0, min(longest, width - 2))
    lines: list[Line] = []
    for step in steps:
        tone = _TONES[step.status]
        name = fitted(step.name, name_width, Align.LEFT, glyphs)
        sign = sign_of(step.status, glyphs)
        line = [Span(f"{sign} {name}" if name else sign, tone)]
        room = width - name_width - 2
        if room >= _ELAPSED_WIDTH + 1:
            line.append(Span(f" {fitted(step.elapsed, _ELAPSED_WIDTH, Align.RIGHT, glyphs)}", Tone.DIM))
            room -= _ELAPSED_WIDTH + 1
        if step.note and room > 2:
            line.append(Span("  "))
            line.append(_note(step, room - 2, glyphs))
        lines.append(tuple(line))
    return tuple(lines)


def _note(step: Step, room: int, glyphs: Glyphs) -> Span:
    return Span(fitted(step.note, room, Align.LEFT, glyphs).rstrip(), step.note_tone)


def _horizontal(steps: Sequence[Step], width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The chain in the first line; in the second what there is to say of the current step."""
    chain: list[Span] = []
    for step in steps:
        if chain:
            chain.append(Span(f" {glyphs.horizontal} ", Tone.DIM))
        chain.append(Span(f"{sign_of(step.status, glyphs)} {step.name}", _TONES[step.status]))
    return (tuple(chain), _about_current(steps, width, glyphs))


def _compact(steps: Sequence[Step], width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """One sign a step, then the current step by name; its note in the second line."""
    signs = [Span(sign_of(step.status, glyphs), _TONES[step.status]) for step in steps[: max(0, width)]]
    current = current_step(steps)
    room = width - len(signs) - 1
    if current is None or room < 1:
        return (tuple(signs),)
    words = " ".join(filter(None, (current.name, current.elapsed)))
    name = Span(fitted(words, room, Align.LEFT, glyphs).rstrip(), _TONES[current.status])
    return ((*signs, Span(" "), name), (_note(current, width, glyphs),))


def _about_current(steps: Sequence[Step], width: int, glyphs: Glyphs) -> Line:
    current = current_step(steps)
    if current is None:
        return ()
    elapsed = f"{current.elapsed}  " if current.elapsed else ""
    room = width - cell_len(elapsed)
    return (Span(elapsed, Tone.DIM), _note(current, room, glyphs)) if room > 0 else ()


def current_step(steps: Sequence[Step]) -> Step | None:
    """The step to speak of: the one that runs, else one that failed, else the last that was done."""
    for status in (StepStatus.RUNNING, StepStatus.FAILED, StepStatus.DONE):
        found = next((step for step in reversed(steps) if step.status is status), None)
        if found is not None:
            return found
    return None


_FORMS: dict[TraceForm, Callable[[Sequence[Step], int, Glyphs], tuple[Line, ...]]] = {
    TraceForm.VERTICAL: _vertical,
    TraceForm.HORIZONTAL: _horizontal,
    TraceForm.COMPACT: _compact,
}


class StepTrace(Picture):
    """The chain as a widget; its form follows its size."""

    DEFAULT_CSS = """
    StepTrace {
        height: 1fr;
    }
    """

    _steps: tuple[Step, ...] = ()

    def show(self, steps: Sequence[Step]) -> None:
        """Show these steps; lines that stay the same are not painted again."""
        self._steps = tuple(steps)
        self._redraw()

    def _picture(self, width: int, height: int) -> tuple[Line, ...]:
        return trace_lines(self._steps, width, height, self._glyphs)
