"""How deep the market is behind a quote: what can be traded at once, and at which price.

A quote shows the best price and its size, and no more. Behind it the model lays liquidity evenly: each further
quantity of the touch's size moves the price by `impact_bps`. With touch price A, touch size S and taker sign s, the
marginal price at depth x is A for x <= S and A (1 + s k (x - S) / S) beyond, k = impact_bps / 10,000. What is modelled
ends where the price has moved by `bound_bps`. The next quote brings its liquidity anew.
"""

from dataclasses import dataclass
from decimal import Decimal

from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Quote
from tui_trader.core.money import BPS, ONE, ZERO, Price, Quantity, ceil_to, floor_to
from tui_trader.core.words import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthModel:
    """The two figures of the model, in basis points of the touch price; both positive."""

    impact_bps: Decimal = ONE
    bound_bps: Decimal = Decimal(100)

    def __post_init__(self) -> None:
        """Raises ValueError where a figure is not positive: the depth would be endless."""
        if self.impact_bps <= 0 or self.bound_bps <= 0:
            raise ValueError("the depth model needs a positive impact and a positive bound")


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of an order that trades at one price."""

    quantity: Quantity
    price: Price


class Liquidity:
    """One side of one quote, shared by all orders that trade against it, first come first served."""

    def __init__(self, quote: Quote, taker: Side, instrument: Instrument, model: DepthModel) -> None:
        """`taker` is the side of our orders that trade against it: a BUY trades against the ask."""
        buys = taker is Side.BUY
        self._touch = quote.ask if buys else quote.bid
        self._size = floor_to(quote.ask_size if buys else quote.bid_size, instrument.step)
        self._taker = taker
        self._instrument = instrument
        self._impact = model.impact_bps / BPS
        self._bound = self._against_taker(self._touch * (1 + taker.sign * model.bound_bps / BPS))
        self._used = ZERO

    @property
    def touch(self) -> Price:
        """The best price."""
        return self._touch

    @property
    def is_empty(self) -> bool:
        """Whether the quote shows nothing on this side, so that nothing can trade against it."""
        return self._size <= 0 or self._touch <= 0

    def crosses(self, limit: Price) -> bool:
        """Whether an order of the taker's side with this limit meets the touch."""
        return not self.is_empty and self._distance(limit) >= 0

    def holds(self, quantity: Quantity, limit: Price) -> bool:
        """Whether all of it can be had now, at `limit` or better."""
        return self._left(limit) >= quantity

    def give(self, quantity: Quantity, limit: Price) -> Quantity:
        """Use up to `quantity` of what lies at `limit` or better; the answer is how much there was."""
        amount = min(quantity, self._left(limit))
        self._used += amount
        return amount

    def take_limit(self, quantity: Quantity, limit: Price) -> tuple[Slice, ...]:
        """What an order takes at once, at `limit` or better; what is not there it does not get."""
        return self._walk(min(quantity, self._left(limit)), limit)

    def take_market(self, quantity: Quantity) -> tuple[Slice, ...]:
        """What an order without a limit takes: all of it, the part beyond the modelled depth at the bound's price."""
        if self.is_empty:
            return ()
        slices = self._walk(min(quantity, self._left(self._bound)), self._bound)
        rest = quantity - sum((part.quantity for part in slices), start=ZERO)
        if rest <= 0:
            return slices
        self._used += rest
        return (*slices, Slice(rest, self._bound))

    def _left(self, limit: Price) -> Quantity:
        """How much lies between what is used already and `limit`, in whole steps; never beyond the bound."""
        if not self.crosses(limit):
            return ZERO
        reach = self._distance(self._not_beyond(limit, self._bound)) / (self._touch * self._impact)
        return max(ZERO, floor_to(self._size * (1 + reach) - self._used, self._instrument.step))

    def _walk(self, amount: Quantity, limit: Price) -> tuple[Slice, ...]:
        """The amount in at most two slices: at the touch, and behind it at the mean of the prices passed.

        `amount` lies within `limit`; the price is held to it all the same, since a quotient's last digit could round
        to the next tick.
        """
        if amount <= 0:
            return ()
        begin, end = self._used, self._used + amount
        self._used = end
        at_touch = min(amount, max(ZERO, self._size - begin))
        slices = [Slice(at_touch, self._touch)] if at_touch else []
        if behind := amount - at_touch:
            middle = (max(begin, self._size) + end) / 2
            moved = self._impact * (middle - self._size) / self._size
            price = self._against_taker(self._touch * (1 + self._taker.sign * moved))
            slices.append(Slice(behind, self._not_beyond(price, limit)))
        return tuple(slices)

    def _distance(self, price: Price) -> Price:
        """How much worse than the touch the price is for the taker; negative if better."""
        return (price - self._touch) * self._taker.sign

    def _not_beyond(self, price: Price, limit: Price) -> Price:
        return min(price, limit) if self._taker is Side.BUY else max(price, limit)

    def _against_taker(self, price: Price) -> Price:
        tick = self._instrument.tick
        return ceil_to(price, tick) if self._taker is Side.BUY else floor_to(price, tick)
