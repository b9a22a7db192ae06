"""A chart says where prices were: bars within their extremes, lines at their prices, nothing named by half."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tui.drawing import texts_of
from tui_trader.tui.widgets.candle_drawing import candle_lines
from tui_trader.tui.widgets.chart import Bar, Chart, Mark, Overlay, PriceLine
from tui_trader.tui.widgets.glyphs import ASCII, UNICODE
from tui_trader.tui.widgets.price_scale import nice_step, scale_for
from tui_trader.tui.widgets.tone import Tone

_START = datetime(2025, 5, 5, 23, 50, tzinfo=UTC)
_PRICES = st.floats(1e-3, 1e6)


def _bar(index: int, open_: float, close: float, *, high: float | None = None, low: float | None = None) -> Bar:
    time = _START + timedelta(minutes=index)
    top, bottom = max(open_, close), min(open_, close)
    return Bar(time, open_, top if high is None else high, bottom if low is None else low, close, volume=1.0 + index)


_BARS = (_bar(0, 10, 14, high=16, low=8), _bar(1, 14, 10, high=16, low=8), _bar(2, 10, 18, high=18, low=10))


def _column(lines: Sequence[str], x: int) -> str:
    return "".join(line[x] if x < len(line) else " " for line in lines)


def test_a_rising_bar_is_hollow_and_a_falling_one_filled() -> None:
    lines = texts_of(candle_lines(Chart(bars=_BARS, places=0, shows_volume=False), 8, 5, ASCII))
    assert [_column(lines, x).strip() for x in (1, 2, 3)] == ["|oo|", "|##|", "oooo"]


def test_halves_of_a_line_are_told_apart() -> None:
    bars = (_bar(0, 10, 12), _bar(1, 12, 10), _bar(2, 10, 20))
    lines = texts_of(candle_lines(Chart(bars=bars, places=0, shows_volume=False), 8, 5, UNICODE))
    assert _column(lines, 1)[-2:] == "╻┃"
    assert _column(lines, 2)[-2:] == "▄█"


def test_lines_stand_at_their_price_with_their_name_and_price() -> None:
    chart = Chart(bars=_BARS, places=1, lines=(PriceLine("stop", 6.0, Tone.DOWN),), shows_volume=False)
    lines = texts_of(candle_lines(chart, 40, 12))
    (line,) = [line for line in lines if "stop" in line]
    assert line.startswith("stop ┄┄")
    assert line.endswith(" 6.0 ")


def test_a_line_far_away_is_pointed_at_and_does_not_squeeze_the_bars() -> None:
    chart = Chart(bars=_BARS, places=0, lines=(PriceLine("liquidation", 500.0, Tone.DANGER),), shows_volume=False)
    near = texts_of(candle_lines(Chart(bars=_BARS, places=0, shows_volume=False), 40, 12, ASCII))
    far = texts_of(candle_lines(chart, 40, 12, ASCII))
    assert _column(near, 35) == _column(far, 34), "the axis is one cell wider"
    assert any("^ liquidation 500 " in line for line in far)


def test_a_name_that_bars_leave_no_room_for_covers_the_oldest_of_them() -> None:
    bars = tuple(_bar(index, 10, 14, high=16, low=8) for index in range(40))
    lines = texts_of(
        candle_lines(Chart(bars=bars, places=0, lines=(PriceLine("entry", 12.0, Tone.OWN),), shows_volume=False), 44, 8)
    )
    (line,) = [line for line in lines if "entry" in line]
    assert line.startswith("entry ┃")
    assert line.endswith(" 12 ")


def test_marks_stand_below_a_bar_for_a_purchase_and_above_it_for_a_sale() -> None:
    bars = (_bar(0, 10, 11), _bar(1, 20, 21), _bar(2, 15, 16), _bar(3, 15, 16))
    marks = (Mark(bars[1].time + timedelta(seconds=30), is_buy=True), Mark(bars[2].time, is_buy=False))
    before = (Mark(_START - timedelta(days=1), is_buy=True),)
    lines = texts_of(candle_lines(Chart(bars=bars, places=0, marks=(*marks, *before), shows_volume=False), 8, 12))
    second, third = _column(lines, 1).strip(), _column(lines, 2).strip()
    assert second.endswith("▲")
    assert third.startswith("▼")
    assert sum(line.count("▲") for line in lines) == 1, "what was bought before the first bar is not on the picture"


def test_the_newest_bars_stand_at_the_axis_and_the_last_price_is_a_badge() -> None:
    bars = tuple(_bar(index, 10 + index % 3, 11 + index % 3) for index in range(100))
    lines = candle_lines(Chart(bars=bars, last=12.5, places=1), 30, 16)
    badges = [span.text.strip() for line in lines for span in line if span.badge]
    assert badges == ["12.5"]
    assert _column(texts_of(lines), 23)[:12].strip()
    assert not _column(texts_of(lines), 24).strip()


def test_times_are_round_and_a_new_day_says_its_date() -> None:
    bars = tuple(_bar(index, 10, 11) for index in range(60))
    (times,) = texts_of(candle_lines(Chart(bars=bars, places=0), 66, 14))[-1:]
    assert times.split() == ["05-06", "00:15", "00:30", "00:45"]


def test_overlays_pass_behind_bars() -> None:
    chart = Chart(bars=_BARS, places=0, overlays=(Overlay("mean", (None, 9.0, 9.0)),), shows_volume=False)
    lines = texts_of(candle_lines(chart, 8, 6, ASCII))
    assert "." not in _column(lines, 2)
    assert "." in _column(lines, 3)


def test_volume_is_in_proportion() -> None:
    bars = (_bar(0, 10, 11), _bar(7, 10, 11))
    lines = texts_of(candle_lines(Chart(bars=bars, places=0), 10, 14))
    assert (_column(lines, 4)[-3:-1], _column(lines, 5)[-3:-1]) == (" ▂", "██")


@given(st.lists(st.tuples(_PRICES, _PRICES, _PRICES, _PRICES), max_size=30), st.integers(0, 60), st.integers(0, 30))
def test_any_market_is_drawn_at_any_size(prices: list[tuple[float, ...]], width: int, height: int) -> None:
    bars = tuple(
        Bar(_START + timedelta(minutes=index), four[0], max(four), min(four), four[1], volume=four[2])
        for index, four in enumerate(prices)
    )
    for glyphs in (UNICODE, ASCII):
        lines = texts_of(candle_lines(Chart(bars=bars, last=prices[0][0] if prices else None), width, height, glyphs))
        assert len(lines) in (0, height)
        assert {len(line) for line in lines} <= {width}
        assert not glyphs.is_ascii or all(line.isascii() for line in lines)


@given(st.lists(_PRICES, min_size=1, max_size=20), st.lists(_PRICES, max_size=5), st.integers(1, 60))
def test_every_extreme_is_within_the_scale(extremes: list[float], beside: list[float], rows: int) -> None:
    scale = scale_for(extremes, beside, rows)
    assert scale is not None
    assert all(scale.holds(price) for price in extremes)
    assert all(0 <= scale.row(price) < rows for price in (*extremes, *beside))
    assert sorted(scale.ticks(4), reverse=True) == list(scale.ticks(4))
    assert all(scale.holds(tick) for tick in scale.ticks(4))


@given(st.floats(1e-9, 1e9))
def test_a_step_is_round_and_not_much_larger_than_asked(least: float) -> None:
    assert least * (1 - 1e-8) <= nice_step(least) <= least * 2.01
