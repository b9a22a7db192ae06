"""Where the stop of a position stands that a person takes over from somebody else."""

from decimal import Decimal

from tui_trader.core.money import BPS, Price, bps_of, percent_of, plain
from tui_trader.core.position import Position
from tui_trader.risk.book import Book
from tui_trader.risk.policy import Policy
from tui_trader.risk.sizing import liquidation_at

_NEAREST_BPS = Decimal(5)
"""Nearer to the mark than this a stop is a coin toss; the agent's own may not be nearer either."""


class NoStop(ValueError):
    """No stop can be named; the sentence says why and what to do."""


def stop_for(held: Position, book: Book, policy: Policy, wish: Price | None = None) -> Price:
    """The stop of all that the account holds of the symbol, rounded to its tick. Raises NoStop.

    A person's wish stands where it can trigger only later, and before liquidation. Without one: as far from the mark as
    `max_stop_distance_pct` allows and as `max_risk_per_trade_pct` of equity pays for, the exit's fee included.
    """
    symbol, side, mark = held.symbol, held.side, book.mark(held.symbol)
    instrument = book.instruments.get(symbol)
    if side is None:
        raise NoStop(f"nothing is held of {symbol}")
    if instrument is None:
        raise NoStop(f"{symbol} is not traded here: add it to the policy's symbols and start again, or flatten")
    if mark is None:
        raise NoStop(f"there is no mark price of {symbol} to count from; wait for the feed, or flatten")
    price = wish
    if price is None:
        price = instrument.round_stop(mark - _distance(held, mark, book, policy) * side.sign, side)
    if (mark - price) * side.sign <= 0:
        raise NoStop(f"a stop at {plain(price)} would trigger at once: the mark price is {plain(mark)}")
    leverage = book.leverage.get(symbol, 1)
    liquidated = liquidation_at(instrument, held, leverage)
    if liquidated is not None and (price - liquidated) * side.sign <= 0:
        raise NoStop(
            f"a stop at {plain(price)} comes after liquidation at {liquidated:.8g}; name a nearer one, or flatten"
        )
    return price


def _distance(held: Position, mark: Price, book: Book, policy: Policy) -> Price:
    """How far from the mark the policy lets the stop stand. Raises NoStop."""
    if book.equity is None:
        raise NoStop("equity is not known, so neither is what may be lost; name the stop, or flatten")
    farthest = percent_of(mark, policy.risk.max_stop_distance_pct)
    budget = percent_of(book.equity, policy.risk.max_risk_per_trade_pct)
    affordable = budget / abs(held.quantity) - book.fees.taker * (mark + farthest)
    distance = min(farthest, affordable)
    if distance < bps_of(mark, _NEAREST_BPS):
        raise NoStop(
            f"with max_risk_per_trade_pct {plain(policy.risk.max_risk_per_trade_pct)} the stop would stand "
            f"{distance / mark * BPS:.1f} bps from the mark, at least {plain(_NEAREST_BPS)}: name the stop, or flatten"
        )
    return distance
