"""Headroom: every limit of the policy with its value and how much of it is used, as a person or a model reads it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from tui_trader.core.clock import MINUTE, Instant, elapsed, later
from tui_trader.core.money import HUNDRED, ZERO
from tui_trader.core.words import Side, Symbol
from tui_trader.risk.book import Book
from tui_trader.risk.breakers import most_failures
from tui_trader.risk.incidents import after, most_alike
from tui_trader.risk.policy import Policy
from tui_trader.risk.sizing import distance_pct, liquidation_at, loss_at_stops, open_orders, stops_of
from tui_trader.risk.tripping import worst_error_share


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUse:
    """One limit: its value and what of it is used, both in the limit's unit (durations in seconds).

    `used` is None where it cannot be measured now, or where the limit concerns a single order and nothing is used up.
    For a least value (`min_…`, `reentry_cooldown`, `entry_spacing`) `used` is the figure as it stands,
    which must not be below.
    """

    limit: str
    value: Decimal
    used: Decimal | None
    symbol: Symbol | None = None


def headrooms(book: Book, policy: Policy) -> tuple[LimitUse, ...]:
    """All limits, by what they bound; those of a symbol once for each of the policy's symbols."""
    if book.equity is not None and not book.equity.is_finite():
        book = replace(book, equity=None)
    return (
        *_of_orders(policy),
        *_of_account(book, policy),
        *_of_losses(book, policy),
        *_of_pace(book, policy),
        *(use for symbol in policy.symbols for use in _of_symbol(book, policy, symbol)),
    )


def _of_orders(policy: Policy) -> Iterator[LimitUse]:
    """Limits of a single order: nothing of them is used up."""
    risk = policy.risk
    yield LimitUse(limit="max_order_notional", value=risk.max_order_notional, used=None)
    yield LimitUse(limit="max_stop_distance_pct", value=risk.max_stop_distance_pct, used=None)
    yield LimitUse(limit="min_reward_to_risk", value=risk.min_reward_to_risk, used=None)
    yield LimitUse(limit="min_target_to_fees", value=risk.min_target_to_fees, used=None)
    yield LimitUse(limit="max_price_deviation_bps", value=risk.max_price_deviation_bps, used=None)


def _of_account(book: Book, policy: Policy) -> Iterator[LimitUse]:
    gross, equity = book.worst_case_gross(), book.equity
    ratio = gross / equity if gross is not None and equity is not None and equity > 0 else None
    yield LimitUse(limit="max_gross_notional", value=policy.risk.max_gross_notional, used=gross)
    yield LimitUse(limit="max_leverage", value=Decimal(policy.risk.max_leverage), used=ratio)


def _of_losses(book: Book, policy: Policy) -> Iterator[LimitUse]:
    risk, meters = policy.risk, book.meters
    day_loss = drawdown = None
    if book.equity is not None and meters.day_loss is not None and book.equity + meters.day_loss > 0:
        day_loss = max(ZERO, meters.day_loss) / (book.equity + meters.day_loss) * HUNDRED
    if book.equity is not None and meters.peak_equity is not None and meters.peak_equity > 0:
        drawdown = max(ZERO, meters.peak_equity - book.equity) / meters.peak_equity * HUNDRED
    yield LimitUse(limit="max_daily_loss_pct", value=risk.max_daily_loss_pct, used=day_loss)
    yield LimitUse(limit="max_drawdown_pct", value=risk.max_drawdown_pct, used=drawdown)
    yield _count("max_consecutive_losses", risk.max_consecutive_losses, meters.consecutive_losses)
    yield _count("max_consecutive_failures", risk.max_consecutive_failures, most_failures(meters.breakers))
    yield from _of_breakers(book, policy)
    for limit, cap, spent in (
        ("max_usd_per_hour", policy.llm.max_usd_per_hour, meters.model_spend_hour),
        ("max_usd_per_day", policy.llm.max_usd_per_day, meters.model_spend_today),
        ("max_usd_per_month", policy.llm.max_usd_per_month, meters.model_spend_month),
    ):
        if cap is not None:
            yield LimitUse(limit=limit, value=cap, used=spent)


def _of_breakers(book: Book, policy: Policy) -> Iterator[LimitUse]:
    """What they count since the window began. A window and a bound are not used up."""
    risk, seen, since = policy.risk, book.meters.incidents, later(book.now, -policy.risk.breaker_window)
    slipped = sum(filled.worse_bps > risk.max_slippage_bps for filled in after(seen.fills, since))
    yield LimitUse(limit="breaker_window", value=_seconds(risk.breaker_window), used=None)
    yield LimitUse(limit="max_error_rate_pct", value=risk.max_error_rate_pct, used=worst_error_share(seen, since))
    yield _count("max_unknown_outcomes", risk.max_unknown_outcomes, len(after(seen.unknown, since)))
    yield LimitUse(limit="max_slippage_bps", value=risk.max_slippage_bps, used=None)
    yield _count("max_slipped_orders", risk.max_slipped_orders, slipped)
    yield _count("max_identical_orders", risk.max_identical_orders, most_alike(after(seen.entries, since)))


def _of_pace(book: Book, policy: Policy) -> Iterator[LimitUse]:
    risk, meters = policy.risk, book.meters
    yield _count("max_open_orders", risk.max_open_orders, open_orders(book))
    yield _count("max_orders_per_minute", risk.max_orders_per_minute, meters.orders_last_minute)
    cancels = len(after(meters.incidents.cancels, later(book.now, -MINUTE)))
    yield _count("max_cancels_per_minute", risk.max_cancels_per_minute, cancels)
    yield _count("max_entries_per_day", risk.max_entries_per_day, meters.entries_today)


def _of_symbol(book: Book, policy: Policy, symbol: Symbol) -> Iterator[LimitUse]:
    risk, meters = policy.risk, book.meters
    stops = [time for (name, _), time in meters.stopped_out.items() if name == symbol]
    entries = [time for (name, _), time in meters.agent_entered.items() if name == symbol]
    notional = book.worst_case_notional(symbol)
    figures: tuple[tuple[str, Decimal, Decimal | None], ...] = (
        ("max_position_notional", risk.max_position_notional, notional),
        ("max_risk_per_trade_pct", risk.max_risk_per_trade_pct, _risk_pct(book, symbol)),
        ("min_liquidation_distance_pct", risk.min_liquidation_distance_pct, _liquidation_distance(book, symbol)),
        ("max_quote_age", _seconds(risk.max_quote_age), _quote_age(book, symbol)),
        ("reentry_cooldown", _seconds(risk.reentry_cooldown), _since(max(stops, default=None), book)),
        ("min_hold", _seconds(risk.min_hold), _since(max(entries, default=None), book)),
        ("entry_spacing", _seconds(risk.entry_spacing), _since(meters.agent_traded.get(symbol), book)),
        (
            "max_reversals_per_day",
            Decimal(risk.max_reversals_per_day),
            Decimal(meters.reversals_today.get(symbol, 0)),
        ),
    )
    if risk.approve_above_notional is not None:
        figures = (*figures, ("approve_above_notional", risk.approve_above_notional, notional))
    for limit, value, used in figures:
        yield LimitUse(limit=limit, value=value, used=used, symbol=symbol)


def _count(limit: str, value: int, used: int) -> LimitUse:
    return LimitUse(limit=limit, value=Decimal(value), used=Decimal(used))


def _seconds(duration: float) -> Decimal:
    return Decimal(f"{duration:.3f}")


def _risk_pct(book: Book, symbol: Symbol) -> Decimal | None:
    """What the position and the working entries lose at their stops, in per cent of equity; None without a stop."""
    side, stops = book.position(symbol).side, stops_of(book, symbol)
    if book.equity is None or book.equity <= 0 or (side is not None and not stops):
        return None
    lost = ZERO
    for each in (side,) if side is not None else Side:
        waiting = [order.intent.protection for order in book.entries(symbol, each) if order.intent.protection]
        reference = stops[0] if stops else next((protection.stop_price for protection in waiting), None)
        if reference is not None:
            lost = max(lost, loss_at_stops(book, symbol, each, reference))
    return lost / book.equity * HUNDRED


def _liquidation_distance(book: Book, symbol: Symbol) -> Decimal | None:
    """How far the mark is from the liquidation price of what is held, in per cent; None when flat or unknown."""
    position, mark = book.position(symbol), book.mark(symbol)
    instrument, leverage = book.instruments.get(symbol), book.leverage.get(symbol)
    if position.is_flat or mark is None or mark <= 0 or instrument is None or not leverage:
        return None
    liquidated = liquidation_at(instrument, position, leverage)
    return None if liquidated is None else distance_pct(mark, liquidated)


def _quote_age(book: Book, symbol: Symbol) -> Decimal | None:
    view = book.markets.get(symbol)
    if view is None or view.quote_age is None or view.mark_age is None:
        return None
    return _seconds(max(view.quote_age, view.mark_age))


def _since(time: Instant | None, book: Book) -> Decimal | None:
    return None if time is None else _seconds(elapsed(time, book.now))
