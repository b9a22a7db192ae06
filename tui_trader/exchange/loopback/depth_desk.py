"""Depth on the streams: what changed within a stream's interval is told as one message, and the chain holds."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tui_trader.core.clock import Clock, Instant, later
from tui_trader.core.market import BookDiff
from tui_trader.core.money import Price, Quantity
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.hub import Hub
from tui_trader.exchange.loopback.market_json import depth_event
from tui_trader.exchange.loopback.stream_names import DEPTH_PACES, StreamName, Topic
from tui_trader.exchange.loopback.tape import Tape


class MergedDiff:
    """Diffs that go on from one another, as one: the newest word on each level, from the first `U` to the last `u`."""

    def __init__(self, first: BookDiff) -> None:
        """Begin with this one."""
        self._first = first
        self._last = first
        self._bids: dict[Price, Quantity] = dict(first.bids)
        self._asks: dict[Price, Quantity] = dict(first.asks)

    def goes_on_with(self, diff: BookDiff) -> bool:
        """Whether the diff follows what is here."""
        return diff.previous_id == self._last.last_id

    def add(self, diff: BookDiff) -> None:
        """Go on with the diff that follows."""
        self._last = diff
        self._bids.update(diff.bids)
        self._asks.update(diff.asks)

    def whole(self) -> BookDiff:
        """All of them as one diff, of the time of the newest."""
        first, last = self._first, self._last
        bids, asks = tuple(self._bids.items()), tuple(self._asks.items())
        return BookDiff(last.symbol, last.time, first.first_id, last.last_id, first.previous_id, bids, asks)


class PacedDepth:
    """The depth streams of one interval. A symbol's first diff opens its window; when that is over, all is told."""

    def __init__(self, seconds: float, clock: Clock, tell: Callable[[BookDiff], None]) -> None:
        """`seconds` of the machine's time between two messages of a symbol; `tell` takes what has come together."""
        self._seconds = seconds
        self._clock = clock
        self._tell = tell
        self._open: dict[Symbol, MergedDiff] = {}
        self._due: deque[tuple[Instant, Symbol]] = deque()
        """In the order in which windows were opened, which is that in which they end."""
        self._stirred = asyncio.Event()

    def hear(self, diff: BookDiff) -> None:
        """A diff that somebody may want to hear of."""
        merged = self._open.get(diff.symbol)
        if merged is not None and merged.goes_on_with(diff):
            merged.add(diff)
            return
        if merged is not None:
            # Nobody listened for a while, or these would follow each other. Who listens now joins at this diff.
            self._open[diff.symbol] = MergedDiff(diff)
            return
        self._open[diff.symbol] = MergedDiff(diff)
        self._due.append((later(self._clock.now(), self._seconds), diff.symbol))
        self._stirred.set()

    def tell_now(self, symbol: Symbol) -> None:
        """End the symbol's window before its time."""
        if (merged := self._open.pop(symbol, None)) is not None:
            self._tell(merged.whole())
            self._due = deque(each for each in self._due if each[1] != symbol)

    async def run(self) -> None:
        """End windows when their time comes, for ever."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            while self._due:
                await self._clock.sleep_until(self._due[0][0])
                # It may be another's turn than the one that was waited for: that one's window may have been ended.
                while self._due and self._due[0][0] <= self._clock.now():
                    self.tell_now(self._due[0][1])


@dataclass
class DepthDesk:
    """Tells what the book does, on the diff streams and on those of the best levels.

    `gaps` is a fault: so many diffs are told to nobody, and the chain breaks for whoever listens.
    """

    clock: Clock
    hub: Hub
    now_ms: Callable[[], int]
    scale: float = 1.0
    gaps: int = 0
    _tapes: dict[Symbol, Tape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Streams keep the market's pace: of a market that goes ten times as fast they tell ten times as often."""
        self._paced = {
            pace: PacedDepth(pace / 1000 / self.scale, self.clock, self._teller(pace)) for pace in DEPTH_PACES if pace
        }

    def hear(self, tape: Tape, diff: BookDiff) -> None:
        """The book has changed, and the tape's holds it already."""
        self._tapes[tape.symbol] = tape
        if self.gaps:
            self.gaps -= 1
            # What was told before the gap is not mixed with what comes after it: that would hide it.
            for paced in self._paced.values():
                paced.tell_now(tape.symbol)
            return
        for pace in {stream.pace for stream in self._wanted(tape.symbol)}:
            if pace:
                self._paced[pace].hear(diff)
            else:
                self._teller(pace)(diff)

    async def run(self) -> None:
        """Keep the pace, for ever."""
        async with asyncio.TaskGroup() as group:
            for paced in self._paced.values():
                group.create_task(paced.run())

    def _wanted(self, symbol: Symbol) -> tuple[StreamName, ...]:
        return (*self.hub.wanted(Topic.DEPTH, symbol), *self.hub.wanted(Topic.PARTIAL_DEPTH, symbol))

    def _teller(self, pace: int) -> Callable[[BookDiff], None]:
        def tell(diff: BookDiff) -> None:
            tape, now = self._tapes[diff.symbol], self.now_ms()
            streams = [stream for stream in self._wanted(diff.symbol) if stream.pace == pace]
            if whole := [stream for stream in streams if stream.topic is Topic.DEPTH]:
                self.hub.send(whole, depth_event(tape.instrument, diff, now))
            for stream in streams:
                if stream.topic is Topic.PARTIAL_DEPTH:
                    bids, asks = tape.book.levels(int(stream.detail))
                    self.hub.send((stream,), depth_event(tape.instrument, replace(diff, bids=bids, asks=asks), now))

        return tell
