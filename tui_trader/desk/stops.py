"""Stops among orders: which of them stand for a position, and which of two prices is the tighter."""

from collections.abc import Iterable

from tui_trader.core.money import Price
from tui_trader.core.order import Order, OrderStatus, Purpose
from tui_trader.core.position import Position
from tui_trader.core.words import Side


def tighter_stop(position_side: Side, *stops: Price) -> Price:
    """The stop that loses least: the highest for a long, the lowest for a short."""
    return max(stops) if position_side is Side.BUY else min(stops)


def live_stops(orders: Iterable[Order], position: Position, purpose: Purpose) -> tuple[Order, ...]:
    """The conditional orders of this purpose that would close all of the position and are known to stand."""
    return tuple(
        order
        for order in orders
        if order.intent.symbol == position.symbol
        and order.intent.purpose is purpose
        and position.side is not None
        and order.intent.side is position.side.opposite
        and (order.intent.close_position or order.intent.quantity >= abs(position.quantity))
        and order.status in (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)
    )
