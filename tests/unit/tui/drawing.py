"""What pure render functions made, as plain text."""

from collections.abc import Iterable

from tui_trader.tui.widgets.tone import Line


def text_of(line: Line) -> str:
    """The line without its tones."""
    return "".join(span.text for span in line)


def texts_of(lines: Iterable[Line]) -> list[str]:
    """The lines without their tones."""
    return [text_of(line) for line in lines]
