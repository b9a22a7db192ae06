"""A line of the log: columns that stand under each other, and never more than its width."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.tui.drawing import text_of
from tui_trader.tui.widgets.glyphs import ASCII, UNICODE
from tui_trader.tui.widgets.tail_log import LogEntry, log_line


def test_kinds_stand_in_a_column_and_long_ones_are_cut() -> None:
    lines = [
        text_of(log_line(LogEntry(time="10:00", kind=kind, text="x"), 30, 8)) for kind in ("fill", "order.intent", "")
    ]
    assert lines == ["10:00 fill     x", "10:00 order.i… x", "10:00          x"]


@given(
    st.builds(LogEntry, text=st.text(max_size=60), time=st.text(max_size=10), kind=st.text(max_size=16)),
    st.integers(1, 118),
    st.integers(0, 14),
)
def test_the_text_takes_what_the_head_leaves(entry: LogEntry, width: int, kind_width: int) -> None:
    head = cell_len(text_of(log_line(LogEntry(text="", time=entry.time, kind=entry.kind), 10_000, kind_width)))
    assert cell_len(text_of(log_line(entry, width, kind_width, UNICODE))) <= max(width, head)
    assert text_of(log_line(entry, width, kind_width, ASCII)).isascii()
