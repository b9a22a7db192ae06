"""The chain shows every step's state in every form, and the current step by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.tui.drawing import text_of, texts_of
from tui_trader.tui.widgets.glyphs import ASCII, UNICODE
from tui_trader.tui.widgets.step_trace import Step, StepStatus, TraceForm, form_for, sign_of, trace_lines
from tui_trader.tui.widgets.text import on_one_line
from tui_trader.tui.widgets.tone import Tone

_STEPS = (
    Step(name="gather", status=StepStatus.DONE, elapsed="12ms"),
    Step(name="triage", status=StepStatus.DONE, elapsed="1ms"),
    Step(name="analyze_market", status=StepStatus.RUNNING, elapsed="1.2s", note="BTCUSDT: momentum up"),
    Step(name="check_risk"),
    Step(name="approve", status=StepStatus.SKIPPED),
    Step(name="execute_trade", status=StepStatus.FAILED, elapsed="2m05s", note="denied", note_tone=Tone.DANGER),
    Step(name="log_decision"),
)


def test_vertical_is_a_line_a_step_with_time_and_note() -> None:
    assert texts_of(trace_lines(_STEPS, 78, 10))[:4] == [
        "● gather           12ms",
        "● triage            1ms",
        "◉ analyze_market   1.2s  BTCUSDT: momentum up",
        "○ check_risk           ",
    ]


def test_narrow_vertical_keeps_names_and_signs() -> None:
    lines = texts_of(trace_lines(_STEPS, 20, 7, ASCII))
    assert [line[:2] for line in lines] == ["o ", "o ", "* ", ". ", "- ", "x ", ". "]
    assert all(cell_len(line) <= 20 for line in lines)


def test_wide_and_low_is_one_line_with_the_current_step_below() -> None:
    chain, about = texts_of(trace_lines(_STEPS, 118, 2))
    assert chain.startswith("● gather ─ ● triage ─ ◉ analyze_market ─ ○ check_risk")
    assert about.strip() == "1.2s  BTCUSDT: momentum up"


def test_compact_is_a_sign_a_step_and_the_current_name() -> None:
    assert text_of(trace_lines(_STEPS, 30, 1)[0]) == "●●◉○◌✗○ analyze_market 1.2s"


@pytest.mark.parametrize(
    ("width", "height", "form"),
    [
        (20, 7, TraceForm.VERTICAL),
        (118, 2, TraceForm.HORIZONTAL),
        (78, 2, TraceForm.COMPACT),
        (20, 1, TraceForm.COMPACT),
    ],
)
def test_the_form_follows_the_size(width: int, height: int, form: TraceForm) -> None:
    assert form_for(_STEPS, width, height) is form


@given(
    st.lists(st.builds(Step, name=st.text(max_size=20), status=st.sampled_from(StepStatus), note=st.text(max_size=40),
                       elapsed=st.sampled_from(["", "12ms", "1h02m"])), max_size=9),
    st.integers(1, 120),
    st.integers(1, 12),
    st.booleans(),
)  # fmt: skip
def test_no_form_exceeds_its_size(steps: list[Step], width: int, height: int, ascii_only: bool) -> None:
    glyphs = ASCII if ascii_only else UNICODE
    lines = trace_lines(steps, width, height, glyphs)
    assert all(on_one_line(text, glyphs) == text for text in texts_of(lines)), "measured before it was made safe"
    assert len(lines) <= height
    assert all(cell_len(text_of(line)) <= width for line in lines)


@given(st.lists(st.sampled_from(StepStatus), min_size=1, max_size=7), st.sampled_from([(40, 8), (200, 2), (40, 1)]))
def test_each_form_shows_every_status_in_order(statuses: list[StepStatus], size: tuple[int, int]) -> None:
    steps = [Step(name=f"n{index}", status=status) for index, status in enumerate(statuses)]
    text = "\n".join(texts_of(trace_lines(steps, *size)))
    signs = {sign_of(status) for status in StepStatus}
    assert [sign for sign in text if sign in signs] == [sign_of(status) for status in statuses]
