"""One symbol's one-minute klines from a CSV file: wholly validated when read, parsed again only where used."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tui_trader.core.clock import Instant, from_milliseconds, later
from tui_trader.core.market import Candle
from tui_trader.core.money import Price
from tui_trader.core.words import Symbol
from tui_trader.market.ports import FeedError
from tui_trader.market.rows import check_order, fault, parse_time, read_rows

COLUMNS = ("open_time", "open", "high", "low", "close", "volume")
"""`open_time` in milliseconds, volume in base units."""
MINUTE_SECONDS = 60
_MINUTE_MS = 60_000
_MINUTE_NS = 60_000_000_000
_HIGHEST = Decimal(10) ** 12
_LOWEST = Decimal(10) ** -12
"""No price or traded quantity lies outside; a figure that does is damage, and would cost endless digits."""
_AGAIN = "Fetch the file again"


class KlineTable:
    """Contiguous one-minute candles of one symbol.

    The rows stay text (about 100 bytes each) and become Decimals when a candle is asked for: a year of minutes fits
    into memory, and no price ever passes through a float.
    """

    __slots__ = ("_rows", "first", "lowest", "path", "symbol")

    def __init__(self, symbol: Symbol, path: Path, first: Instant, rows: list[str], lowest: Price) -> None:
        """`rows` are validated lines of `COLUMNS`, one a minute from `first` on; `lowest` is their lowest price."""
        self.symbol = symbol
        self.path = path
        self.first = first
        self.lowest = lowest
        self._rows = rows

    @property
    def end(self) -> Instant:
        """When the last candle closes."""
        return later(self.first, MINUTE_SECONDS * len(self._rows))

    def candle(self, opens: Instant) -> Candle | None:
        """The candle that opens at this minute; None outside the file."""
        index = (opens - self.first) // _MINUTE_NS
        return self._at(index) if 0 <= index < len(self._rows) else None

    def before(self, instant: Instant, count: int) -> tuple[Candle, ...]:
        """Up to `count` candles that closed at or before `instant`, oldest first."""
        stop = max(0, min((instant - self.first) // _MINUTE_NS, len(self._rows)))
        return tuple(self._at(index) for index in range(max(0, stop - max(0, count)), stop))

    def _at(self, index: int) -> Candle:
        _, opened, high, low, close, volume = self._rows[index].split(",")
        return Candle(
            self.symbol,
            Instant(self.first + index * _MINUTE_NS),
            MINUTE_SECONDS,
            Decimal(opened),
            Decimal(high),
            Decimal(low),
            Decimal(close),
            Decimal(volume),
        )


def read_klines(path: Path, symbol: Symbol) -> KlineTable:
    """Read and validate the whole file. Raises FeedError with file, line, what is wrong and the way out."""
    rows: list[str] = []
    first = previous = 0
    lowest = _HIGHEST
    for line, fields in read_rows(path, COLUMNS):
        opens = parse_time(path, line, COLUMNS[0], fields[0], grid=_MINUTE_MS)
        if rows:
            check_order(path, line, previous, opens, step=_MINUTE_MS)
        else:
            first = opens
        low = _checked_low(path, line, fields[1:])
        lowest = min(lowest, low)
        rows.append(",".join(fields))
        previous = opens
    return KlineTable(symbol, path, from_milliseconds(first), rows, lowest)


def check_prices(path: Path, line: int, prices: Sequence[str]) -> None:
    """FeedError unless the four (open, high, low, close) are prices, low lowest and high highest."""
    _checked_low(path, line, (*prices, "0"))


def _checked_low(path: Path, line: int, figures: Sequence[str]) -> Price:
    """The low of open, high, low, close, volume. One cheap look at a sound row, a long one at another."""
    try:
        opened, high, low, close, volume = map(Decimal, figures)
        if _LOWEST < low <= opened <= high < _HIGHEST and low <= close <= high and 0 <= volume < _HIGHEST:
            return low
    except InvalidOperation:  # not a number at all, or a NaN that was compared
        pass
    raise _what_is_wrong(path, line, figures)


def _what_is_wrong(path: Path, line: int, figures: Sequence[str]) -> FeedError:
    """Which figure of a row that failed is wrong, and how."""
    written = dict(zip(COLUMNS[1:], figures, strict=True))
    values: dict[str, Decimal] = {}
    for name, figure in written.items():
        value = _number(figure)
        if value is None or not value.is_finite():
            return fault(path, line, f"the {name} is {figure!r}, not a finite number", _AGAIN)
        if value < 0 or (value == 0 and name != "volume"):
            rule = "a volume is never negative" if name == "volume" else "a price is above zero"
            return fault(path, line, f"the {name} is {figure}, and {rule}", _AGAIN)
        if value >= _HIGHEST or (value <= _LOWEST and name != "volume"):
            return fault(path, line, f"the {name} {figure} is beyond any price or volume", _AGAIN)
        values[name] = value
    low, high = written["low"], written["high"]
    if values["low"] > values["high"]:
        return fault(path, line, f"the low {low} is above the high {high}", _AGAIN)
    outside = "open" if not values["low"] <= values["open"] <= values["high"] else "close"
    return fault(path, line, f"the {outside} {written[outside]} lies outside low {low} and high {high}", _AGAIN)


def _number(written: str) -> Decimal | None:
    try:
        return Decimal(written)
    except InvalidOperation:
        return None
