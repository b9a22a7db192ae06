"""The trading screen: status above, the board of panes, the most important keys below."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.screen import Screen

from tui_trader.core.words import Mode, Symbol, TradingState
from tui_trader.engine import views
from tui_trader.engine.views import Question, QuotesView, StatusView
from tui_trader.tui.actions import ALL_ACTIONS, TRADING_ACTIONS, VIEW_ACTIONS, Action, Danger, bindings_of, key_name
from tui_trader.tui.card_lines import card_lines
from tui_trader.tui.panes.audit import AuditPane
from tui_trader.tui.panes.book import BookPane
from tui_trader.tui.panes.chart import ChartPane
from tui_trader.tui.panes.decision import DecisionPane
from tui_trader.tui.panes.limits import LimitsPane
from tui_trader.tui.panes.market import MarketPane
from tui_trader.tui.panes.pane import Source
from tui_trader.tui.panes.positions import PositionsPane
from tui_trader.tui.screens.arrangement import PaneName
from tui_trader.tui.screens.board import PaneBoard
from tui_trader.tui.screens.sized import HEIGHTS, TOO_SMALL, WIDTHS
from tui_trader.tui.status_facts import COMPACT_BELOW, status_facts
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.status_bar import Fact, StatusBar
from tui_trader.tui.widgets.tone import Span, Tone

_STATUS_EVERY = 0.25
"""Real seconds; the bar is looked at oftener than it changes, so that silence is seen soon."""


class TradingScreen(Screen[None]):
    """Keeps the latest status for those who ask; its views are the engine's, never read back from a pane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(TRADING_ACTIONS, namespace="app."),
        *bindings_of(VIEW_ACTIONS),
    ]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    AUTO_FOCUS = "#quotes"

    def __init__(self, source: Source, mode: Mode | None = None) -> None:
        """`mode` is shown until the engine says its own."""
        super().__init__()
        self._mode = mode
        self._source = source
        self._version = 0
        self._is_stale = False
        self._halt_asked = False
        self.status: StatusView | None = None
        self._bar = StatusBar(glyphs=source.glyphs, id="status")
        self._card = Prose(glyphs=source.glyphs, id="card")
        self._hints = StatusBar(glyphs=source.glyphs, id="hints")
        self._too_small = Prose(glyphs=source.glyphs, id="too-small")
        self._chart = ChartPane(source)
        self._book = BookPane(source)
        self.board = PaneBoard(
            {
                PaneName.MARKET: MarketPane(source),
                PaneName.POSITIONS: PositionsPane(source),
                PaneName.DECISION: DecisionPane(source),
                PaneName.AUDIT: AuditPane(source),
                PaneName.CHART: self._chart,
                PaneName.BOOK: self._book,
                PaneName.LIMITS: LimitsPane(source),
            }
        )

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._bar
        yield self._card
        yield self.board
        yield self._too_small
        yield self._hints

    def on_mount(self) -> None:
        """The bar lives by itself; the rest is in the panes."""
        self._hints.show([_hint(action) for action in ALL_ACTIONS if action.hinted])
        self._too_small.show(
            (
                (Span(TOO_SMALL, Tone.WARNING),),
                (Span("h, F9 or ctrl+g still halt", Tone.DIM),),
            )
        )
        self.look()
        self.set_interval(_STATUS_EVERY, self.look)

    def on_screen_resume(self) -> None:
        """A resize under a dialog has told this screen its size, but not the class that goes with it."""
        self.post_message(Resize(self.app.size, self.app.size))

    def look(self) -> None:
        """Take status and vital signs, and show them."""
        vital = self._source.vitals.look()
        self._version, news = self._source.client.mailbox.take((views.STATUS, views.MARKET), self._version)
        status, quotes = news.get(views.STATUS), news.get(views.MARKET)
        if isinstance(status, StatusView):
            self.status = status
            if status.trading_state is TradingState.HALTED:
                self._halt_asked = False  # from here on the engine's own word is enough
        if isinstance(quotes, QuotesView):
            self._is_stale = any(quote.stale for quote in quotes.rows)
        facts = status_facts(
            self.status,
            vital,
            mode=self._mode,
            halt_asked=self._halt_asked,
            is_stale=self._is_stale,
            is_compact=self.app.size.width < COMPACT_BELOW,
        )
        self._bar.show(facts)
        self._show_card()
        state = self.trading_state
        mode = self.status.mode if self.status is not None else self._mode
        self.app.set_class(mode is Mode.LIVE, "-live")
        self.app.set_class(state is TradingState.HALTED, "-halted")
        self.app.set_class(state is TradingState.REDUCING, "-reducing")

    def _show_card(self) -> None:
        """The oldest question that waits. It takes room, never the focus, and no key but its own two."""
        status = self.status
        lines = card_lines(status.approvals, status.time) if status is not None else ()
        self._card.display = bool(lines)
        if lines:
            self._card.show(lines)

    @property
    def question(self) -> Question | None:
        """The question on the card."""
        return self.status.approvals[0] if self.status is not None and self.status.approvals else None

    @property
    def trading_state(self) -> TradingState | None:
        """The state as far as it is known here; a halt that was asked for counts at once."""
        if self._halt_asked:
            return TradingState.HALTED
        return self.status.trading_state if self.status is not None else None

    def halt_asked(self) -> None:
        """The switch has been tripped: the screen says so before any view can."""
        self._halt_asked = True
        self.look()

    def halt_settled(self) -> None:
        """Whatever the engine says from now on is newer than the halt that was asked for."""
        self._halt_asked = False

    def on_market_pane_symbol_chosen(self, message: MarketPane.SymbolChosen) -> None:
        """What is about one symbol follows the cursor among the prices."""
        message.stop()
        self._chart.watch_symbol(message.symbol)
        self._book.watch_symbol(message.symbol)

    def action_pane(self, number: int) -> None:
        """Put the focus on the pane with this number, from one."""
        self.board.go_to(tuple(PaneName)[number - 1])

    @property
    def symbol(self) -> Symbol | None:
        """The symbol under the cursor among the prices."""
        return self._chart.symbol

    def action_zoom(self) -> None:
        """One pane over all, and back."""
        self.board.zoom()

    def action_frame(self, by: int) -> None:
        """Longer or shorter bars in the chart."""
        self._chart.change_frame(by)

    def action_step(self, by: int) -> None:
        """Coarser or finer rungs in the book."""
        self._book.change_step(by)

    def action_indicators(self) -> None:
        """With means over the bars, or without."""
        self._chart.toggle_indicators()


def _hint(action: Action) -> Fact:
    tone = Tone.STRONG if action.danger is Danger.AT_ONCE else Tone.PLAIN
    return Fact(label=key_name(action.keys[0]), text=action.label, tone=tone, priority=0 if tone is Tone.STRONG else 1)
