"""Decisions as rows and stories as lines: what was decided, why, for how much, and what came of it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tui_trader.core.clock import text
from tui_trader.core.words import CycleVerdict
from tui_trader.engine.views import DecisionRow
from tui_trader.tui.widgets.format import MISSING, duration, number
from tui_trader.tui.widgets.grid_layout import Cell, Column, GridRow
from tui_trader.tui.widgets.text import Align
from tui_trader.tui.widgets.tone import Line, Span, Tone, tone_of

if TYPE_CHECKING:
    from tui_trader.engine.cycle_story import Told

_RIGHT = Align.RIGHT
DECISION_COLUMNS = (
    Column(title="Cycle", width=6, align=_RIGHT),
    Column(title="Time", width=8),
    Column(title="Verdict", width=7),
    Column(title="Net", width=8, align=_RIGHT, priority=1),
    Column(title="Took", width=6, align=_RIGHT, priority=2),
    Column(title="Tokens", width=7, align=_RIGHT, priority=3),
    Column(title="Cost", width=8, align=_RIGHT, priority=3),
    Column(title="Why", width=20, stretches=True),
)
"""Net is what the opened positions came to after all costs; Cost is the model's, in USD."""

VERDICT_TONES = {
    CycleVerdict.FAULT: Tone.DANGER,
    CycleVerdict.TRADE: Tone.UP,
    CycleVerdict.DENIED: Tone.WARNING,
    CycleVerdict.HOLD: Tone.STRONG,
    CycleVerdict.SKIP: Tone.DIM,
}


def chosen(rows: Iterable[DecisionRow], verdict: CycleVerdict | None, words: str) -> tuple[DecisionRow, ...]:
    """The decisions of this verdict (None: of any) in whose line all the words stand, newest first."""
    wanted = words.lower().split()
    found = (row for row in rows if verdict is None or row.decided.verdict is verdict)
    return tuple(row for row in found if all(word in _searched(row) for word in wanted))[::-1]


def _searched(row: DecisionRow) -> str:
    decided = row.decided
    tools = " ".join(action.tool for action in decided.actions)
    return f"{decided.cycle} {decided.verdict.value} {' '.join(decided.symbols)} {tools} {decided.reason}".lower()


def decision_row(row: DecisionRow) -> GridRow:
    """One decision; its reason is somebody's text and nothing but text."""
    decided = row.decided
    return GridRow(
        str(decided.cycle),
        (
            Cell(str(decided.cycle)),
            Cell(text(row.time)[11:19], Tone.DIM),
            Cell(decided.verdict.value, VERDICT_TONES[decided.verdict]),
            Cell(number(row.net, 2, signed=True) if row.net is not None else MISSING, tone_of(row.net)),
            Cell(duration(decided.milliseconds), Tone.DIM),
            Cell(number(decided.tokens), Tone.DIM),
            Cell(f"${number(decided.cost, 4)}", Tone.DIM),
            Cell(decided.reason or ", ".join(action.tool for action in decided.actions)),
        ),
    )


def story_lines(story: "Sequence[Told]") -> tuple[Line, ...]:
    """The parts under their names; each row's kind, then its text as it is."""
    lines: list[Line] = []
    part = None
    for told in story:
        if told.part is not part:
            part = told.part
            lines += (
                [(), (Span(part.value.upper(), Tone.TITLE),)] if lines else [(Span(part.value.upper(), Tone.TITLE),)]
            )
        first, *rest = told.text.splitlines() or [""]
        lines.append((Span(f"{told.row.record.KIND}  ", Tone.DIM), Span(first)))
        lines += [(Span("  "), Span(line)) for line in rest]
    return tuple(lines)
