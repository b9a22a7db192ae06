"""The book: the gate's view of account and market, taken from the desk's parts at one instant."""

from collections.abc import Iterator

from tui_trader.core.money import ZERO, Money
from tui_trader.core.order import Purpose
from tui_trader.core.words import Symbol
from tui_trader.desk.parts import Parts
from tui_trader.risk.book import Book, MarketView


def book_of(parts: Parts) -> Book:
    """All that the gate may know, now."""
    equity = parts.equity()
    now = parts.clock.now()
    ledger, strangers = parts.ledger, parts.strangers
    return Book(
        now=now,
        trading_state=parts.switch.state,
        equity=equity,
        available=_available(parts, equity),
        # An order whose fills are still to come counts neither as an order nor as a position.
        reconciled=(parts.seen.is_trusted(now) and parts.exchange.is_heard and not ledger.is_short_of_fills),
        positions=ledger.positions,
        orders=ledger.open_orders(),
        markets=dict(_markets(parts)),
        instruments=parts.instruments,
        leverage=parts.seen.leverage,
        fees=parts.fees,
        meters=parts.meters.at(now, equity),
        consents=parts.approvals.consents(),
        foreign_positions=ledger.foreign,
        foreign_orders=strangers.orders,
        drifted=parts.seen.drifted,
    )


def _markets(parts: Parts) -> Iterator[tuple[Symbol, MarketView]]:
    """The prices of our symbols; of those where only others are, what their worth can be reckoned by."""
    for symbol in parts.instruments:
        yield symbol, parts.prices.of(symbol)
    elsewhere = (parts.ledger.foreign.keys() | parts.strangers.symbols) - parts.instruments.keys()
    for symbol in sorted(elsewhere):
        prices = [order.price for order in parts.strangers.orders if order.symbol == symbol and order.price is not None]
        mark = parts.mark(symbol) or max(prices, default=None)
        yield symbol, MarketView(bid=None, ask=None, mark=mark, quote_age=None, mark_age=None)


def _available(parts: Parts, equity: Money | None) -> Money | None:
    """Equity less the initial margin of what is held and of what could still open something, whosever it is."""
    if equity is None:
        return None
    leverage, ledger = parts.seen.leverage, parts.ledger
    held = sum((abs(p.cost) / leverage.get(s, 1) for s, p in ledger.held.items()), start=ZERO)
    entries = (order for order in ledger.open_orders() if order.intent.purpose is Purpose.ENTRY)
    working = [(order.intent.symbol, order.remaining * (order.intent.price or ZERO)) for order in entries]
    working += [(order.symbol, order.opens * (order.price or ZERO)) for order in parts.strangers.orders]
    locked = sum((worth / leverage.get(symbol, 1) for symbol, worth in working), start=ZERO)
    return max(ZERO, equity - held - locked)
