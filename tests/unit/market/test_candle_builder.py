"""Candles from trades: what a textbook grouping by minute gives, for every whole minute."""

from decimal import Decimal
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.market.markets import BTC, MINUTE, at
from tui_trader.core.clock import Instant
from tui_trader.core.market import Candle
from tui_trader.market.candle_builder import CandleBuilder

D = Decimal
trades = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=7 * 60),
        st.integers(min_value=1, max_value=9).map(D),
        st.integers(min_value=1, max_value=5).map(D),
    ),
    max_size=40,
).map(lambda drawn: sorted(drawn, key=lambda each: each[0]))


def built(begins: Instant, told: list[tuple[int, Decimal, Decimal]], until: Instant) -> list[Candle]:
    builder = CandleBuilder(BTC, begins)
    candles: list[Candle] = []

    def up_to(now: Instant) -> None:
        while now >= builder.closes:
            candle = builder.close()
            candles.extend([candle] if candle else [])

    for seconds, price, quantity in told:
        up_to(at(0, seconds))
        builder.add(at(0, seconds), price, quantity)
    up_to(until)
    return candles


@given(told=trades, begins=st.integers(min_value=0, max_value=130))
def test_it_equals_a_grouping_by_minute(told: list[tuple[int, Decimal, Decimal]], begins: int) -> None:
    told = [each for each in told if each[0] >= begins]
    whole_from = -(-begins // 60)
    expected: list[Candle] = []
    last: Decimal | None = None
    groups = {minute: list(group) for minute, group in groupby(told, key=lambda each: each[0] // 60)}
    for minute in range(8):
        prices = [price for _, price, _ in groups.get(minute, [])]
        volume = sum((quantity for _, _, quantity in groups.get(minute, [])), D(0))
        shown = prices or ([last] if last is not None else [])
        if shown and minute >= whole_from:
            expected.append(Candle(BTC, at(minute), 60, shown[0], max(shown), min(shown), shown[-1], volume))
        last = prices[-1] if prices else last
    assert built(at(0, begins), told, at(8)) == expected


def test_a_minute_that_was_entered_late_is_left_out() -> None:
    assert built(at(0, 1), [(2, D(5), D(1)), (61, D(6), D(1))], at(2)) == [
        Candle(BTC, at(1), 60, D(6), D(6), D(6), D(6), D(1))
    ]


def test_a_minute_without_trades_repeats_the_last_close() -> None:
    first, second = built(at(0), [(2, D(5), D(1))], at(2))
    assert second == Candle(BTC, at(1), 60, D(5), D(5), D(5), D(5), D(0))
    assert second.time - first.time == MINUTE
