"""A grid of cells to draw a picture on, which ends as lines of spans."""

from itertools import groupby

from tui_trader.tui.widgets.tone import Line, Span, Tone

_BLANK = (" ", Tone.PLAIN, False)


class Canvas:
    """`width` by `height` cells. What falls outside is not drawn; every sign must be one cell wide."""

    def __init__(self, width: int, height: int) -> None:
        """All blank."""
        self.width = width
        self.height = height
        self._cells = [[_BLANK] * width for _ in range(height)]

    def is_blank(self, x: int, y: int) -> bool:
        """Whether nothing stands in this cell; outside nothing ever does, and nothing can."""
        return 0 <= x < self.width and 0 <= y < self.height and self._cells[y][x] is _BLANK

    def put(self, x: int, y: int, text: str, tone: Tone, *, badge: bool = False) -> None:
        """Write from this cell to the right, over what stands there."""
        if not 0 <= y < self.height:
            return
        row = self._cells[y]
        for offset, sign in enumerate(text):
            if 0 <= x + offset < self.width:
                row[x + offset] = (sign, tone, badge)

    def room_in(self, y: int, length: int, until: int) -> int | None:
        """Where, before column `until`, the first `length` blank cells in a row begin; None where nothing fits."""
        free = 0
        for x in range(min(until, self.width)):
            free = free + 1 if self.is_blank(x, y) else 0
            if free == length:
                return x - length + 1
        return None

    def put_under(self, x: int, y: int, text: str, tone: Tone) -> None:
        """Write only where nothing stands yet."""
        for offset, sign in enumerate(text):
            if self.is_blank(x + offset, y):
                self.put(x + offset, y, sign, tone)

    def lines(self) -> tuple[Line, ...]:
        """Neighbours of one look as one span."""
        return tuple(
            tuple(
                Span("".join(sign for sign, _, _ in run), tone, badge=badge)
                for (tone, badge), run in groupby(row, key=lambda cell: cell[1:])
            )
            for row in self._cells
        )
