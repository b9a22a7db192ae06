"""The log follows its end, holds still while one reads, and says what is new."""

from tests.console.widgets.host import Host
from tui_trader.tui.widgets.glyphs import ASCII
from tui_trader.tui.widgets.tail_log import LogEntry, TailLog
from tui_trader.tui.widgets.tone import Tone


def _entries(first: int, last: int) -> list[LogEntry]:
    return [
        LogEntry(prefix=f"{n:>3}", time="10:00:00", kind="order.intent", text=f"entry {n}") for n in range(first, last)
    ]


async def test_it_shows_prefix_time_kind_and_text_in_columns() -> None:
    app = Host(TailLog(kind_width=13))
    async with app.run_test(size=(60, 3)) as pilot:
        app.view.append([*_entries(7, 8), LogEntry(time="10:00:01", kind="fill", text="0.01 BTC", tone=Tone.UP)])
        await pilot.pause()
        assert app.lines[0] == "  7 10:00:00 order.intent  entry 7"
        assert app.lines[1] == "10:00:01 fill          0.01 BTC"


async def test_it_follows_the_end() -> None:
    app = Host(TailLog())
    async with app.run_test(size=(60, 4)) as pilot:
        for start in range(0, 40, 10):
            app.view.append(_entries(start, start + 10))
        await pilot.pause()
        assert app.lines[-1].endswith("entry 39")
        assert app.view.follows


async def test_scrolled_up_it_holds_still_and_counts_what_is_new() -> None:
    app = Host(TailLog())
    async with app.run_test(size=(60, 4)) as pilot:
        app.view.append(_entries(0, 20))
        await pilot.pause()
        app.view.focus()
        await pilot.press("k", "k", "k")
        await pilot.pause()
        before = app.lines
        assert not app.view.follows
        app.view.append(_entries(20, 27))
        await pilot.pause()
        assert app.lines[:3] == before[:3]
        assert app.lines[3].endswith("▼ 7 new")
        assert app.view.unseen == 7


async def test_end_follows_again() -> None:
    app = Host(TailLog())
    async with app.run_test(size=(60, 4)) as pilot:
        app.view.append(_entries(0, 20))
        await pilot.pause()
        app.view.focus()
        await pilot.press("home")
        await pilot.pause()
        app.view.append(_entries(20, 25))
        await pilot.press("end")
        await pilot.pause()
        assert (app.view.follows, app.view.unseen) == (True, 0)
        assert app.lines[-1].endswith("entry 24")


async def test_scrolling_down_to_the_end_by_hand_follows_again() -> None:
    app = Host(TailLog())
    async with app.run_test(size=(60, 4)) as pilot:
        app.view.append(_entries(0, 20))
        await pilot.pause()
        app.view.focus()
        await pilot.press("k")
        app.view.append(_entries(20, 21))
        await pilot.pause()
        await pilot.press("j", "j")
        await pilot.pause()
        assert (app.view.follows, app.view.unseen) == (True, 0)


async def test_the_entries_being_read_stay_in_place_when_old_ones_fall_off() -> None:
    app = Host(TailLog(capacity=30))
    async with app.run_test(size=(60, 4)) as pilot:
        app.view.append(_entries(0, 30))
        await pilot.pause()
        app.view.scroll_to(y=15, animate=False)
        await pilot.pause()
        before = app.lines
        app.view.append(_entries(30, 40))
        await pilot.pause()
        assert app.lines[:3] == before[:3]
        app.view.append(_entries(40, 70))
        await pilot.pause()
        assert app.lines[0].endswith("entry 40")
        assert app.view.unseen == 30


async def test_it_keeps_no_more_than_its_capacity() -> None:
    app = Host(TailLog(capacity=10))
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.append(_entries(0, 1000))
        await pilot.pause()
        assert next(line for line in app.lines if line).endswith("entry 990")
        assert len([line for line in app.lines if line]) == 10


async def test_a_smaller_screen_still_shows_the_end() -> None:
    app = Host(TailLog())
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.append(_entries(0, 30))
        await pilot.pause()
        await pilot.resize_terminal(60, 5)
        await pilot.pause()
        assert app.view.follows
        assert app.lines[-1].endswith("entry 29")


async def test_entries_of_before_a_resize_are_drawn_for_the_new_width_too() -> None:
    app = Host(TailLog(kind_width=13, prefix_from=56))
    async with app.run_test(size=(55, 3)) as pilot:
        app.view.append(_entries(7, 8))
        await pilot.pause()
        assert app.lines[0] == "10:00:00 order.intent  entry 7"
        await pilot.resize_terminal(56, 3)
        await pilot.pause()
        assert app.lines[0] == "  7 10:00:00 order.intent  entry 7"
        await pilot.resize_terminal(55, 3)
        await pilot.pause()
        assert app.lines[0] == "10:00:00 order.intent  entry 7"


async def test_entries_that_came_before_the_first_paint_are_at_the_end() -> None:
    log = TailLog()
    log.append(_entries(0, 30))
    app = Host(log)
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        assert app.lines[-1].endswith("entry 29")
        assert log.follows


async def test_entries_that_came_while_it_was_hidden_are_at_the_end_when_it_is_shown() -> None:
    app = Host(TailLog())
    async with app.run_test(size=(60, 5)) as pilot:
        app.view.display = False
        await pilot.pause()
        app.view.append(_entries(0, 30))
        await pilot.pause()
        app.view.display = True
        await pilot.pause()
        assert app.lines[-1].endswith("entry 29")


async def test_a_long_text_is_cut_with_a_sign_and_markup_is_text() -> None:
    app = Host(TailLog(kind_width=6, glyphs=ASCII))
    async with app.run_test(size=(24, 3)) as pilot:
        app.view.append([LogEntry(time="10:00", kind="llm", text="[red]buy\x1b[31m everything now")])
        await pilot.pause()
        assert app.lines[0] == "10:00 llm    [red]buy[3~"


async def test_clear_forgets_and_says_that_it_is_empty() -> None:
    app = Host(TailLog(empty="no entries yet"))
    async with app.run_test(size=(40, 4)) as pilot:
        app.view.append(_entries(0, 20))
        await pilot.pause()
        app.view.clear()
        await pilot.pause()
        assert app.lines == ["no entries yet", "", "", ""]
