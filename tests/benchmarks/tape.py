"""What a capture's own trades and quotes say an order would have got: the measure that paper fills are held against."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from tui_trader.core.clock import Instant
from tui_trader.core.market import MarketEvent, MarketTrade, Quote
from tui_trader.core.money import ZERO, Price, Quantity
from tui_trader.core.words import Side


@dataclass(frozen=True, slots=True)
class Allowed:
    """When the tape lets a resting order be filled: not before `earliest`, and by `latest` for certain.

    Between the two lies what the tape cannot tell: who before us in the line cancelled.
    """

    earliest: Instant | None
    latest: Instant | None

    def permits(self, filled: Instant | None, until: Instant) -> bool:
        """Whether a fill at that time, or none until `until`, is possible."""
        if filled is None:
            return self.latest is None or self.latest > until
        return self.earliest is not None and self.earliest <= filled and (self.latest is None or filled <= self.latest)


class Tape:
    """All trades and quotes of a capture in their order."""

    def __init__(self, events: Iterable[MarketEvent]) -> None:
        """The events by time; others than trades and quotes say nothing here."""
        told = tuple(events)
        self._trades = tuple(event for event in told if isinstance(event, MarketTrade))
        self._quotes = tuple(event for event in told if isinstance(event, Quote))
        self._trade_times = [trade.time for trade in self._trades]
        self._quote_times = [quote.time for quote in self._quotes]

    def taken_at(self, side: Side, quantity: Quantity, after: Instant) -> Price | None:
        """What others who took on this side paid next, weighted by volume, for that quantity; None at the end."""
        left, paid = quantity, ZERO
        for trade in self._trades[bisect_right(self._trade_times, after) :]:
            if trade.buyer_is_maker is (side is Side.BUY):
                continue
            part = min(left, trade.quantity)
            left, paid = left - part, paid + part * trade.price
            if not left:
                return paid / quantity
        return None

    def fills(
        self, side: Side, price: Price, quantity: Quantity, ahead: Quantity, after: Instant, until: Instant
    ) -> Allowed:
        """Bounds for all of an order that rests at `price` behind `ahead`.

        At the earliest when enough was traded at its price or through it for the order alone, as if nobody had stood
        before it, or when the other side was quoted at its price, since whoever quoted so would have met it; at the
        latest when enough was traded for all who stood before it and for it, or through the price.
        """
        earliest, latest = self._met_by_quote(side, price, after, until), None
        met, through = ZERO, ZERO
        for trade in self._trades[bisect_right(self._trade_times, after) :]:
            beyond = (price - trade.price) * side.sign
            if trade.time > until:
                break
            if trade.buyer_is_maker is not (side is Side.BUY) or beyond < 0:
                continue
            met += trade.quantity
            through += trade.quantity if beyond > 0 else ZERO
            if met >= quantity:
                earliest = min(earliest or trade.time, trade.time)
            if through >= quantity or met >= ahead + quantity:
                latest = trade.time
                break
        return Allowed(earliest, latest)

    def _met_by_quote(self, side: Side, price: Price, after: Instant, until: Instant) -> Instant | None:
        for quote in self._quotes[bisect_right(self._quote_times, after) :]:
            if quote.time > until:
                return None
            if (price - (quote.ask if side is Side.BUY else quote.bid)) * side.sign >= 0:
                return quote.time
        return None
