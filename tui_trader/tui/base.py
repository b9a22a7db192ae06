"""The base of our apps: no secret on a crash, no key that is not ours, nothing that blinks, leaving from any thread."""

import asyncio
import contextlib
import logging
from typing import ClassVar

from rich.segment import Segments
from rich.text import Text
from textual.app import App
from textual.binding import BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.theme import Theme

from tui_trader.tui.driver import PatientDriver
from tui_trader.tui.themes import theme_variable_defaults

_log = logging.getLogger(__name__)
_GAP_EVERY = 0.5
_SIZE_EVERY = 0.5


class QuietApp(App[None], inherit_bindings=False):
    """Textual's keys for leaving and its palette are not ours; each key of a console has to be in the registry."""

    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    CLOSE_TIMEOUT = 1.0

    def __init__(self) -> None:
        super().__init__(driver_class=PatientDriver)
        self.animation_level = "none"
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._leaves = False

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The project's own variables, for every theme."""
        return theme_variable_defaults(dark=self.current_theme.dark)

    def wear(self, themes: tuple[Theme, ...], name: str) -> None:
        """Register the themes and put one on."""
        for theme in themes:
            self.register_theme(theme)
        self.theme = name

    def on_mount(self) -> None:
        """From here the app can be left from other threads."""
        self._own_loop = asyncio.get_running_loop()
        self.set_interval(_GAP_EVERY, self._mend_gap)
        self.set_interval(_SIZE_EVERY, self._mind_size)
        if self._leaves:
            self.exit()

    def leave(self) -> None:
        """Exit as soon as the loop turns; from any thread, from a signal handler, and before the app runs."""
        self._leaves = True
        if self._own_loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed: it is left already
                self._own_loop.call_soon_threadsafe(self.exit)

    def _mend_gap(self) -> None:
        """After a stall the terminal has missed lines that nobody will send again."""
        if isinstance(self._driver, PatientDriver) and self._driver.take_gap():
            self.screen.refresh(layout=True)

    def _mind_size(self) -> None:
        """A terminal that got its size while we started, or whose signal was lost, is asked again and again."""
        size = self._driver.size_now() if isinstance(self._driver, PatientDriver) else None
        if size is not None and size != tuple(self.size):
            self.post_message(Resize(Size(*size), Size(*size)))

    def _fatal_error(self) -> None:
        """A failure of the console: the details, which may hold balances, go to the log; the terminal gets a sentence.

        Textual would print every local variable here.
        """
        _log.error("the console failed", exc_info=True)
        words = Text("tui-trader: the console failed; the home's tui-trader.log has the details")
        self._exit_renderables.append(Segments(self.console.render(words, self.console.options)))
        self._close_messages_no_wait()
