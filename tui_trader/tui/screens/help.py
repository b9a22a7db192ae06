"""The help: every action with its keys, from the registry, and what the signs mean."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from tui_trader.tui.actions import ALL_ACTIONS, PANES, VIEWS, Action, key_name
from tui_trader.tui.screens.dialog import Dialog
from tui_trader.tui.widgets.prose import Prose
from tui_trader.tui.widgets.text import fitted
from tui_trader.tui.widgets.tone import Line, Span, Tone

_KEYS_WIDTH = 17


class HelpDialog(Dialog[None]):
    """Scrolls where it does not fit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q,enter", "leave", "Leave", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]
    TITLE = "help"
    KEYS_LINE = "escape  back    j k  scroll"

    def compose_more(self) -> ComposeResult:
        """The list."""
        listed = Prose(indent=_KEYS_WIDTH + 1, glyphs=self.glyphs)
        listed.show(help_lines())
        with VerticalScroll(classes="list", can_focus=False) as scroll:
            if self.glyphs.is_ascii:
                scroll.styles.scrollbar_size_vertical = 0  # Textual draws its ends with block elements
            yield listed

    def on_mount(self) -> None:
        """What one comes here for first."""
        self.words.say("A language model trades inside limits that code enforces; you watch and decide.")

    def action_scroll(self, lines: int) -> None:
        """Move the list."""
        self.query_one(".list", VerticalScroll).scroll_relative(y=lines, animate=False)


def help_lines() -> tuple[Line, ...]:
    """All actions, then the keys that every pane knows."""
    others = (
        ("tab shift+tab", "Go from pane to pane."),
        ("j k ↓ ↑", "Scroll, or choose a row."),
        ("end", "To the newest entry, and follow it."),
    )
    signs = (
        ("● ◉ ○ ◌ ✗", "A step is done, runs, waits, was skipped, failed."),
        ("dim figures", "Older than the policy's max_quote_age, or the engine is silent."),
    )
    return (
        *(_about(action) for action in ALL_ACTIONS if action not in (*PANES, *VIEWS)),
        _entry(_first_keys(PANES), f"Go to a pane: {_names(PANES)}; where it has no place, over the others."),
        _entry(_first_keys(VIEWS), f"{_names(VIEWS)}."),
        *(_entry(keys, words) for keys, words in others),
        *(_entry(keys, words) for keys, words in signs),
        _entry("from a shell", "`tui-trader halt`, or touch HALT in the home folder."),
    )


def _first_keys(actions: Sequence[Action]) -> str:
    return " ".join(key_name(action.keys[0]) for action in actions)


def _names(actions: Sequence[Action]) -> str:
    return ", ".join(action.label for action in actions)


def _about(action: Action) -> Line:
    return _entry(" ".join(key_name(key) for key in action.keys), action.help)


def _entry(keys: str, words: str) -> Line:
    return (Span(fitted(keys, _KEYS_WIDTH), Tone.STRONG), Span(f" {words}"))
