"""The gate: every order is judged here, and reading its lists is reading the policy.

It allows, shrinks or denies with a stable code, and records every clamp. Nothing it returns is larger than what it
was given. Exits run only what keeps the exchange from refusing them; entries run everything, and each check sees
the order as the ones before have shrunk it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from tui_trader.core.money import ZERO
from tui_trader.core.order import Intent, Purpose
from tui_trader.core.records import Clamp
from tui_trader.risk.book import Book
from tui_trader.risk.checks import authority, filters, knowledge, leverage, losses, pace, protection, shape, size
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.verdict import ALLOW, Allow, Check, Deny, Shrink, Verdict

ENTRY_CHECKS: tuple[Check, ...] = (
    shape.well_formed,
    shape.entry_is_plain_limit,
    authority.trading_is_active,
    authority.agent_may_act,
    authority.nobody_is_being_asked,
    authority.symbol_is_allowed,
    authority.trading_hours_are_on,
    knowledge.account_is_as_set,
    knowledge.account_is_reconciled,
    knowledge.symbol_is_ours_alone,
    knowledge.equity_is_known,
    knowledge.instrument_is_known,
    knowledge.prices_are_known,
    knowledge.prices_are_fresh,
    losses.breakers_are_closed,
    losses.drawdown_within_limit,
    losses.day_loss_within_limit,
    losses.streak_within_limit,
    pace.does_not_reverse,
    pace.cooled_down_since_stop,
    pace.agent_held_long_enough,
    pace.agent_paused_since_trade,
    pace.agent_reversals_left_today,
    pace.entries_left_today,
    pace.order_rate_within_limit,
    pace.cancel_rate_within_limit,
    pace.agent_does_not_repeat_itself,
    pace.open_orders_within_limit,
    protection.price_near_mark,
    protection.price_as_seen,
    protection.carries_stop,
    protection.carries_take_profit,
    protection.stop_behind_price,
    protection.target_beyond_price,
    protection.stop_near_entry,
    protection.reward_pays_risk,
    protection.target_pays_fees,
    protection.protection_can_be_placed,
    leverage.leverage_setting_within_limit,
    size.order_notional,
    size.position_notional,
    size.gross_notional,
    size.gross_leverage,
    size.risk_per_trade,
    size.leverage_tier,
    size.free_margin,
    leverage.liquidation_is_far,
    filters.quantity_fits_steps,
    filters.exchange_takes_order,
    authority.person_agreed,
)
"""What new risk must pass, in this order."""

_HOW_FAR: frozenset[Check] = frozenset({authority.agent_may_act, authority.person_agreed})
"""How far the agent acts by itself; they say nothing about the entry as such."""

EXIT_CHECKS: tuple[Check, ...] = (
    shape.well_formed,
    shape.exit_only_reduces,
    filters.quantity_fits_steps,
    filters.exchange_takes_order,
)
"""What an exit must pass; nothing of it asks for state, age, account or meters."""


class Outcome(StrEnum):
    """What the gate decided."""

    ALLOW = "allow"
    SHRINK = "shrink"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The gate's word. `intent` is what may be sent, None where nothing may.

    `code` and `detail` belong to the denial or to the last clamp; both are empty where all is allowed.
    """

    verdict: Outcome
    intent: Intent | None
    code: str = ""
    detail: str = ""
    clamps: tuple[Clamp, ...] = ()
    passed: tuple[str, ...] = field(default=(), compare=False)
    """The checks that had nothing against it, by name."""


def checks_for(intent: Intent) -> tuple[Check, ...]:
    """What an order of this purpose has to pass."""
    match intent.purpose:
        case Purpose.ENTRY:
            return ENTRY_CHECKS
        case Purpose.EXIT | Purpose.STOP | Purpose.TAKE_PROFIT:
            return EXIT_CHECKS
        case _:
            assert_never(intent.purpose)


def judge(intent: Intent, book: Book, policy: Policy) -> Judgement:
    """Judge an order against the policy and all that is known at this instant. Raises nothing, changes nothing."""
    return judge_by(checks_for(intent), intent, book, policy)


def judge_wish(intent: Intent, book: Book, policy: Policy) -> Judgement:
    """What would be let through if the agent were free to act: what a person is asked about, or observes."""
    return judge_by([check for check in checks_for(intent) if check not in _HOW_FAR], intent, book, policy)


def judge_by(checks: Sequence[Check], intent: Intent, book: Book, policy: Policy) -> Judgement:
    """Judge by the given checks, in order; the first denial ends it."""
    clamps: list[Clamp] = []
    agreed: list[str] = []
    judgement = _judged(checks, intent, book, policy, clamps=clamps, agreed=agreed)
    return replace(judgement, clamps=tuple(clamps), passed=tuple(agreed))


def _judged(
    checks: Sequence[Check], intent: Intent, book: Book, policy: Policy, *, clamps: list[Clamp], agreed: list[str]
) -> Judgement:
    """The verdict; what was clamped and who agreed on the way is added to the lists."""
    passed, detail = intent, ""
    for check in checks:
        verdict = _said(check, passed, book, policy)
        match verdict:
            case Allow():
                agreed.append(check.__name__)
            case Shrink():
                smaller = _shrunk(passed, verdict, book)
                clamps.append(Clamp(code=verdict.code.value, before=passed.quantity, after=smaller.quantity))
                if smaller.quantity <= 0 or _is_too_small(smaller, book):
                    return _denied(Deny(verdict.code, verdict.detail))
                passed, detail = smaller, verdict.detail
            case Deny():
                return _denied(verdict)
            case _:
                assert_never(verdict)
    if clamps:
        return Judgement(verdict=Outcome.SHRINK, intent=passed, code=clamps[-1].code, detail=detail)
    return Judgement(verdict=Outcome.ALLOW, intent=passed)


def _said(check: Check, intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The check's verdict; a figure with which it cannot reckon (NaN, an overflow) means no.

    A shrink that is none counts as allowed: no check can enlarge.
    """
    try:
        verdict = check(intent, book, policy)
        if isinstance(verdict, Shrink) and verdict.to >= intent.quantity:
            return ALLOW
    except (ArithmeticError, ValueError):
        return Deny(Code.FIGURES_UNREADABLE, f"{check.__name__} cannot reckon with the figures")
    return verdict


def _shrunk(intent: Intent, shrink: Shrink, book: Book) -> Intent:
    """The order at the smaller size, rounded down to the exchange's step."""
    instrument = book.instruments.get(intent.symbol)
    to = max(ZERO, shrink.to)
    return intent.resized(instrument.round_quantity(to, intent.type) if instrument else to)


def _is_too_small(intent: Intent, book: Book) -> bool:
    """Whether the exchange would refuse what is left as too small; an exit has no least worth."""
    instrument = book.instruments.get(intent.symbol)
    if instrument is None:
        return False
    exempt = intent.reduce_only or intent.close_position
    worth = intent.quantity * (intent.price or book.mark(intent.symbol) or ZERO)
    return intent.quantity < instrument.min_quantity or (not exempt and worth < instrument.min_notional)


def _denied(deny: Deny) -> Judgement:
    return Judgement(verdict=Outcome.DENY, intent=None, code=deny.code.value, detail=deny.detail)
