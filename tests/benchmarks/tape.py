"""What a capture's own trades say an order would have got: the measure that paper fills are held against."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tui_trader.core.clock import Instant
from tui_trader.core.market import MarketTrade
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
    """All trades of a capture in their order."""

    def __init__(self, trades: Iterable[MarketTrade]) -> None:
        """The trades, by time."""
        self._trades = tuple(trades)
        self._times = [trade.time for trade in self._trades]

    def taken_at(self, side: Side, quantity: Quantity, after: Instant) -> Price | None:
        """What others who took on this side paid next, weighted by volume, for that quantity; None at the end."""
        left, paid = quantity, ZERO
        for trade in self._from(after):
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
        before it; at the latest when enough was traded for all who did, or through the price.
        """
        earliest: Instant | None = None
        met, through = ZERO, ZERO
        for trade in self._from(after):
            beyond: Decimal = (price - trade.price) * side.sign
            if trade.time > until or (trade.buyer_is_maker is not (side is Side.BUY)) or beyond < 0:
                if trade.time > until:
                    break
                continue
            met += trade.quantity
            through += trade.quantity if beyond > 0 else ZERO
            if earliest is None and met >= quantity:
                earliest = trade.time
            if through >= quantity or met >= ahead + quantity:
                return Allowed(earliest, trade.time)
        return Allowed(earliest, None)

    def _from(self, after: Instant) -> tuple[MarketTrade, ...]:
        return self._trades[bisect_right(self._times, after) :]
