"""How often and how many: open orders, orders a minute, entries a day, cool-down, hold, and no reversal at once."""

from tui_trader.core.clock import elapsed
from tui_trader.core.money import plain
from tui_trader.core.order import Intent
from tui_trader.core.words import Actor
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.sizing import orders_placed, still_to_place
from tui_trader.risk.verdict import ALLOW, Deny, Verdict


def does_not_reverse(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """Nothing is held or being entered on the other side: a reversal is close, verify flat, open."""
    held = book.position(intent.symbol).quantity
    if held * intent.side.sign < 0:
        return Deny(Code.REVERSAL, f"held {plain(held)}: close it first")
    if any(order.is_open for order in book.entries(intent.symbol, intent.side.opposite)):
        return Deny(Code.REVERSAL, f"an entry to {intent.side.opposite.value} still works: cancel it first")
    return ALLOW


def open_orders_within_limit(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Open orders, the protection that working entries will place, and this entry with its own stay within the limit.

    Orders in flight and of unknown fate are open orders.
    """
    total = sum(order.is_open for order in book.orders) + still_to_place(book) + orders_placed(intent)
    most = policy.risk.max_open_orders
    return ALLOW if total <= most else Deny(Code.MAX_OPEN_ORDERS, f"{total} with protection, at most {most}")


def order_rate_within_limit(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The orders of the last minute, exits too, and this entry with its protection stay within the limit."""
    total = book.meters.orders_last_minute + orders_placed(intent)
    most = policy.risk.max_orders_per_minute
    return ALLOW if total <= most else Deny(Code.MAX_ORDERS_PER_MINUTE, f"{total} within a minute, at most {most}")


def entries_left_today(_intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Since 00:00 UTC fewer than `max_entries_per_day` entries were intended."""
    used, most = book.meters.entries_today, policy.risk.max_entries_per_day
    return ALLOW if used < most else Deny(Code.MAX_ENTRIES_PER_DAY, f"{used} entries today, at most {most}")


def cooled_down_since_stop(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """A side that was stopped out rests for `reentry_cooldown`."""
    stopped = book.meters.stopped_out.get((intent.symbol, intent.side))
    if stopped is None or elapsed(stopped, book.now) >= policy.risk.reentry_cooldown:
        return ALLOW
    left = policy.risk.reentry_cooldown - elapsed(stopped, book.now)
    return Deny(Code.REENTRY_COOLDOWN, f"{left:.0f} s of the cool-down are left")


def agent_held_long_enough(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The agent does not open against its own entry before `min_hold`, also not after closing it; closing is free."""
    entered = book.meters.agent_entered.get((intent.symbol, intent.side.opposite))
    if intent.actor is not Actor.AGENT or entered is None or elapsed(entered, book.now) >= policy.risk.min_hold:
        return ALLOW
    left = policy.risk.min_hold - elapsed(entered, book.now)
    return Deny(Code.MIN_HOLD, f"{left:.0f} s until the agent may enter the other side")
