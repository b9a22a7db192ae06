"""Margin: golden vectors, and the liquidation price against its definition."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.core.strategies import BITCOIN, BTC, btc_prices, instruments
from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import (
    FeeRates,
    funding_payment,
    initial_margin,
    is_liquidated,
    liquidation_price,
    maintenance_margin,
)
from tui_trader.core.money import floor_to
from tui_trader.core.position import Position
from tui_trader.core.words import Side

CENT = Decimal("0.01")


def surplus(instrument: Instrument, position: Position, wallet: Decimal, price: Decimal) -> Decimal:
    """Margin balance minus maintenance at a mark price: the definition, by tier."""
    return wallet + position.unrealised(price) - maintenance_margin(instrument, position.notional(price))


@pytest.mark.parametrize(
    ("quantity", "wallet", "price", "tier"),
    [("1", "3250", "61997.99", 0), ("-1", "3250", "67978.09", 0), ("100", "325000", "62252.53", 3)],
)
def test_liquidation_price_golden(quantity: str, wallet: str, price: str, tier: int) -> None:
    """65 000 USDT at leverage 20, isolated: reference vectors, recomputed by hand from Binance's formula."""
    position = Position.held(BTC, Decimal(quantity), Decimal(65_000))
    found = liquidation_price(BITCOIN, position, Decimal(wallet))
    assert found is not None
    assert found.quantize(CENT) == Decimal(price)
    assert BITCOIN.bracket_of(position.notional(found)) is BITCOIN.brackets[tier]


notionals = st.integers(min_value=1, max_value=10**10).map(Decimal)
"""Up to beyond the last tier of every instrument."""


@given(instruments, notionals, btc_prices, st.sampled_from(Side), st.integers(1, 150))
def test_at_the_liquidation_price_the_balance_is_the_maintenance(
    instrument: Instrument, notional: Decimal, entry: Decimal, side: Side, leverage: int
) -> None:
    quantity = floor_to(notional / entry, Decimal("0.001"))
    assume(quantity > 0)
    position = Position.held(instrument.symbol, side.sign * quantity, entry)
    wallet = initial_margin(position.notional(entry), leverage)
    price = liquidation_price(instrument, position, wallet)
    if price is None:
        # Only a long can be so well backed that even a price of zero does not reach it.
        assert side is Side.BUY
        assert surplus(instrument, position, wallet, Decimal(0)) >= 0
        return
    notional_there = position.notional(price)
    assert abs(surplus(instrument, position, wallet, price)) <= notional_there * Decimal("1e-20")
    nudge = price * Decimal("1e-9")
    assert is_liquidated(instrument, position, wallet, price - side.sign * nudge)
    assert not is_liquidated(instrument, position, wallet, price + side.sign * nudge)


@given(instruments, st.data(), st.sampled_from(Side), st.integers(3, 9))
def test_a_liquidation_price_on_the_border_of_two_tiers(
    instrument: Instrument, data: st.DataObject, side: Side, coins: int
) -> None:
    """The wallet is chosen so that liquidation comes exactly at a cap, at prices that no decimal can hold."""
    tier = data.draw(st.sampled_from(instrument.brackets))
    border = tier.notional_cap / coins
    entry = border * (1 + side.sign * Decimal("0.05"))
    position = Position.held(instrument.symbol, side.sign * Decimal(coins), entry)
    wallet = tier.maintenance(tier.notional_cap) - position.unrealised(border)
    found = liquidation_price(instrument, position, wallet)
    assert found is not None
    assert abs(found / border - 1) < Decimal("1e-20")


@pytest.mark.parametrize("quantity", ["0.5", "-0.5", "20", "-20", "700", "-700"])
def test_the_liquidation_price_is_where_a_search_finds_it(quantity: str) -> None:
    """Brute force: halve the interval in which the balance falls to the maintenance margin."""
    position = Position.held(BTC, Decimal(quantity), Decimal(65_000))
    wallet = initial_margin(position.notional(Decimal(65_000)), 8)
    safe, lost = Decimal(65_000), Decimal(0) if position.quantity > 0 else Decimal(650_000)
    for _ in range(60):
        middle = (safe + lost) / 2
        if surplus(BITCOIN, position, wallet, middle) > 0:
            safe = middle
        else:
            lost = middle
    found = liquidation_price(BITCOIN, position, wallet)
    assert found is not None
    assert abs(found - lost) < Decimal("1e-8")


def test_flat_and_fully_backed_positions_have_no_liquidation_price() -> None:
    assert liquidation_price(BITCOIN, Position(BTC), Decimal(1000)) is None
    assert not is_liquidated(BITCOIN, Position(BTC), Decimal(0), Decimal(65_000))
    long = Position.held(BTC, Decimal(1), Decimal(65_000))
    assert liquidation_price(BITCOIN, long, Decimal(65_000)) is None
    assert not is_liquidated(BITCOIN, long, Decimal(65_001), Decimal("0.1"))


def test_liquidation_comes_at_and_not_before_the_price() -> None:
    long = Position.held(BTC, Decimal(1), Decimal(65_000))
    assert not is_liquidated(BITCOIN, long, Decimal(3250), Decimal("61998.0"))
    assert is_liquidated(BITCOIN, long, Decimal(3250), Decimal("61997.9"))


@pytest.mark.parametrize(
    ("notional", "margin"), [("300000", "1200"), ("800000", "3700"), ("6225253", "50252.53"), ("12000000", "108000")]
)
def test_maintenance_margin_golden(notional: str, margin: str) -> None:
    """Notional x rate - cumulative of BTCUSDT's tiers: 0.4 %, 0.5 % - 300, 1 % - 12 000."""
    assert maintenance_margin(BITCOIN, Decimal(notional)) == Decimal(margin)


@given(notionals, notionals)
def test_more_notional_never_needs_less_margin(one: Decimal, other: Decimal) -> None:
    lower, upper = sorted((one, other))
    assert maintenance_margin(BITCOIN, lower) <= maintenance_margin(BITCOIN, upper)


def test_initial_margin_is_notional_over_leverage() -> None:
    assert initial_margin(Decimal(65_000), 20) == 3250


def test_fees_are_positive_and_booked_to_eight_decimals() -> None:
    """VIP 0: 0.02 % maker, 0.05 % taker."""
    rates = FeeRates()
    assert rates.of(Decimal(65_000), maker=True) == 13
    assert rates.of(Decimal(65_000), maker=False) == Decimal("32.5")
    assert rates.of(Decimal("0.00012345"), maker=False) == Decimal("0.00000006")


@pytest.mark.parametrize(
    ("quantity", "rate", "received"), [("1", "0.0001", "-6.5"), ("-1", "0.0001", "6.5"), ("1", "-0.0003", "19.5")]
)
def test_longs_pay_a_positive_funding_rate(quantity: str, rate: str, received: str) -> None:
    position = Position.held(BTC, Decimal(quantity), Decimal(50_000))
    assert funding_payment(position, Decimal(65_000), Decimal(rate)) == Decimal(received)


@given(
    st.integers(-1000, 1000).map(lambda steps: steps * Decimal("0.001")),
    btc_prices,
    st.integers(-300, 300).map(lambda steps: steps * Decimal("0.00001")),
)
def test_what_longs_pay_shorts_receive(quantity: Decimal, mark: Decimal, rate: Decimal) -> None:
    long, short = Position(BTC, quantity), Position(BTC, -quantity)
    assert funding_payment(long, mark, rate) == -funding_payment(short, mark, rate)
