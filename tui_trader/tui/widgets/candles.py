"""Candles over time with a price axis at the right, as a widget."""

from tui_trader.tui.widgets.candle_drawing import candle_lines
from tui_trader.tui.widgets.chart import Chart
from tui_trader.tui.widgets.line_view import Picture
from tui_trader.tui.widgets.tone import Line


class Candles(Picture):
    """A chart as a widget; the newest bars that there is room for."""

    DEFAULT_CSS = """
    Candles { height: 1fr; }
    """

    _chart = Chart()

    def show(self, chart: Chart) -> None:
        """Show this chart."""
        self._chart = chart
        self._redraw()

    def _picture(self, width: int, height: int) -> tuple[Line, ...]:
        return candle_lines(self._chart, width, height, self._glyphs)
