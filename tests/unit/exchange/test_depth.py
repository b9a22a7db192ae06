"""The depth model: what can be traded at once, at which price, and that it is shared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.exchange.bench import BTC, DAYBREAK, D, instrument
from tui_trader.core.market import Quote
from tui_trader.core.money import ZERO
from tui_trader.core.words import Side
from tui_trader.exchange.paper import DepthModel
from tui_trader.exchange.paper.depth import Liquidity, Slice

MODEL = DepthModel(impact_bps=D(1), bound_bps=D(10))
QUOTE = Quote(BTC, DAYBREAK, D("100000"), D("2"), D("100000.1"), D("2"))

quantities = st.integers(1, 100_000).map(lambda n: D(n) / 1000)
limits = st.integers(990_000, 1_010_000).map(lambda n: D(n) / 10)
sides = st.sampled_from(Side)


def side(taker: Side, quote: Quote = QUOTE) -> Liquidity:
    return Liquidity(quote, taker, instrument(), MODEL)


def test_what_the_touch_shows_trades_at_the_touch() -> None:
    assert side(Side.BUY).take_market(D(2)) == (Slice(D(2), D("100000.1")),)
    assert side(Side.SELL).take_market(D(2)) == (Slice(D(2), D("100000")),)


def test_behind_the_touch_each_further_touch_size_costs_the_impact() -> None:
    """Two touch sizes behind: from 0 to 2 bps worse, 1 bp on average: 10 USDT of 100,000; rounded against the taker."""
    assert side(Side.BUY).take_market(D(6)) == (Slice(D(2), D("100000.1")), Slice(D(4), D("100010.2")))
    assert side(Side.SELL).take_market(D(6)) == (Slice(D(2), D("100000")), Slice(D(4), D("99990")))


def test_a_market_order_beyond_the_bound_gets_the_rest_at_the_bound() -> None:
    """10 bps are reached after ten further touch sizes: 2 at the touch, 20 behind, the rest at 99,900."""
    taken = side(Side.SELL).take_market(D(30))
    assert taken[-1] == Slice(D(8), D("99900"))
    assert sum(part.quantity for part in taken) == 30


def test_a_limit_order_takes_only_up_to_its_limit() -> None:
    """One bp away lies one further touch size."""
    taken = side(Side.SELL).take_limit(D(50), D("99990"))
    assert sum(part.quantity for part in taken) == 4
    assert all(part.price >= D("99990") for part in taken)
    assert side(Side.SELL).take_limit(D(50), D("100000.1")) == ()


def test_a_quote_without_size_gives_nothing() -> None:
    empty = Quote(BTC, DAYBREAK, D("100000"), ZERO, D("100000.1"), ZERO)
    assert side(Side.BUY, empty).take_market(D(1)) == ()
    assert side(Side.BUY, empty).give(D(1), D("100001")) == 0


@pytest.mark.parametrize("bad", [D(0), D(-1)])
def test_a_model_without_end_is_refused(bad: D) -> None:
    with pytest.raises(ValueError, match="positive"):
        DepthModel(impact_bps=bad)
    with pytest.raises(ValueError, match="positive"):
        DepthModel(bound_bps=bad)


@given(sides, st.lists(st.tuples(quantities, st.one_of(st.none(), limits)), max_size=5))
def test_a_taker_never_does_better_than_the_touch_nor_worse_than_limit_and_bound(
    taker: Side, orders: list[tuple[D, D | None]]
) -> None:
    liquidity = side(taker)
    bound = D("100100.2") if taker is Side.BUY else D("99900")
    for quantity, limit in orders:
        taken = liquidity.take_market(quantity) if limit is None else liquidity.take_limit(quantity, limit)
        total = sum((part.quantity for part in taken), start=ZERO)
        assert total == quantity if limit is None else total <= quantity
        for part in taken:
            worse = (part.price - liquidity.touch) * taker.sign
            assert 0 <= worse <= (bound - liquidity.touch) * taker.sign
            assert limit is None or (limit - part.price) * taker.sign >= 0
            assert part.quantity > 0
            assert part.quantity % D("0.001") == 0
            assert part.price % D("0.1") == 0


@given(sides, quantities, quantities, limits)
def test_what_one_order_took_another_does_not_get(taker: Side, first: D, second: D, limit: D) -> None:
    together = sum((p.quantity for p in side(taker).take_limit(first + second, limit)), start=ZERO)
    shared = side(taker)
    one = sum((p.quantity for p in shared.take_limit(first, limit)), start=ZERO)
    two = shared.give(second, limit)
    assert one + two == together


@given(sides, quantities, quantities)
def test_more_never_costs_less(taker: Side, less: D, more: D) -> None:
    less, more = sorted((less, more))

    def cost(quantity: D) -> D:
        paid = sum((p.quantity * p.price for p in side(taker).take_market(quantity)), start=ZERO)
        return paid / quantity * taker.sign

    # Rounding to the tick, per slice, can make up to a tick of difference.
    assert cost(less) <= cost(more) + D("0.1")


def test_no_limit_reaches_beyond_the_modelled_depth() -> None:
    """2 at the touch and ten further touch sizes up to the bound."""
    taken = side(Side.SELL).take_limit(D(50), D("95000"))
    assert sum(part.quantity for part in taken) == 22
    assert side(Side.SELL).give(D(50), D("95000")) == 22
