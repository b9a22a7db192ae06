"""What others have open in the account: their orders, as far as limits and people need to know them."""

from dataclasses import dataclass

from tui_trader.core.money import ZERO, Price, Quantity
from tui_trader.core.words import ClientOrderId, Side, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignOrder:
    """An open order of somebody else. `price` is its limit or its trigger, None where it has neither.

    The exchange knows more kinds of orders than we send: whatever is not certain only to reduce counts as opening.
    """

    client_order_id: ClientOrderId
    symbol: Symbol
    side: Side
    remaining: Quantity
    price: Price | None
    only_reduces: bool

    @property
    def opens(self) -> Quantity:
        """What of it could add to the position."""
        return ZERO if self.only_reduces else self.remaining
