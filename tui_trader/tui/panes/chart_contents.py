"""What the chart shows: bars of a time frame from closed minutes; lines and marks from what is held and done."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from tui_trader.core.clock import NANOSECONDS, Instant
from tui_trader.core.market import Candle
from tui_trader.core.order import Fill, Order, Purpose
from tui_trader.core.words import Side
from tui_trader.engine.views import PositionView
from tui_trader.market.indicators import Ema
from tui_trader.tui.widgets.chart import Bar, Mark, Overlay, PriceLine
from tui_trader.tui.widgets.tone import Tone

_MINUTE = timedelta(minutes=1)


class TimeFrame(IntEnum):
    """The length of a bar, in minutes."""

    MINUTE = 1
    FIVE_MINUTES = 5
    QUARTER = 15
    HOUR = 60

    @property
    def label(self) -> str:
        """`15m`, `1h`."""
        return f"{self // 60}h" if self >= TimeFrame.HOUR else f"{int(self)}m"

    def next(self, by: int) -> "TimeFrame":
        """A longer (1) or shorter (-1) one; itself at the ends."""
        frames = tuple(TimeFrame)
        return frames[min(len(frames) - 1, max(0, frames.index(self) + by))]


class FormingMinute:
    """The minute that has not closed, as far as it was seen here: the closed candle replaces it."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._bar: Bar | None = None

    def seen(self, price: float, after: Bar) -> Bar:
        """The minute after the last closed bar, with this price in it."""
        begins, bar = after.time + _MINUTE, self._bar
        if bar is None or bar.time != begins:
            bar = Bar(begins, after.close, max(after.close, price), min(after.close, price), price)
        self._bar = Bar(begins, bar.open, max(bar.high, price), min(bar.low, price), price)
        return self._bar


def minute_bars(candles: Iterable[Candle]) -> tuple[Bar, ...]:
    """The candles as bars."""
    return tuple(
        Bar(
            when(candle.time),
            float(candle.open),
            float(candle.high),
            float(candle.low),
            float(candle.close),
            float(candle.volume),
        )
        for candle in candles
    )


def when(instant: Instant) -> datetime:
    """The instant in UTC."""
    return datetime.fromtimestamp(instant / NANOSECONDS, UTC)


def framed(minutes: Iterable[Bar], frame: TimeFrame) -> tuple[Bar, ...]:
    """Bars of the frame, beginning at its round times; the first and the last may not be whole."""
    bars: list[Bar] = []
    for minute in minutes:
        bars[-1:] = grown(bars[-1:], minute, frame)
    return tuple(bars)


def grown(bars: Sequence[Bar], minute: Bar, frame: TimeFrame) -> tuple[Bar, ...]:
    """The bars of the frame with one more minute: in the last of them, or as the beginning of the next."""
    begins = minute.time - timedelta(minutes=(minute.time.hour * 60 + minute.time.minute) % frame)
    if not bars or bars[-1].time != begins:
        return (*bars, replace(minute, time=begins))
    bar = bars[-1]
    whole = Bar(
        begins,
        bar.open,
        max(bar.high, minute.high),
        min(bar.low, minute.low),
        minute.close,
        bar.volume + minute.volume,
    )
    return (*bars[:-1], whole)


def mean_of(bars: Sequence[Bar], length: int, tone: Tone) -> Overlay:
    """The exponential mean of the closes."""
    mean = Ema(length)
    values: list[float | None] = []
    for bar in bars:
        mean.add(bar.close)
        values.append(mean.value)
    return Overlay(f"EMA{length}", tuple(values), tone)


def lines_of(position: PositionView | None, orders: Iterable[Order]) -> tuple[PriceLine, ...]:
    """Where the position stands, where it ends by itself, and where entries wait."""
    lines = [
        PriceLine(f"{intent.side.value.lower()} {intent.quantity:f}", float(intent.price), Tone.OWN)
        for intent in (order.intent for order in orders)
        if intent.purpose is Purpose.ENTRY and intent.price is not None
    ]
    if position is not None:
        ends = (
            ("liquidation", position.liquidation_price, Tone.DANGER),
            ("target", position.take_profit_price, Tone.UP),
            ("stop", position.stop_price, Tone.DOWN),
            ("entry", position.entry_price, Tone.OWN),
        )
        lines += [PriceLine(name, float(price), tone) for name, price, tone in ends if price is not None]
    return tuple(lines)


def marks_of(fills: Iterable[Fill]) -> tuple[Mark, ...]:
    """A sign a trade of ours."""
    return tuple(Mark(when(fill.time), is_buy=fill.side is Side.BUY) for fill in fills)
