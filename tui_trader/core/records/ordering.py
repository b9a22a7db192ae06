"""Rows of orders and their fills, and of what protects a position."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from tui_trader.core.money import ZERO, Price, Quantity, to_balance
from tui_trader.core.order import Fill, Intent, OrderStatus
from tui_trader.core.words import ClientOrderId, Symbol, TradeId


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntended:
    """An order will be sent. The client order id derives from this row's hash, so it is not in the row."""

    KIND: ClassVar[str] = "order.intent"
    intent: Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged:
    """News of an order: sent, accepted, filled, cancelled, rejected, unknown, resolved."""

    KIND: ClassVar[str] = "order.update"
    client_order_id: ClientOrderId
    status: OrderStatus
    filled: Quantity = ZERO
    average_price: Price | None = None
    exchange_order_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled:
    """A trade of the account. `foreign` is how much of its quantity changed what is not ours: none of most trades."""

    KIND: ClassVar[str] = "fill"
    fill: Fill
    foreign: Quantity = ZERO

    @property
    def own(self) -> Fill | None:
        """The part that changed what is ours, with its share of fee and profit; None where it changed nothing."""
        if not self.foreign:
            return self.fill
        quantity = self.fill.quantity - self.foreign
        if quantity <= 0:
            return None
        part = quantity / self.fill.quantity
        fee, realised = to_balance(self.fill.fee * part), to_balance(self.fill.realised * part)
        return replace(self.fill, quantity=quantity, fee=fee, realised=realised)


class ForcedCause(StrEnum):
    """Why an exchange closes a position by itself."""

    LIQUIDATION = "liquidation"
    DELEVERAGING = "deleveraging"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeClosed:
    """The exchange itself closed a position, or a part of it; the trade stands in the row before."""

    KIND: ClassVar[str] = "exchange.closed"
    cause: ForcedCause
    symbol: Symbol
    client_order_id: ClientOrderId
    trade_id: TradeId
    quantity: Quantity
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionFailed:
    """A position could not be proven protected in time; what the desk does about it follows."""

    KIND: ClassVar[str] = "naked"
    symbol: Symbol
    quantity: Quantity
    reason: str
