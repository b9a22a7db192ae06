"""Isolated margin on paper: what a position and its working orders lock, and how a liquidation ends.

Formulas: Binance USD-M documentation ("Leverage and Margin", "How to calculate cost required to open a position").
Money in the quote currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import initial_margin
from tui_trader.core.money import ZERO, Money, Price, Quantity, ceil_to, floor_to, to_balance
from tui_trader.core.position import Position
from tui_trader.core.words import Side


@dataclass(frozen=True, slots=True)
class Working:
    """The part of an order that may still open something.

    `price` is what it is assumed to trade at where its margin is reckoned, `order_price` what it may trade at.
    """

    side: Side
    quantity: Quantity
    price: Price
    order_price: Price

    @property
    def signed_notional(self) -> Money:
        """Positive for a buy."""
        return self.quantity * self.price * self.side.sign

    def open_loss(self, mark: Price) -> Money:
        """What it would lose on the mark price the moment it trades; never negative."""
        return self.quantity * max(ZERO, (self.order_price - mark) * self.side.sign)


def worst_notional(position: Position, working: Iterable[Working], mark: Price) -> Money:
    """max(|PN + bids|, |PN - asks|): the larger of what all buys or all sells would make of the position."""
    held = position.quantity * mark
    bids = asks = ZERO
    for order in working:
        if order.side is Side.BUY:
            bids += order.signed_notional
        else:
            asks += order.signed_notional
    return max(abs(held + bids), abs(held + asks))


def working_margin(position: Position, working: tuple[Working, ...], mark: Price, leverage: int) -> Money:
    """What the working orders lock beyond the position's own margin: initial margin and opening losses."""
    grown = worst_notional(position, working, mark) - position.notional(mark)
    losses = sum((order.open_loss(mark) for order in working), start=ZERO)
    return initial_margin(max(ZERO, grown), leverage) + losses


def isolated_after(before: Position, isolated: Money, after: Position, leverage: int) -> Money:
    """The position's own margin after a fill.

    What is opened brings notional / leverage; what is closed takes its share of the margin with it.
    """
    if after.is_flat:
        return ZERO
    if before.quantity * after.quantity <= 0:
        return to_balance(initial_margin(abs(after.cost), leverage))
    if abs(after.quantity) >= abs(before.quantity):
        return isolated + to_balance(initial_margin(abs(after.cost - before.cost), leverage))
    return to_balance(isolated * after.quantity / before.quantity)


@dataclass(frozen=True, slots=True)
class Takeover:
    """How the liquidation engine takes a position over."""

    price: Price
    fee: Money


def takeover(instrument: Instrument, position: Position, isolated: Money, mark: Price) -> Takeover:
    """At the mark, but never worse than the bankruptcy price, where the isolated margin is just gone.

    The liquidation fee is charged on the notional, at most what is then left: an isolated position cannot lose more
    than its margin. What a gap beyond the bankruptcy price would cost, the exchange's insurance fund bears.
    """
    bankruptcy = (position.cost - isolated) / position.quantity
    if position.quantity > 0:
        price = ceil_to(max(mark, bankruptcy), instrument.tick)
    else:
        price = floor_to(min(mark, bankruptcy), instrument.tick)
    left = isolated + position.unrealised(price)
    fee = min(to_balance(position.notional(price) * instrument.liquidation_fee_rate), left)
    return Takeover(price, max(ZERO, fee))


def largest_notional(instrument: Instrument, leverage: int) -> Money:
    """The largest notional that the tiers allow at this leverage; zero if none does."""
    return max((b.notional_cap for b in instrument.brackets if b.max_leverage >= leverage), default=ZERO)
