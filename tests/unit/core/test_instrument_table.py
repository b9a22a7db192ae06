"""The built-in table against the facts that it was made from."""

import json
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.unit.core.strategies import known
from tui_trader.core.instrument_table import AS_OF, instrument, known_symbols
from tui_trader.core.words import Symbol

DATA = Path(__file__).parents[3] / ".." / "shared" / "data"

symbols = pytest.mark.parametrize("symbol", known_symbols())


@pytest.mark.data
@symbols
def test_tiers_are_the_exchanges(symbol: Symbol) -> None:
    """Cap, rate, leverage and cumulative amount of every tier, number for number."""
    path = DATA / "leverage-brackets-2026-09.json"
    if not path.exists():
        pytest.skip("real market data is not beside the checkout")
    facts = json.loads(path.read_text())
    tiers = [
        (Decimal(cap), Decimal(rate), leverage, Decimal(cumulative))
        for cap, rate, leverage, cumulative in facts["symbols"][symbol]
    ]
    ours = [
        (tier.notional_cap, tier.maintenance_rate, tier.max_leverage, tier.cumulative)
        for tier in known(symbol).brackets
    ]
    assert ours == tiers
    assert facts["as_of"] == AS_OF


@symbols
def test_maintenance_is_continuous_and_rising_from_tier_to_tier(symbol: Symbol) -> None:
    for lower, upper in pairwise(known(symbol).brackets):
        assert lower.maintenance(lower.notional_cap) == upper.maintenance(lower.notional_cap)
        assert lower.maintenance_rate < upper.maintenance_rate
        assert lower.max_leverage > upper.max_leverage


@symbols
def test_filters_fit_together(symbol: Symbol) -> None:
    found = known(symbol)
    assert found.symbol == symbol == found.base + found.quote
    assert found.price_precision is not None
    assert found.quantity_precision is not None
    assert found.price_decimals <= found.price_precision
    assert found.quantity_decimals <= found.quantity_precision
    assert found.tick <= found.min_price < found.max_price
    assert found.step <= found.min_quantity < found.market_max_quantity <= found.max_quantity
    assert found.price_band_down < 1 < found.price_band_up
    for bound in (found.min_price, found.max_price):
        assert bound % found.tick == 0
    for bound in (found.min_quantity, found.max_quantity, found.market_max_quantity):
        assert bound % found.step == 0


def test_golden_filters() -> None:
    """BTCUSDT and ETHUSDT as in several captures of exchangeInfo, 2025 and 2026."""
    bitcoin, ether = known(Symbol("BTCUSDT")), known(Symbol("ETHUSDT"))
    assert (bitcoin.tick, bitcoin.step, bitcoin.min_notional) == (Decimal("0.1"), Decimal("0.001"), Decimal(100))
    assert (bitcoin.max_quantity, bitcoin.market_max_quantity) == (Decimal(1000), Decimal(120))
    assert (bitcoin.price_band_up, bitcoin.price_band_down) == (Decimal("1.05"), Decimal("0.95"))
    assert bitcoin.liquidation_fee_rate == Decimal("0.0125")
    assert (ether.tick, ether.step, ether.min_notional) == (Decimal("0.01"), Decimal("0.001"), Decimal(20))


def test_an_unknown_symbol_is_not_made_up() -> None:
    assert instrument(Symbol("NOSUCHUSDT")) is None
    assert len(known_symbols()) == 10
