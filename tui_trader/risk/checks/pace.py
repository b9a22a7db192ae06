"""How often and how many: orders and cancels a minute, entries and reversals a day, pauses, the same order again."""

from tui_trader.core.clock import MINUTE, elapsed, later
from tui_trader.core.money import plain
from tui_trader.core.order import Intent
from tui_trader.core.words import Actor
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.incidents import after
from tui_trader.risk.policy import Policy
from tui_trader.risk.sizing import open_orders, orders_placed
from tui_trader.risk.tripping import alike_so_far
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

    Orders in flight and of unknown fate are open orders, and so are those of others.
    """
    total = open_orders(book) + orders_placed(intent)
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


def cancel_rate_within_limit(_intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Fewer than `max_cancels_per_minute` entries were cancelled within the last minute.

    A cancel is never refused, so it is the next entry that waits: one that would be taken back is not placed.
    """
    used = len(after(book.meters.incidents.cancels, later(book.now, -MINUTE)))
    most = policy.risk.max_cancels_per_minute
    if used < most:
        return ALLOW
    return Deny(Code.MAX_CANCELS_PER_MINUTE, f"{used} entries cancelled within a minute, at most {most}")


def agent_does_not_repeat_itself(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Of the agent's entries within `breaker_window` fewer than `max_identical_orders` are this same order.

    The last that passes opens the breaker behind itself, which only a person closes; this is the second line.
    """
    if intent.actor is not Actor.AGENT:
        return ALLOW
    meters, most = book.meters, policy.risk.max_identical_orders
    count = alike_so_far(intent, meters.breakers, meters.incidents, policy.risk, book.now)
    if count < most:
        return ALLOW
    return Deny(Code.IDENTICAL_ORDERS, f"{count} entries of the agent were the same order, at most {most}")


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


def agent_paused_since_trade(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The agent lets `entry_spacing` pass after its last trade in the symbol before it enters there again.

    This is what a position closed and opened again for a few basis points runs into, and an entry that is repeated
    from cycle to cycle.
    """
    traded = book.meters.agent_traded.get(intent.symbol)
    spacing = policy.risk.entry_spacing
    if intent.actor is not Actor.AGENT or traded is None or elapsed(traded, book.now) >= spacing:
        return ALLOW
    left = spacing - elapsed(traded, book.now)
    return Deny(Code.ENTRY_SPACING, f"{left:.0f} s until the agent may enter {intent.symbol} again")


def agent_reversals_left_today(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The agent changes the side of its entries in a symbol at most `max_reversals_per_day` times since 00:00 UTC."""
    if intent.actor is not Actor.AGENT or book.meters.agent_side.get(intent.symbol) is not intent.side.opposite:
        return ALLOW
    used, most = book.meters.reversals_today.get(intent.symbol, 0), policy.risk.max_reversals_per_day
    if used < most:
        return ALLOW
    return Deny(Code.MAX_REVERSALS_PER_DAY, f"the agent turned {used} times today in {intent.symbol}, at most {most}")
