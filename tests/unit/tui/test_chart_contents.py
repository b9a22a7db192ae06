"""Bars of a time frame are the minutes put together, and what is held is drawn at its prices."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.engine_client import BTC, POSITION, STOP
from tui_trader.core.clock import MINUTE, SECOND, from_text, later
from tui_trader.core.market import Candle
from tui_trader.core.order import OrderType, Purpose
from tui_trader.tui.panes.chart_contents import (
    FormingMinute,
    TimeFrame,
    framed,
    grown,
    lines_of,
    mean_of,
    minute_bars,
    when,
)
from tui_trader.tui.widgets.chart import Bar
from tui_trader.tui.widgets.tone import Tone

_START = datetime(2025, 5, 5, 23, 53, tzinfo=UTC)


def _minutes(*closes: float) -> tuple[Bar, ...]:
    return tuple(
        Bar(_START + timedelta(minutes=n), close - 1, close + 2, close - 3, close, 1.0)
        for n, close in enumerate(closes)
    )


def test_frames_begin_at_round_times_and_keep_the_extremes() -> None:
    bars = framed(_minutes(10, 20, 5, 7), TimeFrame.FIVE_MINUTES)
    assert [(bar.time.hour, bar.time.minute) for bar in bars] == [(23, 50), (23, 55)]
    assert (bars[0].open, bars[0].high, bars[0].low, bars[0].close, bars[0].volume) == (9, 22, 7, 20, 2.0)


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=200), st.sampled_from(TimeFrame))
def test_putting_together_loses_nothing(closes: list[float], frame: TimeFrame) -> None:
    minutes = _minutes(*closes)
    bars = framed(minutes, frame)
    assert sum(bar.volume for bar in bars) == len(minutes)
    assert max(bar.high for bar in bars) == max(bar.high for bar in minutes)
    assert (bars[0].open, bars[-1].close) == (minutes[0].open, minutes[-1].close)
    assert (
        framed(minutes[:-1], frame) == ()
        if len(minutes) == 1
        else grown(framed(minutes[:-1], frame), minutes[-1], frame) == bars
    )


def test_the_forming_minute_opens_at_the_last_close_and_keeps_what_it_saw() -> None:
    forming, (last,) = FormingMinute(), _minutes(100)
    bar = [forming.seen(price, last) for price in (101.0, 98.0, 99.0)][-1]
    assert (bar.open, bar.high, bar.low, bar.close) == (100, 101, 98, 99)
    assert bar.time == last.time + timedelta(minutes=1)
    following = replace(last, time=bar.time, close=97.0)
    assert forming.seen(97.5, following).high == 97.5, "another minute has its own extremes"


def test_frames_end_at_the_longest_and_the_shortest() -> None:
    assert TimeFrame.MINUTE.next(-1) is TimeFrame.MINUTE
    assert TimeFrame.MINUTE.next(1) is TimeFrame.FIVE_MINUTES
    assert TimeFrame.HOUR.next(1) is TimeFrame.HOUR
    assert [frame.label for frame in TimeFrame] == ["1m", "5m", "15m", "1h"]


def test_candles_become_bars_in_utc() -> None:
    opened = from_text("2025-05-05T12:34:00Z")
    one, two, three, four = (Decimal(n) for n in (1, 2, 3, 4))
    (bar,) = minute_bars([Candle(BTC, opened, 60, two, four, one, three, Decimal("0.5"))])
    assert bar == Bar(datetime(2025, 5, 5, 12, 34, tzinfo=UTC), 2.0, 4.0, 1.0, 3.0, 0.5)
    assert when(later(opened, 1.5 * MINUTE / SECOND)) == datetime(2025, 5, 5, 12, 35, 30, tzinfo=UTC)


def test_lines_stand_where_the_position_ends_and_where_entries_wait() -> None:
    entry = replace(
        STOP,
        intent=replace(
            STOP.intent,
            type=OrderType.LIMIT,
            price=Decimal("88000.5"),
            stop_price=None,
            close_position=False,
            purpose=Purpose.ENTRY,
        ),
    )
    lines = {line.name: (line.price, line.tone) for line in lines_of(POSITION, [STOP, entry])}
    assert lines == {
        "buy 0.015": (88000.5, Tone.OWN),
        "liquidation": (117244.51, Tone.DANGER),
        "target": (87190.0, Tone.UP),
        "stop": (88858.9, Tone.DOWN),
        "entry": (88284.7, Tone.OWN),
    }
    assert lines_of(None, [STOP]) == ()


def test_the_mean_belongs_to_the_bars() -> None:
    mean = mean_of(_minutes(1, 2, 3, 4), 2, Tone.WARNING)
    assert mean.name == "EMA2"
    assert len(mean.values) == 4
    assert mean.values[0] is None
    assert mean.values[1] == 1.5
