"""How figures are written: decimals as text of a fixed number of places, instants as milliseconds."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import TypeAlias

import msgspec

from tui_trader.core.clock import Instant, to_milliseconds
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import Level
from tui_trader.core.money import plain

Json: TypeAlias = "str | int | bool | msgspec.Raw | Sequence[Json] | Mapping[str, Json] | None"
"""What an answer or a stream message is made of. There is no float in it: see `number`."""
JsonObject: TypeAlias = Mapping[str, Json]

MONEY_PLACES = 8


def fixed(value: Decimal, places: int) -> str:
    """The figure with just so many decimals, and no exponent."""
    return _written(value, _unit(places))


def money(value: Decimal) -> str:
    """An amount as balances are written."""
    return _written(value, _CENT)


def number(value: Decimal) -> Json:
    """A figure where Binance writes a JSON number and not text: digit by digit, and never a float."""
    return msgspec.Raw(plain(value).encode())


def price(instrument: Instrument, value: Decimal | None) -> str:
    """A price at the symbol's tick; `0` where the order has none."""
    return "0" if value is None else _written(value, _last_place(instrument.tick))


def average(instrument: Instrument, value: Decimal) -> str:
    """An average price, which may lie between ticks."""
    return fixed(value, instrument.price_decimals + 4)


def quantity(instrument: Instrument, value: Decimal) -> str:
    """A quantity at the symbol's step."""
    return _written(value, _last_place(instrument.step))


def levels(instrument: Instrument, side: Iterable[Level]) -> list[Json]:
    """Pairs of price and quantity."""
    tick, step = _last_place(instrument.tick), _last_place(instrument.step)
    return [[_written(at, tick), _written(size, step)] for at, size in side]


def ms(instant: Instant) -> int:
    """An instant as Binance writes it."""
    return to_milliseconds(instant)


@lru_cache(maxsize=64)
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


@lru_cache(maxsize=256)
def _last_place(step: Decimal) -> Decimal:
    """One in the last decimal that a step has."""
    exponent = step.normalize().as_tuple().exponent
    return _unit(max(0, -exponent) if isinstance(exponent, int) else 0)


_CENT = _unit(MONEY_PLACES)


@lru_cache(maxsize=1 << 14)
def _written(value: Decimal, unit: Decimal) -> str:
    """Prices and sizes of a market repeat, and most of a busy stream is figures: they are looked up, not written."""
    rounded = value.quantize(unit, rounding=ROUND_HALF_EVEN)
    return format(rounded or abs(rounded), "f")
