"""Ten well-known perpetuals as of September 2026, for paper trading without a key and without a network.

The maintenance tiers are Binance's brackets of 2026-09. The filters are those of its exchangeInfo in 2025 and 2026:
BTCUSDT's and ETHUSDT's as several captures agree, the largest quantities of the others only roughly. They change now
and then, so demo and live read theirs from the exchange and never from here.
"""

from decimal import Decimal
from functools import cache
from typing import NamedTuple

from tui_trader.core.instrument import Bracket, Instrument
from tui_trader.core.money import ZERO
from tui_trader.core.words import Symbol

AS_OF = "2026-09"
"""The month whose facts this table holds."""

_QUOTE = "USDT"
_LIQUIDATION_FEE = Decimal("0.0125")
_FUNDING_HOURS = 8


class _Filters(NamedTuple):
    """One row of the table below. `band` is the distance from the mark price, up and down, as a fraction; the two
    precisions are how many decimals of a price and of a quantity the exchange reads.
    """

    tick: str
    min_price: str
    max_price: str
    step: str
    max_quantity: str
    market_max: str
    min_notional: str
    band: str
    price_precision: int
    quantity_precision: int


_FILTERS = {
    "BTCUSDT": _Filters("0.10", "556.80", "4529764", "0.001", "1000", "120", "100", "0.05", 2, 3),
    "ETHUSDT": _Filters("0.01", "39.86", "306177", "0.001", "10000", "2000", "20", "0.05", 2, 3),
    "BNBUSDT": _Filters("0.01", "6.60", "100000", "0.01", "100000", "2000", "5", "0.1", 3, 2),
    "SOLUSDT": _Filters("0.01", "0.42", "6857", "0.01", "1000000", "80000", "5", "0.1", 4, 2),
    "XRPUSDT": _Filters("0.0001", "0.0143", "100000", "0.1", "10000000", "2000000", "5", "0.1", 4, 1),
    "DOGEUSDT": _Filters("0.00001", "0.00244", "30", "1", "50000000", "30000000", "5", "0.1", 6, 0),
    "ADAUSDT": _Filters("0.0001", "0.0174", "64", "1", "20000000", "3000000", "5", "0.1", 5, 0),
    "AVAXUSDT": _Filters("0.001", "0.300", "10000", "1", "1000000", "50000", "5", "0.1", 4, 0),
    "LINKUSDT": _Filters("0.001", "0.290", "10000", "0.01", "1000000", "20000", "20", "0.1", 3, 2),
    "LTCUSDT": _Filters("0.01", "3.61", "100000", "0.001", "10000", "5000", "20", "0.1", 2, 3),
}

_TIERS = {
    # cap of the notional, maintenance rate, highest leverage | …; the cumulative amounts follow from these
    "BTCUSDT": (
        "300000 0.004 150 | 800000 0.005 100 | 3000000 0.0065 75 | 12000000 0.01 50 | 70000000 0.02 25 | "
        "100000000 0.025 20 | 230000000 0.05 10 | 480000000 0.1 5 | 600000000 0.125 4 | 800000000 0.15 3 | "
        "1200000000 0.25 2 | 1800000000 0.5 1"
    ),
    "ETHUSDT": (
        "300000 0.004 150 | 800000 0.005 100 | 3000000 0.0065 75 | 12000000 0.01 50 | 50000000 0.02 25 | "
        "65000000 0.025 20 | 150000000 0.05 10 | 320000000 0.1 5 | 400000000 0.125 4 | 530000000 0.15 3 | "
        "800000000 0.25 2 | 1200000000 0.5 1"
    ),
    "BNBUSDT": (
        "10000 0.005 75 | 200000 0.006 50 | 400000 0.01 40 | 1500000 0.02 25 | 3000000 0.025 20 | "
        "15000000 0.05 10 | 30000000 0.1 5 | 37500000 0.125 4 | 75000000 0.25 2 | 150000000 0.5 1"
    ),
    "SOLUSDT": (
        "50000 0.005 100 | 400000 0.0065 75 | 1000000 0.01 50 | 4000000 0.02 25 | 8000000 0.025 20 | "
        "40000000 0.05 10 | 80000000 0.1 5 | 100000000 0.125 4 | 200000000 0.25 2 | 400000000 0.5 1"
    ),
    "XRPUSDT": (
        "40000 0.005 100 | 80000 0.006 75 | 150000 0.01 50 | 400000 0.0125 40 | 1000000 0.02 25 | "
        "2000000 0.025 20 | 10000000 0.05 10 | 20000000 0.1 5 | 25000000 0.125 4 | 50000000 0.25 2 | "
        "100000000 0.5 1"
    ),
    "DOGEUSDT": (
        "80000 0.0065 75 | 150000 0.01 50 | 750000 0.0125 40 | 2000000 0.02 25 | 4000000 0.025 20 | "
        "20000000 0.05 10 | 40000000 0.1 5 | 50000000 0.125 4 | 100000000 0.25 2 | 200000000 0.5 1"
    ),
    "ADAUSDT": (
        "10000 0.005 75 | 50000 0.01 50 | 200000 0.015 40 | 1000000 0.02 25 | 2000000 0.025 20 | "
        "10000000 0.05 10 | 20000000 0.1 5 | 25000000 0.125 4 | 50000000 0.25 2 | 100000000 0.5 1"
    ),
    "AVAXUSDT": (
        "25000 0.005 75 | 80000 0.01 50 | 160000 0.015 40 | 800000 0.02 25 | 1600000 0.025 20 | "
        "8000000 0.05 10 | 16000000 0.1 5 | 20000000 0.125 4 | 40000000 0.25 2 | 80000000 0.5 1"
    ),
    "LINKUSDT": (
        "10000 0.005 75 | 200000 0.01 50 | 400000 0.015 40 | 800000 0.02 25 | 1600000 0.025 20 | "
        "8000000 0.05 10 | 16000000 0.1 5 | 20000000 0.125 4 | 40000000 0.25 2 | 80000000 0.5 1"
    ),
    "LTCUSDT": (
        "10000 0.005 75 | 50000 0.01 50 | 160000 0.015 40 | 800000 0.02 25 | 1600000 0.025 20 | "
        "8000000 0.05 10 | 16000000 0.1 5 | 20000000 0.125 4 | 40000000 0.25 2 | 80000000 0.5 1"
    ),
}


def known_symbols() -> tuple[Symbol, ...]:
    """The symbols of this table, the most traded first."""
    return tuple(Symbol(name) for name in _FILTERS)


@cache
def instrument(symbol: Symbol) -> Instrument | None:
    """The instrument of this name, or None where the table does not know it."""
    row = _FILTERS.get(symbol)
    if row is None:
        return None
    step = Decimal(row.step)
    return Instrument(
        symbol=symbol,
        base=symbol.removesuffix(_QUOTE),
        quote=_QUOTE,
        tick=Decimal(row.tick),
        step=step,
        market_step=step,
        min_quantity=step,
        max_quantity=Decimal(row.max_quantity),
        market_max_quantity=Decimal(row.market_max),
        min_price=Decimal(row.min_price),
        max_price=Decimal(row.max_price),
        min_notional=Decimal(row.min_notional),
        price_band_up=1 + Decimal(row.band),
        price_band_down=1 - Decimal(row.band),
        brackets=_brackets(_TIERS[symbol]),
        liquidation_fee_rate=_LIQUIDATION_FEE,
        funding_hours=_FUNDING_HOURS,
        price_precision=row.price_precision,
        quantity_precision=row.quantity_precision,
    )


def _brackets(tiers: str) -> tuple[Bracket, ...]:
    """The tiers with their cumulative amounts: cum = cum before + floor x (rate - rate before)."""
    brackets: list[Bracket] = []
    floor = rate_before = cumulative = ZERO
    for tier in tiers.split("|"):
        cap, rate, leverage = tier.split()
        cumulative += floor * (Decimal(rate) - rate_before)
        brackets.append(Bracket(Decimal(cap), Decimal(rate), int(leverage), cumulative))
        floor, rate_before = Decimal(cap), Decimal(rate)
    return tuple(brackets)
