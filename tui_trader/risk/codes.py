"""The gate's reason codes: stable words that a denial or a clamp carries, with a sentence for people."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Code(StrEnum):
    """Why the gate denied or shrank an order. A code never changes its name or its meaning."""

    MALFORMED_ORDER = "MALFORMED_ORDER"
    NOT_REDUCING = "NOT_REDUCING"
    QUANTITY_STEP = "QUANTITY_STEP"
    EXCHANGE_FILTER = "EXCHANGE_FILTER"
    INSTRUMENT_UNKNOWN = "INSTRUMENT_UNKNOWN"
    FIGURES_UNREADABLE = "FIGURES_UNREADABLE"
    ENTRY_TYPE = "ENTRY_TYPE"
    HALTED = "HALTED"
    REDUCING = "REDUCING"
    OBSERVE = "OBSERVE"
    NOT_APPROVED = "NOT_APPROVED"
    APPROVAL_WAITS = "APPROVAL_WAITS"
    NOT_RECONCILED = "NOT_RECONCILED"
    FOREIGN_EXPOSURE = "FOREIGN_EXPOSURE"
    MODE_DRIFT = "MODE_DRIFT"
    EQUITY_UNKNOWN = "EQUITY_UNKNOWN"
    SYMBOL_NOT_ALLOWED = "SYMBOL_NOT_ALLOWED"
    PRICE_MISSING = "PRICE_MISSING"
    PRICE_STALE = "PRICE_STALE"
    REVERSAL = "REVERSAL"
    METER_LOST = "METER_LOST"
    MAX_DAILY_LOSS = "MAX_DAILY_LOSS"
    MAX_DRAWDOWN = "MAX_DRAWDOWN"
    MAX_CONSECUTIVE_LOSSES = "MAX_CONSECUTIVE_LOSSES"
    BREAKER_OPEN = "BREAKER_OPEN"
    IDENTICAL_ORDERS = "IDENTICAL_ORDERS"
    OUTSIDE_TRADING_HOURS = "OUTSIDE_TRADING_HOURS"
    MAX_CANCELS_PER_MINUTE = "MAX_CANCELS_PER_MINUTE"
    MAX_OPEN_ORDERS = "MAX_OPEN_ORDERS"
    MAX_ORDERS_PER_MINUTE = "MAX_ORDERS_PER_MINUTE"
    MAX_ENTRIES_PER_DAY = "MAX_ENTRIES_PER_DAY"
    REENTRY_COOLDOWN = "REENTRY_COOLDOWN"
    MIN_HOLD = "MIN_HOLD"
    ENTRY_SPACING = "ENTRY_SPACING"
    MAX_REVERSALS_PER_DAY = "MAX_REVERSALS_PER_DAY"
    MIN_TARGET_TO_FEES = "MIN_TARGET_TO_FEES"
    PRICE_MOVED = "PRICE_MOVED"
    MAX_PRICE_DEVIATION = "MAX_PRICE_DEVIATION"
    NO_STOP = "NO_STOP"
    STOP_SIDE = "STOP_SIDE"
    MAX_STOP_DISTANCE = "MAX_STOP_DISTANCE"
    NO_TAKE_PROFIT = "NO_TAKE_PROFIT"
    TAKE_PROFIT_SIDE = "TAKE_PROFIT_SIDE"
    MIN_REWARD_TO_RISK = "MIN_REWARD_TO_RISK"
    PROTECTION_FILTER = "PROTECTION_FILTER"
    LEVERAGE_UNKNOWN = "LEVERAGE_UNKNOWN"
    LEVERAGE_SETTING = "LEVERAGE_SETTING"
    MIN_LIQUIDATION_DISTANCE = "MIN_LIQUIDATION_DISTANCE"
    MAX_ORDER_NOTIONAL = "MAX_ORDER_NOTIONAL"
    MAX_POSITION_NOTIONAL = "MAX_POSITION_NOTIONAL"
    MAX_GROSS_NOTIONAL = "MAX_GROSS_NOTIONAL"
    MAX_LEVERAGE = "MAX_LEVERAGE"
    MAX_RISK_PER_TRADE = "MAX_RISK_PER_TRADE"
    INSUFFICIENT_MARGIN = "INSUFFICIENT_MARGIN"
    LEVERAGE_TIER = "LEVERAGE_TIER"


SENTENCES: Mapping[Code, str] = MappingProxyType(
    {
        Code.MALFORMED_ORDER: "The order's quantity and prices do not make an order.",
        Code.NOT_REDUCING: "The order is meant as an exit, but together with what works it could open or flip.",
        Code.QUANTITY_STEP: "The quantity was no whole number of steps, or more than one order may carry.",
        Code.EXCHANGE_FILTER: "The exchange would refuse the order for its size or price.",
        Code.INSTRUMENT_UNKNOWN: "The exchange's rules for the symbol are not known, so no new risk.",
        Code.FIGURES_UNREADABLE: "A figure of account or market cannot be read, so no new risk.",
        Code.ENTRY_TYPE: "An entry is a plain limit order; a market entry goes out as a limit at the price bound.",
        Code.HALTED: "Trading is halted: only exits pass until a person resumes.",
        Code.REDUCING: "Trading is reducing: only exits pass until a person resumes.",
        Code.OBSERVE: "The agent may only propose: autonomy is observe.",
        Code.NOT_APPROVED: "A person has not agreed to this entry: propose it, and wait for the answer.",
        Code.APPROVAL_WAITS: "A person is being asked about an entry in this symbol.",
        Code.NOT_RECONCILED: "The account was not compared with the exchange, so no new risk.",
        Code.FOREIGN_EXPOSURE: "Somebody else holds or works something of the symbol: adopt it, or flatten.",
        Code.MODE_DRIFT: "Somebody changed how the account trades, so no new risk until it is set back.",
        Code.EQUITY_UNKNOWN: "Equity or free margin is not known, so no new risk.",
        Code.SYMBOL_NOT_ALLOWED: "The symbol is not in the policy.",
        Code.PRICE_MISSING: "Quote or mark price is missing, so no new risk.",
        Code.PRICE_STALE: "Quote or mark price is too old, so no new risk.",
        Code.REVERSAL: "There is a position or an entry on the other side: close, verify flat, then open.",
        Code.METER_LOST: "A loss meter cannot be computed, so no new risk.",
        Code.MAX_DAILY_LOSS: "The loss of the day has reached its limit.",
        Code.MAX_DRAWDOWN: "Equity is too far below its peak.",
        Code.MAX_CONSECUTIVE_LOSSES: "Too many round trips lost money one after the other.",
        Code.BREAKER_OPEN: "A circuit breaker is open; it waits for a probe, or for a person to resume.",
        Code.IDENTICAL_ORDERS: "The agent has sent the same order too often; a person has to resume first.",
        Code.OUTSIDE_TRADING_HOURS: "The policy's trading hours are over, so no new risk.",
        Code.MAX_CANCELS_PER_MINUTE: "Too many entries were cancelled within a minute.",
        Code.MAX_OPEN_ORDERS: "With its protection, the entry would make too many open orders.",
        Code.MAX_ORDERS_PER_MINUTE: "With its protection, the entry would make too many orders within a minute.",
        Code.MAX_ENTRIES_PER_DAY: "The day's entries are used up.",
        Code.REENTRY_COOLDOWN: "This side of the symbol was stopped out a short time ago.",
        Code.MIN_HOLD: "The agent entered the other side a short time ago.",
        Code.ENTRY_SPACING: "The agent traded this symbol a short time ago.",
        Code.MAX_REVERSALS_PER_DAY: "The agent has changed sides in this symbol too often today.",
        Code.MIN_TARGET_TO_FEES: "The take-profit is too near to pay for the fees of both legs.",
        Code.PRICE_MOVED: "The price moved too far between what was seen and what was decided.",
        Code.MAX_PRICE_DEVIATION: "The limit price is too far beyond the mark price.",
        Code.NO_STOP: "An entry must carry a stop.",
        Code.STOP_SIDE: "The stop is on the wrong side of the price and would trigger at once.",
        Code.MAX_STOP_DISTANCE: "The stop is too far from the entry price.",
        Code.NO_TAKE_PROFIT: "An entry must carry a take-profit.",
        Code.TAKE_PROFIT_SIDE: "The take-profit is on the wrong side of the price.",
        Code.MIN_REWARD_TO_RISK: "After fees the gain at the take-profit is too small for the loss at the stop.",
        Code.PROTECTION_FILTER: "The exchange would refuse the stop or the take-profit.",
        Code.LEVERAGE_UNKNOWN: "The symbol's leverage at the exchange is not known, so no new risk.",
        Code.LEVERAGE_SETTING: "The symbol's leverage at the exchange is above the limit; lower it first.",
        Code.MIN_LIQUIDATION_DISTANCE: "The position would be liquidated too close to the price, or before its stop.",
        Code.MAX_ORDER_NOTIONAL: "The order is worth more than one order may be.",
        Code.MAX_POSITION_NOTIONAL: "With what is held and worked, the symbol's position would be worth too much.",
        Code.MAX_GROSS_NOTIONAL: "With what is held and worked, all positions together would be worth too much.",
        Code.MAX_LEVERAGE: "All positions together would be too large for the equity.",
        Code.MAX_RISK_PER_TRADE: "The loss at the stop, fees included, is too large a part of equity.",
        Code.INSUFFICIENT_MARGIN: "The free margin does not carry the order.",
        Code.LEVERAGE_TIER: "At the symbol's leverage the exchange does not allow so large a position.",
    }
)
"""What a person reads beside the code."""
