"""Whether an order is one at all: figures that are figures, the form an entry must have, exits that only reduce."""

from decimal import Decimal

from tui_trader.core.money import plain
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.position import reduces
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.sizing import is_plain_limit
from tui_trader.risk.verdict import ALLOW, Deny, Verdict


def well_formed(intent: Intent, _book: Book, _policy: Policy) -> Verdict:
    """Every figure of the order is a positive, finite number. A close-position order has no quantity of its own."""
    figures = [] if intent.close_position else [intent.quantity]
    figures += [price for price in (intent.price, intent.stop_price) if price is not None]
    if intent.protection is not None:
        figures.append(intent.protection.stop_price)
        if intent.protection.take_profit_price is not None:
            figures.append(intent.protection.take_profit_price)
    if all(_is_positive(figure) for figure in figures):
        return ALLOW
    return Deny(Code.MALFORMED_ORDER, "quantity and prices must be positive numbers")


def _is_positive(figure: Decimal) -> bool:
    return figure.is_finite() and figure > 0


def entry_is_plain_limit(intent: Intent, _book: Book, _policy: Policy) -> Verdict:
    """An entry is a LIMIT order of any time in force: what it pays is bounded by its price, come what may."""
    if is_plain_limit(intent):
        return ALLOW
    flags = " reduce-only" if intent.reduce_only else " close-position" if intent.close_position else ""
    return Deny(Code.ENTRY_TYPE, f"{OrderType(intent.type).value}{flags} entry")


def exit_only_reduces(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """An exit is reduce-only or closes the position: the exchange itself keeps it from opening or flipping.

    One that is neither must reduce even if everything that works against the position trades as well, and only a
    reconciled position can tell. (An intent refuses to be made that way; the gate does not build on that.)
    """
    if intent.reduce_only or intent.close_position:
        return ALLOW
    held, working = book.position(intent.symbol).quantity, book.working_exits(intent.symbol)
    if intent.purpose is not Purpose.ENTRY and book.reconciled and reduces(held, working, intent.signed_quantity):
        return ALLOW
    return Deny(
        Code.NOT_REDUCING,
        f"held {plain(held)}, working against it {plain(working)}, asked {plain(intent.signed_quantity)}",
    )
