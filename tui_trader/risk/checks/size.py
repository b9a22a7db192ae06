"""How large an entry may be: each limit leaves room, and an order that asks for more shrinks to it."""

from tui_trader.core.money import ZERO, Money, percent_of, plain
from tui_trader.core.order import Intent
from tui_trader.risk.book import Book
from tui_trader.risk.checks.figures import NO_EQUITY, NO_PRICES, prices_of
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.sizing import loss_at_stops, loss_per_unit, position_if_filled, unit_worth
from tui_trader.risk.verdict import ALLOW, Deny, Shrink, Verdict


def order_notional(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """One order is worth at most `max_order_notional`."""
    return _within(intent, book, policy.risk.max_order_notional, Code.MAX_ORDER_NOTIONAL)


def position_notional(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The symbol's position after this order and all working and unknown ones is at most `max_position_notional`."""
    worst = book.worst_case_notional(intent.symbol)
    if worst is None:
        return NO_PRICES
    return _within(intent, book, policy.risk.max_position_notional - worst, Code.MAX_POSITION_NOTIONAL)


def gross_notional(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """All positions after this order and all working and unknown ones are together at most `max_gross_notional`."""
    worst = book.worst_case_gross()
    if worst is None:
        return NO_PRICES
    return _within(intent, book, policy.risk.max_gross_notional - worst, Code.MAX_GROSS_NOTIONAL)


def gross_leverage(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """All positions, counted likewise, are together at most `max_leverage` times equity."""
    worst = book.worst_case_gross()
    if worst is None:
        return NO_PRICES
    if book.equity is None:
        return NO_EQUITY
    return _within(intent, book, book.equity * policy.risk.max_leverage - worst, Code.MAX_LEVERAGE)


def risk_per_trade(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """What the trade loses at its stop is at most `max_risk_per_trade_pct` of equity, fees of both legs included.

    From the worst price the order may pay, its limit. The trade is all of this symbol and side: what is held and
    what still works lose at the same stop, so adding in slices does not multiply the limit.
    """
    prices = prices_of(intent, book)
    if prices is None:
        return NO_PRICES
    if book.equity is None:
        return NO_EQUITY
    if intent.protection is None:
        return Deny(Code.MAX_RISK_PER_TRADE, "without a stop the risk is not bounded")
    stop = intent.protection.stop_price
    per_unit = loss_per_unit(intent.side, prices.limit, stop, book.fees)
    budget = percent_of(book.equity, policy.risk.max_risk_per_trade_pct)
    room = budget - loss_at_stops(book, intent.symbol, intent.side, stop)
    return _fits(intent, room, per_unit, Code.MAX_RISK_PER_TRADE)


def free_margin(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The free margin carries the order's initial margin and its fee: else the exchange would refuse it."""
    prices, leverage = prices_of(intent, book), book.leverage.get(intent.symbol)
    if prices is None:
        return NO_PRICES
    if book.available is None:
        return NO_EQUITY
    if leverage is None or leverage < 1:
        return Deny(Code.LEVERAGE_UNKNOWN, f"{intent.symbol} has no known leverage")
    worth = unit_worth(prices.limit, prices.mark)
    return _fits(intent, book.available, worth / leverage + worth * book.fees.taker, Code.INSUFFICIENT_MARGIN)


def leverage_tier(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The position stays within the largest notional that the exchange allows at the symbol's leverage."""
    instrument, leverage = book.instruments.get(intent.symbol), book.leverage.get(intent.symbol)
    prices = prices_of(intent, book)
    if prices is None:
        return NO_PRICES
    if instrument is None or leverage is None:
        return Deny(Code.LEVERAGE_UNKNOWN, f"{intent.symbol} has no known tiers or leverage")
    caps = [tier.notional_cap for tier in instrument.brackets if tier.max_leverage >= leverage]
    others = abs(position_if_filled(intent.resized(ZERO), prices.limit, book).quantity)
    worth = unit_worth(prices.limit, prices.mark)
    return _fits(intent, max(caps, default=ZERO) - others * worth, worth, Code.LEVERAGE_TIER)


def _within(intent: Intent, book: Book, room: Money, code: Code) -> Verdict:
    """The order's notional fits into `room`, or shrinks to it."""
    prices = prices_of(intent, book)
    if prices is None:
        return NO_PRICES
    return _fits(intent, room, unit_worth(prices.limit, prices.mark), code)


def _fits(intent: Intent, room: Money, per_unit: Money, code: Code) -> Verdict:
    """The quantity times what one unit takes fits into `room`, or shrinks to what does."""
    asked = intent.quantity * per_unit
    if asked <= room:
        return ALLOW
    detail = f"asked {plain(asked.normalize())}, room {plain(max(room, ZERO).normalize())}"
    if room <= 0:
        return Deny(code, detail)
    return Shrink(code, to=room / per_unit, detail=detail)
