"""The pane: a frame with keys of the mailbox and a rate, which draws when there is news and it can be seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual.containers import Vertical
from textual.widget import Widget

from tui_trader.core.words import Symbol
from tui_trader.engine.client import EngineClient
from tui_trader.tui.vitals import Vital, Vitals
from tui_trader.tui.widgets.glyphs import Glyphs

View = TypeVar("View")


@dataclass(frozen=True, slots=True)
class Source:
    """What all panes look at: the engine's views, its vital signs, and the signs that the terminal can show."""

    client: EngineClient
    vitals: Vitals
    glyphs: Glyphs


class Pane(Vertical):
    """Takes `KEYS` every `EVERY` seconds, and draws if one of them or the engine's condition has changed."""

    KEYS: ClassVar[tuple[str, ...]] = ()
    EVERY: ClassVar[float] = 0.5

    def __init__(self, source: Source, *, name: str, key: str) -> None:
        """`name` is the pane's id; the title names it and the `key` that goes to it."""
        super().__init__(id=name, classes="pane")
        self._title = f"{key} {name}"
        self.border_title = self._title
        self.source = source
        self._version = 0
        self._views: dict[str, object] = {}
        self._vital: Vital | None = None

    def on_mount(self) -> None:
        """Look at once, then at the pane's rate."""
        self.set_interval(self.EVERY, self.look)
        self.call_after_refresh(self.look)

    def on_resize(self) -> None:
        """What is drawn may depend on the room there is."""
        if self._views:
            self.draw()

    def look(self) -> None:
        """Take what is new; a pane that cannot be seen does nothing, and catches up when it can."""
        if not self.size or not self.display:
            return
        vital = self.source.vitals.latest
        self._version, news = self.source.client.mailbox.take(self.keys, self._version)
        if news or vital != self._vital:
            self._keep(news)
            self._vital = vital
            self.draw()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the mailbox that this pane shows now."""
        return self.KEYS

    def _keep(self, news: Mapping[str, object]) -> None:
        self._views.update(news)

    def view(self, key: str, kind: type[View]) -> View | None:
        """The latest view of this key; None before the first."""
        found = self._views.get(key)
        return found if isinstance(found, kind) else None

    def note(self, words: str) -> None:
        """A few words on the frame: below, or where there is only a rule above the pane, behind its title."""
        self.border_subtitle = words
        has_rule_only = self.screen.has_class("-short")
        self.border_title = f"{self._title}, {words}" if words and has_rule_only else self._title

    @property
    def is_fresh(self) -> bool:
        """Whether the views hold now: the engine runs and gives signs of life."""
        return self._vital is not None and self._vital.is_fresh

    def draw(self) -> None:
        """Show the views."""
        raise NotImplementedError

    @property
    def reader(self) -> Widget:
        """What takes the focus when one goes to this pane."""
        raise NotImplementedError


class SymbolPane(Pane):
    """A pane about one symbol: beside `KEYS` it takes `SYMBOL_KEYS`, which end in that symbol."""

    SYMBOL_KEYS: ClassVar[tuple[str, ...]] = ()

    symbol: Symbol | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """With those of the symbol."""
        own = tuple(key + self.symbol for key in self.SYMBOL_KEYS) if self.symbol else ()
        return (*self.KEYS, *own)

    def watch_symbol(self, symbol: Symbol) -> None:
        """Show this one from now on."""
        if symbol != self.symbol:
            self.symbol = symbol
            self._version = 0  # of its own keys nothing was taken yet
            self.look()

    def symbol_view(self, key: str, kind: type[View]) -> View | None:
        """The latest view of this key and the pane's symbol."""
        return self.view(f"{key}{self.symbol}", kind)
