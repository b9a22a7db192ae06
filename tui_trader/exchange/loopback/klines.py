"""One-minute klines as they are traded, and every longer interval made of them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from tui_trader.core.clock import Instant
from tui_trader.core.market import Candle
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.exchange.loopback.intervals import MINUTE, MINUTE_NS, Interval

KEPT = 2 * 1440
"""Closed minutes that are kept: what 24-hour figures and the usual questions need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kline:
    """A kline; `bought` is the part of the volume in which the taker bought. `turnover` is in quote currency.

    `closes` is the first instant after it.
    """

    opens: Instant
    closes: Instant
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity = ZERO
    turnover: Money = ZERO
    trades: int = 0
    bought: Quantity = ZERO
    bought_turnover: Money = ZERO

    @classmethod
    def unmoved(cls, opens: Instant, price: Price) -> "Kline":
        """A minute in which the price stood."""
        return cls(opens=opens, closes=MINUTE.closing(opens), open=price, high=price, low=price, close=price)

    def at(self, price: Price) -> "Kline":
        """The kline after the price was seen."""
        return replace(self, high=max(self.high, price), low=min(self.low, price), close=price)

    def traded(self, price: Price, quantity: Quantity, *, bought: bool) -> "Kline":
        """The kline after a trade."""
        turnover = price * quantity
        return replace(
            self.at(price),
            volume=self.volume + quantity,
            turnover=self.turnover + turnover,
            trades=self.trades + 1,
            bought=self.bought + (quantity if bought else ZERO),
            bought_turnover=self.bought_turnover + (turnover if bought else ZERO),
        )

    def joined(self, later: "Kline") -> "Kline":
        """This one and the one after it, as one that opens here."""
        return replace(
            self,
            high=max(self.high, later.high),
            low=min(self.low, later.low),
            close=later.close,
            volume=self.volume + later.volume,
            turnover=self.turnover + later.turnover,
            trades=self.trades + later.trades,
            bought=self.bought + later.bought,
            bought_turnover=self.bought_turnover + later.bought_turnover,
        )


class Klines:
    """The minutes of one symbol: a past that was given, and the present as it is told."""

    def __init__(self) -> None:
        """Empty."""
        self._closed: deque[Kline] = deque(maxlen=KEPT)
        self._current: Kline | None = None
        self._past: Callable[[], Iterable[Candle]] | None = None
        self._shift = 0
        self._last_told: dict[str, Instant] = {}

    def remember(self, past: Callable[[], Iterable[Candle]], shift: int) -> None:
        """Closed candles from before the start, oldest first, `shift` nanoseconds later than they say.

        They are asked for when they are first needed: a source may take half a second to make them.
        """
        self._past, self._shift = past, shift

    def _recall(self) -> None:
        past, self._past = self._past, None
        told = list(self._closed)
        self._closed.clear()
        for candle in past() if past else ():
            turnover = candle.volume * (candle.open + candle.close) / 2
            self._closed.append(
                Kline(
                    opens=(opens := Instant(candle.time + self._shift)),
                    closes=MINUTE.closing(opens),
                    open=candle.open,
                    high=candle.high,
                    low=candle.low,
                    close=candle.close,
                    volume=candle.volume,
                    turnover=turnover,
                    bought=candle.volume / 2,
                    bought_turnover=turnover / 2,
                )
            )
        self._closed.extend(told)

    def see(self, time: Instant, price: Price) -> None:
        """A price that nobody traded at, as far as is known."""
        self._current = self._minute(time, price).at(price)

    def trade(self, time: Instant, price: Price, quantity: Quantity, *, bought: bool) -> None:
        """A trade."""
        self._current = self._minute(time, price).traded(price, quantity, bought=bought)

    def credit(self, volume: Quantity) -> None:
        """Volume of a minute that the source tells whole, where it tells no trades: it counts in the minute that is."""
        kline = self._current
        if kline is not None:
            worth = volume * kline.close
            self._current = replace(
                kline,
                volume=kline.volume + volume,
                turnover=kline.turnover + worth,
                bought=kline.bought + volume / 2,
                bought_turnover=kline.bought_turnover + worth / 2,
            )

    def of(self, interval: Interval, begin: Instant, end: Instant, limit: int, *, newest: bool) -> list[Kline]:
        """Klines that open from `begin` to `end`, the last one perhaps still open; the newest or the oldest `limit`."""
        first = interval.opening(begin)
        if newest:
            latest = self._current.opens if self._current else end
            first = max(first, interval.back(interval.opening(min(end, latest)), limit - 1))
        found = [k for k in _joined(self._from(first), interval) if begin <= k.opens <= end]
        return found[-limit:] if newest else found[:limit]

    def last(self, interval: Interval) -> Kline | None:
        """The kline of that length that is being made."""
        if self._current is None:
            return None
        found = list(_joined(self._from(interval.opening(self._current.opens)), interval))
        return found[-1]

    def newly_closed(self, stream: str, interval: Interval, current: Kline) -> Kline | None:
        """The kline before `current`, once for each stream that asks, when it has just closed."""
        before = self._last_told.get(stream)
        self._last_told[stream] = current.opens
        if before is None or before == current.opens:
            return None
        found = [kline for kline in _joined(self._from(before), interval) if kline.opens < current.opens]
        return found[-1] if found else None

    def day(self) -> Kline | None:
        """The last 24 hours as one kline."""
        found = list(self._from(Instant((self._current.opens if self._current else 0) - 1439 * MINUTE_NS)))
        if not found:
            return None
        whole = found[0]
        for kline in found[1:]:
            whole = whole.joined(kline)
        return whole

    def _from(self, begin: Instant) -> Iterator[Kline]:
        if self._past is not None:
            self._recall()
        recent: list[Kline] = [self._current] if self._current and self._current.opens >= begin else []
        for kline in reversed(self._closed):
            if kline.opens < begin:
                break
            recent.append(kline)
        return reversed(recent)

    def _minute(self, time: Instant, price: Price) -> Kline:
        opens = Instant(time - time % MINUTE_NS)
        current = self._current
        if current is not None and current.opens == opens:
            return current
        if current is not None:
            self._closed.append(current)
            self._fill(current, opens)
        return Kline.unmoved(opens, price)

    def _fill(self, last: Kline, until: Instant) -> None:
        """Minutes in which nothing was told repeat the last close, as many of them as are kept."""
        begin = max(last.closes, until - KEPT * MINUTE_NS)
        for opens in range(begin, until, MINUTE_NS):
            self._closed.append(Kline.unmoved(Instant(opens), last.close))


def _joined(minutes: Iterable[Kline], interval: Interval) -> Iterator[Kline]:
    whole: Kline | None = None
    for kline in minutes:
        opens = interval.opening(kline.opens)
        if whole is not None and whole.opens == opens:
            whole = whole.joined(kline)
            continue
        if whole is not None:
            yield whole
        whole = replace(kline, opens=opens, closes=interval.closing(opens))
    if whole is not None:
        yield whole
