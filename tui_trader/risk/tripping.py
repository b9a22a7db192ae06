"""What opens, probes and closes the breakers that look back: rules over the incidents, as pure functions.

One rule a scope and cause. A closed breaker opens when too much has happened within the window; what happened before
it last changed is used up. One that has rested is half-open: an entry may try it, one at a time, and the first thing
that happens then closes it or sends it back to a rest twice as long. Identical orders rest until a person resumes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from tui_trader.core.clock import Instant, later
from tui_trader.core.money import HUNDRED, plain
from tui_trader.core.order import Intent, Purpose
from tui_trader.core.records import BreakerChanged
from tui_trader.core.words import Actor, BreakerCause, BreakerScope, BreakerState
from tui_trader.risk.breakers import Board, Breaker, Key, breaker_of, open_breakers
from tui_trader.risk.incidents import Answer, Incidents, after, alike_to, most_alike
from tui_trader.risk.policy import RiskLimits

LEAST_ANSWERS = 6
"""Answers from which on a share of errors means anything."""
_MOST_DOUBLINGS = 4
"""Of the rest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What has happened since an instant: how much, whether that is too much, and whether anything went well."""

    count: int
    is_too_much: bool
    has_gone_well: bool
    words: str

    @property
    def has_gone_wrong(self) -> bool:
        """Whether anything at all went wrong."""
        return self.count > 0


_NOTHING = Finding(count=0, is_too_much=False, has_gone_well=False, words="nothing happened")
"""Nearly always so: each entry asks, and no words are made for it."""


class Rule(Protocol):
    """Counts one cause in one scope since an instant."""

    def __call__(self, incidents: Incidents, risk: RiskLimits, since: Instant) -> Finding:
        """What was found."""
        ...


def _errors_of(answers: tuple[Answer, ...], risk: RiskLimits, what: str) -> Finding:
    if not answers:
        return _NOTHING
    errors = sum(answer.is_error for answer in answers)
    share = share_of_errors(answers)
    return Finding(
        count=errors,
        is_too_much=share is not None and share > risk.max_error_rate_pct,
        has_gone_well=errors < len(answers),
        words=f"{errors} of {len(answers)} {what} were errors, at most {plain(risk.max_error_rate_pct)}%",
    )


def share_of_errors(answers: tuple[Answer, ...]) -> Decimal | None:
    """In per cent; None where there are too few answers to say."""
    if len(answers) < LEAST_ANSWERS:
        return None
    return Decimal(sum(answer.is_error for answer in answers)) * HUNDRED / len(answers)


def _order_errors(incidents: Incidents, risk: RiskLimits, since: Instant) -> Finding:
    return _errors_of(after(incidents.orders, since), risk, "orders")


def _model_errors(incidents: Incidents, risk: RiskLimits, since: Instant) -> Finding:
    return _errors_of(after(incidents.decisions, since), risk, "answers")


def _unknown_outcomes(incidents: Incidents, risk: RiskLimits, since: Instant) -> Finding:
    count, most = len(after(incidents.unknown, since)), risk.max_unknown_outcomes
    answered = any(not answer.is_error for answer in after(incidents.orders, since))
    if not count and not answered:
        return _NOTHING
    return Finding(count, count >= most, answered, f"{count} orders were of unknown fate, the limit is {most}")


def _slippage(incidents: Incidents, risk: RiskLimits, since: Instant) -> Finding:
    fills, bound, most = after(incidents.fills, since), risk.max_slippage_bps, risk.max_slipped_orders
    if not fills:
        return _NOTHING
    slipped = sum(filled.worse_bps > bound for filled in fills)
    words = f"{slipped} orders filled more than {plain(bound)} bps worse than decided, the limit is {most}"
    return Finding(slipped, slipped >= most, slipped < len(fills), words)


def _identical_orders(incidents: Incidents, risk: RiskLimits, since: Instant) -> Finding:
    count, most = most_alike(after(incidents.entries, since)), risk.max_identical_orders
    return Finding(count if count >= most else 0, count >= most, has_gone_well=False, words=_repeated(count, most))


def _repeated(count: int, most: int) -> str:
    return f"{count} entries of the agent were alike, the limit is {most}"


RULES: Mapping[Key, Rule] = {
    (BreakerScope.EXCHANGE, BreakerCause.ERROR_RATE): _order_errors,
    (BreakerScope.EXCHANGE, BreakerCause.UNKNOWN_OUTCOMES): _unknown_outcomes,
    (BreakerScope.MODEL, BreakerCause.ERROR_RATE): _model_errors,
    (BreakerScope.MARKET, BreakerCause.SLIPPAGE): _slippage,
    (BreakerScope.DECIDER, BreakerCause.IDENTICAL_ORDERS): _identical_orders,
}
"""Failures in a row are reported as they happen and have no rule here."""


def counts_from(breaker: Breaker | None, window_begins: Instant) -> Instant:
    """From when on things count for it: the window, but not what came before its last change, or before its probe."""
    if breaker is None:
        return window_begins
    known = breaker.until if breaker.open else breaker.changed
    return window_begins if known is None else max(window_begins, known)


def due(board: Board, incidents: Incidents, risk: RiskLimits, now: Instant) -> Iterator[BreakerChanged]:
    """The rows that are to be written now: what opens, what has failed its probe, what has passed it."""
    window_begins = later(now, -risk.breaker_window)
    for key, rule in RULES.items():
        breaker = breaker_of(board, *key)
        found = rule(incidents, risk, counts_from(breaker, window_begins))
        match breaker.state(now):
            case BreakerState.CLOSED if found.is_too_much:
                yield _opened(breaker, found, risk, now)
            case BreakerState.HALF_OPEN if found.has_gone_wrong:
                yield _opened(breaker, found, risk, now)
            case BreakerState.HALF_OPEN if found.has_gone_well:
                yield BreakerChanged(
                    scope=breaker.scope,
                    open=False,
                    failures=0,
                    reason="it was tried and went well",
                    cause=breaker.cause,
                )
            case _:
                pass


def _opened(breaker: Breaker, found: Finding, risk: RiskLimits, now: Instant) -> BreakerChanged:
    """Open, or open still: each failed probe doubles the rest."""
    failures = breaker.failures + 1 if breaker.open else found.count
    doublings = min(_MOST_DOUBLINGS, breaker.failed_probes + 1) if breaker.open else 0
    rest = risk.breaker_window * (1 << doublings)
    needs_a_person = breaker.cause is BreakerCause.IDENTICAL_ORDERS
    return BreakerChanged(
        scope=breaker.scope,
        open=True,
        failures=failures,
        reason=found.words,
        cause=breaker.cause,
        until=None if needs_a_person else later(now, rest),
    )


def alike_so_far(intent: Intent, board: Board, incidents: Incidents, risk: RiskLimits, now: Instant) -> int:
    """How many entries within the window were the same order as this one, since a person last resumed."""
    if not incidents.entries:
        return 0
    breaker = board.get((BreakerScope.DECIDER, BreakerCause.IDENTICAL_ORDERS))
    return alike_to(intent, after(incidents.entries, counts_from(breaker, later(now, -risk.breaker_window))))


def opened_by(
    intent: Intent, board: Board, incidents: Incidents, risk: RiskLimits, now: Instant
) -> BreakerChanged | None:
    """The breaker that this entry of the agent opens behind itself, being the last of so many that are alike."""
    if intent.purpose is not Purpose.ENTRY or intent.actor is not Actor.AGENT:
        return None
    count, most = alike_so_far(intent, board, incidents, risk, now) + 1, risk.max_identical_orders
    if count < most:
        return None
    return BreakerChanged(
        scope=BreakerScope.DECIDER,
        open=True,
        failures=count,
        reason=_repeated(count, most),
        cause=BreakerCause.IDENTICAL_ORDERS,
    )


def why_closed_to_entries(
    board: Board, incidents: Incidents, risk: RiskLimits, now: Instant, *, is_being_tried: bool
) -> str | None:
    """Why no entry may pass the breakers now; None where one may.

    Not even the moment between an incident and its row lets new risk through. `is_being_tried`: an entry works
    already, so a half-open breaker has its probe. Failures in a row are probed by asking, never by an entry.
    """
    for breaker in open_breakers(board):
        is_half_open = breaker.state(now) is BreakerState.HALF_OPEN
        if not is_half_open or breaker.cause is BreakerCause.FAILURES or is_being_tried:
            return told(breaker)
    for (scope, cause), breaker in board.items():
        if cause is BreakerCause.FAILURES and breaker.failures >= risk.max_consecutive_failures:
            return f"{scope.value}: {breaker.failures} failures in a row, the limit is {risk.max_consecutive_failures}"
    window_begins = later(now, -risk.breaker_window)
    for key, rule in RULES.items():
        if key[1] is BreakerCause.IDENTICAL_ORDERS:
            continue  # whether this entry is one too many, the gate asks for itself
        known = board.get(key)
        found = rule(incidents, risk, counts_from(known, window_begins))
        if found.is_too_much or (known is not None and known.open and found.has_gone_wrong):
            return f"{key[0].value}: {found.words}"
    return None


def told(breaker: Breaker) -> str:
    """An open breaker for people."""
    if breaker.cause is BreakerCause.FAILURES:
        return f"{breaker.scope.value}: {breaker.failures} failures in a row ({breaker.reason})"
    return f"{breaker.scope.value}: {breaker.reason}"


def worst_error_share(incidents: Incidents, since: Instant) -> Decimal | None:
    """The larger share of errors, of exchange and model, in per cent; None where there are too few answers of both."""
    shares = [share_of_errors(after(each, since)) for each in (incidents.orders, incidents.decisions)]
    return max((share for share in shares if share is not None), default=None)
