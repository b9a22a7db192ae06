"""Foreign text cannot leave its line, its width, or its character set."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_trader.tui.widgets.glyphs import ASCII, UNICODE, glyphs_for
from tui_trader.tui.widgets.text import Align, fitted, on_one_line


@given(st.text())
def test_no_control_or_format_sign_survives(text: str) -> None:
    assert on_one_line(text).isprintable()


@given(st.text())
def test_with_ascii_glyphs_all_text_is_seven_bits(text: str) -> None:
    shown = on_one_line(text, ASCII)
    assert shown.isascii()
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b]8;;evil\x07", "[31mred]8;;evil"),
        ("one\r\ntwo\tthree", "one  two three"),
        ("a\u202eb\u200bc\ufe0f", "abc"),
        ("[bold]kept[/bold]", "[bold]kept[/bold]"),
    ],
)
def test_escapes_lose_their_escape_and_markup_is_text(text: str, shown: str) -> None:
    assert on_one_line(text) == shown


def test_known_signs_have_a_likeness_in_ascii() -> None:
    assert on_one_line("▲ 1 – é…漢", ASCII) == "^ 1 - e...?"


@given(st.text(), st.integers(0, 40), st.sampled_from(Align))
def test_fitted_text_has_exactly_its_width(text: str, width: int, align: Align) -> None:
    assert cell_len(fitted(on_one_line(text), width, align)) == width


@given(st.integers(), st.integers(1, 30))
def test_a_figure_is_shown_whole_or_not_at_all(figure: int, width: int) -> None:
    shown = fitted(str(figure), width, Align.RIGHT).strip()
    assert shown in (str(figure), "#" * width)


@pytest.mark.parametrize("encoding", ["ascii", "ANSI_X3.4-1968", "latin-1", "cp1252", "no such codec", "", None])
def test_a_terminal_without_unicode_gets_ascii(encoding: str | None) -> None:
    assert glyphs_for(encoding) is ASCII


def test_a_utf8_terminal_gets_unicode() -> None:
    assert glyphs_for("utf-8") is UNICODE


def test_every_glyph_is_one_cell_wide_and_ascii_ones_are_ascii() -> None:
    for glyphs in (UNICODE, ASCII):
        for field in fields(glyphs):
            if field.name not in ("is_ascii", "levels", "bar_parts", "rising", "falling"):
                assert cell_len(getattr(glyphs, field.name)) == 1, field.name
        rows = glyphs.levels + glyphs.bar_parts + glyphs.rising + glyphs.falling
        assert cell_len(rows) == len(rows)
        assert len(glyphs.rising) == len(glyphs.falling) == 9
    assert all(str(getattr(ASCII, field.name)).isascii() for field in fields(ASCII))


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_step_status_has_a_sign_of_its_own(glyphs: object) -> None:
    signs = [getattr(glyphs, name) for name in ("idle", "running", "done", "skipped", "failed")]
    assert len(set(signs)) == len(signs)
