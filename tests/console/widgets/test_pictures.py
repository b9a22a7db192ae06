"""Status bar, step trace, sparkline and gauges on a screen: right at every size, repainted line by line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from rich.segment import Segment
from textual.geometry import Region

from tests.console.widgets.host import DrawnLines, Host
from tui_trader.engine.resources import shipped
from tui_trader.tui.themes import load_themes
from tui_trader.tui.widgets.candles import Candles
from tui_trader.tui.widgets.chart import Bar, Chart
from tui_trader.tui.widgets.gauge import Gauges, Reading
from tui_trader.tui.widgets.glyphs import ASCII
from tui_trader.tui.widgets.line_view import Picture, changed_cells
from tui_trader.tui.widgets.sparkline import Curve, Sparkline
from tui_trader.tui.widgets.status_bar import Fact, StatusBar
from tui_trader.tui.widgets.step_trace import Step, StepStatus, StepTrace
from tui_trader.tui.widgets.tone import Span, Tone

_MODE = Fact(text="PAPER", tone=Tone.PAPER, badge=True)


def _two_lines() -> StatusBar:
    bar = StatusBar()
    bar.styles.height = 2
    return bar


async def test_the_bar_repaints_only_the_line_that_changed() -> None:
    app = Host(_two_lines())
    async with app.run_test(size=(20, 3)) as pilot:
        app.view.show([_MODE, Fact(text="ACTIVE"), Fact(text="100.00", label="equity")])
        await pilot.pause()
        assert app.lines == [" PAPER  │ ACTIVE", "equity 100.00"]
        drawn = DrawnLines(app.view)
        app.view.show([_MODE, Fact(text="ACTIVE"), Fact(text="101.00", label="equity")])
        await pilot.pause()
        assert drawn.take() == [1]
        assert app.lines[1] == "equity 101.00"
        app.view.show([_MODE, Fact(text="ACTIVE"), Fact(text="101.00", label="equity")])
        await pilot.pause()
        drawn.take()
        app.view.show([_MODE, Fact(text="ACTIVE"), Fact(text="101.00", label="equity")])
        await pilot.pause()
        assert drawn.take() == []


async def test_the_bar_lays_itself_out_anew_when_the_width_changes() -> None:
    app = Host(StatusBar(glyphs=ASCII))
    async with app.run_test(size=(60, 3)) as pilot:
        app.view.show([_MODE, Fact(text="ACTIVE"), Fact(text="100.00", label="equity", priority=1)])
        await pilot.pause()
        assert app.lines == [" PAPER  | ACTIVE | equity 100.00"]
        await pilot.resize_terminal(20, 3)
        await pilot.pause()
        assert app.lines == [" PAPER  | ACTIVE"]


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "mono", "ansi-dark"])
async def test_the_mode_is_in_reverse_video_in_every_theme(theme: str) -> None:
    app = Host(StatusBar())
    for loaded in load_themes([shipped("themes")]).themes:
        app.register_theme(loaded)
    async with app.run_test(size=(60, 3)) as pilot:
        app.theme = theme
        app.view.show([_MODE, Fact(text="ACTIVE")])
        await pilot.pause()

        def is_reversed(segment: Segment) -> bool:
            return segment.style is not None and bool(segment.style.reverse)

        assert [segment.text for segment in app.view.render_line(0) if is_reversed(segment)] == [" PAPER "]


async def test_a_step_that_lights_up_repaints_its_line() -> None:
    app = Host(StepTrace())
    async with app.run_test(size=(40, 5)) as pilot:
        names = ("gather", "triage", "decide")
        app.view.show([Step(name=name) for name in names])
        await pilot.pause()
        drawn = DrawnLines(app.view)
        app.view.show(
            [Step(name=name, status=StepStatus.RUNNING if name == "triage" else StepStatus.IDLE) for name in names]
        )
        await pilot.pause()
        assert drawn.take() == [1]
        assert [line[:8] for line in app.lines[:3]] == ["○ gather", "◉ triage", "○ decide"]


async def test_the_trace_becomes_compact_when_it_gets_low() -> None:
    app = Host(StepTrace())
    async with app.run_test(size=(30, 5)) as pilot:
        app.view.show([Step(name=name, status=StepStatus.DONE) for name in ("gather", "analyze_market", "log")])
        await pilot.pause()
        assert app.lines[2].startswith("● log")
        await pilot.resize_terminal(20, 1)
        await pilot.pause()
        assert app.lines == ["●●● log"]


async def test_the_sparkline_fills_the_widget() -> None:
    app = Host(Sparkline())
    async with app.run_test(size=(8, 2)) as pilot:
        app.view.show(Curve(values=tuple(map(float, range(8))), tone=Tone.UP))
        await pilot.pause()
        assert app.lines == ["▁▂▃▄▅▆▇█"]


async def test_gauges_take_a_line_each_and_stand_in_columns() -> None:
    app = Host(Gauges(glyphs=ASCII))
    async with app.run_test(size=(30, 6)) as pilot:
        app.view.show(
            Reading(label="day loss", value=Decimal(0), limit=Decimal(3), text="0%"),
            Reading(label="gross", value=None, limit=Decimal(3), text="?"),
        )
        await pilot.pause()
        assert app.lines == ["day loss ..............|... 0%", "gross    ?????????????????? ?"]


async def test_what_was_shown_before_the_first_paint_is_not_lost() -> None:
    bar = StatusBar()
    bar.show([_MODE])
    app = Host(bar)
    async with app.run_test(size=(30, 2)):
        assert app.lines == [" PAPER"]


class _Regions:
    """Which places of a widget asked to be painted anew."""

    def __init__(self, view: Picture) -> None:
        self.asked: list[Region] = []
        original = view.refresh

        def noted(*regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Picture:
            self.asked += regions
            return original(*regions, repaint=repaint, layout=layout, recompose=recompose)

        view.refresh = noted  # type: ignore[method-assign]  # a spy on one instance


async def test_a_chart_repaints_only_the_cells_that_changed() -> None:
    start = datetime(2025, 5, 5, 12, tzinfo=UTC)
    bars = [Bar(start + timedelta(minutes=n), 100.0, 110.0, 90.0, 105.0) for n in range(60)]
    app = Host(Candles())
    async with app.run_test(size=(70, 11)) as pilot:
        app.view.show(Chart(bars=tuple(bars), places=0))
        await pilot.pause()
        regions = _Regions(app.view)
        app.view.show(Chart(bars=(*bars[:-1], replace(bars[-1], close=95.0)), places=0))
        assert regions.asked
        assert {region.width for region in regions.asked} == {1}
        await pilot.pause()
        assert app.lines[-1].split() == ["12:00", "12:15", "12:30", "12:45"]


def test_where_lines_differ_is_counted_in_cells() -> None:
    before = (Span("abc"), Span("def", Tone.UP))
    assert changed_cells(before, before, 10) == (0, 0)
    assert changed_cells(before, (Span("ab"), Span("c"), Span("def", Tone.UP)), 10) == (0, 0)
    assert changed_cells(before, (Span("abc"), Span("dXf", Tone.UP)), 10) == (4, 5)
    assert changed_cells(before, (Span("abc"), Span("def", Tone.DOWN)), 10) == (3, 6)
    assert changed_cells((), before, 10) == (0, 6)
    assert changed_cells(before, (Span("\u4e2d"),), 10) == (0, 10), "signs of two cells shift what follows"
    assert changed_cells((Span("a\u2026c"),), (Span("a\u2026d"),), 10, ASCII) == (4, 5)
