"""Decimal money: plain text without exponents, and rounding that says its direction.

`Price`, `Quantity` and `Money` are all `Decimal`; the names say what a figure means. Money and notional are in
the quote currency (USDT). A notional is quantity times price, never margin.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

Price: TypeAlias = Decimal
Quantity: TypeAlias = Decimal
Money: TypeAlias = Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
BPS = Decimal(10_000)
"""Basis points in one."""
CENT_OF_A_CENT = Decimal("0.00000001")
"""Binance keeps futures balances to eight decimals."""


def plain(value: Decimal) -> str:
    """The number without exponent, superfluous zeros or a negative zero: `0.001`, `120`, `-3.5`."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `value`."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `value`."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def nearest_to(value: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to `value`, ties to even."""
    return (value / step).to_integral_value(ROUND_HALF_EVEN) * step


def to_balance(value: Decimal) -> Money:
    """The amount as the exchange books it: eight decimals, ties to even."""
    return value.quantize(CENT_OF_A_CENT, rounding=ROUND_HALF_EVEN)


def bps_of(value: Decimal, bps: Decimal | int) -> Decimal:
    """`bps` basis points of `value`."""
    return value * Decimal(bps) / BPS


def percent_of(value: Decimal, percent: Decimal) -> Decimal:
    """`percent` per cent of `value`."""
    return value * percent / HUNDRED
