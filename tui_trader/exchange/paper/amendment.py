"""An order that rests is given another price or quantity: what Binance refuses, and who loses the place in line.

Of "Modify Order" (PUT /fapi/v1/order): only limit orders can be amended; what breaks a filter is refused, and the order
stays as it was. It is cancelled where the new quantity is not above what has been traded, and where a GTX order would
take at its new price. A new price or a larger quantity goes to the end of the line; a smaller quantity keeps its place.
"""

from dataclasses import dataclass, replace

from tui_trader.core.clock import Instant
from tui_trader.core.money import Price, Quantity
from tui_trader.core.order import Intent, OrderStatus, OrderType, Purpose
from tui_trader.core.words import Actor
from tui_trader.exchange.paper.admission import (
    Request,
    filters_hold,
    leverage_allows_position,
    margin_suffices,
    post_only_rests,
)
from tui_trader.exchange.paper.offers import Offers
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import State, SymbolBook
from tui_trader.exchange.ports import Refused

_TOO_SMALL = -4164
_TOO_SMALL_TO_AMEND = -5029


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is asked for, and what it is judged against. None leaves the price or the quantity as it is."""

    order: PaperOrder
    price: Price | None
    quantity: Quantity | None
    book: SymbolBook
    state: State
    offers: Offers | None
    at: Instant


@dataclass(frozen=True, slots=True)
class Amended:
    """The order as it then is, still open or cancelled by its amendment."""

    order: PaperOrder
    loses_place: bool


def amended(ask: Amendment) -> Amended | Refused:
    """What becomes of the order; nothing is changed yet."""
    order, at = ask.order, ask.at
    if order.type is not OrderType.LIMIT:
        return Refused(-5025, "Only limit order is supported.")
    price = ask.price if ask.price is not None else order.price
    quantity = ask.quantity if ask.quantity is not None else order.quantity
    if order.filled and quantity <= order.filled:
        return Amended(order.ended(OrderStatus.CANCELED, at, "amended to no more than it had traded"), loses_place=True)
    if order.only_reduces:
        quantity = min(quantity, order.filled + ask.book.reducible(order.side))
    if (price, quantity) == (order.price, order.quantity):
        return Refused(-5027, "No need to modify the order.")
    wanted = replace(order, price=price, quantity=quantity, updated=at, reason="amended")
    if refused := _refusal(ask, wanted):
        return refused
    if post_only_rests(_request(ask, wanted, quantity)):
        return Amended(order.ended(OrderStatus.CANCELED, at, "amended to where it would have taken"), loses_place=True)
    if price == order.price and quantity <= order.quantity:
        return Amended(wanted, loses_place=False)
    return Amended(replace(wanted, since=at), loses_place=True)


def _refusal(ask: Amendment, wanted: PaperOrder) -> Refused | None:
    refused = filters_hold(_request(ask, wanted, wanted.quantity))
    if refused:
        return replace(refused, code=_TOO_SMALL_TO_AMEND) if refused.code == _TOO_SMALL else refused
    with ask.book.without(ask.order):  # what the order itself locks is free for its successor
        rest = _request(ask, wanted, wanted.remaining)
        return leverage_allows_position(rest) or margin_suffices(rest)


def _request(ask: Amendment, wanted: PaperOrder, quantity: Quantity) -> Request:
    intent = Intent(
        symbol=wanted.symbol,
        side=wanted.side,
        type=wanted.type,
        quantity=quantity,
        price=wanted.price,
        time_in_force=wanted.time_in_force,
        reduce_only=wanted.reduce_only,
        purpose=Purpose.EXIT if wanted.reduce_only else Purpose.ENTRY,
        actor=Actor.SYSTEM,
    )
    return Request(wanted.client_order_id, intent, ask.book, ask.state, ask.offers)
