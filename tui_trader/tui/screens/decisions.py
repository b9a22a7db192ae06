"""The decisions: every cycle a row, and each with its whole story behind it."""

from concurrent.futures import Future
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Input

from tui_trader.core.words import CycleVerdict
from tui_trader.engine import views
from tui_trader.engine.views import DecisionRow, DecisionsView
from tui_trader.tui.decision_lines import DECISION_COLUMNS, VERDICT_TONES, chosen, decision_row, story_lines
from tui_trader.tui.panes.pane import Source
from tui_trader.tui.screens.sized import HEIGHTS, WIDTHS
from tui_trader.tui.widgets.format import number
from tui_trader.tui.widgets.live_grid import LiveGrid
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.status_bar import Fact, StatusBar
from tui_trader.tui.widgets.tone import Line, Span, Tone

if TYPE_CHECKING:
    from tui_trader.engine.cycle_story import Told

_LOOK_EVERY = 0.5
_STORY_EVERY = 0.05
"""Real seconds."""
_VERDICTS: tuple[CycleVerdict | None, ...] = (None, *CycleVerdict)


class DecisionsScreen(Screen[None]):
    """Newest first. Filtered by verdict and by words; Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Back", show=False),
        Binding("v", "next_verdict", "Verdict", show=False),
        Binding("slash", "search", "Search", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    AUTO_FOCUS = "#cycles"

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._version = 0
        self._rows: tuple[DecisionRow, ...] = ()
        self._verdict: CycleVerdict | None = None
        self._words = ""
        self._head = StatusBar(glyphs=source.glyphs, id="decisions-head")
        self._grid = LiveGrid(
            DECISION_COLUMNS, cursor=True, empty="no decision like that", glyphs=source.glyphs, id="cycles"
        )
        self._search = Input(placeholder="words to look for; enter keeps, escape clears", id="search", max_length=80)
        self._search.cursor_blink = False
        self._hints = StatusBar(glyphs=source.glyphs, id="hints")

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._head
        yield self._grid
        yield self._search
        yield self._hints

    def on_mount(self) -> None:
        """Look at once, then twice a second."""
        self._search.display = False
        keys = (("enter", "open"), ("v", "verdict"), ("/", "search"), ("escape", "back"), ("h", "HALT"))
        self._hints.show([Fact(label=key, text=label) for key, label in keys])
        self.set_interval(_LOOK_EVERY, self.look)
        self.look()

    def look(self) -> None:
        """Take the newest decisions."""
        self._version, news = self._source.client.mailbox.take((views.DECISIONS,), self._version)
        found = news.get(views.DECISIONS)
        if isinstance(found, DecisionsView):
            self._rows = found.rows
            self._show()

    def _show(self) -> None:
        shown = chosen(self._rows, self._verdict, self._words)
        self._grid.show(map(decision_row, shown))
        which = self._verdict
        self._head.show(
            (
                Fact(text="DECISIONS", tone=Tone.STRONG),
                Fact(text=f"{number(len(shown))} of the last {number(len(self._rows))}"),
                Fact(
                    label="verdict",
                    text=which.value if which else "any",
                    tone=VERDICT_TONES[which] if which else Tone.PLAIN,
                ),
                *((Fact(label="words", text=self._words),) if self._words else ()),
            )
        )

    def action_leave(self) -> None:
        """Back to trading; words that were looked for go first."""
        if self._words or self._search.display:
            self._close_search(clear=True)
        else:
            self.dismiss(None)

    def action_next_verdict(self) -> None:
        """Any, then one after the other."""
        self._verdict = _VERDICTS[(_VERDICTS.index(self._verdict) + 1) % len(_VERDICTS)]
        self._show()

    def action_search(self) -> None:
        """Type words."""
        self._search.display = True
        self._search.focus()

    @on(Input.Changed, "#search")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._words = event.value.strip()
        self._show()

    @on(Input.Submitted, "#search")
    def _keep_search(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_search(clear=False)

    def _close_search(self, *, clear: bool) -> None:
        if clear:
            self._words = self._search.value = ""
        self._search.display = False
        self._grid.focus()
        self._show()

    @on(LiveGrid.RowSelected, "#cycles")
    def _opened(self, event: LiveGrid.RowSelected) -> None:
        event.stop()
        row = next((row for row in self._rows if str(row.decided.cycle) == event.key), None)
        if row is not None:
            self.app.push_screen(StoryScreen(self._source, row))


class StoryScreen(Screen[None]):
    """One decision step by step: seen, asked, answered, checked, done, and what it came to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Back", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("pagedown,space", "leaf(1)", "Page down", show=False),
        Binding("pageup", "leaf(-1)", "Page up", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    AUTO_FOCUS = ""

    def __init__(self, source: Source, row: DecisionRow) -> None:
        super().__init__()
        self._source = source
        self._row = row
        self._is_told = False
        self._head = StatusBar(glyphs=source.glyphs, id="decisions-head")
        self._story = Prose(indent=4, whole=True, glyphs=source.glyphs, id="story")
        self._scroll = VerticalScroll(self._story, id="story-scroll", can_focus=False)
        self._hints = StatusBar(glyphs=source.glyphs, id="hints")

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._head
        yield self._scroll
        yield self._hints

    def on_mount(self) -> None:
        """Ask the journal; what is known already stands above."""
        decided = self._row.decided
        self._head.show(
            (
                Fact(text=f"CYCLE {decided.cycle}", tone=Tone.STRONG),
                Fact(text=decided.verdict.value, tone=VERDICT_TONES[decided.verdict]),
                Fact(text=decided.reason, priority=1),
            )
        )
        keys = (("j k", "scroll"), ("escape", "back"), ("h", "HALT"))
        self._hints.show([Fact(label=key, text=label) for key, label in keys])
        if self._source.glyphs.is_ascii:
            self._scroll.styles.scrollbar_size_vertical = 0  # Textual draws its ends with block elements
        self._story.say("reading the journal ...", Tone.DIM)
        asked = self._source.client.story(decided.cycle, self._row.seq)
        self.set_interval(_STORY_EVERY, lambda: self.look(asked))
        self.look(asked)

    def look(self, asked: "Future[tuple[Told, ...]]") -> None:
        """Show the story once it is there."""
        if asked.done() and not self._is_told:
            self._is_told = True
            self._story.show(_lines_of(asked))

    def action_leave(self) -> None:
        """Back to the list."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Move by lines."""
        self._scroll.scroll_relative(y=lines, animate=False)

    def action_leaf(self, pages: int) -> None:
        """Move by screenfuls."""
        self._scroll.scroll_relative(y=pages * max(1, self._scroll.size.height - 1), animate=False)


def _lines_of(future: "Future[tuple[Told, ...]]") -> tuple[Line, ...]:
    """The story, or why it cannot be read."""
    error = future.exception()
    if error is not None:
        return ((Span(f"The journal cannot be read here: {error}", Tone.DANGER),),)
    return story_lines(future.result()) or ((Span("The journal has no row of it.", Tone.DIM),),)
