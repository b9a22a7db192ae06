"""What a chart of candles is made of: bars, lines at prices, marks at moments, curves. Values only."""

from dataclasses import dataclass
from datetime import datetime

from tui_trader.tui.widgets.tone import Tone


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle; `time` is its beginning, UTC. The volume may be in any unit, as only its proportions are drawn."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0

    @property
    def rises(self) -> bool:
        """Whether it closed at or above its open."""
        return self.close >= self.open


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A horizontal line with its name. Too far off the bars, it is only pointed at from the edge."""

    name: str
    price: float
    tone: Tone


@dataclass(frozen=True, slots=True)
class Mark:
    """Something bought or sold: a sign below the bar of that moment, or above it."""

    time: datetime
    is_buy: bool
    tone: Tone = Tone.OWN


@dataclass(frozen=True, slots=True)
class Overlay:
    """A curve over the bars; `values` belong to the last bars, one each, None where it has none yet."""

    name: str
    values: tuple[float | None, ...]
    tone: Tone = Tone.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn. `last` is the newest price (a badge on the axis); `places` are the decimals of a price."""

    bars: tuple[Bar, ...] = ()
    last: float | None = None
    places: int = 2
    lines: tuple[PriceLine, ...] = ()
    marks: tuple[Mark, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    shows_volume: bool = True
    is_old: bool = False
    """Whether the last price is older than it may be: then it is dim."""
