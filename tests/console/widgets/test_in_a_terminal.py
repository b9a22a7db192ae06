"""What a real terminal shows of the widgets, in UTF-8 and without it."""

import sys

import pytest

from tests.console.terminal import Terminal, requires_tmux

_GALLERY = (sys.executable, "-m", "tests.console.widgets.gallery")
_WITHOUT_UTF8 = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


@requires_tmux
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
def test_all_widgets_are_there_in_unicode(size: tuple[int, int]) -> None:
    with Terminal(_GALLERY, size=size) as terminal:
        screen = terminal.wait_for_text("entry 59")
        for seen in (
            " PAPER  │ ACTIVE │ equity 10,000.00",
            "▌S0              0.00   ▲+1.25% [b]plain – text[/b]",
            " S1          1,000.00   ▼-0.40%",
            "● step0",
            "◉ step1",
            "▁▁▂▂▃▃▄▄▅▅▆▆▇▇██",
            "1 of 3",
            "10:00:00 fill     entry 58",
        ):
            assert seen in screen
        last = [line for line in terminal.lines() if line.strip()][-1]
        assert last.startswith("10:00:00 fill     entry 59")


@requires_tmux
def test_without_utf8_all_of_it_is_ascii() -> None:
    with Terminal(_GALLERY, env=_WITHOUT_UTF8) as terminal:
        screen = terminal.wait_for_text("entry 59")
        assert screen.isascii()
        assert "\\u" not in screen
        assert " PAPER  | ACTIVE | equity 10,000.00" in screen
        assert ">S0              0.00   ^+1.25% [b]plain - text[/b]" in screen


@requires_tmux
def test_keys_move_the_cursor_and_leaving_is_clean() -> None:
    with Terminal(_GALLERY) as terminal:
        terminal.wait_for_text("entry 59")
        terminal.send_keys("j", "Down")
        terminal.wait_for_text("▌S2")
        terminal.send_keys("End")
        screen = terminal.wait_for_text("▌S11")
        assert "Symbol" in screen
        assert terminal.is_full_screen()
        terminal.send_keys("q")
        assert terminal.wait_for_exit() == 0
        assert not terminal.is_full_screen()
        assert terminal.screen().strip() == ""


@requires_tmux
def test_a_badge_shows_in_reverse_video_without_colours() -> None:
    with Terminal(_GALLERY, env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for_text("entry 59")
        line = next(line for line in terminal.styled_screen().splitlines() if "PAPER" in line)
        styles = line.partition(" PAPER ")[0]
        assert any(code in part.split("m")[0].split(";") for part in styles.split("\x1b[") for code in ("7",))
