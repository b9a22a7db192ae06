"""The market pane: a row a symbol, and where there is room a picture of the one under the cursor."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from tui_trader.core.clock import Instant, elapsed
from tui_trader.engine import views
from tui_trader.engine.views import QuotesView, QuoteView, StatusView
from tui_trader.tui.panes.pane import Pane, Source
from tui_trader.tui.widgets.format import MISSING, age, arrow, number, percent
from tui_trader.tui.widgets.glyphs import Glyphs
from tui_trader.tui.widgets.grid_layout import Cell, Column, GridRow, place_columns
from tui_trader.tui.widgets.live_grid import LiveGrid
from tui_trader.tui.widgets.sparkline import Curve, Sparkline, SparkStyle, spark_rows
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

    KEYS: ClassVar = (views.MARKET, views.STATUS)
    EVERY: ClassVar = 0.125

    def __init__(self, source: Source) -> None:
        super().__init__(source, name="market", key="1")
        self._grid = LiveGrid(COLUMNS, cursor=True, empty="no prices yet", glyphs=source.glyphs, id="quotes")
        self._chart = Sparkline(glyphs=source.glyphs, id="chart")
        self._shown: str | None = None

    def compose(self) -> ComposeResult:
        """Rows above, the picture below."""
        yield self._grid
        yield self._chart

    @property
    def reader(self) -> Widget:
        """The rows."""
        return self._grid

    def draw(self) -> None:
        """Rows, and the picture of the row under the cursor."""
        quotes, status = self.view(views.MARKET, QuotesView), self.view(views.STATUS, StatusView)
        if quotes is None:
            return
        now = status.time if status is not None else None
        self._grid.styles.height = max(2, len(quotes.rows) + 1)
        width = self._trend_width()
        self._grid.show(_row(q, now, width, self.source.glyphs, is_fresh=self.is_fresh) for q in quotes.rows)
        self._draw_chart(quotes)

    def _trend_width(self) -> int:
        placed = place_columns(COLUMNS, self._grid.size.width - 1)
        return min(_WIDEST_TREND, next((place.width for place in placed if place.index == _TREND), 0))

    def _draw_chart(self, quotes: QuotesView) -> None:
        chosen = next((q for q in quotes.rows if q.symbol == self._shown), quotes.rows[0] if quotes.rows else None)
        if chosen is None or not self._chart.size:
            return
        tone = Tone.DIM if chosen.stale or not self.is_fresh else tone_of(chosen.change)
        self._chart.show(Curve(values=chosen.trend, tone=tone, style=SparkStyle.BRAILLE))
        self.note(_about_chart(chosen))

    def on_live_grid_row_highlighted(self, message: LiveGrid.RowHighlighted) -> None:
        """The picture follows the cursor."""
        message.stop()
        self._shown = message.key
        self.draw()


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


def _about_chart(quote: QuoteView) -> str:
    """What the picture spans."""
    if not quote.trend:
        return ""
    low, high = (number(f"{extreme:f}", quote.decimals) for extreme in (min(quote.trend), max(quote.trend)))
    return f"{quote.symbol}, {len(quote.trend)} min, {low} to {high}"


def _countdown(now: Instant | None, until: Instant) -> str:
    return MISSING if now is None else age(elapsed(now, until))
