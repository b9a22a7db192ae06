"""The board of panes: puts them where the arrangement says, or one of them over the whole of it."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Container

from tui_trader.tui.panes.pane import Pane
from tui_trader.tui.screens.arrangement import PaneName, Places, arrangement


class PaneBoard(Container):
    """Panes that have no place at this size are not displayed, so they cost nothing; going to one maximises it."""

    def __init__(self, panes: Mapping[PaneName, Pane]) -> None:
        super().__init__(id="panes")
        self._panes = panes
        self._maximised: PaneName | None = None

    def compose(self) -> ComposeResult:
        """All of them; which are displayed is decided with the size."""
        for pane in self._panes.values():
            pane.styles.position = "absolute"
            pane.display = False
            yield pane

    def on_resize(self) -> None:
        """Another size, other places."""
        self._place()

    @property
    def maximised(self) -> PaneName | None:
        """The pane that covers the others."""
        return self._maximised

    def go_to(self, name: PaneName) -> None:
        """Put the focus on it. A pane without a place here comes over the others; going there again leaves it."""
        fits = name in arrangement(*self.size)
        if self._maximised is not None:
            self._maximise(None if self._maximised is name or fits else name)
        elif not fits:
            self._maximise(name)
        if self._panes[name].display:
            self._panes[name].reader.focus()

    def zoom(self) -> None:
        """The pane with the focus over the whole board, and back."""
        focused = next((name for name, pane in self._panes.items() if pane.has_focus_within), None)
        self._maximise(None if self._maximised is not None else focused)

    def _maximise(self, name: PaneName | None) -> None:
        self._maximised = name
        self._place()
        if name is None:
            self._focus_something()

    def _focus_something(self) -> None:
        """The focus never rests on what one cannot see."""
        if not any(pane.display and pane.has_focus_within for pane in self._panes.values()):
            next(pane for pane in self._panes.values() if pane.display).reader.focus()

    def _places(self) -> Places:
        if self._maximised is not None:
            return {self._maximised: self.size.region}
        return arrangement(*self.size)

    def _place(self) -> None:
        if not self.size:
            return
        places = self._places()
        for name, pane in self._panes.items():
            place = places.get(name)
            pane.display = place is not None
            if place is not None:
                pane.styles.offset = (place.x, place.y)
                pane.styles.width = place.width
                pane.styles.height = place.height
