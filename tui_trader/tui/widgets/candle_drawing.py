"""How a chart of candles becomes lines of spans: one column a bar, two halves a line, the axis at the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from rich.cells import cell_len

from tui_trader.tui.widgets.canvas import Canvas
from tui_trader.tui.widgets.chart import Bar, Chart, PriceLine
from tui_trader.tui.widgets.format import number
from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.price_scale import PriceScale, scale_for
from tui_trader.tui.widgets.tone import Line, Tone

_LEAST_PLOT = 4
"""Columns and lines below which nothing is drawn: a picture of three cells says nothing."""
_VOLUME_FROM = 12
_TIMES_FROM = 6
"""Lines of the whole picture from which volume and the line of times are drawn."""
_TICK_EVERY = 4
"""Lines between prices on the axis."""
_TIME_EVERY = 12
"""Columns between times, at least."""
_TIME_STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080)
)


def candle_lines(chart: Chart, width: int, height: int, glyphs: Glyphs = UNICODE) -> tuple[Line, ...]:
    """The newest bars that fit, in `height` lines of `width` cells; none where there is no bar or no room."""
    axis = _axis_width(chart)
    layout = _Layout(width - axis, height)
    bars = chart.bars[-layout.columns :] if layout.columns > 0 else ()
    if not bars or layout.columns < _LEAST_PLOT or layout.plot_rows < _LEAST_PLOT:
        return ()
    extremes = [price for bar in bars for price in (bar.low, bar.high)]
    if chart.last is not None:
        extremes.append(chart.last)
    scale = scale_for(extremes, [line.price for line in chart.lines], layout.plot_rows)
    if scale is None:
        return ()
    canvas = Canvas(width, height)
    drawing = _Drawing(canvas, layout, scale, glyphs, first=layout.columns - len(bars))
    drawing.bars(bars)
    drawing.marks(chart, bars)
    drawing.overlays(chart, len(bars))
    drawing.axis(chart)
    drawing.lines(chart)
    drawing.last(chart)
    if chart.shows_volume:
        drawing.volume(bars)
    drawing.times(bars)
    return canvas.lines()


def _axis_width(chart: Chart) -> int:
    """The longest price, and a blank before and after it."""
    prices = [bar.high for bar in chart.bars[-1:]] + [line.price for line in chart.lines]
    if chart.last is not None:
        prices.append(chart.last)
    return max((cell_len(_price(price, chart.places)) for price in prices), default=0) + 2


def _price(price: float, places: int) -> str:
    return number(f"{price:.{places}f}", places)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Columns for bars; lines for prices, then for volume, then for times."""

    columns: int
    height: int

    @property
    def time_rows(self) -> int:
        return 1 if self.height >= _TIMES_FROM else 0

    @property
    def volume_rows(self) -> int:
        return max(2, self.height // 7) if self.height >= _VOLUME_FROM else 0

    @property
    def plot_rows(self) -> int:
        return self.height - self.time_rows - self.volume_rows


@dataclass(frozen=True, slots=True)
class _Drawing:
    canvas: Canvas
    layout: _Layout
    scale: PriceScale
    glyphs: Glyphs
    first: int
    """The column of the oldest bar that is shown: the newest one stands at the axis."""

    def bars(self, bars: Sequence[Bar]) -> None:
        for index, bar in enumerate(bars):
            tone = Tone.UP if bar.rises else Tone.DOWN
            body = (self.scale.half_row(max(bar.open, bar.close)), self.scale.half_row(min(bar.open, bar.close)))
            wick = (self.scale.half_row(bar.high), self.scale.half_row(bar.low))
            for row in range(wick[0] // 2, wick[1] // 2 + 1):
                halves = tuple(
                    (wick[0] <= half <= wick[1]) + (body[0] <= half <= body[1]) for half in (2 * row, 2 * row + 1)
                )
                sign = self.glyphs.candle(halves[0], halves[1], rises=bar.rises)
                self.canvas.put(self.first + index, row, sign, tone)

    def marks(self, chart: Chart, bars: Sequence[Bar]) -> None:
        """Buys below their bar, sells above it; of several on one bar and side, one sign."""
        for mark in chart.marks:
            index = _index_at(bars, mark.time)
            if index is None:
                continue
            bar = bars[index]
            row = self.scale.row(bar.low) + 1 if mark.is_buy else self.scale.row(bar.high) - 1
            row = min(self.layout.plot_rows - 1, max(0, row))
            self.canvas.put(self.first + index, row, self.glyphs.up if mark.is_buy else self.glyphs.down, mark.tone)

    def overlays(self, chart: Chart, count: int) -> None:
        for overlay in chart.overlays:
            values = overlay.values[-count:]
            start = self.first + count - len(values)
            for index, value in enumerate(values):
                if value is not None and self.scale.holds(value):
                    self.canvas.put_under(start + index, self.scale.row(value), self.glyphs.dot, overlay.tone)

    def axis(self, chart: Chart) -> None:
        for price in self.scale.ticks(_TICK_EVERY):
            self._label(self.scale.row(price), price, chart.places, Tone.DIM)

    def lines(self, chart: Chart) -> None:
        for line in chart.lines:
            if not self.scale.holds(line.price):
                self._point_at(line, chart.places)
                continue
            row = self.scale.row(line.price)
            self._name(row, f"{line.name} ", line.tone)
            self.canvas.put_under(0, row, self.glyphs.dashed * self.layout.columns, line.tone)
            self._label(row, line.price, chart.places, line.tone)

    def last(self, chart: Chart) -> None:
        if chart.last is not None:
            tone = Tone.DIM if chart.is_old else Tone.STRONG
            self._label(self.scale.row(chart.last), chart.last, chart.places, tone, badge=True)

    def volume(self, bars: Sequence[Bar]) -> None:
        rows, levels = self.layout.volume_rows, self.glyphs.levels
        most = max(bar.volume for bar in bars)
        if not rows or most <= 0:
            return
        bottom = self.layout.plot_rows + rows - 1
        for index, bar in enumerate(bars):
            steps = round(bar.volume / most * rows * len(levels))
            for row in range(rows):
                filled = min(len(levels), steps - row * len(levels))
                if filled > 0:
                    tone = Tone.UP if bar.rises else Tone.DOWN
                    self.canvas.put(self.first + index, bottom - row, levels[filled - 1], tone)

    def times(self, bars: Sequence[Bar]) -> None:
        if not self.layout.time_rows:
            return
        row, free_from = self.layout.height - 1, 0
        step = _time_step(bars)
        for index, bar in enumerate(bars):
            since_midnight = bar.time - bar.time.replace(hour=0, minute=0, second=0, microsecond=0)
            label = f"{bar.time:%m-%d}" if not since_midnight else f"{bar.time:%H:%M}"
            x = self.first + index
            if not since_midnight % step and x >= free_from and x + len(label) <= self.layout.columns:
                self.canvas.put(x, row, label, Tone.DIM)
                free_from = x + len(label) + 1

    def _point_at(self, line: PriceLine, places: int) -> None:
        """A line beyond the picture: its name and price at the edge behind which it lies."""
        is_above = line.price > self.scale.high
        row = 0 if is_above else self.layout.plot_rows - 1
        sign = self.glyphs.up if is_above else self.glyphs.down
        self._name(row, f"{sign} {line.name} {_price(line.price, places)} ", line.tone)

    def _name(self, row: int, name: str, tone: Tone) -> None:
        """Where bars leave room for all of it, else over the oldest: a line must not be told by its colour alone."""
        x = self.canvas.room_in(row, len(name), self.layout.columns)
        self.canvas.put(x or 0, row, name[: self.layout.columns], tone)

    def _label(self, row: int, price: float, places: int, tone: Tone, *, badge: bool = False) -> None:
        room = self.canvas.width - self.layout.columns
        self.canvas.put(self.layout.columns, row, f"{_price(price, places)} ".rjust(room), tone, badge=badge)


def _index_at(bars: Sequence[Bar], time: datetime) -> int | None:
    """The bar in which this moment lies; None before the first. What came after the last bar belongs to it."""
    if time < bars[0].time:
        return None
    return next(index for index in reversed(range(len(bars))) if bars[index].time <= time)


def _time_step(bars: Sequence[Bar]) -> timedelta:
    """The least round step at which times stand far enough apart."""
    bar_length = min((later.time - earlier.time for earlier, later in pairwise(bars)), default=_TIME_STEPS[0])
    return next((step for step in _TIME_STEPS if step >= bar_length * _TIME_EVERY), _TIME_STEPS[-1])
