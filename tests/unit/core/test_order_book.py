"""The order book holds what the exchange's book holds, or says that it does not know."""

from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, Level
from tui_trader.core.order_book import BookUpdate, BookView, OrderBook
from tui_trader.core.words import Side, Symbol

BTC = Symbol("BTCUSDT")


def levels(text: str) -> tuple[Level, ...]:
    """`"100x2 99x1"` as levels."""
    return tuple((Decimal(price), Decimal(size)) for price, size in (part.split("x") for part in text.split()))


def snapshot(last_id: int, bids: str, asks: str) -> BookSnapshot:
    return BookSnapshot(BTC, Instant(last_id), last_id, levels(bids), levels(asks))


def diff(first: int, last: int, previous: int, bids: str = "", asks: str = "") -> BookDiff:
    return BookDiff(BTC, Instant(last), first, last, previous, levels(bids), levels(asks))


def whole(bids: str = "100x2 99x1 97x5", asks: str = "101x1 102x4", last_id: int = 10) -> OrderBook:
    book = OrderBook(BTC)
    assert book.apply(snapshot(last_id, bids, asks)) is BookUpdate.APPLIED
    return book


def test_a_snapshot_is_the_book() -> None:
    book = whole()
    assert book.is_whole
    assert (book.best_bid, book.best_ask) == (levels("100x2")[0], levels("101x1")[0])
    assert book.view() == BookView(BTC, 10, levels("100x2 99x1 97x5"), levels("101x1 102x4"))
    assert book.levels(Side.BUY, 2) == levels("100x2 99x1")
    assert book.levels(Side.SELL, 9) == levels("101x1 102x4")
    assert book.levels(Side.SELL, -1) == ()
    assert book.resting(Side.BUY, Decimal(97)) == 5
    assert book.resting(Side.SELL, Decimal(97)) == 0


def test_a_diff_sets_adds_and_ends_levels() -> None:
    book = whole()
    assert book.apply(diff(8, 14, 7, bids="100x0 99x3 98x1", asks="101x0 103x2")) is BookUpdate.APPLIED
    assert book.view() == BookView(BTC, 14, levels("99x3 98x1 97x5"), levels("102x4 103x2"))
    assert (book.best_bid, book.best_ask) == (levels("99x3")[0], levels("102x4")[0])
    assert (book.last_id, book.time) == (14, 14)


def test_a_level_that_ended_can_come_back() -> None:
    book = whole()
    book.apply(diff(8, 11, 7, bids="99x0 100x0"))
    assert book.best_bid == levels("97x5")[0]
    book.apply(diff(12, 13, 11, bids="100x7 99x6"))
    assert book.levels(Side.BUY, 3) == levels("100x7 99x6 97x5")


def test_a_side_may_be_empty() -> None:
    book = whole(bids="100x1")
    assert book.apply(diff(8, 11, 7, bids="100x0")) is BookUpdate.APPLIED
    assert book.best_bid is None
    assert book.levels(Side.BUY, 1) == ()
    assert book.walk(Side.SELL, Decimal(1)) == ()
    assert book.is_whole


def test_before_a_snapshot_there_is_no_book() -> None:
    book = OrderBook(BTC)
    assert book.apply(diff(1, 2, 0, bids="100x1")) is BookUpdate.GAP
    assert not book.is_whole
    assert book.best_bid is None


@pytest.mark.parametrize(
    ("first", "last", "previous", "update"),
    [
        (5, 9, 4, BookUpdate.STALE),
        (5, 10, 4, BookUpdate.APPLIED),
        (10, 10, 9, BookUpdate.APPLIED),
        (10, 15, 7, BookUpdate.APPLIED),
        (13, 15, 10, BookUpdate.APPLIED),
        (13, 15, 11, BookUpdate.GAP),
        (11, 15, 9, BookUpdate.GAP),
    ],
)
def test_the_first_diff_spans_the_snapshot_or_follows_it(
    first: int, last: int, previous: int, update: BookUpdate
) -> None:
    book = whole(last_id=10)
    assert book.apply(diff(first, last, previous)) is update
    assert book.is_whole is (update is not BookUpdate.GAP)


@pytest.mark.parametrize(
    ("first", "last", "previous", "update"),
    [
        (15, 18, 14, BookUpdate.APPLIED),
        (30, 31, 14, BookUpdate.APPLIED),
        (8, 14, 7, BookUpdate.STALE),
        (2, 7, 1, BookUpdate.STALE),
        (16, 18, 15, BookUpdate.GAP),
        (14, 18, 13, BookUpdate.GAP),
    ],
)
def test_each_later_diff_names_the_end_of_the_one_before(
    first: int, last: int, previous: int, update: BookUpdate
) -> None:
    book = whole(last_id=10)
    book.apply(diff(8, 14, 7))
    before = book.view()
    assert book.apply(diff(first, last, previous, bids="100x3")) is update
    if update is BookUpdate.STALE:
        assert book.view() == before


def test_after_a_gap_nothing_is_known_until_a_snapshot() -> None:
    book = whole()
    assert book.apply(diff(20, 21, 19)) is BookUpdate.GAP
    assert (book.best_bid, book.best_ask, book.levels(Side.BUY, 5)) == (None, None, ())
    assert book.apply(diff(22, 23, 21, bids="100x1")) is BookUpdate.GAP
    assert book.apply(snapshot(23, "100x1", "101x1")) is BookUpdate.APPLIED
    assert book.apply(diff(24, 25, 23, asks="101x0 102x1")) is BookUpdate.APPLIED
    assert book.best_ask == levels("102x1")[0]


def test_a_snapshot_from_before_does_not_take_a_whole_book_back() -> None:
    book = whole(last_id=10)
    book.apply(diff(8, 14, 7, bids="100x9"))
    before = book.view()
    assert book.apply(snapshot(12, "1x1", "2x1")) is BookUpdate.STALE
    assert book.view() == before
    assert book.apply(snapshot(15, "1x1", "2x1")) is BookUpdate.APPLIED


@pytest.mark.parametrize("asks", ["100x1", "99x1"])
def test_a_crossed_book_is_a_gap(asks: str) -> None:
    book = whole()
    assert book.apply(diff(8, 14, 7, asks=asks)) is BookUpdate.GAP
    assert not book.is_whole
    assert book.apply(snapshot(20, "100x1", asks)) is BookUpdate.GAP
    assert book.best_ask is None


def test_another_symbols_event_is_refused() -> None:
    book = OrderBook(Symbol("ETHUSDT"))
    with pytest.raises(ValueError, match="BTCUSDT"):
        book.apply(snapshot(1, "1x1", "2x1"))


@pytest.mark.parametrize(
    ("side", "quantity", "limit", "taken"),
    [
        (Side.BUY, "0.5", None, "101x0.5"),
        (Side.BUY, "1", None, "101x1"),
        (Side.BUY, "3", None, "101x1 102x2"),
        (Side.BUY, "9", None, "101x1 102x4"),
        (Side.BUY, "9", "101", "101x1"),
        (Side.BUY, "9", "100.9", ""),
        (Side.SELL, "4", None, "100x2 99x1 97x1"),
        (Side.SELL, "4", "99", "100x2 99x1"),
        (Side.SELL, "4", "100.1", ""),
        (Side.BUY, "0", None, ""),
    ],
)
def test_an_order_walks_the_other_side_up_to_its_limit(
    side: Side, quantity: str, limit: str | None, taken: str
) -> None:
    book = whole()
    before = book.view()
    assert book.walk(side, Decimal(quantity), None if limit is None else Decimal(limit)) == levels(taken)
    assert book.view() == before


prices = st.integers(min_value=1, max_value=30)
sizes = st.integers(min_value=0, max_value=4)
sides = st.lists(st.tuples(prices, sizes), max_size=12)


def _levels(pairs: Iterable[tuple[int, int]], shift: int = 0) -> tuple[Level, ...]:
    return tuple((Decimal(price + shift), Decimal(size)) for price, size in pairs)


@given(start=st.tuples(sides, sides), changes=st.lists(st.tuples(sides, sides), max_size=40))
def test_it_equals_a_plain_dictionary(
    start: tuple[list[tuple[int, int]], list[tuple[int, int]]],
    changes: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
) -> None:
    """Bids lie in 1…30 and asks in 31…60, so nothing crosses."""
    book = OrderBook(BTC)
    bids, asks = dict(_levels(start[0])), dict(_levels(start[1], 30))
    book.apply(BookSnapshot(BTC, Instant(0), 0, tuple(bids.items()), tuple(asks.items())))
    for number, (bid_changes, ask_changes) in enumerate(changes, start=1):
        event = BookDiff(
            BTC, Instant(number), number - 1, number, number - 1, _levels(bid_changes), _levels(ask_changes, 30)
        )
        bids.update(event.bids)
        asks.update(event.asks)
        assert book.apply(event) is BookUpdate.APPLIED
        true_bids = tuple(sorted(((p, q) for p, q in bids.items() if q), reverse=True))
        true_asks = tuple(sorted((p, q) for p, q in asks.items() if q))
        assert book.best_bid == (true_bids[0] if true_bids else None)
        assert book.best_ask == (true_asks[0] if true_asks else None)
        assert book.view() == BookView(BTC, number, true_bids, true_asks)


@given(quantity=st.integers(min_value=1, max_value=60), limit=st.none() | prices, asks=sides)
def test_a_walk_takes_the_best_first_and_no_more_than_there_is(
    quantity: int, limit: int | None, asks: list[tuple[int, int]]
) -> None:
    book = OrderBook(BTC)
    book.apply(BookSnapshot(BTC, Instant(0), 1, (), _levels(asks)))
    taken = book.walk(Side.BUY, Decimal(quantity), None if limit is None else Decimal(limit))
    within = [(p, q) for p, q in book.levels(Side.SELL, 99) if limit is None or p <= limit]
    assert sum(q for _, q in taken) == min(Decimal(quantity), sum(q for _, q in within))
    assert all(0 < part <= resting and price == at for (price, part), (at, resting) in zip(taken, within, strict=False))


def test_levels_that_ended_do_not_pile_up() -> None:
    """A market that wanders off for weeks leaves prices behind on which nothing rests any more."""
    book = whole(bids="1x1", asks="100001x1")
    for number in range(5_000):
        ended = f"{number + 1}x0" if number else ""
        event = diff(11 + number if number else 10, 11 + number, 10 + number, bids=f"{ended} {number + 2}x1")
        assert book.apply(event) is BookUpdate.APPLIED
    assert book.levels(Side.BUY, 9) == levels("5001x1 1x1")
    assert len(book._bids.quantities) < 200
