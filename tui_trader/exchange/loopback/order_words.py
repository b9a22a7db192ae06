"""The words of orders on the wire, and how ours become Binance's."""

from enum import StrEnum

from tui_trader.core.order import OrderStatus, TimeInForce
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.self_trade import SelfTrade

ORDER_BASE = 8_000_000_000
"""Added to the paper exchange's numbers: an id is wider than 32 bits, as the real ones are."""
ALGO_BASE = 3_000_000_000_000_000
"""Conditional orders have ids of their own, far from those of orders."""

LIQUIDATION_PREFIX = "autoclose-"


class WireType(StrEnum):
    """Types that `order` knows; the conditional ones are named to be refused there."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP = "STOP"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"
    TRAILING_STOP_MARKET = "TRAILING_STOP_MARKET"


class WireTimeInForce(StrEnum):
    """How long an order lives, as it is asked for."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"
    GTD = "GTD"

    @property
    def matching(self) -> TimeInForce:
        """What the matching makes of it; the end of a GTD order is seen to here."""
        return TimeInForce.GTC if self is WireTimeInForce.GTD else TimeInForce(self.value)


class WorkingType(StrEnum):
    """Which price triggers."""

    MARK_PRICE = "MARK_PRICE"
    CONTRACT_PRICE = "CONTRACT_PRICE"


class RespType(StrEnum):
    """How much an acknowledgement says."""

    ACK = "ACK"
    RESULT = "RESULT"


_STATUS = {
    OrderStatus.ACCEPTED: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
    OrderStatus.REJECTED: "REJECTED",
}


def status_word(status: OrderStatus, reason: str = "") -> str:
    """An order's status on the wire."""
    if status is OrderStatus.EXPIRED and reason.startswith("self-trade"):
        return "EXPIRED_IN_MATCH"
    return _STATUS[status]


def wire_id(order: PaperOrder) -> int:
    """The order's id on the wire."""
    return ORDER_BASE + order.order_id


STP = SelfTrade.EXPIRE_MAKER.value
"""Self-trade prevention, as every order shows it."""
