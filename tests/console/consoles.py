"""The real app over a fake engine, at a size; and what its screens say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from tests.fakes.engine_client import FakeEngine
from tui_trader.tui.app import TraderApp
from tui_trader.tui.panes.pane import Pane
from tui_trader.tui.screens.trading import TradingScreen
from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs

SIZES = [(80, 24), (120, 40), (200, 60), (100, 24), (200, 24), (80, 60)]


def text_of(screen: Screen[Any]) -> str:
    """What the screen sends to a terminal, as plain lines."""
    return "\n".join(strip.text.rstrip() for strip in screen._compositor.render_strips())


@dataclass(frozen=True, slots=True)
class Console:
    """A running console and the engine behind it."""

    app: TraderApp
    engine: FakeEngine
    pilot: Pilot[None]

    @property
    def trading(self) -> TradingScreen:
        """The screen with the panes, whatever lies over it."""
        return self.app._trading

    @property
    def text(self) -> str:
        """The trading screen."""
        return text_of(self.trading)

    @property
    def dialog(self) -> str:
        """The screen on top."""
        return text_of(self.app.screen)

    @property
    def status(self) -> str:
        """The two lines of the status bar."""
        return "\n".join(self.text.split("\n")[:2])

    async def look(self) -> None:
        """Let every part look now, instead of at its rate, and paint."""
        self.trading.look()
        for pane in self.trading.query(Pane):
            pane.look()
        await self.pilot.pause()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press the keys, and let what follows happen."""
        await self.pilot.press(*keys)
        await self.look()

    @property
    def toasts(self) -> list[str]:
        """What was told, oldest first."""
        return [notification.message for notification in self.app._notifications]


@asynccontextmanager
async def open_console(
    size: tuple[int, int] = (80, 24), *, engine: FakeEngine | None = None, glyphs: Glyphs = UNICODE
) -> AsyncIterator[Console]:
    """The console at this size; the engine has not said anything yet."""
    engine = engine or FakeEngine()
    app = TraderApp(engine, glyphs=glyphs, now=engine.now)
    async with app.run_test(size=size) as pilot:
        console = Console(app, engine, pilot)
        await console.look()
        yield console
