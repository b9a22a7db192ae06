"""A tiny app around one widget, and a spy that says which of its lines were drawn anew."""

from typing import Generic, TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.strip import Strip

from tui_trader.tui.themes import theme_variable_defaults
from tui_trader.tui.widgets.line_view import LineView
from tui_trader.tui.widgets.live_grid import LiveGrid

_View = TypeVar("_View", bound=LineView)


class Host(App[None], Generic[_View]):
    """Shows one widget over the whole screen, and keeps the messages of grids."""

    def __init__(self, view: _View) -> None:
        super().__init__()
        self.animation_level = "none"
        self.view = view
        self.heard: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The project's own variables, as every app of it defines them."""
        return theme_variable_defaults(dark=self.current_theme.dark)

    def compose(self) -> ComposeResult:
        """The widget, alone."""
        yield self.view

    def on_live_grid_row_highlighted(self, message: LiveGrid.RowHighlighted) -> None:
        """Keep it."""
        self.heard.append(message)

    def on_live_grid_row_selected(self, message: LiveGrid.RowSelected) -> None:
        """Keep it."""
        self.heard.append(message)

    @property
    def lines(self) -> list[str]:
        """What the widget shows, line by line, without blanks at the ends."""
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]

    @property
    def painted(self) -> list[str]:
        """The whole screen as the compositor sends it to a terminal, scrollbars included."""
        return [strip.text for strip in self.screen._compositor.render_strips()]


class DrawnLines:
    """Counts how often the screen asked the widget for each line since the last `take`."""

    def __init__(self, view: LineView) -> None:
        self._drawn: list[int] = []
        original = view.render_line

        def counted(y: int) -> Strip:
            self._drawn.append(y)
            return original(y)

        view.render_line = counted  # type: ignore[method-assign]  # a spy on one instance

    def take(self) -> list[int]:
        """The lines drawn since the last call, in order."""
        drawn, self._drawn = sorted(self._drawn), []
        return drawn
