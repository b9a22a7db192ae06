"""Words from outside become data: nothing in them moves a cursor, hides, or has no end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.hostile import HOSTILE
from tui_trader.core.plain_text import one_line, printable


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:30]).encode("ascii", "replace").decode())
def test_a_hostile_string_becomes_a_short_printable_line(text: str) -> None:
    line = one_line(text, 160)
    assert line.isprintable()
    assert len(line) <= 160
    assert one_line(line, 160) == line


@given(st.text(max_size=400), st.integers(1, 100))
def test_any_text_becomes_a_printable_line_of_at_most_the_length(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert len(line) <= longest
    assert line.isprintable()


@given(st.text(max_size=400))
def test_what_a_terminal_gets_has_line_ends_and_printable_signs_only(text: str) -> None:
    assert all(sign.isprintable() or sign == "\n" for sign in printable(text))


def test_harmless_words_stay_as_they_are() -> None:
    assert one_line("Trend has turned: close, 0.5 % – ok", 160) == "Trend has turned: close, 0.5 % – ok"
    assert printable("two\nlines") == "two\nlines"
