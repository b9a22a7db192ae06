"""Depth streams keep their pace: what changes within an interval is one message, and nobody's chain breaks."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fakes.trader_parts import virtual
from tests.unit.exchange.bench import BTC
from tui_trader.core.clock import NANOSECONDS, Instant, LoopClock, PacedLoop, elapsed
from tui_trader.core.market import BookDiff, BookSnapshot, Level
from tui_trader.core.order_book import BookUpdate, OrderBook
from tui_trader.exchange.loopback.depth_desk import PacedDepth

D = Decimal
AT = Instant(1)
PACE = 0.1
Change = tuple[int, bool, tuple[Level, ...], tuple[Level, ...]]
"""Milliseconds since the one before, whether the stream is listened to, and what changes."""


def side(prices: range) -> st.SearchStrategy[tuple[Level, ...]]:
    level = st.tuples(st.sampled_from([D(price) for price in prices]), st.integers(0, 5).map(D))
    return st.lists(level, max_size=4, unique_by=lambda each: each[0]).map(tuple)


CHANGES = st.lists(
    st.tuples(st.sampled_from([0, 10, 40, 90, 200]), st.booleans(), side(range(90, 100)), side(range(101, 110))),
    min_size=1,
    max_size=30,
)


def diffs_of(changes: Sequence[Change]) -> list[BookDiff]:
    return [BookDiff(BTC, AT, n + 1, n + 1, n, bids, asks) for n, (_, _, bids, asks) in enumerate(changes)]


def clock_here() -> LoopClock:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, PacedLoop)
    return LoopClock(loop, Instant(NANOSECONDS))


async def told_of(changes: Sequence[Change]) -> list[tuple[Instant, BookDiff]]:
    """What the paced stream tells of these changes, and when."""
    told: list[tuple[Instant, BookDiff]] = []
    clock = clock_here()
    paced = PacedDepth(PACE, clock, lambda diff: told.append((clock.now(), diff)))
    running = asyncio.create_task(paced.run())
    for (pause, is_heard, _, _), diff in zip(changes, diffs_of(changes), strict=True):
        await clock.sleep(pause / 1000)
        if is_heard:
            paced.hear(diff)
    await clock.sleep(2 * PACE)
    running.cancel()
    return told


@settings(max_examples=30)
@given(changes=CHANGES)
@virtual
async def test_whoever_follows_has_the_same_book_and_is_told_no_faster_than_the_pace(changes: list[Change]) -> None:
    heard = [(pause, True, bids, asks) for pause, _, bids, asks in changes]
    source, client = OrderBook(BTC), OrderBook(BTC)
    for book in (source, client):
        book.apply(BookSnapshot(BTC, AT, 0, (), ()))
    for diff in diffs_of(heard):
        source.apply(diff)
    told = await told_of(heard)
    for _, diff in told:
        assert client.apply(diff) is BookUpdate.APPLIED
    assert client.view() == source.view()
    times = [time for time, _ in told]
    assert all(elapsed(one, other) >= PACE * 0.999 for one, other in pairwise(times))


@settings(max_examples=30)
@given(changes=CHANGES)
@example(changes=[(10, heard, ((D(90), D(size)),), ()) for size, heard in enumerate([True, False, True])])
@virtual
async def test_a_message_never_holds_less_than_it_says(changes: list[Change]) -> None:
    """Where nobody listened for a while, what was not heard stands in no message as if it had been."""
    diffs = diffs_of(changes)
    for _, merged in await told_of(changes):
        covered = diffs[merged.first_id - 1 : merged.last_id]
        assert all(heard for (_, heard, _, _) in changes[merged.first_id - 1 : merged.last_id])
        bids, asks = ({**dict(level for diff in covered for level in getattr(diff, name))} for name in ("bids", "asks"))
        assert (dict(merged.bids), dict(merged.asks)) == (bids, asks)


@virtual
async def test_a_window_that_is_ended_before_its_time_is_told_at_once_and_once() -> None:
    told: list[BookDiff] = []
    clock = clock_here()
    paced = PacedDepth(PACE, clock, told.append)
    running = asyncio.create_task(paced.run())
    first, second = diffs_of([(0, True, ((D(90), D(1)),), ())] * 2)
    paced.hear(first)
    paced.tell_now(BTC)
    assert told == [first]
    paced.hear(second)
    await clock.sleep(2 * PACE)
    assert told == [first, second]
    running.cancel()
