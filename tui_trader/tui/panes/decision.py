"""The decision pane: the graph as it lights up, what came of it and why, and the decisions before it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui_trader.core.clock import Instant, text
from tui_trader.core.records import CycleDecided
from tui_trader.engine import views
from tui_trader.engine.views import DecisionsView, NodeStage, NodeView, TraceView
from tui_trader.tui.decision_lines import VERDICT_TONES
from tui_trader.tui.panes.pane import Pane, Source
from tui_trader.tui.widgets.format import duration, number
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.step_trace import Step, StepStatus, StepTrace
from tui_trader.tui.widgets.tail_log import LogEntry, TailLog
from tui_trader.tui.widgets.tone import Line, Span, Tone


class DecisionPane(Pane, can_focus=True):
    """Five looks a second, so that the lights can be seen."""

    KEYS: ClassVar = (views.TRACE, views.DECISIONS)
    EVERY: ClassVar = 0.2
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_past(-1)", "Earlier", show=False),
        Binding("down,j", "scroll_past(1)", "Later", show=False),
        Binding("end", "scroll_past(10000)", "Latest", show=False),
    ]

    def __init__(self, source: Source) -> None:
        super().__init__(source, name="decision", key="3")
        self._steps = StepTrace(glyphs=source.glyphs, id="steps")
        self._verdict = Prose(glyphs=source.glyphs, id="verdict")
        self._past = TailLog(kind_width=6, empty="no decisions yet", glyphs=source.glyphs, id="past")
        self._past.can_focus = False  # the pane scrolls it, also at sizes at which it is not there
        self._last = 0

    def compose(self) -> ComposeResult:
        """The graph, the verdict, the decisions before."""
        yield self._steps
        yield self._verdict
        yield self._past

    @property
    def reader(self) -> Widget:
        """The pane itself."""
        return self

    def action_scroll_past(self, lines: int) -> None:
        """Move through the decisions before."""
        self._past.scroll_to(y=self._past.scroll_offset.y + lines, animate=False)

    def draw(self) -> None:
        """Everything; only lines that changed are painted."""
        trace, past = self.view(views.TRACE, TraceView), self.view(views.DECISIONS, DecisionsView)
        if trace is not None:
            self._steps.show([step_of(node, is_over=trace.decision is not None) for node in trace.nodes])
            self._verdict.show(verdict_lines(trace))
            self.note(f"cycle {trace.cycle}" if trace.cycle else "")
        if past is not None:
            self._append(past)

    def _append(self, past: DecisionsView) -> None:
        """Those that are not in the list yet."""
        fresh = [row for row in past.rows if row.seq > self._last]
        self._past.append(_past_entry(row.time, row.decided) for row in fresh)
        self._last = fresh[-1].seq if fresh else self._last


def step_of(node: NodeView, *, is_over: bool) -> Step:
    """A node as a step. Once the cycle is over, what it did not pass was skipped."""
    if node.stage is None:
        return Step(name=node.node.value, status=StepStatus.SKIPPED if is_over else StepStatus.IDLE)
    if node.stage is NodeStage.STARTED:
        return Step(name=node.node.value, status=StepStatus.RUNNING)
    failed = bool(node.fault)
    return Step(
        name=node.node.value,
        status=StepStatus.FAILED if failed else StepStatus.DONE,
        elapsed=duration(node.milliseconds),
        note=_spent(node) + (f"{node.fault} {node.note}".strip() if failed else node.note),
        note_tone=Tone.DANGER if failed else Tone.DIM,
    )


def _spent(node: NodeView) -> str:
    """What a node that asked a model has spent, before what it says."""
    if not node.tokens:
        return ""
    cost = f" ${number(node.cost, 4)}" if node.cost else ""
    return f"{number(node.tokens)} tokens{cost} · "


def verdict_lines(trace: TraceView) -> tuple[Line, ...]:
    """Verdict, time, tokens, cost; then the reason, which is somebody's text and nothing but text."""
    decision = trace.decision
    if decision is None:
        return ((Span("deciding" if trace.cycle else "waiting for the first decision", Tone.DIM),),)
    figures = f"  {duration(decision.milliseconds)}  {_tokens(decision)}"
    head: Line = (Span(decision.verdict.value, VERDICT_TONES[decision.verdict]), Span(figures, Tone.DIM))
    return (head, (Span(decision.reason),)) if decision.reason else (head,)


def _tokens(decision: CycleDecided) -> str:
    cost = f"  ${number(decision.cost, 4)}" if decision.cost else ""
    return f"{number(decision.tokens)} tokens{cost}"


def _past_entry(at: Instant, decision: CycleDecided) -> LogEntry:
    return LogEntry(
        prefix=f"{decision.cycle:>5}",
        time=text(at)[11:19],
        kind=decision.verdict.value,
        kind_tone=VERDICT_TONES[decision.verdict],
        text=decision.reason,
    )
