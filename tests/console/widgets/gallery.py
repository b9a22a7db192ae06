"""All widgets on one screen, as a program: what a terminal really gets is read from outside.

`python -m tests.console.widgets.gallery`; `q` leaves.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from tui_trader.tui.themes import theme_variable_defaults
from tui_trader.tui.widgets.candles import Candles
from tui_trader.tui.widgets.chart import Bar, Chart, PriceLine
from tui_trader.tui.widgets.format import arrow, number, percent
from tui_trader.tui.widgets.gauge import Gauges, Reading
from tui_trader.tui.widgets.glyphs import Glyphs, terminal_glyphs
from tui_trader.tui.widgets.grid_layout import Cell, Column, GridRow
from tui_trader.tui.widgets.ladder import Depth, Ladder, Rung
from tui_trader.tui.widgets.live_grid import LiveGrid
from tui_trader.tui.widgets.sparkline import Curve, Sparkline
from tui_trader.tui.widgets.status_bar import Fact, StatusBar
from tui_trader.tui.widgets.step_trace import Step, StepStatus, StepTrace
from tui_trader.tui.widgets.tail_log import LogEntry, TailLog
from tui_trader.tui.widgets.text import Align
from tui_trader.tui.widgets.tone import Tone, tone_of

_COLUMNS = (
    Column(title="Symbol", width=8),
    Column(title="Price", width=11, align=Align.RIGHT),
    Column(title="Change", width=9, align=Align.RIGHT),
    Column(title="Note", width=10, priority=1, stretches=True),
)
_START = datetime(2025, 5, 5, 12, tzinfo=UTC)


class Gallery(App[None]):
    """One of each."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "Quit")]
    CSS = """
    LiveGrid { height: 30; max-height: 6; }
    StepTrace { height: 3; }
    #market { height: 7; }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self.animation_level = "none"
        self.bar = StatusBar(glyphs=glyphs)
        self.grid = LiveGrid(_COLUMNS, cursor=True, glyphs=glyphs)
        self.trace = StepTrace(glyphs=glyphs)
        self.spark = Sparkline(glyphs=glyphs)
        self.gauges = Gauges(glyphs=glyphs)
        self.candles = Candles(glyphs=glyphs)
        self.ladder = Ladder(glyphs=glyphs)
        self.market = Horizontal(self.candles, self.ladder, id="market")
        self.tail = TailLog(kind_width=8, glyphs=glyphs)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The project's own variables."""
        return theme_variable_defaults(dark=self.current_theme.dark)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield from (self.bar, self.grid, self.trace, self.spark, self.gauges, self.market, self.tail)

    def on_mount(self) -> None:
        """Show something in each."""
        self.bar.show(
            (
                Fact(text="PAPER", tone=Tone.PAPER, badge=True),
                Fact(text="ACTIVE"),
                Fact(text=number("10000", 2), label="equity", priority=1),
            )
        )
        changes = [Decimal("0.0125"), Decimal("-0.004"), Decimal(0)]
        self.grid.show(
            GridRow(
                f"S{index}",
                (
                    Cell(f"S{index}", Tone.STRONG),
                    Cell(number(1000 * index, 2)),
                    Cell(f"{arrow(changes[index % 3])}{percent(changes[index % 3])}", tone_of(changes[index % 3])),
                    Cell("[b]plain – text[/b]"),
                ),
            )
            for index in range(12)
        )
        statuses = (StepStatus.DONE, StepStatus.RUNNING, StepStatus.IDLE)
        self.trace.show([Step(name=f"step{index}", status=status) for index, status in enumerate(statuses)])
        self.spark.show(Curve(values=tuple(float(x) for x in range(16))))
        self.gauges.show(Reading(label="day loss", value=Decimal(1), limit=Decimal(3), text="1 of 3"))
        self.candles.show(
            Chart(
                bars=tuple(
                    Bar(_START + timedelta(minutes=n), 100 + n % 5, 106 + n % 5, 99 + n % 5, 101 + n % 7, 1 + n % 3)
                    for n in range(90)
                ),
                last=104.0,
                lines=(PriceLine("stop", 98.0, Tone.DOWN),),
            )
        )
        touch = Decimal(100)
        self.ladder.show(
            Depth(
                asks=tuple(Rung(touch + n, Decimal(n)) for n in range(1, 9)),
                bids=tuple(Rung(touch - n, Decimal(n)) for n in range(9)),
            )
        )
        self.tail.append([LogEntry(time="10:00:00", kind="fill", text=f"entry {n}") for n in range(60)])
        self.grid.focus()


if __name__ == "__main__":
    Gallery(terminal_glyphs()).run(mouse=False)
