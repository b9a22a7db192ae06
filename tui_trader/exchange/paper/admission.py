"""Whether the exchange takes an order: one rule, one function, one Binance code; the list at the end is the order."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tui_trader.core.money import Price, plain
from tui_trader.core.order import Intent, OrderType, TimeInForce
from tui_trader.core.words import ClientOrderId, Side
from tui_trader.exchange.paper.margin import Working, largest_notional, worst_notional
from tui_trader.exchange.paper.offers import Offers
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.self_trade import SelfTrade, rivals
from tui_trader.exchange.paper.state import State, SymbolBook
from tui_trader.exchange.ports import Refused

MAX_WORKING = 200
"""Open orders per symbol (filter MAX_NUM_ORDERS of every USD-M symbol)."""
MAX_CONDITIONAL = 200
"""Untriggered conditional orders over all symbols."""

_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")


@dataclass(frozen=True, slots=True)
class Request:
    """An order that asks to be taken, and what it is judged against."""

    client_order_id: ClientOrderId
    intent: Intent
    book: SymbolBook
    state: State
    offers: Offers | None = None
    """The order book, where it is known."""
    self_trade: SelfTrade = SelfTrade.EXPIRE_MAKER

    @property
    def only_reduces(self) -> bool:
        """Whether it may never open or enlarge a position."""
        return self.intent.reduce_only or self.intent.close_position

    @property
    def working(self) -> Working:
        """The order as the margin sees it."""
        return self.book.as_working(self.intent.side, self.intent.quantity, self.intent.price)

    @property
    def meets_own(self) -> bool:
        """Whether on the order book it would meet a resting order of the same account."""
        return self.offers is not None and any(rivals(self.book, self.intent.side, self.intent.price))


Rule: TypeAlias = Callable[[Request], Refused | None]


def client_id_is_legal(ask: Request) -> Refused | None:
    """A client id has 1 to 36 characters of the set that Binance names."""
    if _CLIENT_ID.fullmatch(ask.client_order_id):
        return None
    return Refused(-4015, "Client order id is not valid.")


def close_position_fits_type(ask: Request) -> Refused | None:
    """Only a conditional order can close whatever there is."""
    if ask.intent.close_position and not ask.intent.type.is_conditional:
        return Refused(-4136, f"Target strategy invalid for orderType {ask.intent.type}, closePosition true.")
    return None


def client_id_is_free(ask: Request) -> Refused | None:
    """No open order has the id; one that has ended may have had it."""
    if any(order.client_order_id == ask.client_order_id for order in ask.state.open_orders()):
        return Refused(-4116, "ClientOrderId is duplicated.")
    return None


def market_is_open(ask: Request) -> Refused | None:
    """A quote and a mark price have been seen; before that there is nothing to judge an order by."""
    if ask.book.quote is None or ask.book.mark is None:
        return Refused(-4140, "Invalid symbol status: no market has been seen yet.")
    return None


def filters_hold(ask: Request) -> Refused | None:
    """Tick, step, sizes, price band and minimum notional of the symbol."""
    breach = ask.book.instrument.breach(ask.intent, ask.book.mark_price())
    return Refused(breach.code, f"{breach.name.replace('_', ' ').capitalize()}.") if breach else None


def reduce_only_reduces(ask: Request) -> Refused | None:
    """A reduce-only order points against a position. (A close-position order may wait for one.)"""
    intent = ask.intent
    if intent.reduce_only and not intent.close_position and ask.book.reducible(intent.side) == 0:
        return Refused(-2022, "ReduceOnly Order is rejected.")
    return None


def trigger_lies_ahead(ask: Request) -> Refused | None:
    """A conditional order does not trigger at the mark price of the moment."""
    intent = ask.intent
    if intent.stop_price is not None and triggers(intent.type, intent.side, intent.stop_price, ask.book):
        return Refused(-2021, "Order would immediately trigger.")
    return None


def post_only_rests(ask: Request) -> Refused | None:
    """A GTX order does not cross the last quote; on the order book it does not meet an order of ours either."""
    intent = ask.intent
    if intent.time_in_force is not TimeInForce.GTX or intent.price is None:
        return None
    if crosses(intent, ask.book) or ask.meets_own:
        return Refused(-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected.")
    return None


def fill_or_kill_fills(ask: Request) -> Refused | None:
    """A FOK order finds all of its quantity on the order book. (On quotes alone that shows only at the next one.)"""
    intent, offers = ask.intent, ask.offers
    if intent.time_in_force is not TimeInForce.FOK or intent.price is None or offers is None:
        return None
    quantity = min(intent.quantity, ask.book.reducible(intent.side)) if intent.reduce_only else intent.quantity
    is_stopped = ask.self_trade.ends_taker and ask.meets_own
    if is_stopped or not offers.hold(intent.side, quantity, intent.price):
        return Refused(-5021, "Due to the order could not be filled immediately, the FOK order has been rejected.")
    return None


def open_orders_are_few(ask: Request) -> Refused | None:
    """The symbol's open orders, and the account's untriggered conditional orders, stay within their numbers."""
    if ask.intent.type.is_conditional:
        if sum(len(book.waiting) for book in ask.state.books.values()) >= MAX_CONDITIONAL:
            return Refused(-4045, "Reach max stop order limit.")
    elif len(ask.book.working) >= MAX_WORKING:
        return Refused(-2025, "Reach max open order limit.")
    return None


def leverage_allows_position(ask: Request) -> Refused | None:
    """Position and open orders stay within the notional that the tiers allow at the leverage that is set."""
    if ask.only_reduces or ask.intent.type.is_conditional:
        return None
    return beyond_bracket(ask.book, ask.working)


def margin_suffices(ask: Request) -> Refused | None:
    """What the order locks is there. A conditional order locks nothing until it triggers."""
    if ask.only_reduces or ask.intent.type.is_conditional:
        return None
    return beyond_margin(ask.state, ask.book, ask.working)


def beyond_bracket(book: SymbolBook, extra: Working) -> Refused | None:
    """The refusal, if the order would take the position beyond its leverage's tiers."""
    most = largest_notional(book.instrument, book.leverage)
    if worst_notional(book.position, (*book.working_entries(), extra), book.mark_price()) > most:
        return Refused(-2027, f"Exceeded the maximum allowable position at current leverage ({plain(most)}).")
    return None


def beyond_margin(state: State, book: SymbolBook, extra: Working) -> Refused | None:
    """The refusal, if the order locks more than is free. One that locks nothing new always passes."""
    cost = book.working_margin(extra) - book.working_margin()
    if cost > 0 and cost > state.free_money():
        return Refused(-2019, "Margin is insufficient.")
    return None


def crosses(order: Intent | PaperOrder, book: SymbolBook) -> bool:
    """Whether a limit order would trade against the last quote."""
    if order.price is None or book.quote is None:
        return False
    return order.price >= book.quote.ask if order.side is Side.BUY else order.price <= book.quote.bid


def triggers(order_type: OrderType, side: Side, stop_price: Price, book: SymbolBook) -> bool:
    """Whether the mark price has reached the trigger.

    A stop triggers where the market goes against the position that it closes, a take-profit where it goes with it.
    """
    upwards = (side is Side.BUY) == (order_type is OrderType.STOP_MARKET)
    mark = book.mark_price()
    return mark >= stop_price if upwards else mark <= stop_price


RULES: tuple[Rule, ...] = (
    client_id_is_legal,
    close_position_fits_type,
    client_id_is_free,
    market_is_open,
    filters_hold,
    reduce_only_reduces,
    trigger_lies_ahead,
    post_only_rests,
    open_orders_are_few,
    leverage_allows_position,
    margin_suffices,
    fill_or_kill_fills,
)


def refusal(ask: Request) -> Refused | None:
    """The first rule's objection, or None where the exchange takes the order."""
    return next((refused for rule in RULES if (refused := rule(ask))), None)
