"""The order book as the loopback exchange tells it: whatever the source does, a client can follow without a hole."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.exchange.bench import BTC, instrument
from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, Level
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.exchange.loopback.told_book import ToldBook

AT = Instant(1)
D = Decimal


def side(prices: range) -> st.SearchStrategy[tuple[Level, ...]]:
    level = st.tuples(st.sampled_from([D(price) for price in prices]), st.integers(0, 5).map(D))
    return st.lists(level, max_size=6, unique_by=lambda each: each[0]).map(tuple)


EVENTS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 3), side(range(90, 100)), side(range(101, 110))), min_size=1, max_size=20
)


@given(events=EVENTS, begins_at=st.integers(0, 19))
def test_a_client_that_joins_anywhere_comes_to_the_same_book(
    events: list[tuple[bool, int, tuple[Level, ...], tuple[Level, ...]]], begins_at: int
) -> None:
    told, source = ToldBook(instrument()), 100
    client = OrderBook(BTC)
    for number, (is_snapshot, step, bids, asks) in enumerate(events):
        if is_snapshot or number == 0:
            whole = [tuple(level for level in levels if level[1]) for levels in (bids, asks)]
            event: BookSnapshot | BookDiff = BookSnapshot(BTC, AT, source, *whole)
        else:
            event = BookDiff(BTC, AT, source + 1, source + 1 + step, source, bids, asks)
            source += 1 + step
        diff = told.hear(event, is_source=True)
        if diff is not None:
            assert diff.previous_id < diff.first_id <= diff.last_id
        if client.is_whole and diff is not None:
            assert client.apply(diff) is BookUpdate.APPLIED
        if number == begins_at:
            client.apply(BookSnapshot(BTC, AT, told.last_id, *told.levels(1000)))
        if client.is_whole:
            view = client.view()
            assert (view.last_id, (view.bids, view.asks)) == (told.last_id, told.levels(1000))
