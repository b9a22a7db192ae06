"""Shares of one position: an account holds one position a symbol, and others may hold a part of it."""

from dataclasses import dataclass

from tui_trader.core.money import ZERO, Quantity
from tui_trader.core.position import Position


@dataclass(frozen=True, slots=True)
class Shares:
    """Signed quantities that sum to what the account holds; both point the same way, or one of them is zero.

    One-way mode nets all trades of a symbol, so a trade against the position always takes from what is there: first
    from the part of whoever trades, then from the other's. What is beyond it opens the trader's own part.
    """

    own: Quantity = ZERO
    foreign: Quantity = ZERO

    @property
    def held(self) -> Quantity:
        """What the account holds."""
        return self.own + self.foreign

    def after(self, change: Quantity, *, by_us: bool) -> "Shares":
        """The shares after a trade that changes the position by `change`."""
        mine, others = (self.own, self.foreign) if by_us else (self.foreign, self.own)
        left = change
        if self.held * change < 0:
            mine, left = _taken_from(mine, left)
            others, left = _taken_from(others, left)
        mine += left
        return Shares(mine, others) if by_us else Shares(others, mine)

    def settled(self, held: Quantity, unbooked: Quantity = ZERO) -> "Shares":
        """The shares where the account holds `held` and no trade says why.

        What our orders are known to have traded beyond what is booked (`unbooked`, signed) is ours; the rest is
        somebody else's doing.
        """
        known = self.after(unbooked, by_us=True)
        return known.after(held - known.held, by_us=False)


def _taken_from(part: Quantity, change: Quantity) -> tuple[Quantity, Quantity]:
    """A part after a change against it, at the most down to nothing, and what of the change is left."""
    taken = min(abs(part), abs(change))
    return (part - taken, change + taken) if part > 0 else (part + taken, change - taken)


def own_part(position: Position, foreign: Quantity) -> Position:
    """What is left of the account's position without the quantity that is foreign; at the same entry price."""
    if not foreign:
        return position
    own = position.quantity - foreign
    return Position(position.symbol, own, position.cost * own / position.quantity if own else ZERO)


def foreign_part(position: Position, foreign: Quantity) -> Position:
    """The other part: quantities and costs of both sum to the account's."""
    own = own_part(position, foreign)
    return Position(position.symbol, position.quantity - own.quantity, position.cost - own.cost)
