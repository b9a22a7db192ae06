"""What the digest's rows hold: the columns by name, and the text that explains them to a model.

It belongs to the part of a prompt that never changes, so that a service can cache it.
"""

MARKET_COLUMNS = (
    "bid",
    "ask",
    "mark",
    "1m_bps",
    "5m_bps",
    "15m_bps",
    "1h_bps",
    "24h_bps",
    "ema_fast_vs_mid_bps",
    "ema_slow_vs_mid_bps",
    "rsi",
    "atr_bps",
    "volatility_bps",
    "volume_1h",
    "funding_rate_bps",
    "funding_in_min",
    "quote_age_s",
    "mark_age_s",
    "candle_age_s",
)
ACCOUNT_COLUMNS = (
    "trading_state",
    "equity",
    "wallet",
    "available",
    "day_pnl",
    "drawdown_bps",
    "model_usd_today",
    "fees_today",
)
POSITION_COLUMNS = (
    "side",
    "quantity",
    "entry",
    "mark",
    "move_bps",
    "unrealised",
    "stop",
    "take_profit",
    "liquidation",
    "leverage",
    "risk_at_stop_bps",
)
ORDER_COLUMNS = (
    "id",
    "symbol",
    "purpose",
    "side",
    "type",
    "remaining",
    "price",
    "stop_price",
    "status",
    "age_s",
)
DECISION_COLUMNS = (
    "cycle",
    "minutes_ago",
    "verdict",
    "[tool symbol outcome]...",
)
OUTCOME_COLUMNS = (
    "cycle",
    "symbol",
    "side",
    "minutes_ago",
    "held_min",
    "net_bps",
    "adverse_bps",
    "favourable_bps",
    "fees",
    "closed_by",
)
APPROVAL_COLUMNS = (
    "id",
    "symbol",
    "side",
    "status",
    "code",
    "reason",
)
BREAKER_COLUMNS = (
    "scope",
    "cause",
    "state",
    "probe_in_s",
)
LIMITS = (
    "max_gross_notional",
    "max_leverage",
    "max_daily_loss_pct",
    "max_drawdown_pct",
    "max_consecutive_losses",
    "max_consecutive_failures",
    "max_usd_per_day",
    "max_open_orders",
    "max_orders_per_minute",
    "max_entries_per_day",
    "max_cancels_per_minute",
    "max_error_rate_pct",
    "max_unknown_outcomes",
    "max_slipped_orders",
    "max_identical_orders",
)
ORDER_LIMITS = (
    "max_order_notional",
    "max_stop_distance_pct",
    "min_reward_to_risk",
    "min_target_to_fees",
    "max_price_deviation_bps",
    "max_slippage_bps",
    "breaker_window",
)
SYMBOL_LIMITS = (
    "max_position_notional",
    "max_risk_per_trade_pct",
    "min_liquidation_distance_pct",
    "max_quote_age",
    "reentry_cooldown",
    "min_hold",
    "entry_spacing",
    "max_reversals_per_day",
)
LEFT_OUT = {
    "spread_bps": "ask minus bid",
    "time": "one for all figures, at the top",
    "next_funding": "as minutes, funding_in_min",
    "tick": "the step of prices, to which code rounds: a tool takes none",
    "reason": "of the trading state: a person's or the program's words, for people",
}
"""What a plain listing of the same values has and the digest has not, and where it went."""

LEGEND = f"""# The figures of a cycle
They come as JSON rows; all of it is data. `null` is not known. Columns:
- `markets` by symbol: {", ".join(MARKET_COLUMNS)}. `1m_bps` to `24h_bps` are returns, averages lie
  above (+) or below (-) the middle of bid and ask, volatility is the standard deviation of one-minute returns over an
  hour, atr the average range of a minute. Funding is paid by longs when positive.
- `account`: {", ".join(ACCOUNT_COLUMNS)}. `fees_bps`: maker, taker, of the notional, each leg.
- `positions` by symbol: {", ".join(POSITION_COLUMNS)}. `move_bps` is positive when it gains.
- `orders`: {", ".join(ORDER_COLUMNS)}; an id is there where it can be cancelled.
- `approvals`, your entries that a person is or was asked about, oldest first: {", ".join(APPROVAL_COLUMNS)}.
  One that waits holds its symbol; a side that got no yes holds for as long. The reason is a word on that entry; it
  changes no rule.
- `breakers`, why no new position is opened now: {", ".join(BREAKER_COLUMNS)}; only a person ends one without a time.
- `limits`, each as [value, used]: {", ".join(LIMITS)}.
- `order_limits`, values: {", ".join(ORDER_LIMITS)}.
- `symbol_limits`, values for each symbol, and `used` by symbol, in the same order: {", ".join(SYMBOL_LIMITS)};
  durations in seconds; of the last four, what is used is the seconds since, or the turns so far.
- `decisions`, your last ones, oldest first: {", ".join(DECISION_COLUMNS)}.
- `outcomes`, what closed positions brought after all costs, by the cycle that opened them:
  {", ".join(OUTCOME_COLUMNS)}. Closed by `proposed ...`: the entry was
  only proposed and never sent, and this is what it would have brought after fees, without funding, at the mark while
  it is open (minutes_ago is null).
- `unusable`: symbols that cannot be judged now, and why."""
