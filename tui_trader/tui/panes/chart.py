"""The chart pane: candles of the symbol under the cursor, with what is held, what waits and what was traded."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from tui_trader.core.words import Symbol
from tui_trader.engine import views
from tui_trader.engine.views import CandlesView, FillsView, OrdersView, PositionsView, QuotesView, QuoteView
from tui_trader.market.figures import EMA_FAST, EMA_SLOW
from tui_trader.tui.panes.chart_contents import (
    FormingMinute,
    TimeFrame,
    framed,
    grown,
    lines_of,
    marks_of,
    mean_of,
    minute_bars,
)
from tui_trader.tui.panes.pane import Source, SymbolPane
from tui_trader.tui.widgets.candles import Candles
from tui_trader.tui.widgets.chart import Bar, Chart, Overlay
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.tone import Span, Tone


class ChartPane(SymbolPane, can_focus=True):
    """Eight looks a second."""

    KEYS: ClassVar = (views.MARKET, views.POSITIONS, views.ORDERS, views.FILLS)
    SYMBOL_KEYS: ClassVar = (views.CANDLES,)
    EVERY: ClassVar = 0.125

    def __init__(self, source: Source) -> None:
        super().__init__(source, name="chart", key="5")
        self._candles = Candles(glyphs=source.glyphs, id="candles")
        self._words = Prose(glyphs=source.glyphs, id="no-candles")
        self._frame = TimeFrame.MINUTE
        self._shows_indicators = True
        self._forming = FormingMinute()
        self._drawn: CandlesView | None = None
        self._minutes: tuple[Bar, ...] = ()
        self._framed: tuple[Bar, ...] = ()
        self._means: tuple[Overlay, ...] = ()

    def compose(self) -> ComposeResult:
        """The candles, or why there are none."""
        yield self._candles
        yield self._words

    @property
    def reader(self) -> Widget:
        """The pane itself."""
        return self

    def change_frame(self, by: int) -> None:
        """Longer (1) or shorter (-1) bars."""
        self._frame = self._frame.next(by)
        self._frame_bars()
        self.draw()

    def toggle_indicators(self) -> None:
        """The means over the bars, or the bars alone."""
        self._shows_indicators = not self._shows_indicators
        self.draw()

    def watch_symbol(self, symbol: Symbol) -> None:
        """Another symbol: its minute is another one."""
        if symbol != self.symbol:
            self._forming = FormingMinute()
        super().watch_symbol(symbol)

    def draw(self) -> None:
        """All of it; only cells that changed are painted."""
        candles, quote = self.symbol_view(views.CANDLES, CandlesView), self._quote()
        self._take(candles)
        has_bars = bool(self._framed)
        self._candles.display, self._words.display = has_bars, not has_bars
        if not has_bars or quote is None:
            self._words.show(((Span("no closed minute yet", Tone.DIM),),))
            self.note(self.symbol or "")
            return
        price = float(quote.price)
        bars = grown(self._framed[-1:], self._forming.seen(price, self._minutes[-1]), self._frame)
        self._candles.show(self._chart((*self._framed[:-1], *bars), quote))
        means = " ".join(mean.name for mean in self._means) if self._shows_indicators else "no indicators"
        self.note(f"{quote.symbol} {self._frame.label}, {means}")

    def _take(self, candles: CandlesView | None) -> None:
        """Closed minutes change once a minute; what is made of them is kept until then."""
        if candles is self._drawn:
            return
        self._drawn = candles
        self._minutes = minute_bars(candles.candles) if candles is not None else ()
        self._frame_bars()

    def _frame_bars(self) -> None:
        self._framed = framed(self._minutes, self._frame)
        self._means = (mean_of(self._framed, EMA_FAST, Tone.WARNING), mean_of(self._framed, EMA_SLOW, Tone.PAPER))

    def _chart(self, bars: Sequence[Bar], quote: QuoteView) -> Chart:
        held, orders = self.view(views.POSITIONS, PositionsView), self.view(views.ORDERS, OrdersView)
        fills = self.view(views.FILLS, FillsView)
        position = next((row for row in held.rows if row.symbol == quote.symbol), None) if held else None
        missing = (None,) * (len(bars) - len(self._framed))
        return Chart(
            bars=tuple(bars),
            last=float(quote.price),
            places=quote.decimals,
            lines=lines_of(
                position, [row for row in orders.rows if row.intent.symbol == quote.symbol] if orders else ()
            ),
            marks=marks_of(fill for fill in fills.rows if fill.symbol == quote.symbol) if fills else (),
            overlays=tuple(Overlay(mean.name, (*mean.values, *missing), mean.tone) for mean in self._means)
            if self._shows_indicators
            else (),
            is_old=quote.stale or not self.is_fresh,
        )

    def _quote(self) -> QuoteView | None:
        quotes = self.view(views.MARKET, QuotesView)
        return next((quote for quote in quotes.rows if quote.symbol == self.symbol), None) if quotes else None
