"""How figures are written: decimals as text of a fixed number of places, instants as milliseconds."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

from tui_trader.core.clock import Instant, to_milliseconds
from tui_trader.core.instrument import Instrument

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What an answer or a stream message is made of."""
JsonObject: TypeAlias = Mapping[str, Json]

MONEY_PLACES = 8


def fixed(value: Decimal, places: int) -> str:
    """The figure with just so many decimals, and no exponent."""
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return format(abs(rounded) if rounded == 0 else rounded, "f")


def money(value: Decimal) -> str:
    """An amount as balances are written."""
    return fixed(value, MONEY_PLACES)


def price(instrument: Instrument, value: Decimal | None) -> str:
    """A price at the symbol's tick; `0` where the order has none."""
    return "0" if value is None else fixed(value, instrument.price_decimals)


def average(instrument: Instrument, value: Decimal) -> str:
    """An average price, which may lie between ticks."""
    return fixed(value, instrument.price_decimals + 4)


def quantity(instrument: Instrument, value: Decimal) -> str:
    """A quantity at the symbol's step."""
    return fixed(value, instrument.quantity_decimals)


def ms(instant: Instant) -> int:
    """An instant as Binance writes it."""
    return to_milliseconds(instant)
