"""Decimal money: plain text without exponents, and rounding that says its direction.

`Price`, `Quantity` and `Money` are all `Decimal`; the names say what a figure means. Money and notional are in
the quote currency (USDT). A notional is quantity times price, never margin.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation
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

_EXACT = Context(prec=80, traps=[InvalidOperation, DivisionByZero])
"""For rounding to a step: whole steps are counted by integer division, which is exact, and never by a quotient, since
0.99999… can itself round up to one, and its floor would then lie above the value."""


def plain(value: Decimal) -> str:
    """The number without exponent, superfluous zeros or a negative zero: `0.001`, `120`, `-3.5`.

    Raises ValueError for NaN and infinity: such a figure must not reach an order, a row or the screen.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not an amount")
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_or_none(value: Decimal | None) -> str | None:
    """The same where there may be no figure."""
    return None if value is None else plain(value)


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` (positive) that is not above `value`."""
    nearer_zero = _steps_towards_zero(value, step)
    return nearer_zero if nearer_zero <= value else _EXACT.subtract(nearer_zero, step)


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` (positive) that is not below `value`."""
    nearer_zero = _steps_towards_zero(value, step)
    return nearer_zero if nearer_zero >= value else _EXACT.add(nearer_zero, step)


def nearest_to(value: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` (positive) nearest to `value`; halfway, the even multiple."""
    below = floor_to(value, step)
    twice_over = _EXACT.multiply(2, _EXACT.subtract(value, below))
    if twice_over == step:
        is_even = _EXACT.remainder(_EXACT.divide_int(below, step), 2) == 0
        return below if is_even else _EXACT.add(below, step)
    return below if twice_over < step else _EXACT.add(below, step)


def _steps_towards_zero(value: Decimal, step: Decimal) -> Decimal:
    if step <= 0:
        raise ValueError(f"a step must be positive, not {step}")
    return _EXACT.multiply(_EXACT.divide_int(value, step), step)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether `value` is a whole number of `step` (positive)."""
    return _steps_towards_zero(value, step) == value


def to_balance(value: Decimal) -> Money:
    """The amount as the exchange books it: eight decimals, ties to even."""
    return value.quantize(CENT_OF_A_CENT, rounding=ROUND_HALF_EVEN)


def bps_of(value: Decimal, bps: Decimal | int) -> Decimal:
    """`bps` basis points of `value`."""
    return value * Decimal(bps) / BPS


def percent_of(value: Decimal, percent: Decimal) -> Decimal:
    """`percent` per cent of `value`."""
    return value * percent / HUNDRED
