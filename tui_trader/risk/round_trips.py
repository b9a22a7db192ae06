"""Round trips: from flat to flat, what each brought net of fees and funding, and how many lost in a row."""

from dataclasses import dataclass, field

from tui_trader.core.money import ZERO, Money, Quantity
from tui_trader.core.order import Fill
from tui_trader.core.words import Side, Symbol


@dataclass(slots=True)
class _Trip:
    """What is open of one symbol: signed quantity, and the money the trip has made so far."""

    quantity: Quantity = ZERO
    net: Money = ZERO


@dataclass(slots=True)
class RoundTrips:
    """The losing streak. A trip ends when its position is back to flat; one that brought nothing did not lose."""

    losing_streak: int = 0
    _open: dict[Symbol, _Trip] = field(default_factory=dict)

    def side_held(self, symbol: Symbol) -> Side | None:
        """The side of what is open; None when flat."""
        trip = self._open.get(symbol)
        if trip is None or trip.quantity == 0:
            return None
        return Side.BUY if trip.quantity > 0 else Side.SELL

    def filled(self, fill: Fill) -> None:
        """Take a fill in. One that crosses zero ends the trip, bears its fee in full, and begins the next with none."""
        trip = self._open.setdefault(fill.symbol, _Trip())
        before, after = trip.quantity, trip.quantity + fill.signed_quantity
        trip.quantity = after
        trip.net += fill.realised - fill.fee
        if before and before * after <= 0:
            self._ended(fill.symbol, trip.net, rest=after)

    def funded(self, symbol: Symbol, amount: Money) -> None:
        """Take funding in (positive when received). News of it that comes after the close finds no trip to join."""
        if symbol in self._open:
            self._open[symbol].net += amount

    def adopted(self, symbol: Symbol, quantity: Quantity) -> None:
        """The exchange holds something else than the fills explain.

        If it holds nothing any more, or the other side, the trip ended unseen; what is not known counts as lost.
        """
        held = self._open.get(symbol)
        if held is not None and held.quantity and held.quantity * quantity <= 0:
            self.losing_streak += 1
            del self._open[symbol]
        if quantity:
            self._open.setdefault(symbol, _Trip()).quantity = quantity

    def forgiven(self) -> None:
        """A person resumed: the streak begins anew."""
        self.losing_streak = 0

    def _ended(self, symbol: Symbol, net: Money, *, rest: Quantity) -> None:
        self.losing_streak = self.losing_streak + 1 if net < 0 else 0
        del self._open[symbol]
        if rest:
            self._open[symbol] = _Trip(quantity=rest)
