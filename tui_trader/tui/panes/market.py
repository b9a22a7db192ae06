"""The market pane: a row a symbol; the chart and the book show the one under the cursor."""

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.words import Symbol
from tui_trader.engine import views
from tui_trader.engine.views import QuotesView, QuoteView, StatusView
from tui_trader.tui.panes.pane import Pane, Source
from tui_trader.tui.widgets.format import MISSING, age, arrow, number, percent
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.grid_layout import Cell, Column, GridRow, place_columns
from tui_trader.tui.widgets.live_grid import LiveGrid
from tui_trader.tui.widgets.sparkline import SparkStyle, spark_rows
from tui_trader.tui.widgets.text import Align
from tui_trader.tui.widgets.tone import Tone, tone_of

_RIGHT = Align.RIGHT
COLUMNS = (
    Column(title="Symbol", width=9),
    Column(title="Price", width=11, align=_RIGHT),
    Column(title="Change", width=8, align=_RIGHT),
    Column(title="Spread", width=6, align=_RIGHT, priority=2),
    Column(title="Funding", width=8, align=_RIGHT, priority=3),
    Column(title="in", width=3, align=_RIGHT, priority=3),
    Column(title="Age", width=3, align=_RIGHT, priority=1),
    Column(title="Mark", width=11, align=_RIGHT, priority=5),
    Column(title="Volat.", width=6, align=_RIGHT, priority=6),
    Column(title="Trend", width=10, priority=4, stretches=True),
)
"""Spread in basis points; volatility is the standard deviation of one-minute returns."""
_TREND = len(COLUMNS) - 1
_WIDEST_TREND = 48


class MarketPane(Pane):
    """Prices, ten looks a second."""

    @dataclass
    class SymbolChosen(Message):
        """The cursor stands on this symbol."""

        symbol: Symbol

    KEYS: ClassVar = (views.MARKET, views.STATUS)
    EVERY: ClassVar = 0.125

    def __init__(self, source: Source) -> None:
        super().__init__(source, name="market", key="1")
        self._grid = LiveGrid(COLUMNS, cursor=True, empty="no prices yet", glyphs=source.glyphs, id="quotes")

    def compose(self) -> ComposeResult:
        """The rows."""
        yield self._grid

    @property
    def reader(self) -> Widget:
        """The rows."""
        return self._grid

    def draw(self) -> None:
        """The rows."""
        quotes, status = self.view(views.MARKET, QuotesView), self.view(views.STATUS, StatusView)
        if quotes is None:
            return
        now = status.time if status is not None else None
        width = self._trend_width()
        self._grid.show(_row(q, now, width, self.source.glyphs, is_fresh=self.is_fresh) for q in quotes.rows)

    def _trend_width(self) -> int:
        placed = place_columns(COLUMNS, self._grid.size.width - 1)
        return min(_WIDEST_TREND, next((place.width for place in placed if place.index == _TREND), 0))

    def on_live_grid_row_highlighted(self, message: LiveGrid.RowHighlighted) -> None:
        """What is about one symbol follows the cursor."""
        message.stop()
        if message.key is not None:
            self.post_message(self.SymbolChosen(Symbol(message.key)))


def _row(quote: QuoteView, now: Instant | None, trend: int, glyphs: Glyphs, *, is_fresh: bool) -> GridRow:
    """One symbol. What is old is dim in all its figures, and its age says how old."""
    is_old = quote.stale or not is_fresh

    def cell(text: str, tone: Tone = Tone.PLAIN) -> Cell:
        return Cell(text, Tone.DIM if is_old else tone)

    change = tone_of(quote.change)
    curve = spark_rows(quote.trend[-2 * trend :], trend, style=SparkStyle.BRAILLE, glyphs=glyphs) if trend else ()
    return GridRow(
        quote.symbol,
        (
            cell(quote.symbol, Tone.STRONG),
            cell(number(quote.price, quote.decimals), Tone.STRONG),
            cell(f"{arrow(quote.change)}{percent(quote.change)}", change),
            cell(number(quote.spread_bps, 2)),
            cell(percent(quote.funding_rate, 4)),
            cell(_countdown(now, quote.next_funding)),
            Cell(age(quote.age), Tone.DANGER if quote.stale else Tone.DIM),
            cell(number(quote.mark, quote.decimals)),
            cell(percent(quote.volatility, signed=False)),
            cell(curve[0] if curve else "", change),
        ),
    )


def _countdown(now: Instant | None, until: Instant) -> str:
    return MISSING if now is None else age(elapsed(now, until))
