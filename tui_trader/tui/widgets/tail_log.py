"""A log that follows its end, unless one has scrolled up to read; then it says how much is new below."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Region, Size
from textual.strip import Strip

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.line_view import LineView
from tui_trader.tui.widgets.text import Align, fitted, on_one_line
from tui_trader.tui.widgets.tone import Line, Span, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of the log. `prefix` is a short mark before all else, such as a row's number."""

    text: str
    time: str = ""
    kind: str = ""
    prefix: str = ""
    tone: Tone = Tone.PLAIN
    kind_tone: Tone = Tone.DIM


def log_line(entry: LogEntry, width: int, kind_width: int, glyphs: Glyphs = UNICODE) -> Line:
    """Prefix, time and kind, then as much of the text as `width` leaves; kinds stand in a column."""
    head: list[Span] = []
    for text, tone in ((entry.prefix, Tone.DIM), (entry.time, Tone.DIM)):
        if text:
            head.append(Span(f"{on_one_line(text, glyphs)} ", tone))
    if kind_width:
        head.append(Span(fitted(on_one_line(entry.kind, glyphs), kind_width, Align.LEFT, glyphs), entry.kind_tone))
        head.append(Span(" "))
    room = width - sum(cell_len(span.text) for span in head)
    text = on_one_line(entry.text, glyphs)
    head.append(Span(fitted(text, room, Align.LEFT, glyphs) if cell_len(text) > room else text, entry.tone))
    return tuple(head)


class TailLog(LineView, can_focus=True):
    """The last `capacity` entries; older ones are let go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Line up", show=False),
        Binding("j", "scroll_down", "Line down", show=False),
        Binding("end", "follow", "Follow the end", show=False),
    ]
    DEFAULT_CSS = """
    TailLog {
        width: 1fr;
        height: 1fr;
        overflow-y: auto;
    }
    """

    def __init__(
        self,
        *,
        capacity: int = 500,
        kind_width: int = 0,
        prefix_from: int = 0,
        empty: str = "",
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """`kind_width` cells are set aside for the kinds; zero leaves them out.

        Prefixes show from a width of `prefix_from` cells on: in less the text needs their room.
        """
        super().__init__(glyphs=glyphs, name=name, id=id, classes=classes)
        self._entries: deque[LogEntry] = deque(maxlen=capacity)
        self._capacity = capacity
        self._kind_width = kind_width
        self._prefix_from = prefix_from
        self._empty = empty
        self._follows = True
        self._unseen = 0

    @property
    def follows(self) -> bool:
        """Whether the newest entry is kept in view."""
        return self._follows

    @property
    def unseen(self) -> int:
        """Entries that came while the view was scrolled up."""
        return self._unseen

    def append(self, entries: Iterable[LogEntry]) -> None:
        """Add entries at the end, oldest first."""
        fresh = tuple(entries)
        if not fresh:
            return
        dropped = max(0, len(self._entries) + len(fresh) - self._capacity)
        self._entries.extend(fresh)
        self.virtual_size = Size(0, len(self._entries))
        if self._follows:
            self._go_to_end()
            self.refresh()
            return
        self._unseen = min(self._unseen + len(fresh), len(self._entries))
        # Entries fell off the top: the view moves with the ones that are being read.
        if dropped and self.scroll_offset.y:
            self.scroll_to(y=max(0, self.scroll_offset.y - dropped), animate=False)
            self.refresh()
        elif dropped:
            self.refresh()
        self._refresh_hint()

    def clear(self) -> None:
        """Forget all entries and follow the end again."""
        self._entries.clear()
        self.virtual_size = Size(0, 0)
        self.action_follow()

    def action_follow(self) -> None:
        """Back to the end, and stay there."""
        self._follows, self._unseen = True, 0
        self._go_to_end()
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling to the end follows it again; scrolling away stops that."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = round(new_value) >= self.max_scroll_y
        if self._follows and self._unseen:
            self._unseen = 0
            self._refresh_hint()

    def on_resize(self, _event: Resize) -> None:
        """A view that followed the end still shows it at its new size."""
        if self._follows:
            self._go_to_end()
        self.refresh()

    def _go_to_end(self) -> None:
        if self.is_mounted:  # before that there is no view; its first size brings it to the end
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        self._follows = True

    def _refresh_hint(self) -> None:
        if self.size.height:
            self.refresh(Region(0, self.size.height - 1, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """An entry of those in view; the last line carries the hint while there is something new below."""
        width, height = self._room
        index = y + self.scroll_offset.y
        if not self._entries and index == 0:
            return self._paint((Span(fitted(self._empty, width, Align.LEFT, self._glyphs), Tone.DIM),), width)
        if index >= len(self._entries):
            return self._paint((), width)
        hint = self._hint() if y == height - 1 else ()
        taken = sum(cell_len(span.text) for span in hint)
        entry = self._entries[index]
        shown = entry if width >= self._prefix_from else replace(entry, prefix="")
        line = log_line(shown, width - taken, self._kind_width, self._glyphs)
        if not hint:
            return self._paint(line, width)
        return Strip.join([self._paint(line, width - taken), self._paint(hint, taken)])

    def _hint(self) -> Line:
        if not self._unseen:
            return ()
        return (Span(f" {self._glyphs.more_below} {self._unseen} new ", Tone.WARNING, badge=True),)
