"""Who may open new risk, in what, and when: trading state, autonomy, a person's yes, the policy's symbols."""

from typing import assert_never

from tui_trader.core.clock import text
from tui_trader.core.order import Intent
from tui_trader.core.words import Actor, Autonomy, TradingState
from tui_trader.risk.approvals import is_what_was_agreed, needs_a_person
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
from tui_trader.risk.hours import TradingHours, is_within
from tui_trader.risk.policy import Policy
from tui_trader.risk.verdict import ALLOW, Deny, Verdict


def trading_is_active(_intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """New risk only in ACTIVE."""
    match book.trading_state:
        case TradingState.ACTIVE:
            return ALLOW
        case TradingState.REDUCING:
            return Deny(Code.REDUCING, "only exits pass")
        case TradingState.HALTED:
            return Deny(Code.HALTED, "only exits pass")
        case _:
            assert_never(book.trading_state)


def trading_hours_are_on(_intent: Intent, book: Book, policy: Policy) -> Verdict:
    """New risk only within `trading_hours`, by engine time in UTC."""
    hours = policy.risk.trading_hours
    if is_within(hours, book.now):
        return ALLOW
    return Deny(Code.OUTSIDE_TRADING_HOURS, f"it is {text(book.now)[11:16]} UTC, the hours are {_listed(hours)}")


def _listed(hours: TradingHours | None) -> str:
    return ", ".join(map(str, hours or ()))


def agent_may_act(intent: Intent, _book: Book, policy: Policy) -> Verdict:
    """With autonomy `observe` the agent proposes and opens nothing."""
    if intent.actor is Actor.AGENT and policy.autonomy is Autonomy.OBSERVE:
        return Deny(Code.OBSERVE, "the agent only proposes")
    return ALLOW


def nobody_is_being_asked(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """While a person is asked about an entry in the symbol, the agent enters nothing else there."""
    waiting = book.consents.waiting.get(intent.symbol)
    if intent.actor is not Actor.AGENT or waiting is None:
        return ALLOW
    return Deny(Code.APPROVAL_WAITS, f"{intent.symbol} waits for the answer to {waiting}")


def person_agreed(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Where a person has to agree, one has, to this entry, and the yes was not used before.

    It runs last, on the size that is left: what the limits have made small enough need not be asked about.
    """
    if not needs_a_person(intent, book, policy):
        return ALLOW
    agreed = book.consents.given.get(intent.approval)
    if agreed is None:
        return Deny(Code.NOT_APPROVED, "nobody has agreed to it")
    return ALLOW if is_what_was_agreed(intent, agreed) else Deny(Code.NOT_APPROVED, "it is not what was agreed to")


def symbol_is_allowed(intent: Intent, _book: Book, policy: Policy) -> Verdict:
    """Only the policy's symbols are entered."""
    if intent.symbol in policy.symbols:
        return ALLOW
    return Deny(Code.SYMBOL_NOT_ALLOWED, f"{intent.symbol} is not among {', '.join(policy.symbols)}")
