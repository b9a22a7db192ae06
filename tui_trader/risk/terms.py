"""The terms of a policy: for each field what it means in a sentence, and which of two values leaves more freedom.

One table, so that a field cannot have one without the other; a test holds it to the policy's fields, all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from tui_trader.core.words import Autonomy
from tui_trader.risk.hours import minutes_of
from tui_trader.risk.policy import Requirement, TriageScope

Value: TypeAlias = object
"""What a field holds: a figure, seconds, a word, symbols, or None where it may be left out."""
Freedom: TypeAlias = Callable[[Value, Value], bool]
"""Whether the second value leaves freedom that the first did not."""


def _amount(value: Value) -> Decimal:
    assert isinstance(value, Decimal | int | float)
    return Decimal(str(value))


def more(before: Value, after: Value) -> bool:
    """A larger figure is looser; none at all is the loosest."""
    if before is None or after is None:
        return after is None and before is not None
    return _amount(after) > _amount(before)


def less(before: Value, after: Value) -> bool:
    """A smaller figure is looser; none at all is the loosest."""
    if before is None or after is None:
        return after is None and before is not None
    return _amount(after) < _amount(before)


def another(before: Value, after: Value) -> bool:
    """Every other value is something that nobody has agreed to yet."""
    return before != after


def never(_before: Value, _after: Value) -> bool:
    """It limits nothing."""
    return False


def wider(before: Value, after: Value) -> bool:
    """Whatever was not among the symbols before."""
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    return not set(after) <= set(before)


def longer(before: Value, after: Value) -> bool:
    """Whatever minute was not among the trading hours before; no hours at all are the longest."""
    if before is None or after is None:
        return after is None and before is not None
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    return not minutes_of(after) <= minutes_of(before)


def up(order: Sequence[StrEnum]) -> Freedom:
    """Further on in this order is looser."""

    def is_further(before: Value, after: Value) -> bool:
        places = {member: place for place, member in enumerate(order)}
        assert isinstance(before, StrEnum)
        assert isinstance(after, StrEnum)
        return places[after] > places[before]

    return is_further


@dataclass(frozen=True, slots=True)
class Term:
    """One field. In the sentence `{}` is its value as the policy writes it; `absent` is said where there is none."""

    loosens: Freedom
    sentence: str
    absent: str = ""

    def said(self, value: str | None) -> str:
        """The sentence for this value."""
        return self.absent if value is None else self.sentence.format(value)


_AUTONOMY = up((Autonomy.OBSERVE, Autonomy.APPROVE, Autonomy.AUTO))
_DEMAND = up((Requirement.REQUIRED, Requirement.OPTIONAL))
_ASKED = up((TriageScope.EVERY, TriageScope.MODEL, TriageScope.NOBODY))

TERMS: Mapping[str, Term] = {
    "name": Term(never, "The prompt is called {}."),
    "symbols": Term(wider, "It trades {} and nothing else."),
    "interval": Term(less, "A decision is due every {}."),
    "autonomy": Term(
        _AUTONOMY, "Autonomy is {}: observe only notes what it would do, approve asks you, auto acts within the limits."
    ),
    "approval_expiry": Term(more, "A question to you that is not answered within {} counts as no."),
    "risk.max_order_notional": Term(more, "One order is worth at most {} (quantity times price, quote currency)."),
    "risk.max_position_notional": Term(
        more, "The position in one symbol is worth at most {}, with all that still works or is of unknown fate."
    ),
    "risk.max_gross_notional": Term(more, "All positions together are worth at most {}, counted the same way."),
    "risk.max_leverage": Term(
        more, "Leverage is at most {}: the exchange's setting, and all positions together over equity."
    ),
    "risk.max_risk_per_trade_pct": Term(
        more, "If its stop fills at its price, an entry loses at most {} % of equity, both fees included."
    ),
    "risk.stop_loss": Term(another, "Every entry carries a stop ({}); there is no other setting."),
    "risk.take_profit": Term(_DEMAND, "A take-profit with every entry is {}."),
    "risk.max_stop_distance_pct": Term(more, "A stop lies at most {} % from the entry's limit price."),
    "risk.min_reward_to_risk": Term(
        less, "After fees the gain at the take-profit is at least {} times the loss at the stop."
    ),
    "risk.max_daily_loss_pct": Term(
        more, "A loss of {} % of the day's first equity leaves only exits (REDUCING) until you resume."
    ),
    "risk.max_consecutive_losses": Term(more, "{} losing round trips in a row leave only exits until you resume."),
    "risk.max_drawdown_pct": Term(more, "Equity {} % below its highest closes everything and halts, until you resume."),
    "risk.max_consecutive_failures": Term(
        more, "{} failures of the exchange or the model in a row stop new risk until a probe succeeds."
    ),
    "risk.max_open_orders": Term(more, "At most {} orders are open at once, stops and take-profits included."),
    "risk.max_orders_per_minute": Term(more, "At most {} orders leave within a minute, an entry's stops included."),
    "risk.max_entries_per_day": Term(more, "At most {} entries a day, from 00:00 UTC."),
    "risk.reentry_cooldown": Term(less, "After a stop-out the same symbol and side is not entered again for {}."),
    "risk.min_hold": Term(less, "Within {} of its own entry the model may not open the other side; closing is free."),
    "risk.max_price_deviation_bps": Term(
        more, "An entry pays at most {} basis points more than the mark, and than the mark that the model saw."
    ),
    "risk.max_quote_age": Term(more, "Prices older than {} mean no new risk."),
    "risk.min_liquidation_distance_pct": Term(less, "The liquidation price stays at least {} % away from the price."),
    "risk.approve_above_notional": Term(
        more,
        "An entry that brings a symbol's position above {} waits for your yes.",
        "No size of its own asks you first (approve_above_notional is not set).",
    ),
    "risk.entry_spacing": Term(less, "After its last trade in a symbol the model does not enter there again for {}."),
    "risk.max_reversals_per_day": Term(more, "The model turns around at most {} times a day in a symbol."),
    "risk.min_target_to_fees": Term(
        less, "At the take-profit an entry of the model earns at least {} times the fees of both legs."
    ),
    "risk.max_cancels_per_minute": Term(
        more, "Once {} entries were cancelled within a minute nothing is entered; a cancel itself always passes."
    ),
    "risk.trading_hours": Term(
        longer,
        "Nothing is entered outside {} UTC, and entries that rest are cancelled when these hours end.",
        "It trades around the clock (trading_hours is not set).",
    ),
    "risk.breaker_window": Term(
        less, "The breakers below look back {} and rest as long, at first, before one entry tries it again."
    ),
    "risk.max_error_rate_pct": Term(
        more, "If more than {} % of the last orders, or of the model's answers, are errors, there is no new risk."
    ),
    "risk.max_unknown_outcomes": Term(more, "With {} orders of unknown fate there is no new risk."),
    "risk.max_slippage_bps": Term(
        more, "A fill more than {} basis points worse than the price that was decided by has slipped;"
    ),
    "risk.max_slipped_orders": Term(more, "with {} such orders there is no new risk."),
    "risk.max_identical_orders": Term(
        more, "After {} entries of the model that are alike there is no new risk until you resume."
    ),
    "llm.model": Term(another, "The model {} is asked (a restart changes it)."),
    "llm.deadline": Term(more, "A decision has {} from the first look at the market to the verdict."),
    "llm.max_usd_per_day": Term(more, "The model costs at most {} USD a day, from 00:00 UTC."),
    "llm.investigate_rounds": Term(more, "It may look things up {} times before it must decide."),
    "llm.max_usd_per_hour": Term(more, "And at most {} USD an hour.", "There is no cap for an hour."),
    "llm.max_usd_per_month": Term(more, "And at most {} USD a month.", "There is no cap for a month."),
    "llm.fallback_model": Term(
        another, "When money runs short {} is asked instead (a restart changes it).", "No other model stands in for it."
    ),
    "llm.fallback_at_pct": Term(more, "Money runs short at {} % of any cap."),
    "llm.slow_interval": Term(
        less, "When money runs very short a decision is due every {} only.", "Decisions do not slow down with money."
    ),
    "llm.slow_at_pct": Term(more, "Money runs very short at {} % of any cap."),
    "triage.applies_to": Term(
        _ASKED, "Decisions without news are skipped for: {} (model: those that cost money; every; nobody)."
    ),
    "triage.move_atr": Term(less, "A move of {} one-minute ranges is news,"),
    "triage.move_bps": Term(less, "if it is at least {} basis points."),
    "triage.trend_atr": Term(less, "So is a change of {} one-minute ranges between the two averages."),
    "triage.held_every": Term(less, "What is held or works is looked at every {} intervals in any case,"),
    "triage.flat_every": Term(less, "a flat account every {} intervals."),
    "triage.funding_within": Term(more, "Funding within {} is news for what is held."),
    "triage.early_move_atr": Term(less, "A move of {} one-minute ranges asks before the interval is over,"),
    "triage.early_spacing": Term(less, "but not within {} of the decision before,"),
    "triage.early_per_hour": Term(more, "and at most {} times an hour."),
}
"""By the name of the field, with its section before it; in the order in which a policy declares them."""
