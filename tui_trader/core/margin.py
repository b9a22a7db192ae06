"""Margin arithmetic of linear USD-M perpetuals: one-way, isolated, single-asset mode.

Formulas: Binance USD-M documentation, "Leverage and Margin of USDⓈ-M Futures" and "How to Calculate Liquidation
Price of USDⓈ-M Futures Contracts". Money in the quote currency; rates are fractions (0.0005 is five basis points).
"""

from dataclasses import dataclass
from decimal import Decimal

from tui_trader.core.instrument import Bracket, Instrument
from tui_trader.core.money import Money, Price, to_balance
from tui_trader.core.position import Position


@dataclass(frozen=True, slots=True)
class FeeRates:
    """What a trade costs, as a fraction of its notional."""

    maker: Decimal = Decimal("0.0002")
    taker: Decimal = Decimal("0.0005")
    """Regular user (VIP 0), without the BNB discount."""

    def of(self, notional: Money, *, maker: bool) -> Money:
        """The fee of a fill, positive when paid, booked to eight decimals."""
        return to_balance(notional * (self.maker if maker else self.taker))


def initial_margin(notional: Money, leverage: int) -> Money:
    """What a position or order of this notional locks: notional / leverage."""
    return notional / leverage


def maintenance_margin(instrument: Instrument, notional: Money) -> Money:
    """notional x rate - cumulative of the tier of the *notional* (not of the margin)."""
    return instrument.bracket_of(notional).maintenance(notional)


def funding_payment(position: Position, mark: Price, rate: Decimal) -> Money:
    """What the position receives at the funding instant: -quantity x mark x rate (longs pay a positive rate)."""
    return to_balance(-position.quantity * mark * rate)


def liquidation_price(instrument: Instrument, position: Position, isolated_wallet: Money) -> Price | None:
    """The mark price at which the isolated margin no longer covers maintenance; None when flat or unreachable.

    LP = (wallet + cum - s|q|EP) / (|q| MMR - s|q|), where MMR and cum belong to the tier of |q| x LP. Not rounded to
    the tick.
    """
    if position.is_flat:
        return None
    sign = 1 if position.quantity > 0 else -1
    bracket = _bracket_at_liquidation(instrument, position, isolated_wallet, sign)
    numerator = isolated_wallet + bracket.cumulative - position.cost  # position.cost is s|q|EP
    price = numerator / (abs(position.quantity) * (bracket.maintenance_rate - sign))
    return price if price > 0 else None


def _bracket_at_liquidation(instrument: Instrument, position: Position, isolated_wallet: Money, sign: int) -> Bracket:
    """The tier in which the margin balance meets maintenance.

    Balance minus maintenance is monotonic in the notional: it rises for longs and falls for shorts, since
    maintenance is continuous and its rate below one. So the tier is the first at whose cap the meeting point is
    passed. Comparing at the caps needs no division: a price that lies on a cap cannot fall between two tiers.
    """
    for bracket in instrument.brackets:
        cap = bracket.notional_cap
        balance = isolated_wallet + sign * cap - position.cost
        if sign * (balance - bracket.maintenance(cap)) >= 0:
            return bracket
    return instrument.brackets[-1]


def is_liquidated(instrument: Instrument, position: Position, isolated_wallet: Money, mark: Price) -> bool:
    """Whether margin balance (wallet + unrealised) is at or below maintenance, both on the mark price."""
    if position.is_flat:
        return False
    balance = isolated_wallet + position.unrealised(mark)
    return balance <= maintenance_margin(instrument, position.notional(mark))
