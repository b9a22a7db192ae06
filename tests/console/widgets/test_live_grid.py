"""The grid repaints what changed and nothing else, and tells keys, never texts."""

import time
from dataclasses import replace

import pytest
from textual.geometry import Region
from textual.widget import Widget

from tests.console.widgets.host import DrawnLines, Host
from tui_trader.tui.widgets.glyphs import ASCII
from tui_trader.tui.widgets.grid_layout import Cell, Column, GridRow
from tui_trader.tui.widgets.live_grid import LiveGrid
from tui_trader.tui.widgets.text import Align
from tui_trader.tui.widgets.tone import Tone

_COLUMNS = (
    Column(title="Symbol", width=8),
    Column(title="Price", width=10, align=Align.RIGHT),
    Column(title="Change", width=9, align=Align.RIGHT, priority=1),
)


def _row(key: str, price: str = "1.00", change: str = "+0.10%", tone: Tone = Tone.UP) -> GridRow:
    return GridRow(key, (Cell(key), Cell(price), Cell(change, tone)))


def _rows(count: int) -> list[GridRow]:
    return [_row(f"S{index}") for index in range(count)]


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (20, ["Symbol        Price", "S0             1.00", "S1             1.00"]),
        (78, ["Symbol        Price    Change", "S0             1.00    +0.10%", "S1             1.00    +0.10%"]),
        (118, ["Symbol        Price    Change", "S0             1.00    +0.10%", "S1             1.00    +0.10%"]),
    ],
)
async def test_the_grid_shows_titles_and_rows_at_every_width(width: int, lines: list[str]) -> None:
    app = Host(LiveGrid(_COLUMNS))
    async with app.run_test(size=(width, 6)) as pilot:
        app.view.show(_rows(2))
        await pilot.pause()
        assert app.lines == [*lines, "", "", ""]


async def test_only_the_rows_that_changed_are_drawn_again() -> None:
    app = Host(LiveGrid(_COLUMNS))
    async with app.run_test(size=(40, 12)) as pilot:
        rows = _rows(8)
        app.view.show(rows)
        await pilot.pause()
        drawn = DrawnLines(app.view)
        app.view.show(list(rows))
        await pilot.pause()
        assert drawn.take() == []
        rows[2], rows[5] = _row("S2", "2.00"), replace(rows[5], cells=(*rows[5].cells[:2], Cell("-0.10%", Tone.DOWN)))
        app.view.show(rows)
        await pilot.pause()
        assert drawn.take() == [3, 6]
        assert app.lines[3] == "S2             2.00    +0.10%"


async def test_dirty_neighbours_share_a_region_and_one_refresh(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Host(LiveGrid(_COLUMNS))
    async with app.run_test(size=(40, 12)) as pilot:
        rows = _rows(9)
        app.view.show(rows)
        await pilot.pause()
        asked: list[tuple[Region, ...]] = []

        def refresh(self: Widget, *regions: Region, **_: object) -> Widget:
            asked.append(regions)
            return self

        monkeypatch.setattr(LiveGrid, "refresh", refresh)
        app.view.show([_row(row.key, "9.00") if row.key in ("S1", "S2", "S7") else row for row in rows])
        assert asked == [(Region(0, 2, 40, 2), Region(0, 8, 40, 1))]


async def test_rows_out_of_view_are_not_drawn() -> None:
    app = Host(LiveGrid(_COLUMNS))
    async with app.run_test(size=(40, 5)) as pilot:
        rows = _rows(30)
        app.view.show(rows)
        await pilot.pause()
        drawn = DrawnLines(app.view)
        rows[20] = _row("S20", "2.00")
        app.view.show(rows)
        await pilot.pause()
        assert drawn.take() == []
        app.view.scroll_to(y=18, animate=False)
        await pilot.pause()
        assert app.lines[:4] == [
            "Symbol        Price    Change",
            "S18            1.00    +0.10%",
            "S19            1.00    +0.10%",
            "S20            2.00    +0.10%",
        ]


async def test_the_last_row_can_be_scrolled_to_under_the_titles() -> None:
    app = Host(LiveGrid(_COLUMNS))
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.show(_rows(30))
        await pilot.pause()
        app.view.focus()
        await pilot.press("end")
        assert app.lines[0].startswith("Symbol")
        assert app.lines[4].startswith("S29")


async def test_a_scrollbar_covers_no_cell() -> None:
    grid = LiveGrid(_COLUMNS)
    grid.show(_rows(20))
    app = Host(grid)
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        assert [row[:-1] for row in app.painted[:2]] == [
            "Symbol        Price    Change",
            "S0             1.00    +0.10%",
        ]
        grid.show(_rows(2))
        await pilot.pause()
        assert app.painted[2] == "S1             1.00    +0.10% "
        await pilot.resize_terminal(29, 6)
        grid.show(_rows(20))
        await pilot.pause()
        assert [row[:-1].rstrip() for row in app.painted[:2]] == ["Symbol        Price", "S0             1.00"]


async def test_rows_that_go_leave_nothing_behind() -> None:
    app = Host(LiveGrid(_COLUMNS, empty="no positions"))
    async with app.run_test(size=(40, 6)) as pilot:
        assert app.lines[1] == "no positions"
        app.view.show(_rows(3))
        await pilot.pause()
        app.view.show(_rows(1))
        await pilot.pause()
        assert [line[:2] for line in app.lines] == ["Sy", "S0", "", "", "", ""]
        app.view.show([])
        await pilot.pause()
        assert app.lines[1] == "no positions"


async def test_the_cursor_stays_on_its_key_when_rows_move() -> None:
    app = Host(LiveGrid(_COLUMNS, cursor=True))
    async with app.run_test(size=(40, 8)) as pilot:
        rows = _rows(4)
        app.view.show(rows)
        app.view.focus()
        await pilot.press("j", "down")
        assert app.view.cursor_key == "S2"
        app.view.show([rows[2], rows[0], rows[1], rows[3]])
        await pilot.pause()
        assert app.view.cursor_key == "S2"
        assert [line[0] for line in app.lines[1:5]] == ["▌", " ", " ", " "]


async def test_the_cursor_goes_to_a_neighbour_when_its_row_is_gone() -> None:
    app = Host(LiveGrid(_COLUMNS, cursor=True))
    async with app.run_test(size=(40, 8)) as pilot:
        rows = _rows(3)
        app.view.show(rows)
        app.view.focus()
        await pilot.press("end")
        app.view.show(rows[:2])
        await pilot.pause()
        under = [app.view.cursor_key]
        app.view.show([])
        await pilot.pause()
        under.append(app.view.cursor_key)
        assert under == ["S1", None]
        assert [message.key for message in app.heard if isinstance(message, LiveGrid.RowHighlighted)] == [
            "S0", "S2", "S1", None,
        ]  # fmt: skip


async def test_enter_and_click_tell_the_key() -> None:
    app = Host(LiveGrid(_COLUMNS, cursor=True))
    async with app.run_test(size=(40, 8)) as pilot:
        app.view.show(_rows(4))
        app.view.focus()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.click(LiveGrid, offset=(3, 4))
        await pilot.click(LiveGrid, offset=(3, 4))
        await pilot.click(LiveGrid, offset=(3, 0))
        await pilot.click(LiveGrid, offset=(3, 7))
        told = [(type(message).__name__, getattr(message, "key", "")) for message in app.heard]
        assert told == [
            ("RowHighlighted", "S0"),
            ("RowSelected", "S0"),
            ("RowHighlighted", "S3"),
            ("RowSelected", "S3"),
        ]


async def test_moving_the_cursor_draws_two_rows_and_scrolls_into_view() -> None:
    app = Host(LiveGrid(_COLUMNS, cursor=True))
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.show(_rows(20))
        app.view.focus()
        await pilot.pause()
        drawn = DrawnLines(app.view)
        await pilot.press("j")
        assert drawn.take() == [1, 2]
        await pilot.press("pagedown")
        assert app.view.cursor_key == "S5"
        assert app.lines[4].startswith("▌S5")
        await pilot.press("home", "k")
        assert app.lines[1].startswith("▌S0")
        assert app.view.point_at("S19")
        assert not app.view.point_at("S99")
        await pilot.pause()
        assert app.lines[4].startswith("▌S19")


async def test_a_smaller_screen_still_shows_the_marked_row() -> None:
    app = Host(LiveGrid(_COLUMNS, cursor=True))
    async with app.run_test(size=(40, 12)) as pilot:
        app.view.show(_rows(20))
        await pilot.pause()
        app.view.point_at("S10")
        await pilot.resize_terminal(40, 5)
        await pilot.pause()
        assert app.lines[4].startswith("▌S10")


async def test_without_a_cursor_the_keys_scroll() -> None:
    app = Host(LiveGrid(_COLUMNS))
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.show(_rows(20))
        app.view.focus()
        await pilot.pause()
        await pilot.press("j", "j")
        assert app.lines[1].startswith("S2")
        assert app.view.cursor_key is None
        assert not app.heard


@pytest.mark.parametrize(
    "text", ["[bold red]x[/]", "[link=file:///etc]x[/link]", "[/]", "[@click=app.quit]x[/]", "\x1b[2J\x1b]0;t\x07x"]
)
async def test_foreign_text_is_shown_as_text(text: str) -> None:
    app = Host(LiveGrid((Column(title="[b]Text[/b]", width=40),)))
    async with app.run_test(size=(60, 4)) as pilot:
        app.view.show([GridRow("k", (Cell(text),))])
        await pilot.pause()
        assert app.lines[0] == "[b]Text[/b]"
        assert app.lines[1] == text.replace("\x1b", "").replace("\x07", "")
        for segment in app.view.render_line(1):
            assert segment.style is not None
            assert not segment.style.meta
            assert segment.style.link is None


async def test_ascii_glyphs_draw_seven_bits_only() -> None:
    app = Host(LiveGrid(_COLUMNS, cursor=True, glyphs=ASCII))
    async with app.run_test(size=(20, 6)) as pilot:
        app.view.show([_row("漢字 très long", "▲ 1.00"), _row("b", "▼ 1–2")])
        await pilot.pause()
        assert all(line.isascii() for line in app.lines)
        app.view.show([_row(f"row {index}") for index in range(20)])
        await pilot.pause()
        assert all(line.isascii() for line in app.painted)


async def test_ascii_glyphs_spell_what_they_can() -> None:
    app = Host(LiveGrid(_COLUMNS, cursor=True, glyphs=ASCII))
    async with app.run_test(size=(20, 6)) as pilot:
        app.view.show([_row("漢字 très long", "▲ 1.00"), _row("b", "▼ 1–2")])
        await pilot.pause()
        assert app.lines[1:3] == [">?? tres~     ^ 1.00"[:20].rstrip(), " b             v 1-2"]


async def test_the_colours_follow_the_theme() -> None:
    app = Host(LiveGrid(_COLUMNS))
    async with app.run_test(size=(40, 4)) as pilot:
        app.view.show(_rows(1))
        await pilot.pause()

        def colour_of_change() -> object:
            styles = [segment.style for segment in app.view.render_line(1) if segment.text.strip() == "+0.10%"]
            assert styles[0] is not None
            return styles[0].color

        before = colour_of_change()
        app.theme = "textual-light"
        await pilot.pause()
        assert colour_of_change() != before


async def test_wrong_rows_are_refused() -> None:
    app = Host(LiveGrid(_COLUMNS))
    async with app.run_test(size=(40, 4)):
        with pytest.raises(ValueError, match="1 cells for 3 columns"):
            app.view.show([GridRow("a", (Cell("x"),))])
        with pytest.raises(ValueError, match="the same key"):
            app.view.show([_row("a"), _row("a")])
    with pytest.raises(ValueError, match="needs a column"):
        LiveGrid(())


async def test_a_flush_of_a_moving_grid_is_cheap(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints a figure and asserts none: the machine's speed is not a rule."""
    columns = [Column(title=f"C{index}", width=10, align=Align.RIGHT) for index in range(10)]
    app = Host(LiveGrid(columns))
    async with app.run_test(size=(120, 40)) as pilot:
        frames = 50
        started = time.perf_counter()
        for frame in range(frames):
            app.view.show(
                [
                    GridRow(f"S{row}", tuple(Cell(f"{row * frame + column}.00") for column in range(10)))
                    for row in range(20)
                ]
            )
            app.view.render_lines(app.view.size.region)
        spent = time.perf_counter() - started
        await pilot.pause()
        assert app.lines[20].split()[0] == f"{19 * (frames - 1)}.00"
    with capsys.disabled():
        print(f"\ngrid 20x10, all rows dirty: {1000 * spent / frames:.2f} ms a frame")
