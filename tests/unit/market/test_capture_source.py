"""What a capture comes to: the messages, and the book, marks, candles and gaps that follow from them."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.market import captures
from tests.unit.market.captures import line, received, write_capture
from tests.unit.market.markets import BTC, INSTRUMENTS, MINUTE, START, at
from tui_trader.core.clock import Instant
from tui_trader.core.market import (
    BookDiff,
    BookSnapshot,
    Candle,
    FeedGap,
    MarketEvent,
    MarketTrade,
    MarkPrice,
    Quote,
)
from tui_trader.market.capture_source import capture_events, first_received
from tui_trader.market.playback import told_at
from tui_trader.market.ports import FeedError

D = Decimal
HOURS = 60 * MINUTE


def events(folder: Path, lines: Iterable[str]) -> list[MarketEvent]:
    path = write_capture(folder / "BTCUSDT-ws.txt", lines)
    told = list(capture_events(path, INSTRUMENTS[BTC]))
    for time, each in told:
        assert [told_at(event) for event in each] == [time] * len(each)
    assert [time for time, _ in told] == sorted(time for time, _ in told)
    return [event for _, each in told for event in each]


def of_kind(told: Iterable[MarketEvent], *kinds: type[MarketEvent]) -> list[MarketEvent]:
    return [event for event in told if isinstance(event, kinds)]


def test_messages_become_events_at_their_receipt(tmp_path: Path) -> None:
    told = events(tmp_path, [line(1, captures.ticker("100.0", "100.1")), line(2, captures.trade("100.1"))])
    assert of_kind(told, Quote, MarketTrade) == [
        Quote(BTC, received(1), D(100), D(2), D("100.1"), D(3)),
        MarketTrade(BTC, received(2), D("100.1"), D(1), buyer_is_maker=False),
    ]


def test_the_mark_is_the_exact_middle_once_a_second(tmp_path: Path) -> None:
    """START is 06:58, so the next of the eight-hourly fundings is at 08:00."""
    told = events(
        tmp_path,
        [
            line(0.2, captures.ticker("100.0", "100.1")),
            line(0.9, captures.ticker("200.0", "200.1")),
            line(1.0, captures.ticker("100.0", "100.2")),
            line(3.7, captures.ticker("300.0", "300.2")),
            line(4.1, captures.ticker("400.0", "400.2")),
        ],
    )
    funding = Instant(START - START % (24 * HOURS) + 8 * HOURS)
    assert of_kind(told, MarkPrice) == [
        MarkPrice(BTC, received(second), D(mark), D(0), funding)
        for second, mark in [(0.2, "100.05"), (1.0, "100.1"), (3.7, "300.1"), (4.1, "400.1")]
    ]


def test_candles_are_told_when_their_minute_ends_and_only_whole_ones(tmp_path: Path) -> None:
    lines = [line(second, captures.trade(str(100 + second))) for second in range(5, 200, 5)]
    told = events(tmp_path, lines)
    assert of_kind(told, Candle) == [
        Candle(BTC, at(1), 60, D(160), D(215), D(160), D(215), D(12)),
        Candle(BTC, at(2), 60, D(220), D(275), D(220), D(275), D(12)),
    ]
    position = next(index for index, event in enumerate(told) if isinstance(event, Candle))
    following = told[position + 1]
    assert isinstance(following, MarketTrade)
    assert following.time == at(2), "the trade of the new minute comes after the candle"


def test_the_book_begins_with_the_recorders_snapshot(tmp_path: Path) -> None:
    """Diffs that waited are told with it, at that time; those that it already holds are not."""
    told = events(
        tmp_path,
        [
            line(1.0, captures.depth(1, 3, 0, bids="90x1")),
            line(1.1, captures.depth(4, 8, 3, bids="91x1")),
            line(1.2, captures.answer(5, "92x1", "100x1")),
            line(1.3, captures.depth(9, 10, 8, asks="99x1")),
        ],
    )
    assert told == [
        BookSnapshot(BTC, received(1.2), 5, ((D(92), D(1)),), ((D(100), D(1)),)),
        BookDiff(BTC, received(1.2), 4, 8, 3, ((D(91), D(1)),), ()),
        BookDiff(BTC, received(1.3), 9, 10, 8, (), ((D(99), D(1)),)),
    ]


def test_without_a_snapshot_the_book_begins_with_the_touch(tmp_path: Path) -> None:
    told = events(
        tmp_path,
        [
            line(1.0, captures.depth(1, 3, 0, bids="90x1")),
            line(5.0, captures.ticker("90", "91", update=4)),
            line(6.5, captures.ticker("90", "92", update=5)),
            line(6.6, captures.depth(4, 8, 3, bids="89x1")),
            line(6.7, captures.depth(9, 9, 8, bids="88x1")),
        ],
    )
    assert of_kind(told, BookSnapshot, BookDiff) == [
        BookSnapshot(BTC, received(6.5), 5, ((D(90), D(2)),), ((D(92), D(3)),)),
        BookDiff(BTC, received(6.6), 4, 8, 3, ((D(89), D(1)),), ()),
        BookDiff(BTC, received(6.7), 9, 9, 8, ((D(88), D(1)),), ()),
    ]


def test_a_hole_in_the_diffs_is_a_gap_and_the_book_begins_anew(tmp_path: Path) -> None:
    told = events(
        tmp_path,
        [
            line(0.1, captures.answer(5, "92x1", "100x1")),
            line(0.2, captures.depth(4, 8, 3)),
            line(0.9, captures.depth(12, 13, 11)),
            line(1.0, captures.depth(14, 15, 13, bids="93x1")),
            line(1.1, captures.answer(13, "94x1", "100x1")),
            line(1.2, captures.depth(16, 17, 15)),
        ],
    )
    assert [type(event) for event in told] == [
        BookSnapshot,
        BookDiff,
        FeedGap,
        BookSnapshot,
        BookDiff,
        BookDiff,
        BookDiff,
    ]
    assert told[2] == FeedGap(BTC, received(0.9), received(0.2))


def test_a_diff_that_crosses_the_book_is_a_gap_and_the_book_begins_anew(tmp_path: Path) -> None:
    told = events(
        tmp_path,
        [
            line(0.1, captures.answer(5, "92x1", "93x1")),
            line(0.2, captures.depth(4, 8, 3)),
            line(0.9, captures.depth(9, 10, 8, bids="94x1")),
            line(1.0, captures.depth(11, 12, 10)),
            line(1.1, captures.answer(10, "94x1", "95x1")),
        ],
    )
    assert of_kind(told, FeedGap) == [FeedGap(BTC, received(0.9), received(0.2))]
    assert [_ids(event) for event in of_kind(told, BookSnapshot, BookDiff)] == [(5,), (4, 8), (10,), (9, 10), (11, 12)]
    assert [type(event) for event in told].index(FeedGap) == 2, "nothing of the crossing diff was told before"


def _ids(event: MarketEvent) -> tuple[int, ...]:
    match event:
        case BookSnapshot():
            return (event.last_id,)
        case BookDiff():
            return (event.first_id, event.last_id)
        case _:
            return ()


def test_silence_is_a_gap_after_which_candles_and_book_begin_anew(tmp_path: Path) -> None:
    told = events(
        tmp_path,
        [
            line(0.0, captures.answer(5, "92x1", "100x1")),
            *(line(second, captures.trade("100")) for second in range(0, 70, 9)),
            line(80, captures.trade("100")),
            line(80.1, captures.depth(5, 6, 4)),
            *(line(second, captures.trade("100")) for second in range(85, 190, 9)),
        ],
    )
    assert of_kind(told, FeedGap) == [FeedGap(BTC, received(80), received(63))]
    assert [told_at(event) for event in of_kind(told, Candle)] == [at(1), at(3)]
    assert of_kind(told, BookDiff) == []


def test_what_cannot_be_read_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"BTCUSDT-ws.txt, line 2: a price is zero. "):
        events(tmp_path, [line(1, captures.trade("100")), line(2, captures.trade("0.0"))])


def test_the_first_message_is_looked_at_when_the_market_is_opened(tmp_path: Path) -> None:
    path = write_capture(tmp_path / "BTCUSDT-ws.txt", [line(1, captures.trade("100")), "rubbish"])
    assert first_received(path, INSTRUMENTS[BTC]) == received(1)
    write_capture(path, [line(1, {"data": {"e": "trade"}})])
    with pytest.raises(FeedError, match="line 1: it is not one of Binance's messages"):
        first_received(path, INSTRUMENTS[BTC])
