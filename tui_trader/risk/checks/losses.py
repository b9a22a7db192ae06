"""What was lost already: day, drawdown, streak; and whether exchange, model, market or decider fail.

The first three also trip the trading state (`risk/trading_state.py`). They are judged here from the meters as well,
so that not even the moment between a loss and its trip lets new risk through.
"""

from tui_trader.core.money import HUNDRED, percent_of, plain
from tui_trader.core.order import Intent, Purpose
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.tripping import why_closed_to_entries
from tui_trader.risk.verdict import ALLOW, Deny, Verdict


def day_loss_within_limit(_intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The day's loss is below `max_daily_loss_pct` of what the day began with, transfers included."""
    loss, equity = book.meters.day_loss, book.equity
    if loss is None or equity is None or not loss.is_finite():
        return Deny(Code.METER_LOST, "the loss of the day is not known")
    most = percent_of(equity + loss, policy.risk.max_daily_loss_pct)
    if loss < most:
        return ALLOW
    return Deny(Code.MAX_DAILY_LOSS, f"lost {plain(loss)} today, at most {plain(most)}")


def drawdown_within_limit(_intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Equity is less than `max_drawdown_pct` below its peak."""
    peak, equity = book.meters.peak_equity, book.equity
    if peak is None or equity is None or peak <= 0:
        return Deny(Code.METER_LOST, "the peak of equity is not known")
    if (peak - equity) * HUNDRED < peak * policy.risk.max_drawdown_pct:
        return ALLOW
    limit = plain(policy.risk.max_drawdown_pct)
    return Deny(Code.MAX_DRAWDOWN, f"equity {plain(equity)}, peak {plain(peak)}, at most {limit}% below")


def streak_within_limit(_intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Fewer than `max_consecutive_losses` round trips lost money in a row."""
    streak, most = book.meters.consecutive_losses, policy.risk.max_consecutive_losses
    if streak < most:
        return ALLOW
    return Deny(Code.MAX_CONSECUTIVE_LOSSES, f"{streak} losses in a row, at most {most}")


def breakers_are_closed(_intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Every circuit breaker is closed, or has rested and this entry, as the only one that works, tries it."""
    is_being_tried = any(order.is_open and order.intent.purpose is Purpose.ENTRY for order in book.orders)
    why = why_closed_to_entries(
        book.meters.breakers, book.meters.incidents, policy.risk, book.now, is_being_tried=is_being_tried
    )
    return ALLOW if why is None else Deny(Code.BREAKER_OPEN, why)
