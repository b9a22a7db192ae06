"""Margin arithmetic of linear USD-M perpetuals: one-way, isolated, single-asset mode.

Formulas: Binance USD-M documentation, "Leverage and Margin of USDⓈ-M Futures" and "How to Calculate Liquidation
Price of USDⓈ-M Futures Contracts". Money in the quote currency; rates are fractions (0.0005 is five basis points).
"""

from dataclasses import dataclass
from decimal import Decimal

from tui_trader.core.instrument import Instrument
from tui_trader.core.money import ZERO, Money, Price, to_balance
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
    bracket = instrument.bracket_of(notional)
    return notional * bracket.maintenance_rate - bracket.cumulative


def funding_payment(position: Position, mark: Price, rate: Decimal) -> Money:
    """What the position receives at the funding instant: -quantity x mark x rate (longs pay a positive rate)."""
    return to_balance(-position.quantity * mark * rate)


def liquidation_price(instrument: Instrument, position: Position, isolated_wallet: Money) -> Price | None:
    """The mark price at which the isolated margin no longer covers maintenance; None when flat or unreachable.

    LP = (wallet + cum - s|q|EP) / (|q| MMR - s|q|), where MMR and cum belong to the tier of |q| x LP: the tiers
    are tried in order until the price falls into its own tier.
    """
    if position.is_flat:
        return None
    size = abs(position.quantity)
    sign = 1 if position.quantity > 0 else -1
    signed_cost = position.cost  # s|q|EP
    price = ZERO
    floor = ZERO
    for bracket in instrument.brackets:
        denominator = size * bracket.maintenance_rate - sign * size
        price = (isolated_wallet + bracket.cumulative - signed_cost) / denominator
        if floor < size * price <= bracket.notional_cap:
            break
        floor = bracket.notional_cap
    return price if price > 0 else None


def is_liquidated(instrument: Instrument, position: Position, isolated_wallet: Money, mark: Price) -> bool:
    """Whether margin balance (wallet + unrealised) is at or below maintenance, both on the mark price."""
    if position.is_flat:
        return False
    balance = isolated_wallet + position.unrealised(mark)
    return balance <= maintenance_margin(instrument, position.notional(mark))
