"""Wrapped words: every word is there, no line is too wide, and what is cut says so."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.tui.drawing import text_of, texts_of
from tui_trader.tui.widgets.prose import wrapped
from tui_trader.tui.widgets.tone import Span, Tone

_WORDS = st.lists(st.text("abcäß漢1-", min_size=1, max_size=9), max_size=12)


@given(_WORDS, st.integers(1, 40), st.integers(0, 10))
def test_no_line_is_wider_than_there_is_room(words: list[str], width: int, indent: int) -> None:
    lines = wrapped((Span(" ".join(words)),), width, indent=indent)
    assert all(cell_len(text_of(line).rstrip()) <= width for line in lines)


@given(_WORDS, st.integers(20, 60))
def test_where_every_word_fits_none_is_lost(words: list[str], width: int) -> None:
    spans = tuple(Span(f"{word} ", Tone.STRONG if number % 2 else Tone.DIM) for number, word in enumerate(words))
    lines = wrapped(spans, width)
    assert " ".join(" ".join(texts_of(lines)).split()) == " ".join(words)
    assert {span.tone for line in lines for span in line} <= {Tone.STRONG, Tone.DIM, Tone.PLAIN}


def test_further_lines_are_moved_in() -> None:
    line = (Span("key      ", Tone.STRONG), Span("what the key does for you"))
    assert texts_of(wrapped(line, 22, indent=9)) == ["key      what the key ", "         does for you"]


def test_leading_blanks_and_badges_stay() -> None:
    line = (Span(" HALTED ", badge=True), Span("  [b]why[/b]"))
    assert texts_of(wrapped(line, 40)) == [" HALTED   [b]why[/b]"]


def test_control_signs_do_not_come_through() -> None:
    assert texts_of(wrapped((Span("a\x1b[2Jb\nc"),), 20)) == ["a[2Jb c"]


@given(st.text("ab漢 ", max_size=60), st.integers(5, 20), st.integers(0, 2))
def test_whole_words_lose_nothing(text: str, width: int, indent: int) -> None:
    lines = texts_of(wrapped((Span(text),), width, indent=indent, whole=True))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line.rstrip()) <= width for line in lines)
