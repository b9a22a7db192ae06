"""A conditional order as the algo service keeps it: what it waits for, and what becomes of it."""

from dataclasses import dataclass
from enum import StrEnum

from tui_trader.core.clock import Instant
from tui_trader.core.money import HUNDRED, Price, Quantity
from tui_trader.core.order import OrderType, TimeInForce
from tui_trader.core.words import Side, Symbol
from tui_trader.exchange.loopback.order_words import ALGO_BASE, WireTimeInForce, WorkingType


class AlgoType(StrEnum):
    """The five kinds."""

    STOP = "STOP"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"
    TRAILING_STOP_MARKET = "TRAILING_STOP_MARKET"

    @property
    def has_price(self) -> bool:
        """Whether it becomes a limit order."""
        return self in (AlgoType.STOP, AlgoType.TAKE_PROFIT)

    @property
    def becomes(self) -> OrderType:
        """The order that it sends when it triggers."""
        return OrderType.LIMIT if self.has_price else OrderType.MARKET

    @property
    def takes_profit(self) -> bool:
        """Whether it triggers where the market goes with the position that it closes."""
        return self in (AlgoType.TAKE_PROFIT, AlgoType.TAKE_PROFIT_MARKET)

    @property
    def trails(self) -> bool:
        """Whether its trigger follows the market."""
        return self is AlgoType.TRAILING_STOP_MARKET


class AlgoStatus(StrEnum):
    """Where a conditional order stands. TRIGGERING: it has triggered, and its order is on the way to the matching."""

    NEW = "NEW"
    CANCELED = "CANCELED"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


OPEN = frozenset({AlgoStatus.NEW, AlgoStatus.TRIGGERING, AlgoStatus.TRIGGERED})
"""Statuses that something may still follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgoOrder:
    """One conditional order. Of a trailing stop `extreme` is the best price since it was activated (None: not yet)."""

    number: int
    client_algo_id: str
    symbol: Symbol
    side: Side
    type: AlgoType
    time_in_force: WireTimeInForce
    quantity: Quantity
    price: Price | None = None
    trigger_price: Price | None = None
    working_type: WorkingType = WorkingType.CONTRACT_PRICE
    close_position: bool = False
    reduce_only: bool = False
    price_protect: bool = False
    activate_price: Price | None = None
    callback_rate: Quantity | None = None
    good_till_ms: int = 0
    status: AlgoStatus = AlgoStatus.NEW
    created: Instant
    updated: Instant
    triggered: Instant = Instant(0)  # noqa: RUF009 - a NewType of int: nothing is shared
    extreme: Price | None = None
    child: int | None = None
    """The paper exchange's number of the order that it sent."""
    reason: str = ""

    @property
    def algo_id(self) -> int:
        """Its id on the wire."""
        return ALGO_BASE + self.number

    @property
    def only_reduces(self) -> bool:
        """Whether its order may never open or enlarge a position."""
        return self.reduce_only or self.close_position

    @property
    def matching_time_in_force(self) -> TimeInForce:
        """That of its order."""
        return self.time_in_force.matching

    def is_met(self, price: Price) -> bool:
        """Whether this price triggers it."""
        if self.type.trails:
            return self._has_turned(price)
        assert self.trigger_price is not None
        upwards = (self.side is Side.BUY) is not self.type.takes_profit
        return price >= self.trigger_price if upwards else price <= self.trigger_price

    def follow(self, price: Price) -> Price | None:
        """Of a trailing stop the new extreme: a sell follows the market up, a buy down, once it is activated."""
        if self.extreme is None:
            if self.activate_price is not None and (price - self.activate_price) * self.side.sign > 0:
                return None
            return price
        return min(self.extreme, price) if self.side is Side.BUY else max(self.extreme, price)

    def _has_turned(self, price: Price) -> bool:
        if self.extreme is None or self.callback_rate is None:
            return False
        back = self.extreme * self.callback_rate / HUNDRED
        return (price - self.extreme) * self.side.sign >= back
