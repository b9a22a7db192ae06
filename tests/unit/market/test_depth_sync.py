"""What comes out of the sync builds the exchange's own book, whatever happens to the diffs on their way."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.market.markets import BTC
from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, Level
from tui_trader.core.order_book import BookUpdate, BookView, OrderBook
from tui_trader.market.depth_sync import BookEvent, DepthSync

Changes: TypeAlias = list[tuple[int, int]]


def diff(first: int, last: int, previous: int) -> BookDiff:
    return BookDiff(BTC, Instant(last), first, last, previous, (), ())


def snapshot(last_id: int) -> BookSnapshot:
    return BookSnapshot(BTC, Instant(last_id), last_id, (), ())


def ids(events: Sequence[BookEvent]) -> list[int]:
    return [event.last_id for event in events]


def test_diffs_wait_for_the_snapshot_and_the_old_ones_are_dropped() -> None:
    sync = DepthSync(BTC)
    for one in (diff(1, 3, 0), diff(5, 8, 3), diff(9, 12, 8)):
        assert sync.take_diff(one) is None
    assert (sync.needs_snapshot, sync.breaks) == (True, 0)
    assert ids(sync.take_snapshot(snapshot(6))) == [6, 8, 12]
    assert (sync.needs_snapshot, sync.breaks) == (False, 0)
    assert sync.take_diff(diff(13, 15, 12)) == diff(13, 15, 12)


def test_a_snapshot_older_than_what_waits_is_refused_and_a_newer_one_taken() -> None:
    sync = DepthSync(BTC)
    sync.take_diff(diff(5, 8, 4))
    assert sync.take_snapshot(snapshot(3)) == ()
    assert sync.needs_snapshot
    assert ids(sync.take_snapshot(snapshot(4))) == [4, 8]


def test_a_snapshot_that_is_ahead_waits_for_the_diff_that_spans_it() -> None:
    sync = DepthSync(BTC)
    sync.take_diff(diff(1, 3, 0))
    assert ids(sync.take_snapshot(snapshot(10))) == [10]
    assert sync.take_diff(diff(4, 7, 3)) is None
    assert not sync.needs_snapshot
    assert sync.take_diff(diff(8, 12, 7)) is not None
    assert sync.take_snapshot(snapshot(11)) == (), "none is needed"


def test_a_hole_among_the_waiting_leaves_only_what_came_after_it() -> None:
    sync = DepthSync(BTC)
    for one in (diff(1, 3, 0), diff(6, 8, 5), diff(6, 8, 5), diff(1, 3, 0), diff(9, 10, 8)):
        sync.take_diff(one)
    assert sync.take_snapshot(snapshot(2)) == ()
    assert ids(sync.take_snapshot(snapshot(5))) == [5, 8, 10]


def test_a_repeated_diff_is_dropped_and_a_missing_one_breaks_the_chain() -> None:
    sync = DepthSync(BTC)
    sync.take_snapshot(snapshot(3))
    sync.take_diff(diff(4, 5, 3))
    assert sync.take_diff(diff(4, 5, 3)) is None
    assert (sync.needs_snapshot, sync.breaks) == (False, 0)
    assert sync.take_diff(diff(8, 9, 7)) is None
    assert (sync.needs_snapshot, sync.breaks) == (True, 1)
    assert ids(sync.take_snapshot(snapshot(8))) == [8, 9], "the one that showed the hole was kept"


def test_a_reconnect_asks_for_a_snapshot() -> None:
    sync = DepthSync(BTC)
    sync.take_snapshot(snapshot(3))
    sync.lost()
    assert (sync.needs_snapshot, sync.breaks) == (True, 1)
    sync.lost()
    assert sync.breaks == 1


def levels(*prices: int) -> tuple[Level, ...]:
    return tuple((Decimal(price), Decimal(1)) for price in prices)


def test_a_diff_that_crosses_the_book_is_held_back_and_asks_for_a_snapshot() -> None:
    sync = DepthSync(BTC)
    sync.take_snapshot(BookSnapshot(BTC, Instant(3), 3, levels(90), levels(92)))
    crossing = BookDiff(BTC, Instant(5), 4, 5, 3, levels(92), ())
    assert sync.take_diff(crossing) is None
    assert (sync.needs_snapshot, sync.breaks) == (True, 1)
    assert sync.take_diff(diff(6, 6, 5)) is None
    again = BookSnapshot(BTC, Instant(3), 3, levels(90), levels(92))
    assert sync.take_snapshot(again) == (), "what waits would cross it once more"
    assert ids(sync.take_snapshot(BookSnapshot(BTC, Instant(5), 5, levels(92), levels(93)))) == [5, 5, 6]


def test_a_crossed_snapshot_begins_nothing() -> None:
    sync = DepthSync(BTC)
    assert sync.take_snapshot(BookSnapshot(BTC, Instant(3), 3, levels(92), levels(92))) == ()
    assert sync.needs_snapshot


prices = st.integers(min_value=1, max_value=9)
changes = st.lists(st.tuples(prices, st.integers(min_value=0, max_value=3)), max_size=5)
histories = st.lists(st.tuples(st.integers(min_value=1, max_value=3), changes, changes), min_size=1, max_size=25)


def _levels(pairs: Changes, shift: int) -> tuple[Level, ...]:
    return tuple((Decimal(price + shift), Decimal(size)) for price, size in pairs)


def _history(steps: list[tuple[int, Changes, Changes]]) -> tuple[list[BookDiff], dict[int, BookView]]:
    """The exchange's diffs, and its book after each of them, kept with nothing but dictionaries."""
    diffs: list[BookDiff] = []
    bids: dict[Decimal, Decimal] = {}
    asks: dict[Decimal, Decimal] = {}
    views = {0: BookView(BTC, 0, (), ())}
    last = 0
    for width, bid_changes, ask_changes in steps:
        one = BookDiff(
            BTC, Instant(last), last + 1, last + width, last, _levels(bid_changes, 0), _levels(ask_changes, 50)
        )
        last += width
        bids.update(one.bids)
        asks.update(one.asks)
        diffs.append(one)
        views[last] = BookView(
            BTC,
            last,
            tuple(sorted(((p, q) for p, q in bids.items() if q), reverse=True)),
            tuple(sorted((p, q) for p, q in asks.items() if q)),
        )
    return diffs, views


@given(steps=histories, data=st.data())
def test_however_diffs_are_lost_repeated_and_swapped_the_book_is_true_or_not_whole(
    steps: list[tuple[int, Changes, Changes]], data: st.DataObject
) -> None:
    """A snapshot comes now and then, of any moment the exchange has had; the book equals the exchange's of that id."""
    diffs, views = _history(steps)
    sent = data.draw(st.lists(st.integers(min_value=0, max_value=len(diffs) - 1), max_size=2 * len(diffs)))
    asked = data.draw(st.lists(st.integers(min_value=0, max_value=len(diffs)), min_size=len(sent), max_size=len(sent)))
    moments = sorted(views)
    sync, book = DepthSync(BTC), OrderBook(BTC)
    for number, moment in zip(sent, asked, strict=True):
        events: list[BookEvent] = []
        if sync.needs_snapshot and moment < len(diffs):
            view = views[moments[moment]]
            events += sync.take_snapshot(BookSnapshot(BTC, Instant(1), view.last_id, view.bids, view.asks))
        passed = sync.take_diff(diffs[number])
        events += [passed] if passed else []
        for event in events:
            assert book.apply(event) is BookUpdate.APPLIED
        if sync.needs_snapshot:
            book.break_off()
        else:
            assert book.view() == views[book.last_id]


@given(steps=histories, begins=st.integers(min_value=0, max_value=24), late=st.integers(min_value=0, max_value=24))
def test_a_book_built_live_equals_one_built_offline(
    steps: list[tuple[int, Changes, Changes]], begins: int, late: int
) -> None:
    """Live one joins anywhere and gets its snapshot later; offline one has all from the first update."""
    diffs, views = _history(steps)
    offline = OrderBook(BTC)
    offline.apply(BookSnapshot(BTC, Instant(0), 0, (), ()))
    for one in diffs:
        offline.apply(one)
    begins = min(begins, len(diffs) - 1)
    asked = min(begins + late, len(diffs) - 1)
    taken_at = views[diffs[asked].last_id]
    sync, live = DepthSync(BTC), OrderBook(BTC)
    for number, one in enumerate(diffs[begins:], start=begins):
        passed = sync.take_diff(one)
        events: list[BookEvent] = [passed] if passed else []
        if number == asked:
            events += sync.take_snapshot(BookSnapshot(BTC, Instant(1), taken_at.last_id, taken_at.bids, taken_at.asks))
        for event in events:
            assert live.apply(event) is BookUpdate.APPLIED
    assert live.view() == offline.view()
