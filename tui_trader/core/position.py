"""One-way, isolated positions: quantity and cost, and what a fill does to them."""

from dataclasses import dataclass
from decimal import Decimal

from tui_trader.core.money import ZERO, Money, Price, Quantity, to_balance
from tui_trader.core.words import Side, Symbol


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of one symbol.

    `quantity` is signed. `cost` is signed quantity times entry price; the entry price follows from it, so that the
    sum of realised profits is exactly the sum of the cash that the fills moved. (Kept the other way round, an entry
    price such as 1/3 would lose a little at each fill.)
    """

    symbol: Symbol
    quantity: Quantity = ZERO
    cost: Money = ZERO

    @classmethod
    def held(cls, symbol: Symbol, quantity: Quantity, entry_price: Price) -> "Position":
        """A position of signed `quantity` with a known entry price, as an exchange reports one."""
        return cls(symbol, quantity, quantity * entry_price)

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held."""
        return self.quantity == 0

    @property
    def side(self) -> Side | None:
        """BUY for long, SELL for short, None when flat."""
        if self.quantity == 0:
            return None
        return Side.BUY if self.quantity > 0 else Side.SELL

    @property
    def entry_price(self) -> Price:
        """The average price of what is held; zero when flat."""
        return self.cost / self.quantity if self.quantity else ZERO

    def notional(self, price: Price) -> Money:
        """The absolute worth at `price`."""
        return abs(self.quantity) * price

    def unrealised(self, mark: Price) -> Money:
        """quantity x (mark - entry): the profit on the mark price, before fees."""
        return self.quantity * mark - self.cost

    def after(self, side: Side, quantity: Quantity, price: Price) -> tuple["Position", Money]:
        """The position after a fill, and the profit it realised (before fees).

        Adding moves the entry price, reducing leaves it; crossing zero closes at `price` and opens the rest there.
        Raises ValueError for a quantity or a price that no fill can have.
        """
        if quantity <= 0 or price <= 0:
            raise ValueError(f"a fill of {quantity} at {price} cannot be: both must be positive")
        change = quantity * side.sign
        if self.quantity * change >= 0:
            return Position(self.symbol, self.quantity + change, self.cost + change * price), ZERO
        closed = min(abs(change), abs(self.quantity)) * (1 if self.quantity > 0 else -1)
        cost_out = self._cost_of(closed)
        realised = closed * price - cost_out
        rest = change + closed
        if rest == 0:
            return Position(self.symbol, self.quantity - closed, self.cost - cost_out), realised
        return Position(self.symbol, rest, rest * price), realised

    def _cost_of(self, closed: Quantity) -> Money:
        """The share of the cost that belongs to the part that closes, in whole units of the balance.

        What rounding adds here stays out of the rest's cost, so the two always sum to the whole.
        """
        if closed == self.quantity:
            return self.cost
        return to_balance(self.cost * closed / self.quantity)


def reduces(position: Quantity, working_exits: Quantity, change: Quantity) -> bool:
    """Whether `change` can only bring `position` nearer to flat, even if all working exits trade as well.

    All three are signed; `working_exits` is the sum of the open orders that point against the position. An order
    that could flip the position together with those does not count as reducing.
    """
    if position == 0 or change == 0 or position * change > 0:
        return False
    return abs(change + _against(position, working_exits)) <= abs(position)


def _against(position: Quantity, working: Quantity) -> Decimal:
    return working if working * position < 0 else ZERO
