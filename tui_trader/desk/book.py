"""The book: the gate's view of account and market, taken from the desk's parts at one instant."""

from tui_trader.core.money import ZERO, Money
from tui_trader.core.order import Order, Purpose
from tui_trader.desk.parts import Parts
from tui_trader.risk.book import Book


def book_of(parts: Parts) -> Book:
    """All that the gate may know, now."""
    equity = parts.equity()
    now = parts.clock.now()
    return Book(
        now=now,
        trading_state=parts.switch.state,
        equity=equity,
        available=_available(parts, equity),
        # An order whose fills are still to come counts neither as an order nor as a position.
        reconciled=(parts.seen.is_trusted(now) and parts.exchange.is_heard and not parts.ledger.is_short_of_fills),
        positions=parts.ledger.positions,
        orders=parts.ledger.open_orders(),
        markets={symbol: parts.prices.of(symbol) for symbol in parts.instruments},
        instruments=parts.instruments,
        leverage=parts.seen.leverage,
        fees=parts.fees,
        meters=parts.meters.at(now, equity),
        consents=parts.approvals.consents(),
    )


def _available(parts: Parts, equity: Money | None) -> Money | None:
    """Equity less the initial margin of what is held and of the entries that work."""
    if equity is None:
        return None
    leverage = parts.seen.leverage
    held = sum((abs(p.cost) / leverage.get(s, 1) for s, p in parts.ledger.positions.items()), start=ZERO)
    working = sum((_order_margin(order, leverage.get(order.intent.symbol, 1)) for order in _entries(parts)), start=ZERO)
    return max(ZERO, equity - held - working)


def _entries(parts: Parts) -> list[Order]:
    return [order for order in parts.ledger.open_orders() if order.intent.purpose is Purpose.ENTRY]


def _order_margin(order: Order, leverage: int) -> Money:
    return order.remaining * (order.intent.price or ZERO) / leverage
