"""Missing means no: what must be known, and recently, before new risk is taken."""

from decimal import Decimal

from tui_trader.core.money import plain
from tui_trader.core.order import Intent
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.verdict import ALLOW, Deny, Verdict


def account_is_reconciled(_intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The account agrees with the exchange: a lost fill would make every limit look wider than it is."""
    return ALLOW if book.reconciled else Deny(Code.NOT_RECONCILED, "the account is not reconciled")


def account_is_as_set(_intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """Isolated margin, one-way, single-asset: every figure of ours assumes it, so another setting means no."""
    return ALLOW if not book.drifted else Deny(Code.MODE_DRIFT, f"not as it was set: {', '.join(book.drifted)}")


def symbol_is_ours_alone(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """Nobody else holds or works anything of the symbol: one position there cannot obey two hands."""
    if not book.is_shared(intent.symbol):
        return ALLOW
    foreign = book.foreign_positions.get(intent.symbol)
    held = plain(foreign.quantity) if foreign else "nothing"
    orders = sum(order.symbol == intent.symbol for order in book.foreign_orders)
    return Deny(Code.FOREIGN_EXPOSURE, f"others hold {held} of {intent.symbol} and work {orders} orders there")


def equity_is_known(_intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """There is equity, it is positive, and the free margin is known."""
    known = book.equity is not None and book.available is not None
    if known and _is_number(book.equity) and _is_number(book.available) and (book.equity or 0) > 0:
        return ALLOW
    return Deny(Code.EQUITY_UNKNOWN, f"equity {book.equity}, available {book.available}")


def prices_are_known(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The symbol has bid, ask and mark, all positive, and the quote is not crossed."""
    view = book.markets.get(intent.symbol)
    if view is None or view.bid is None or view.ask is None or view.mark is None:
        return Deny(Code.PRICE_MISSING, f"{intent.symbol} has no quote or no mark price")
    if not all(price.is_finite() and price > 0 for price in (view.bid, view.ask, view.mark)) or view.bid > view.ask:
        return Deny(Code.PRICE_MISSING, f"{intent.symbol} bid {view.bid}, ask {view.ask}, mark {view.mark}")
    return ALLOW


def prices_are_fresh(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Quote and mark are no older than `max_quote_age`; an age that is unknown or negative is too old."""
    view = book.markets.get(intent.symbol)
    most = policy.risk.max_quote_age
    ages = (view.quote_age, view.mark_age) if view else (None, None)
    if all(age is not None and 0 <= age <= most for age in ages):
        return ALLOW
    shown = ["unknown" if age is None else f"{age:g} s" for age in ages]
    return Deny(Code.PRICE_STALE, f"quote {shown[0]}, mark {shown[1]}, at most {most:g} s")


def instrument_is_known(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The exchange's filters and tiers for the symbol are known."""
    if intent.symbol in book.instruments:
        return ALLOW
    return Deny(Code.INSTRUMENT_UNKNOWN, f"no instrument {intent.symbol}")


def _is_number(figure: Decimal | None) -> bool:
    return figure is not None and figure.is_finite()
