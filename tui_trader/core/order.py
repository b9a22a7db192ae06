"""Intent, order and fill: what is wanted, what became of it, and what was traded."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol, TradeId


class OrderType(StrEnum):
    """The four kinds of order that the desk sends."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"

    @property
    def is_conditional(self) -> bool:
        """Whether the order waits for a trigger price and lives in the exchange's list of conditional orders."""
        return self in (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET)


class TimeInForce(StrEnum):
    """How long a limit order lives: until cancelled, at once or not, all at once or not, maker or not."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"


class Purpose(StrEnum):
    """Why the desk sends an order. Only an entry adds risk."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    TAKE_PROFIT = "take_profit"


class OrderStatus(StrEnum):
    """Where an order stands. UNKNOWN means that the exchange may or may not have it."""

    INTENDED = "INTENDED"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the order any more."""
        return self in _FINAL


_FINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
        OrderStatus.REJECTED,
        OrderStatus.NOT_SENT,
    }
)

_LIVE_NEXT = frozenset(
    {
        OrderStatus.ACCEPTED,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
        OrderStatus.REJECTED,
    }
)

NEXT_STATUS = MappingProxyType(
    {
        # After a crash an intent without a later row may or may not have left: it is then unknown.
        OrderStatus.INTENDED: frozenset({OrderStatus.SENT, OrderStatus.NOT_SENT, OrderStatus.UNKNOWN}),
        OrderStatus.SENT: _LIVE_NEXT | {OrderStatus.UNKNOWN, OrderStatus.NOT_SENT},
        OrderStatus.UNKNOWN: _LIVE_NEXT | {OrderStatus.NOT_SENT},
        OrderStatus.ACCEPTED: _LIVE_NEXT - {OrderStatus.ACCEPTED},
        OrderStatus.PARTIALLY_FILLED: frozenset(
            {
                OrderStatus.PARTIALLY_FILLED,
                OrderStatus.FILLED,
                OrderStatus.CANCELED,
                OrderStatus.EXPIRED,
            }
        ),
        # A fill may overtake a cancel on the wire; the exchange's word about traded quantity wins.
        OrderStatus.CANCELED: frozenset({OrderStatus.FILLED}),
        OrderStatus.EXPIRED: frozenset({OrderStatus.FILLED}),
        OrderStatus.FILLED: frozenset[OrderStatus](),
        OrderStatus.REJECTED: frozenset[OrderStatus](),
        OrderStatus.NOT_SENT: frozenset[OrderStatus](),
    }
)
"""Which status may follow which. Anything else on the wire is late news and changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """The stop and the take-profit that an entry carries with it; both trigger on the mark price."""

    stop_price: Price
    take_profit_price: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One order that is wanted: what the gate judges, the journal keeps and the desk sends, once.

    `quantity` is positive. With `close_position` the exchange closes whatever there is when the order triggers;
    the quantity then says what it covered when it was made and is not sent. `price` belongs to LIMIT, `stop_price`
    to the two conditional types. `correlation` names the tool call that wants it.

    Raises ValueError for an order that cannot be meant: prices that its type does not have or lacks, or an order
    that is not an entry (and so is not counted as one) but could add risk.
    """

    symbol: Symbol
    side: Side
    type: OrderType
    quantity: Quantity
    price: Price | None = None
    stop_price: Price | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    close_position: bool = False
    purpose: Purpose
    protection: Protection | None = None
    actor: Actor
    cycle: int | None = None
    correlation: str = ""
    approval: str = ""
    """The id of the yes that the entry is sent by; empty where nobody was asked."""
    seen_price: Price | None = None
    """The mark price that the decision was made by, where it was made by one; it never leaves for the exchange."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not all(figure.is_finite() for figure in (self.quantity, self.price or ZERO, self.stop_price or ZERO)):
            raise ValueError("an order's quantity and prices must be numbers")
        if (self.price is not None) is not (self.type is OrderType.LIMIT):
            raise ValueError(f"{self.type} order: a price belongs to LIMIT and to nothing else")
        if (self.stop_price is not None) is not self.type.is_conditional:
            raise ValueError(f"{self.type} order: a stop price belongs to conditional orders and to nothing else")
        if self.purpose is not Purpose.ENTRY and not (self.reduce_only or self.close_position):
            raise ValueError(f"an order with purpose {self.purpose} must be reduce-only or close the position")

    @property
    def signed_quantity(self) -> Quantity:
        """The change of the position if all of it trades."""
        return self.quantity * self.side.sign

    def resized(self, quantity: Quantity) -> "Intent":
        """The same wish at another size."""
        return replace(self, quantity=quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An intent with its id and its fate so far."""

    client_order_id: ClientOrderId
    intent: Intent
    status: OrderStatus
    filled: Quantity = ZERO
    average_price: Price | None = None
    exchange_order_id: str | None = None
    created: Instant
    updated: Instant
    reason: str = ""

    @property
    def remaining(self) -> Quantity:
        """What may still trade, never negative; an order of unknown fate counts with all that is not known filled."""
        return ZERO if self.status.is_final else max(ZERO, self.intent.quantity - self.filled)

    @property
    def is_open(self) -> bool:
        """Whether the order can still trade: working, in flight or unknown."""
        return not self.status.is_final

    def traded(self, filled: Quantity, average_price: Price) -> "Order":
        """The order after fills that sum to this; the status is the exchange's to change."""
        return replace(self, filled=max(self.filled, filled), average_price=average_price)

    def advanced(
        self,
        status: OrderStatus,
        *,
        at: Instant,
        filled: Quantity | None = None,
        average_price: Price | None = None,
        exchange_order_id: str | None = None,
        reason: str = "",
    ) -> "Order":
        """The order after news; news that may not follow its status is late and changes nothing.

        The filled quantity only grows: an average price that belongs to a smaller one is not taken over.
        """
        if status not in NEXT_STATUS[self.status]:
            return self
        reported = self.filled if filled is None else filled
        is_newer = average_price is not None and reported >= self.filled
        return replace(
            self,
            status=status,
            filled=max(self.filled, reported),
            average_price=average_price if is_newer else self.average_price,
            exchange_order_id=exchange_order_id or self.exchange_order_id,
            updated=max(self.updated, at),
            reason=reason or self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFee:
    """A fee that was taken in another asset than the account's currency, so that its wallet did not pay it.

    `amount` is in that asset. `is_estimate`: its price was not known, and the fill's `fee` is the most that it can be.
    """

    asset: str
    amount: Decimal
    is_estimate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade of ours. `fee` is positive when paid; `realised` is the profit of the part that reduced, before fees.

    `client_order_id` is the exchange's word: an order it made itself (`autoclose-…`) is not one of ours.
    """

    client_order_id: ClientOrderId
    trade_id: TradeId
    symbol: Symbol
    side: Side
    quantity: Quantity
    price: Price
    fee: Money
    maker: bool
    realised: Money
    time: Instant
    foreign_fee: ForeignFee | None = None
    """What was really taken, where `fee` is only its worth."""

    @property
    def wallet_change(self) -> Money:
        """What it brought the account's wallet, which pays no fee that is taken in another asset."""
        return self.realised if self.foreign_fee is not None else self.realised - self.fee

    @property
    def signed_quantity(self) -> Quantity:
        """The change of the position."""
        return self.quantity * self.side.sign
