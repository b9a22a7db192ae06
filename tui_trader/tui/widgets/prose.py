"""Lines of words and spans, wrapped at the width: reasons, explanations, hints."""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len, chop_cells

from tui_trader.tui.widgets.glyphs import UNICODE, Glyphs
from tui_trader.tui.widgets.line_view import Picture
from tui_trader.tui.widgets.text import Align, fitted, on_one_line
from tui_trader.tui.widgets.tone import Line, Span, Tone


def wrapped(
    line: Line, width: int, glyphs: Glyphs = UNICODE, *, indent: int = 0, whole: bool = False
) -> tuple[Line, ...]:
    """The line in as many lines of `width` cells as it needs, broken between words.

    A word that is longer than a line is cut, or with `whole` goes on in the next lines.

    Badges and blanks at the beginning stay as they are: they are the layout of whoever made the line. All lines but
    the first are moved in by `indent` cells, unless that would leave no room.
    """
    if width <= 0:
        return ()
    margin = Span(" " * (indent if indent < width // 2 else 0))
    made: list[list[Span]] = [[]]
    used = 0
    for word in _pieces(_words(line, glyphs), width - cell_len(margin.text), whole=whole):
        length = cell_len(word.text)
        if used and used + cell_len(word.text.rstrip()) > width:
            made.append([margin])
            used = cell_len(margin.text)
        room = width - used
        shown = word if length <= room else Span(fitted(word.text.rstrip(), room, Align.LEFT, glyphs), word.tone)
        made[-1].append(shown)
        used += min(length, room)
    return tuple(tuple(spans) for spans in made)


def _pieces(words: Iterable[Span], room: int, *, whole: bool) -> Iterator[Span]:
    """The words, those that no line can hold in pieces."""
    for word in words:
        if whole and not word.badge and room > 1 and cell_len(word.text.rstrip()) > room:
            yield from (Span(piece, word.tone) for piece in chop_cells(word.text, room))
        else:
            yield word


def _words(line: Line, glyphs: Glyphs) -> Iterator[Span]:
    """Each word with the blanks behind it; leading blanks and badges in one piece."""
    for span in line:
        text = on_one_line(span.text, glyphs)
        if span.badge:
            yield Span(text, span.tone, badge=True)
            continue
        while text:
            word = text.lstrip(" ")
            blanks = len(text) - len(word)
            end = word.find(" ")
            end = len(word) if end < 0 else end + len(word[end:]) - len(word[end:].lstrip(" "))
            yield Span(text[: blanks + end], span.tone)
            text = text[blanks + end :]


class Prose(Picture):
    """Words as a widget. Its height is the style sheet's, or what the words need."""

    DEFAULT_CSS = """
    Prose {
        height: auto;
    }
    """

    _words: tuple[Line, ...] = ()

    def __init__(
        self,
        *,
        indent: int = 0,
        whole: bool = False,
        glyphs: Glyphs = UNICODE,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """`indent` cells stand before all but the first of the lines that one line is broken into; see `wrapped`."""
        super().__init__(glyphs=glyphs, name=name, id=id, classes=classes)
        self._indent = indent
        self._whole = whole

    def show(self, lines: Iterable[Line]) -> None:
        """Show these lines; where it stands alone, its height follows them."""
        before, self._words = self._words, tuple(lines)
        if before != self._words:
            if self.styles.is_auto_height:
                self.refresh(layout=True)
            self._redraw()

    def say(self, words: str, tone: Tone = Tone.PLAIN) -> None:
        """Show one line of one tone."""
        self.show(((Span(words, tone),),))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many lines as the words take at this width."""
        return max(1, len(self._laid_out(width)))

    def _laid_out(self, width: int) -> tuple[Line, ...]:
        return tuple(
            part
            for line in self._words
            for part in wrapped(line, width, self._glyphs, indent=self._indent, whole=self._whole)
        )

    def _picture(self, width: int, height: int) -> tuple[Line, ...]:
        lines = self._laid_out(width)
        if len(lines) <= height or not height:
            return lines[:height]
        return (*lines[: height - 1], _continued(lines[height - 1], width, self._glyphs))


def _continued(line: Line, width: int, glyphs: Glyphs) -> Line:
    """The last line that fits, with a sign that there is more."""
    words = "".join(span.text for span in line).rstrip()
    tone = line[-1].tone if line else Tone.PLAIN
    room = width - cell_len(glyphs.ellipsis)
    return (Span(fitted(words, min(room, cell_len(words)), Align.LEFT, glyphs) + glyphs.ellipsis, tone),)
