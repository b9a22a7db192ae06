"""The shared style sheet is accepted under every theme, and ASCII and halted looks do what they say."""

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.theme import BUILTIN_THEMES
from textual.widgets import Static

import tui_trader.tui
from tui_trader.engine.resources import shipped
from tui_trader.tui.themes import load_themes, theme_variable_defaults

_SHEET = Path(tui_trader.tui.__file__).parent / "css" / "base.tcss"


class _Panes(App[None]):
    CSS_PATH = _SHEET

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme_variable_defaults(dark=self.current_theme.dark)

    def compose(self) -> ComposeResult:
        yield Vertical(Static("prices"), classes="pane")


@pytest.mark.parametrize("theme", [*BUILTIN_THEMES, "midnight", "clear", "light", "mono"])
async def test_every_theme_carries_the_sheet(theme: str) -> None:
    app = _Panes()
    for loaded in load_themes([shipped("themes")]).themes:
        app.register_theme(loaded)
    async with app.run_test(size=(40, 6)) as pilot:
        app.theme = theme
        await pilot.pause()
        assert app.query_one(".pane").styles.border_top[0] == "round"


@pytest.mark.parametrize(
    ("classes", "border"), [("", "round"), ("-halted", "heavy"), ("-ascii", "ascii"), ("-ascii -halted", "ascii")]
)
async def test_the_frame_follows_the_app(classes: str, border: str) -> None:
    app = _Panes()
    app.set_classes(classes)
    async with app.run_test(size=(40, 6)):
        kind, colour = app.query_one(".pane").styles.border_top
        assert kind == border
        danger = app.theme_variables["danger"].lower()
        assert (colour.hex.lower() == danger) == ("-halted" in classes)
