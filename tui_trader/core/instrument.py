"""Instruments: the exchange's filters, rounding by side, and maintenance tiers."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from tui_trader.core.money import ZERO, Money, Price, Quantity, ceil_to, floor_to, is_multiple
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

    def maintenance(self, notional: Money) -> Money:
        """The maintenance margin of a position whose notional lies in this tier."""
        return notional * self.maintenance_rate - self.cumulative


class FilterBreach(StrEnum):
    """Which of the exchange's filters an order fails, with Binance's code for it.

    Codes: Binance USD-M documentation, "Error Codes", 11xx and 40xx.
    """

    TOO_MANY_DECIMALS = "-1111"
    PRICE_NOT_POSITIVE = "-4001"
    PRICE_ABOVE_MAX = "-4002"
    QUANTITY_NOT_POSITIVE = "-4003"
    QUANTITY_BELOW_MIN = "-4004"
    QUANTITY_ABOVE_MAX = "-4005"
    STOP_NOT_POSITIVE = "-4006"
    STOP_ABOVE_MAX = "-4007"
    PRICE_BELOW_MIN = "-4013"
    PRICE_OFF_TICK = "-4014"
    PRICE_ABOVE_BAND = "-4016"
    QUANTITY_OFF_STEP = "-4023"
    PRICE_BELOW_BAND = "-4024"
    NOTIONAL_BELOW_MIN = "-4164"

    @property
    def code(self) -> int:
        """Binance's number."""
        return int(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A linear USD-M perpetual and its filters.

    Steps for market orders may be coarser than for limit orders. `price_band_up` and `price_band_down` are the
    multipliers of the mark price that a buy must not lie above and a sell not below (PERCENT_PRICE).
    `liquidation_fee_rate` is the fraction of the notional that a liquidation costs. `funding_hours` is the time
    between fundings. `price_precision` and `quantity_precision` are the decimals that the exchange reads at all
    (None: it is not known; they are not the tick and the step, and may be finer).

    Raises ValueError for filters that contradict themselves.
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
    price_precision: int | None = None
    quantity_precision: int | None = None

    def __post_init__(self) -> None:
        """Refuse a tick, a step or tiers with which no arithmetic is possible."""
        if self.tick <= 0 or self.step <= 0:
            raise ValueError(f"{self.symbol}: tick and step must be positive")
        if not self.brackets:
            raise ValueError(f"{self.symbol}: there must be at least one maintenance tier")
        caps = [bracket.notional_cap for bracket in self.brackets]
        if any(lower >= upper for lower, upper in pairwise(caps)):
            raise ValueError(f"{self.symbol}: maintenance tiers must be in rising order of their caps")
        if not all(0 < bracket.maintenance_rate < 1 for bracket in self.brackets):
            raise ValueError(f"{self.symbol}: a maintenance rate must lie between zero and one")

    @property
    def max_leverage(self) -> int:
        """The highest leverage of any tier."""
        return self.brackets[0].max_leverage

    @property
    def price_decimals(self) -> int:
        """How many decimals a price is written with."""
        return _decimals(self.tick)

    @property
    def quantity_decimals(self) -> int:
        """How many decimals a quantity is written with."""
        return _decimals(self.step)

    def bracket_of(self, notional: Money) -> Bracket:
        """The tier by notional; beyond the last cap, the last tier."""
        for bracket in self.brackets:
            if notional <= bracket.notional_cap:
                return bracket
        return self.brackets[-1]

    def round_quantity(self, quantity: Quantity, order_type: OrderType) -> Quantity:
        """Down to the step, so that rounding never enlarges an order."""
        return max(ZERO, floor_to(quantity, self._step_for(order_type)))

    def quantity_within(self, notional: Money, price: Price, order_type: OrderType) -> Quantity:
        """The largest quantity, in whole steps, whose notional at `price` (positive) is not above `notional`."""
        worth_of_step = self._step_for(order_type) * price
        return max(ZERO, floor_to(notional, worth_of_step) / price)

    def round_price(self, price: Price, side: Side) -> Price:
        """To the tick, never to a worse price: a buy rounds down, a sell rounds up."""
        return floor_to(price, self.tick) if side is Side.BUY else ceil_to(price, self.tick)

    def round_stop(self, price: Price, position_side: Side) -> Price:
        """A stop to the tick, towards the entry: a long's stop rounds up, a short's down (the loss never grows)."""
        return ceil_to(price, self.tick) if position_side is Side.BUY else floor_to(price, self.tick)

    def breach(self, intent: Intent, mark: Price | None) -> FilterBreach | None:
        """The first filter that the order fails, or None.

        Reduce-only and close-position orders are exempt from the minimum notional, close-position from quantity
        (it sends none). Without a mark price the band of a limit price and the notional of a market order are not
        checked here; the gate denies new risk without one.
        """
        return (
            self._precision_breach(intent)
            or self._quantity_breach(intent)
            or self._price_breach(intent)
            or self._stop_breach(intent)
            or self._band_breach(intent, mark)
            or self._notional_breach(intent, mark)
        )

    def _step_for(self, order_type: OrderType) -> Quantity:
        return self.step if order_type is OrderType.LIMIT else max(self.step, self.market_step)

    def _precision_breach(self, intent: Intent) -> FilterBreach | None:
        prices = [price for price in (intent.price, intent.stop_price) if price is not None]
        quantities = [] if intent.close_position else [intent.quantity]
        if any(_is_finer(price, self.price_precision) for price in prices):
            return FilterBreach.TOO_MANY_DECIMALS
        if any(_is_finer(quantity, self.quantity_precision) for quantity in quantities):
            return FilterBreach.TOO_MANY_DECIMALS
        return None

    def _quantity_breach(self, intent: Intent) -> FilterBreach | None:
        if intent.close_position:
            return None
        most = self.max_quantity if intent.type is OrderType.LIMIT else self.market_max_quantity
        if intent.quantity <= 0:
            return FilterBreach.QUANTITY_NOT_POSITIVE
        if intent.quantity < self.min_quantity:
            return FilterBreach.QUANTITY_BELOW_MIN
        if intent.quantity > most:
            return FilterBreach.QUANTITY_ABOVE_MAX
        off_step = not is_multiple(intent.quantity, self._step_for(intent.type))
        return FilterBreach.QUANTITY_OFF_STEP if off_step else None

    def _price_breach(self, intent: Intent) -> FilterBreach | None:
        price = intent.price
        if price is None:
            return None
        if price <= 0:
            return FilterBreach.PRICE_NOT_POSITIVE
        if price < self.min_price:
            return FilterBreach.PRICE_BELOW_MIN
        if price > self.max_price:
            return FilterBreach.PRICE_ABOVE_MAX
        return None if is_multiple(price, self.tick) else FilterBreach.PRICE_OFF_TICK

    def _stop_breach(self, intent: Intent) -> FilterBreach | None:
        stop = intent.stop_price
        if stop is None:
            return None
        if stop <= 0:
            return FilterBreach.STOP_NOT_POSITIVE
        if stop < self.min_price:
            return FilterBreach.PRICE_BELOW_MIN
        if stop > self.max_price:
            return FilterBreach.STOP_ABOVE_MAX
        return None if is_multiple(stop, self.tick) else FilterBreach.PRICE_OFF_TICK

    def _band_breach(self, intent: Intent, mark: Price | None) -> FilterBreach | None:
        if intent.price is None or mark is None:
            return None
        if intent.side is Side.BUY and intent.price > mark * self.price_band_up:
            return FilterBreach.PRICE_ABOVE_BAND
        if intent.side is Side.SELL and intent.price < mark * self.price_band_down:
            return FilterBreach.PRICE_BELOW_BAND
        return None

    def _notional_breach(self, intent: Intent, mark: Price | None) -> FilterBreach | None:
        if intent.reduce_only or intent.close_position:
            return None
        reference = intent.price if intent.price is not None else intent.stop_price
        if reference is None:
            reference = mark
        if reference is not None and intent.quantity * reference < self.min_notional:
            return FilterBreach.NOTIONAL_BELOW_MIN
        return None


def _decimals(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _is_finer(value: Decimal, precision: int | None) -> bool:
    return precision is not None and _decimals(value) > precision
