"""Funding and mark-price files that stand beside a kline file: what was settled, and the basis of closed hours."""

from bisect import bisect_right
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tui_trader.core.clock import Instant, from_milliseconds
from tui_trader.core.money import ZERO, Price, to_balance
from tui_trader.market.kline_file import KlineTable, check_prices
from tui_trader.market.rows import check_order, fault, parse_time, read_rows

FUNDING_COLUMNS = ("funding_time", "funding_rate")
MARK_COLUMNS = ("open_time", "open", "high", "low", "close")
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_MINUTE_NS = _MINUTE_MS * 1_000_000
_HOUR_NS = _HOUR_MS * 1_000_000
_HIGHEST_RATE = Decimal(1)
"""As a fraction of the notional. Binance caps a funding at a few per cent; beyond one hundred it is damage."""
_WIDEST_BASIS = Decimal("0.5")
"""As a fraction of the price. A mark this far from the trades is that of another instrument."""


class FundingTable:
    """Funding rates by the minute in which they were settled."""

    __slots__ = ("_rates", "_times")

    def __init__(self, rates: dict[Instant, Decimal]) -> None:
        """`rates` in rising order of time; empty where there is no file."""
        self._rates = rates
        self._times = tuple(rates)

    def settled_at(self, instant: Instant) -> Decimal | None:
        """The rate that is settled exactly then, if one is."""
        return self._rates.get(instant)

    def last_rate(self, instant: Instant) -> Decimal:
        """The rate that was settled last, at or before `instant`; zero before the first."""
        index = bisect_right(self._times, instant)
        return self._rates[self._times[index - 1]] if index else ZERO


class BasisTable:
    """Mark minus trade price at the close of each hour, known only once the hour has closed."""

    __slots__ = ("_basis", "_closes")

    def __init__(self, basis: dict[Instant, Price]) -> None:
        """`basis` by the instant at which its hour closes, in rising order; empty where there is no file."""
        self._basis = basis
        self._closes = tuple(basis)

    def basis(self, instant: Instant) -> Price:
        """The basis of the last hour that closed at or before `instant`; zero before the first."""
        index = bisect_right(self._closes, instant)
        return self._basis[self._closes[index - 1]] if index else ZERO


def read_funding(path: Path | None) -> FundingTable:
    """Read and validate a funding file; None gives a table without fundings. Raises FeedError.

    The exchange stamps a settlement some milliseconds after its instant, so times are taken to the minute.
    """
    rates: dict[Instant, Decimal] = {}
    if path is None:
        return FundingTable(rates)
    previous = 0
    for line, (time, written) in read_rows(path, FUNDING_COLUMNS):
        stamped = parse_time(path, line, FUNDING_COLUMNS[0], time, grid=1)
        settled = stamped - stamped % _MINUTE_MS
        if rates:
            check_order(path, line, previous, settled)
        rates[from_milliseconds(settled)] = _rate(path, line, written)
        previous = settled
    return FundingTable(rates)


def read_basis(path: Path | None, klines: KlineTable) -> BasisTable:
    """Read and validate a file of hourly mark candles and set it against the klines; None gives no basis.

    Hours that the klines do not cover have no basis. Raises FeedError.
    """
    basis: dict[Instant, Price] = {}
    if path is None:
        return BasisTable(basis)
    previous = 0
    for line, (time, *prices) in read_rows(path, MARK_COLUMNS):
        opens = parse_time(path, line, MARK_COLUMNS[0], time, grid=_HOUR_MS)
        if previous:
            check_order(path, line, previous, opens, step=_HOUR_MS)
        check_prices(path, line, prices)
        previous = opens
        closes = Instant(from_milliseconds(opens) + _HOUR_NS)
        last_minute = klines.candle(Instant(closes - _MINUTE_NS))
        if last_minute is None:
            continue
        close = Decimal(prices[-1])
        difference = to_balance(close - last_minute.close)
        if abs(difference) > last_minute.close * _WIDEST_BASIS:
            what = f"the mark {close} is far from the price {last_minute.close} of {klines.path.name}"
            raise fault(path, line, what, "Check that both files are of the same instrument")
        basis[closes] = difference
    return BasisTable(basis)


def _rate(path: Path, line: int, written: str) -> Decimal:
    try:
        rate = Decimal(written)
    except InvalidOperation:
        rate = Decimal("NaN")
    if not (rate.is_finite() and abs(rate) < _HIGHEST_RATE):
        what = f"the funding rate is {written!r}, not a fraction between -1 and 1"
        raise fault(path, line, what, "Fetch the file again")
    return rate
