"""The exchange's leverage setting, and how far away liquidation would be."""

from tui_trader.core.money import plain
from tui_trader.core.order import Intent
from tui_trader.core.words import Side
from tui_trader.risk.book import Book
from tui_trader.risk.checks.figures import NO_PRICES, prices_of
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy
from tui_trader.risk.sizing import distance_pct, liquidation_at, position_if_filled
from tui_trader.risk.verdict import ALLOW, Deny, Verdict


def leverage_setting_within_limit(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The exchange's setting for the symbol was read, and is at most `max_leverage`."""
    setting, most = book.leverage.get(intent.symbol), policy.risk.max_leverage
    if setting is None or setting < 1:
        return Deny(Code.LEVERAGE_UNKNOWN, f"{intent.symbol} has no known leverage")
    if setting <= most:
        return ALLOW
    return Deny(Code.LEVERAGE_SETTING, f"the exchange is set to {setting}x, at most {most}x")


def liquidation_is_far(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The position that this entry leads to is liquidated at least `min_liquidation_distance_pct` from the price.

    Measured with all entries of the side filled, from the nearer of limit price and mark, at the symbol's leverage
    with isolated margin. The stop must also come before it.
    """
    prices, instrument = prices_of(intent, book), book.instruments.get(intent.symbol)
    leverage = book.leverage.get(intent.symbol)
    if prices is None:
        return NO_PRICES
    if instrument is None or leverage is None or leverage < 1:
        return Deny(Code.LEVERAGE_UNKNOWN, f"{intent.symbol} has no known tiers or leverage")
    position = position_if_filled(intent, prices.limit, book)
    liquidated = liquidation_at(instrument, position, leverage)
    if liquidated is None:
        return ALLOW
    sign = intent.side.sign
    nearest = min(prices.limit, prices.mark) if intent.side is Side.BUY else max(prices.limit, prices.mark)
    distance = distance_pct(nearest, liquidated) if (nearest - liquidated) * sign > 0 else None
    least = policy.risk.min_liquidation_distance_pct
    if distance is None or distance < least:
        shown = "already passed" if distance is None else f"{distance:.2f}% away"
        return Deny(Code.MIN_LIQUIDATION_DISTANCE, f"liquidation {shown}, at least {plain(least)}%")
    if intent.protection is not None and (intent.protection.stop_price - liquidated) * sign <= 0:
        return Deny(Code.MIN_LIQUIDATION_DISTANCE, f"the stop lies beyond liquidation at {liquidated:.8g}")
    return ALLOW
