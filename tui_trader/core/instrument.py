"""Instruments: the exchange's filters, rounding by side, and maintenance tiers."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tui_trader.core.money import ZERO, Money, Price, Quantity, ceil_to, floor_to
from tui_trader.core.order import Intent, OrderType
from tui_trader.core.words import Side, Symbol


@dataclass(frozen=True, slots=True)
class Bracket:
    """One maintenance tier: it holds for notionals up to `notional_cap`.

    `cumulative` is the amount that makes maintenance margin continuous from tier to tier:
    maintenance = notional x rate - cumulative.
    """

    notional_cap: Money
    maintenance_rate: Decimal
    max_leverage: int
    cumulative: Money


class FilterBreach(StrEnum):
    """Which of the exchange's filters an order fails, with Binance's code for it."""

    PRICE_NOT_POSITIVE = "-4001"
    PRICE_ABOVE_MAX = "-4002"
    QUANTITY_NOT_POSITIVE = "-4003"
    QUANTITY_BELOW_MIN = "-4004"
    QUANTITY_ABOVE_MAX = "-4005"
    PRICE_BELOW_MIN = "-4013"
    PRICE_OFF_TICK = "-4014"
    PRICE_ABOVE_BAND = "-4016"
    QUANTITY_OFF_STEP = "-4023"
    PRICE_BELOW_BAND = "-4024"
    NOTIONAL_BELOW_MIN = "-4164"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A linear USD-M perpetual and its filters.

    Steps for market orders may be coarser than for limit orders. `price_band_up` and `price_band_down` are the
    multipliers of the mark price between which a limit price must lie (PERCENT_PRICE). `funding_hours` is the
    time between fundings.
    """

    symbol: Symbol
    base: str
    quote: str
    tick: Price
    step: Quantity
    market_step: Quantity
    min_quantity: Quantity
    max_quantity: Quantity
    market_max_quantity: Quantity
    min_price: Price
    max_price: Price
    min_notional: Money
    price_band_up: Decimal
    price_band_down: Decimal
    brackets: tuple[Bracket, ...]
    liquidation_fee_rate: Decimal
    funding_hours: int = 8

    @property
    def max_leverage(self) -> int:
        """The highest leverage of any tier."""
        return self.brackets[0].max_leverage

    @property
    def price_decimals(self) -> int:
        """How many decimals a price is written with."""
        exponent = self.tick.normalize().as_tuple().exponent
        return max(0, -exponent) if isinstance(exponent, int) else 0

    def bracket_of(self, notional: Money) -> Bracket:
        """The tier by notional; beyond the last cap, the last tier."""
        for bracket in self.brackets:
            if notional <= bracket.notional_cap:
                return bracket
        return self.brackets[-1]

    def round_quantity(self, quantity: Quantity, order_type: OrderType) -> Quantity:
        """Down to the step, so that rounding never enlarges an order."""
        step = self.step if order_type is OrderType.LIMIT else max(self.step, self.market_step)
        return max(ZERO, floor_to(quantity, step))

    def round_price(self, price: Price, side: Side) -> Price:
        """To the tick, away from paying more: a buy rounds down, a sell rounds up."""
        return floor_to(price, self.tick) if side is Side.BUY else ceil_to(price, self.tick)

    def round_stop(self, price: Price, position_side: Side) -> Price:
        """A stop to the tick, towards the entry: a long's stop rounds up, a short's down (the loss never grows)."""
        return ceil_to(price, self.tick) if position_side is Side.BUY else floor_to(price, self.tick)

    def breach(self, intent: Intent, mark: Price | None) -> FilterBreach | None:
        """The first filter that the order fails, or None.

        Reduce-only and close-position orders are exempt from the minimum notional, close-position from quantity
        (it sends none). Without a mark price the band is not checked here; the gate denies new risk without one.
        """
        if not intent.close_position:
            found = self._quantity_breach(intent)
            if found:
                return found
        for price in (intent.price, intent.stop_price):
            if price is not None and (found := self._price_breach(price)):
                return found
        if intent.price is not None and mark is not None and (found := self._band_breach(intent, mark)):
            return found
        if intent.reduce_only or intent.close_position:
            return None
        reference = intent.price or intent.stop_price or mark
        if reference is not None and intent.quantity * reference < self.min_notional:
            return FilterBreach.NOTIONAL_BELOW_MIN
        return None

    def _quantity_breach(self, intent: Intent) -> FilterBreach | None:
        limit = intent.type is OrderType.LIMIT
        step = self.step if limit else max(self.step, self.market_step)
        most = self.max_quantity if limit else self.market_max_quantity
        if intent.quantity <= 0:
            return FilterBreach.QUANTITY_NOT_POSITIVE
        if intent.quantity < self.min_quantity:
            return FilterBreach.QUANTITY_BELOW_MIN
        if intent.quantity > most:
            return FilterBreach.QUANTITY_ABOVE_MAX
        return FilterBreach.QUANTITY_OFF_STEP if intent.quantity % step else None

    def _price_breach(self, price: Price) -> FilterBreach | None:
        if price <= 0:
            return FilterBreach.PRICE_NOT_POSITIVE
        if price < self.min_price:
            return FilterBreach.PRICE_BELOW_MIN
        if price > self.max_price:
            return FilterBreach.PRICE_ABOVE_MAX
        return FilterBreach.PRICE_OFF_TICK if price % self.tick else None

    def _band_breach(self, intent: Intent, mark: Price) -> FilterBreach | None:
        assert intent.price is not None
        if intent.side is Side.BUY and intent.price > mark * self.price_band_up:
            return FilterBreach.PRICE_ABOVE_BAND
        if intent.side is Side.SELL and intent.price < mark * self.price_band_down:
            return FilterBreach.PRICE_BELOW_BAND
        return None
