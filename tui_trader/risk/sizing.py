"""What an entry would cost: at which price it may fill, what it is worth, what it loses at its stop.

All prices and money in the quote currency, per one unit of the base where it says so.
"""

from decimal import Decimal

from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import FeeRates, initial_margin, liquidation_price
from tui_trader.core.money import HUNDRED, ZERO, Money, Price
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.position import Position
from tui_trader.core.words import Side, Symbol
from tui_trader.risk.book import Book, MarketView


def unit_worth(price: Price, mark: Price) -> Money:
    """What one unit counts as against notional limits: the dearer of limit price and mark."""
    return max(price, mark)


def expected_entry_price(side: Side, limit: Price, view: MarketView) -> Price:
    """What an entry would really pay now: the touch if its limit crosses it, else its limit."""
    if side is Side.BUY:
        return limit if view.ask is None else min(limit, view.ask)
    return limit if view.bid is None else max(limit, view.bid)


def crosses(side: Side, limit: Price, view: MarketView) -> bool:
    """Whether a limit order at this price could trade at once; yes if the other side of the quote is not known."""
    if side is Side.BUY:
        return view.ask is None or limit >= view.ask
    return view.bid is None or limit <= view.bid


def loss_per_unit(side: Side, entry: Price, stop: Price, fees: FeeRates) -> Money:
    """What one unit loses from `entry` to `stop`, taker fees of both legs included; never negative.

    The stop is taken to fill at its price: slippage beyond it is not foreseen.
    """
    return max(ZERO, (entry - stop) * side.sign) + fees.taker * (entry + stop)


def gain_per_unit(side: Side, entry: Price, target: Price, fees: FeeRates) -> Money:
    """What one unit gains from `entry` to `target` after taker fees of both legs; negative if fees eat it."""
    return (target - entry) * side.sign - fees.taker * (entry + target)


def stops_of(book: Book, symbol: Symbol) -> list[Price]:
    """The trigger prices of the symbol's open stops."""
    return [
        order.intent.stop_price
        for order in book.orders
        if order.intent.symbol == symbol
        and order.intent.purpose is Purpose.STOP
        and order.intent.stop_price is not None
    ]


def loss_at_stops(book: Book, symbol: Symbol, side: Side, stop: Price) -> Money:
    """What the trade already stands to lose: what is held on this side, and the entries that still work.

    The position is measured to the farther of `stop` and the stops it has; a working entry to its own stop.
    """
    stops = [stop, *stops_of(book, symbol)]
    farthest = min(stops) if side is Side.BUY else max(stops)
    position = book.position(symbol)
    lost = ZERO
    if position.side is side:
        lost += abs(position.quantity) * loss_per_unit(side, position.entry_price, farthest, book.fees)
    for order in book.entries(symbol, side):
        price, protection = order.intent.price, order.intent.protection
        if price is not None:
            own = protection.stop_price if protection else farthest
            lost += order.remaining * loss_per_unit(side, price, own, book.fees)
    return lost


def position_if_filled(intent: Intent, price: Price, book: Book) -> Position:
    """What would be held if this entry and all others on its side traded at their limit prices."""
    position = book.position(intent.symbol)
    orders = [(order.remaining, order.intent.price or price) for order in book.entries(intent.symbol, intent.side)]
    for quantity, paid in [*orders, (intent.quantity, price)]:
        change = quantity * intent.side.sign
        position = Position(intent.symbol, position.quantity + change, position.cost + change * paid)
    return position


def liquidation_at(instrument: Instrument, position: Position, leverage: int) -> Price | None:
    """The liquidation price with nothing but the initial margin of the entry price behind the position."""
    return liquidation_price(instrument, position, initial_margin(abs(position.cost), leverage))


def distance_pct(price: Price, other: Price) -> Decimal:
    """How far `other` is from `price`, in per cent of `price`; never negative."""
    return abs(price - other) / price * HUNDRED


def orders_placed(intent: Intent) -> int:
    """How many orders an entry comes to with its protection."""
    if intent.protection is None:
        return 1
    return 2 if intent.protection.take_profit_price is None else 3


def open_orders(book: Book) -> int:
    """All open orders, those of others too, and the protection that entries which have not traded yet will add."""
    to_come = sum(
        orders_placed(order.intent) - 1
        for order in book.orders
        if order.intent.purpose is Purpose.ENTRY and order.filled == 0
    )
    return sum(order.is_open for order in book.orders) + len(book.foreign_orders) + to_come


def is_plain_limit(intent: Intent) -> bool:
    """Whether the order is what an entry must be: a limit order with a price, free of exit flags."""
    return (
        intent.type is OrderType.LIMIT
        and intent.price is not None
        and not intent.reduce_only
        and not intent.close_position
    )
