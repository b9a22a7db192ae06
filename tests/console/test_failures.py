"""A console that fails: no local variable reaches the terminal, the log has the trace, the caller hears of it."""

import logging

import pytest
from textual.pilot import Pilot

from tests.fakes.engine_client import FakeEngine
from tui_trader.engine.resources import shipped
from tui_trader.engine.settings import SettingsError
from tui_trader.tui.app import TraderApp
from tui_trader.tui.opening import chosen_themes
from tui_trader.tui.widgets.glyphs import UNICODE

_SECRET = "sk-do-not-print-me"


async def test_a_crash_prints_no_local_variable(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    class _Failing(TraderApp):
        def action_help(self) -> None:
            balance = _SECRET
            raise ValueError(len(balance))

    app = _Failing(FakeEngine(), glyphs=UNICODE)
    with caplog.at_level(logging.ERROR), pytest.raises(ValueError, match="18"):
        await _press(app, "question_mark")
    assert app.return_code == 1
    printed = capsys.readouterr()
    assert _SECRET not in printed.out + printed.err + caplog.text
    assert "ValueError" in caplog.text


async def _press(app: TraderApp, key: str) -> None:
    async with app.run_test() as pilot:
        assert isinstance(pilot, Pilot)
        await pilot.press(key)


async def test_leaving_is_asked_for_from_any_thread_and_before_there_is_anything_to_leave() -> None:
    app = TraderApp(FakeEngine(), glyphs=UNICODE)
    app.leave()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app._exit
    app.leave()  # the loop has gone; nothing happens


async def test_the_first_picture_comes_before_the_engine() -> None:
    order: list[str] = []

    class _Watched(TraderApp):
        def _display(self, *arguments: object) -> None:
            order.append("picture")
            super()._display(*arguments)  # type: ignore[arg-type]  # a spy on Textual's own method

    app = _Watched(FakeEngine(), glyphs=UNICODE, painted=lambda: order.append("engine"))
    async with app.run_test() as pilot:
        await pilot.pause()
    assert order.count("engine") == 1
    assert order.index("picture") < order.index("engine")


def test_a_theme_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SettingsError, match=r"theme sunset: not known. Use one of clear, light, midnight, mono"):
        chosen_themes("sunset", [shipped("themes")])
    assert {theme.name for theme in chosen_themes("nord", [shipped("themes")]).themes} >= {"midnight"}
