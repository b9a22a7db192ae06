"""A policy for each seed: limits that bind soon, a fast rhythm, and now and then loss limits and breakers that trip."""

import random
from collections.abc import Mapping
from types import MappingProxyType

_TEXT = """---
name: simulated
symbols: [BTCUSDT, ETHUSDT]
interval: {interval}s
autonomy: auto
risk:
  max_order_notional: {order}
  max_position_notional: {position}
  max_gross_notional: {gross}
  max_leverage: {leverage}
  max_risk_per_trade_pct: {risk}
  stop_loss: required
  take_profit: {take_profit}
  max_stop_distance_pct: 5
  min_reward_to_risk: 1.2
  max_daily_loss_pct: {day}
  max_consecutive_losses: {losses}
  max_drawdown_pct: {drawdown}
  max_consecutive_failures: {failures}
  max_open_orders: {open_orders}
  max_orders_per_minute: {rate}
  max_entries_per_day: 10000
  reentry_cooldown: {cooldown}s
  min_hold: {hold}s
  max_price_deviation_bps: 50
  max_quote_age: 5s
  min_liquidation_distance_pct: 10
  entry_spacing: {spacing}s
  max_reversals_per_day: 1000
  min_target_to_fees: 0
{more}
llm:
  model: none
  deadline: 5s
  max_usd_per_day: 2.00
---
Simulated.
"""


LOOSE: Mapping[str, str] = MappingProxyType(
    {
        "breaker_window": "1m",
        "max_cancels_per_minute": "600",
        "max_error_rate_pct": "100",
        "max_unknown_outcomes": "10000",
        "max_slippage_bps": "1000",
        "max_slipped_orders": "10000",
        "max_identical_orders": "10000",
    }
)
"""What no run reaches: one that stands still for a breaker shows nothing else."""
_TIGHT_EVERY = 3
"""Seeds, of which one has breakers that open."""


def tightened(chance: random.Random) -> Mapping[str, str]:
    """Limits of breakers that open soon, and rest for a minute."""
    pick = chance.choice
    if chance.randrange(_TIGHT_EVERY):
        return LOOSE
    return {
        **LOOSE,
        "max_cancels_per_minute": pick(["2", "6", "600"]),
        "max_error_rate_pct": pick(["20", "50", "100"]),
        "max_unknown_outcomes": pick(["1", "3", "10000"]),
        "max_slippage_bps": pick(["5", "30"]),
        "max_slipped_orders": pick(["1", "3", "10000"]),
        "max_identical_orders": pick(["2", "4", "10000"]),
    }


def prompt_text(chance: random.Random, breakers: Mapping[str, str]) -> str:
    """A prompt file; `breakers` are the limits that open breakers, by name.

    Failures in a row are among the limits that every seed draws, unless they are named there too.
    """
    pick, more = chance.choice, dict(breakers)
    order = pick([1_000, 2_000])
    return _TEXT.format(
        interval=pick([5, 10, 20]),
        order=order,
        position=order * pick([1, 2, 3]),
        gross=order * pick([2, 3, 5]),
        leverage=pick([1, 3, 5]),
        risk=pick(["0.2", "1.0", "5.0"]),
        take_profit=pick(["required", "optional"]),
        day=pick([1, 20, 50]),
        losses=pick([2, 50, 100]),
        drawdown=pick([2, 30, 90]),
        failures=more.pop("max_consecutive_failures", pick(["3", "20", "100"])),
        open_orders=pick([4, 12, 40]),
        rate=pick([12, 60, 200]),
        cooldown=pick([1, 20]),
        hold=pick([1, 20]),
        spacing=pick([0, 0, 10]),
        more="\n".join(f"  {name}: {value}" for name, value in more.items()),
    )
