"""Who may open new risk, in what, and when: trading state, autonomy, the policy's symbols."""

from typing import assert_never

from tui_trader.core.order import Intent
from tui_trader.core.words import Actor, Autonomy, TradingState
from tui_trader.risk.book import Book
from tui_trader.risk.codes import Code
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


def agent_may_act(intent: Intent, _book: Book, policy: Policy) -> Verdict:
    """With autonomy `observe` the agent proposes and opens nothing. Approval is asked before the order gets here."""
    if intent.actor is Actor.AGENT and policy.autonomy is Autonomy.OBSERVE:
        return Deny(Code.OBSERVE, "the agent only proposes")
    return ALLOW


def symbol_is_allowed(intent: Intent, _book: Book, policy: Policy) -> Verdict:
    """Only the policy's symbols are entered."""
    if intent.symbol in policy.symbols:
        return ALLOW
    return Deny(Code.SYMBOL_NOT_ALLOWED, f"{intent.symbol} is not among {', '.join(policy.symbols)}")
