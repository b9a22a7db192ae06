"""The ladder at the caps on the model's cost: cheaper model, longer interval, no call. Pure: figures in, rung out."""

from collections.abc import Iterator
from decimal import Decimal

from tui_trader.core.clock import Instant
from tui_trader.core.money import HUNDRED, ZERO, Money, plain
from tui_trader.core.records import EconomyChanged
from tui_trader.core.words import Economy, SpendWindow
from tui_trader.risk.policy import ModelLimits
from tui_trader.risk.spending import Spending, window_of

_CENTS = Decimal("0.0001")


def caps(limits: ModelLimits) -> Iterator[tuple[SpendWindow, Money]]:
    """The caps that are set."""
    for window, cap in (
        (SpendWindow.HOUR, limits.max_usd_per_hour),
        (SpendWindow.DAY, limits.max_usd_per_day),
        (SpendWindow.MONTH, limits.max_usd_per_month),
    ):
        if cap is not None:
            yield window, cap


def over_cap(spending: Spending, limits: ModelLimits, now: Instant, worst: Money) -> SpendWindow | None:
    """The cap that a call would break if it cost its worst, the one that lasts longest; None where all hold.

    What costs nothing breaks none, whatever was spent before it. A figure that is no number breaks every cap.
    """
    if worst.is_finite() and worst <= ZERO:
        return None
    broken = (
        window for window, cap in caps(limits) if not worst.is_finite() or spending.spent(window, now) + worst > cap
    )
    return max(broken, key=lambda window: window_of(window, now)[1], default=None)


def economy_for(
    spending: Spending, limits: ModelLimits, now: Instant, *, worst: Money, worst_fallback: Money | None
) -> EconomyChanged:
    """The rung that the figures ask for now. `worst` in USD of the next call; `worst_fallback` None: no such model.

    A rung once taken holds until its window has passed: it would else change with the length of each question. What
    costs nothing needs no ladder.
    """
    if worst <= ZERO:
        return EconomyChanged(economy=Economy.FULL, reason="")
    wanted = _wanted(spending, limits, now, worst, worst_fallback)
    in_force = spending.economy(now)
    return in_force if in_force.economy.rung >= wanted.economy.rung else wanted


def asks_fallback(economy: Economy, limits: ModelLimits) -> bool:
    """Whether this rung asks the fallback model."""
    return limits.fallback_model is not None and economy in (Economy.CHEAPER, Economy.SLOWER)


def interval_at(economy: Economy, interval: float, limits: ModelLimits) -> float:
    """Seconds between two decisions at this rung; managing by rule costs nothing and goes on at the usual pace."""
    if economy is Economy.SLOWER and limits.slow_interval is not None:
        return max(interval, limits.slow_interval)
    return interval


def _wanted(
    spending: Spending, limits: ModelLimits, now: Instant, worst: Money, worst_fallback: Money | None
) -> EconomyChanged:
    broken = over_cap(spending, limits, now, worst)
    broken_by_cheapest = broken if worst_fallback is None else over_cap(spending, limits, now, worst_fallback)
    if broken is not None and broken_by_cheapest is not None:
        return _rung(Economy.MANAGE, broken_by_cheapest, spending, limits, now)
    window, share = max(
        ((window, spending.spent(window, now) / cap * HUNDRED) for window, cap in caps(limits)),
        key=lambda pair: pair[1],
    )
    if limits.slow_interval is not None and share >= limits.slow_at_pct:
        return _rung(Economy.SLOWER, window, spending, limits, now)
    if worst_fallback is not None and (share >= limits.fallback_at_pct or broken is not None):
        return _rung(Economy.CHEAPER, broken or window, spending, limits, now)
    return EconomyChanged(economy=Economy.FULL, reason="")


def _rung(
    economy: Economy, window: SpendWindow, spending: Spending, limits: ModelLimits, now: Instant
) -> EconomyChanged:
    cap = dict(caps(limits))[window]
    spent = plain(spending.spent(window, now).quantize(_CENTS))
    return EconomyChanged(
        economy=economy,
        reason=f"model budget: {spent} of {plain(cap)} USD spent this {window.value}",
        window=window,
        until=window_of(window, now)[1],
    )
