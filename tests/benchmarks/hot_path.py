"""From a market message to a snapshot, on a recorded stream: what it costs against decoding alone, how long it takes.

The whole path is the program's own: decoding, the chain of diffs, order book, candles, indicators, and ten snapshots a
second of market time, as many as a screen shows. Times are of the processor, the best of several runs in turn, since
this machine may be busy; the latency and the pace are of the wall.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from time import perf_counter, perf_counter_ns, process_time
from typing import Any, TypeAlias, TypeVar

import msgspec

from tests.benchmarks.figure import Figure, percentile
from tests.benchmarks.paper_fills import CAPTURE
from tui_trader.core.clock import NANOSECONDS, Instant, LoopClock, PacedLoop, elapsed
from tui_trader.core.instrument import Instrument
from tui_trader.core.instrument_table import instrument
from tui_trader.core.market import BookDiff, BookSnapshot, MarketTrade, Quote
from tui_trader.core.words import Symbol
from tui_trader.market.capture_feed import CaptureFeed, find_captures
from tui_trader.market.capture_file import RawMessage, read_capture
from tui_trader.market.capture_source import events_of
from tui_trader.market.state import MarketState

T = TypeVar("T")

SUBJECT = "hot path"
_BTC = Symbol("BTCUSDT")
_ROUNDS = 5
_FRAME = NANOSECONDS // 10
_PACE = 10
_SECONDS_PLAYED = 3.0
"""Real seconds at that pace, at most."""


def measure(_: Path, count: int) -> Iterator[Figure]:
    """The path over the first `count` messages of the capture."""
    known = instrument(_BTC)
    assert known is not None
    messages = list(islice(read_capture(CAPTURE), count))
    path, typed, plain = _best_of_rounds(
        lambda: _whole_path(messages, known), lambda: _decode_typed(messages), lambda: _decode_plainly(messages)
    )
    each = 1e6 / len(messages)
    covered = elapsed(messages[0].received, messages[-1].received)
    for baseline, against in ((typed, "msgspec to typed messages"), (plain, "msgspec to plain JSON values")):
        yield Figure(
            subject=SUBJECT,
            name="message to market state",
            value=path * each,
            unit="µs/message",
            baseline=baseline * each,
            against=against,
            note=f"{len(messages)} messages, {covered / path:,.0f} times real speed",
        )
    samples = _latencies(messages, known)
    for share in (0.5, 0.99):
        yield Figure(
            subject=SUBJECT, name=f"message to snapshot p{100 * share:.0f}", value=percentile(samples, share), unit="µs"
        )
    yield from _played(known, messages)


def _best_of_rounds(*parts: Callable[[], object]) -> list[float]:
    """The least time of each; they take turns, so that a busy moment hits all alike."""
    best = [float("inf")] * len(parts)
    for _ in range(_ROUNDS):
        for number, part in enumerate(parts):
            began = process_time()
            part()
            best[number] = min(best[number], process_time() - began)
    return best


class _FeedTime:
    """A clock that stands where the stream is."""

    def __init__(self) -> None:
        self.time = Instant(0)

    def now(self) -> Instant:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)

    async def sleep_until(self, instant: Instant) -> None:
        raise AssertionError(instant)

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        raise AssertionError(call, deadline)


def _whole_path(messages: Sequence[RawMessage], known: Instrument) -> None:
    clock = _FeedTime()
    state = MarketState(clock)
    shown = 0
    for time, events in events_of(messages, known, CAPTURE):
        clock.time = time
        for event in events:
            state.apply(event)
        if time - shown >= _FRAME:
            shown = time
            state.snapshot(_BTC)
    book = state.book(_BTC)
    assert not state.refused
    assert book is not None
    assert book.is_whole


def _latencies(messages: Sequence[RawMessage], known: Instrument) -> list[float]:
    """Microseconds from each message to a snapshot that knows it."""
    clock = _FeedTime()
    state = MarketState(clock)
    began = perf_counter_ns()
    samples: list[float] = []

    def stamped() -> Iterator[RawMessage]:
        nonlocal began
        for message in messages:
            began = perf_counter_ns()
            yield message

    for time, events in events_of(stamped(), known, CAPTURE):
        clock.time = time
        for event in events:
            state.apply(event)
        state.snapshot(_BTC)
        samples.append((perf_counter_ns() - began) / 1e3)
    return samples


def _played(known: Instrument, messages: Sequence[RawMessage]) -> Iterator[Figure]:
    """The feed on a loop at ten times real speed: all is told, and how far behind the worst event is."""
    market = find_captures([CAPTURE], [_BTC], {_BTC: known})
    longest = Instant(market.start + round(_SECONDS_PLAYED * _PACE * NANOSECONDS))
    until = min(messages[-1].received, longest)
    loop = PacedLoop(_PACE)
    behind: list[float] = []
    told = dict.fromkeys((Quote, MarketTrade, BookSnapshot, BookDiff), 0)

    async def play() -> None:
        clock = LoopClock(loop, market.start)
        state = MarketState(clock)
        began = perf_counter()
        async for event in CaptureFeed(market, clock=clock).events(None):
            if event.time > until:
                return
            state.apply(event)
            if type(event) in told:
                told[type(event)] += 1
                due = elapsed(market.start, event.time) / _PACE
                behind.append((perf_counter() - began - due) * 1e3)
        assert not state.refused

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(play())
    offered = [event for _, events in events_of(_until(messages, until), known, CAPTURE) for event in events]
    expected = sum(type(event) in told for event in offered)
    lost = expected - sum(told.values())
    note = f"{sum(told.values())} events told, {lost} lost"
    yield Figure(
        subject=SUBJECT,
        name=f"behind at {_PACE} times real speed p99",
        value=percentile(behind, 0.99),
        unit="ms",
        note=note,
    )


def _until(messages: Iterable[RawMessage], until: Instant) -> Iterator[RawMessage]:
    return (message for message in messages if message.received <= until)


# What decoding alone makes of the same messages: every field that the program uses, typed, and figures as Decimals.

_Levels: TypeAlias = tuple[tuple[Decimal, Decimal], ...]


class _Ticker(msgspec.Struct, gc=False, tag_field="e", tag="bookTicker"):
    s: str
    u: int
    b: Decimal
    B: Decimal
    a: Decimal
    A: Decimal


class _Trade(msgspec.Struct, gc=False, tag_field="e", tag="trade"):
    s: str
    p: Decimal
    q: Decimal
    m: bool


class _Diff(msgspec.Struct, gc=False, tag_field="e", tag="depthUpdate"):
    s: str
    U: int
    u: int
    pu: int
    b: _Levels
    a: _Levels


class _Combined(msgspec.Struct, gc=False):
    data: _Ticker | _Trade | _Diff


class _Answer(msgspec.Struct, gc=False):
    bids: _Levels
    asks: _Levels


def _decode_typed(messages: Sequence[RawMessage]) -> None:
    stream, answer = msgspec.json.Decoder(_Combined), msgspec.json.Decoder(_Answer)
    for message in messages:
        json = message.json
        if json.startswith(b'{"stream"'):
            stream.decode(json)
        else:
            answer.decode(json)


def _decode_plainly(messages: Sequence[RawMessage]) -> None:
    decoder = msgspec.json.Decoder()
    for message in messages:
        decoder.decode(message.json)
