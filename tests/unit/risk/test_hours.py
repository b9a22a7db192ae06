"""Trading hours: windows of the UTC day, past midnight too; what cannot be meant is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from tests.unit.risk.scenes import NOW
from tui_trader.core.clock import later, start_of_day
from tui_trader.risk.hours import Window, hours_written, is_within, minutes_of, read_hours


def at(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


@pytest.mark.parametrize(
    ("clock", "is_on"),
    [
        ("07:59", False),
        ("08:00", True),
        ("16:29", True),
        ("16:30", False),
        ("21:59", False),
        ("22:00", True),
        ("00:00", True),
        ("01:59", True),
        ("02:00", False),
    ],
)
def test_a_window_holds_its_first_minute_and_not_its_last(clock: str, is_on: bool) -> None:
    hours = read_hours(["08:00-16:30", "22:00-02:00"])
    now = later(start_of_day(NOW), at(clock) * 60.0)
    assert is_within(hours, now) is is_on
    assert is_within(hours, later(now, 59.999)) is is_on


def test_without_hours_it_is_always_on() -> None:
    assert read_hours(None) is None
    assert is_within(None, NOW)


def test_a_whole_day_may_be_written_and_is_read_back() -> None:
    hours = read_hours(["00:00-24:00"])
    assert hours == (Window(0, 1_440),)
    assert len(minutes_of(hours)) == 1_440
    assert hours_written(hours) == ["00:00-24:00"]


@pytest.mark.parametrize(
    "wrong",
    ["08:00-16:00", [], ["8:00-16:00"], ["08:00-08:00"], ["08:00-24:01"], ["08:60-09:00"], ["25:00-26:00"], [8], {}],
)
def test_what_is_no_window_is_refused(wrong: object) -> None:
    with pytest.raises(PydanticCustomError, match="UTC"):
        read_hours(wrong)


@given(begins=st.integers(0, 1_439), ends=st.integers(0, 1_440))
def test_a_window_survives_being_written(begins: int, ends: int) -> None:
    if begins != ends:
        hours = (Window(begins, ends),)
        assert read_hours(hours_written(hours)) == hours
        length = (ends - begins) % 1_440 or 1_440
        assert len(minutes_of(hours)) == length
