"""What the screen shows at every size, and that nothing foreign is anything but text on it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.console.consoles import SIZES, Console, open_console
from tests.fakes.engine_client import (
    BTC,
    ETH,
    STATUS,
    decided,
    halted,
    holding,
    quote,
    trace,
)
from tui_trader.core.words import CycleVerdict, Mode, TradingState
from tui_trader.engine.views import FeedView, NodeName
from tui_trader.tui.panes.market import MarketPane
from tui_trader.tui.widgets.glyphs import ASCII

_HOLD = decided(7, CycleVerdict.HOLD, "the trend is flat")


@pytest.mark.parametrize("size", SIZES)
async def test_everything_that_matters_is_on_the_screen(size: tuple[int, int]) -> None:
    async with open_console(size) as console:
        console.engine.show(holding(), shown=trace(7, 7, decision=_HOLD))
        console.engine.log("first row", "last row")
        await console.look()
        shown = console.text
        for fact in (
            *("PAPER", "ACTIVE", "auto", "equity 10,012.34", "day +12.3", "$0.25/2.00"),
            *("feed synthetic 1s", "rules: baseline", "next 43s"),
            *("BTCUSDT", "88,377.1", "▼-2.80%", "0.09", "-0.0042%", "ETHUSDT", "2,430.9"),
            *("-0.015", "88,284.7", "88,400.6", "-1.74", "88,858.9", "87,190.0", "117,244.5"),
            *("stop", "ACCEPTED", "hold", "85ms", "1,234 tokens", "the trend is flat", "last row"),
            *(node.value for node in NodeName),
            *("h HALT", "r resume", "f flatten", "d decide", "? help", "q quit"),
        ):
            assert fact in shown, f"{fact!r} is missing at {size}:\n{shown}"
        assert max(map(len, shown.split("\n"))) <= size[0]


@pytest.mark.parametrize("size", SIZES)
async def test_a_halt_with_its_reason_leaves_every_fact_of_the_bar_in_place(size: tuple[int, int]) -> None:
    async with open_console(size) as console:
        feed = FeedView(name="file:/data/BTCUSDT-1m-2025-05-05_2025-05-25.csv.gz", why="", age=1.0)
        console.engine.show(replace(halted("drawdown of 10.3 % reached the limit of 10 %"), feed=feed))
        await console.look()
        for fact in (
            "PAPER",
            "HALTED",
            "drawdown of 10.3 %",
            "auto",
            "equity",
            "day",
            "feed file:BT",
            "1s",
            "next 43s",
        ):
            assert fact in console.status
        assert "rules: baseline" in console.status


async def test_before_the_engine_has_spoken_the_bar_says_so() -> None:
    async with open_console() as console:
        assert "STARTING" in console.status
        console.engine.seconds = 5.0
        await console.look()
        assert "STARTING 5s" in console.status


@pytest.mark.parametrize("mode", list(Mode))
async def test_the_mode_is_a_word(mode: Mode) -> None:
    async with open_console() as console:
        console.engine.show(replace(STATUS, mode=mode))
        await console.look()
        assert f" {mode.value.upper()} " in console.status


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
async def test_a_state_that_is_not_active_shows_by_word_and_by_frame(state: TradingState) -> None:
    async with open_console((120, 40)) as console:
        console.engine.show(replace(STATUS, trading_state=state, reason="because"))
        await console.look()
        assert f" {state.value} " in console.status
        assert "because" in console.status
        frame = console.app.query_one("#market").styles.border_top[0]
        assert (frame == "heavy") is (state is TradingState.HALTED)
        console.engine.show(STATUS)
        await console.look()
        assert state.value not in console.text
        assert console.app.query_one("#market").styles.border_top[0] == "round"


async def test_an_engine_that_gives_no_sign_of_life_is_named_silent_and_its_figures_dim() -> None:
    async with open_console() as console:
        console.engine.show(holding())
        await console.look()
        console.engine.seconds = 1.9
        await console.look()
        assert "SILENT" not in console.status
        console.engine.seconds = 4.2
        await console.look()
        assert "ENGINE SILENT 4s" in console.status
        assert " PAPER " in console.status
        console.engine.beat()  # nothing but a sign of life: the figures hold again
        await console.look()
        assert "SILENT" not in console.status


async def test_old_prices_show_their_age_in_alarm_and_are_dim() -> None:
    async with open_console() as console:
        console.engine.show(quotes=(quote(BTC, "88377.1", age=9.0, stale=True), quote(ETH, "2430.9")))
        await console.look()
        lines = {line.split()[0].lstrip("▌"): line for line in console.text.split("\n") if "USDT" in line}
        assert " 9s " in lines["BTCUSDT"]
        old, new = _colours(console, "88,377.1"), _colours(console, "2,430.9")
        assert old != new
        console.engine.seconds = 3.0
        await console.look()
        assert _colours(console, "2,430.9") == old


def _colours(console: Console, text: str) -> str:
    """The colour in which a figure of the market pane is painted."""
    grid = console.app.query_one("#quotes")
    for y in range(grid.size.height):
        for segment in grid.render_line(y):
            if text in segment.text and segment.style is not None and segment.style.color is not None:
                return segment.style.color.name
    raise AssertionError(f"{text} is not in the market pane")


@pytest.mark.parametrize("size", [(60, 20), (79, 24), (80, 23), (30, 10), (12, 4)])
async def test_a_terminal_too_small_says_so_and_still_halts(size: tuple[int, int]) -> None:
    async with open_console(size) as console:
        console.engine.show(holding())
        await console.look()
        if size[0] >= 60:
            assert "terminal too small (80x24 needed)" in console.text
        assert "PAPER" in console.status
        await console.press("h")
        assert console.engine.tripped == 1
        assert "HALTED" in console.status


async def test_growing_and_shrinking_brings_the_panes_back_as_they_should_be() -> None:
    async with open_console((60, 20)) as console:
        console.engine.show(holding())
        await console.pilot.resize_terminal(200, 60)
        await console.look()
        assert "88,377.1" in console.text
        assert "day loss" in console.text
        await console.pilot.resize_terminal(80, 24)
        await console.look()
        assert "117,244.5" in console.text


async def test_a_resize_under_a_dialog_reaches_the_screen_below() -> None:
    async with open_console((80, 24)) as console:
        console.engine.show(holding())
        await console.press("question_mark")
        await console.pilot.resize_terminal(200, 60)
        await console.press("escape")
        assert console.trading.has_class("-wide", "-tall")


async def test_foreign_text_is_text_and_no_more() -> None:
    evil = "[bold red]x[/] [link=https://a.b]click[/link] \x1b[2J\x1b]0;pwned\x07 \u202edrowssap [/"
    async with open_console((200, 60)) as console:
        console.engine.show(
            replace(halted(evil), feed=FeedView(name=evil, why=evil, age=1.0), decider=evil, prompt=evil),
            shown=trace(7, 7, note=evil, decision=decided(7, CycleVerdict.FAULT, evil)),
        )
        console.engine.log(evil, kind=evil)
        console.engine.decide(decided(6, CycleVerdict.HOLD, evil))
        await console.look()
        assert "[bold red]x[/]" in console.text
        assert "[link=https://a.b]click[/link]" in console.text
        await console.press("r")
        assert "[bold red]x[/]" in console.dialog
        for sign in ("\x1b", "\x07", "\u202e"):
            assert sign not in console.text + console.dialog


async def test_a_position_without_a_stop_is_called_so() -> None:
    async with open_console() as console:
        naked = replace(holding().positions[0], stop_price=None)
        console.engine.show(replace(STATUS, positions=(naked,)))
        await console.look()
        assert "NO STOP" in console.text


async def test_without_utf8_the_whole_screen_is_ascii() -> None:
    async with open_console((120, 40), glyphs=ASCII) as console:
        console.engine.show(holding(), shown=trace(7, 7, decision=_HOLD))
        console.engine.log("– “row” …")
        await console.press("question_mark")
        assert console.dialog.isascii(), [sign for sign in console.dialog if not sign.isascii()]
        await console.press("escape")
        assert console.text.isascii(), [sign for sign in console.text if not sign.isascii()]


async def test_the_nodes_light_up_as_they_run() -> None:
    async with open_console() as console:
        for passed, node in enumerate(NodeName):
            console.engine.show(shown=trace(7, passed))
            await console.look()
            assert f"◉ {node.value}" in console.text
            assert console.text.count("●") == passed
        console.engine.show(shown=trace(7, 2, decision=_HOLD))
        await console.look()
        assert "◌ execute_trade" in console.text


async def test_rows_that_went_by_between_two_looks_are_counted() -> None:
    async with open_console((120, 40)) as console:
        console.engine.show()
        console.engine.log("one")
        await console.look()
        console.engine.log(*(f"row {number}" for number in range(700)))
        await console.look()
        assert "row 699" in console.text
        log = console.app.query_one("#log")
        told = [entry.text for entry in log._entries if "went by" in entry.text]  # type: ignore[attr-defined]
        assert told == ["200 rows went by; `audit show` has them"]


async def test_a_pane_that_cannot_be_seen_takes_nothing_and_catches_up() -> None:
    async with open_console((60, 20)) as console:
        console.engine.show(holding())
        await console.look()
        assert console.trading.query_one(MarketPane)._version == 0
        await console.pilot.resize_terminal(80, 24)
        await console.look()
        assert console.trading.query_one(MarketPane)._version > 0
        assert "88,377.1" in console.text


async def test_limits_near_their_end_are_on_the_wide_screen() -> None:
    async with open_console((200, 60)) as console:
        console.engine.show(replace(STATUS, equity=Decimal(10_000)))
        await console.look()
        assert "2.80 of 3" in console.text
