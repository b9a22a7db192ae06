"""Minutes into events: several symbols' minutes woven together in time order, paced by the clock."""

from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import chain
from typing import Protocol

from tui_trader.core.clock import NANOSECONDS, Clock, Instant
from tui_trader.core.market import Candle, MarketEvent

MINUTE_SECONDS = 60
MINUTE_NS = MINUTE_SECONDS * NANOSECONDS


class MinuteSource(Protocol):
    """One symbol's minutes. A minute's seconds are asked for after its opening has been told, and only once."""

    def opening(self, opens: Instant) -> Iterable[MarketEvent]:
        """What is told at the boundary: the candle that closed, funding if it is due, mark and quote at the open.

        At the end of the data only what has closed.
        """
        ...

    def seconds(self, opens: Instant) -> Sequence[Sequence[MarketEvent]]:
        """What is told in each of the seconds 1 to 59 of the minute: mark and quote, and more if there is more."""
        ...


def told_at(event: MarketEvent) -> Instant:
    """When the event can be known: its time, but for a candle the time at which it closes."""
    return Instant(event.time + event.seconds * NANOSECONDS) if isinstance(event, Candle) else event.time


async def play(
    sources: Sequence[MinuteSource], clock: Clock, *, start: Instant, end: Instant | None, after: Instant | None
) -> AsyncIterator[MarketEvent]:
    """Yield all events told later than `after` (None: all), each when the clock has reached it.

    Within one instant the sources speak in their order, each of them candle, funding, mark, quote. `start` and `end`
    are minute boundaries; without an `end` it never stops.
    """
    opens = start
    if after is not None and after >= start:
        opens = Instant(after - (after - start) % MINUTE_NS)
    while end is None or opens <= end:
        if after is None or opens > after:
            await _reach(clock, opens)
            for source in sources:
                for event in source.opening(opens):
                    yield event
        if opens == end:
            return
        paths: list[Sequence[Sequence[MarketEvent]]] = []
        for second in range(1, MINUTE_SECONDS):
            now = Instant(opens + second * NANOSECONDS)
            if after is not None and now <= after:
                continue
            await _reach(clock, now)
            # Not before: what trades at the open decides which way a recorded minute turns first.
            paths = paths or [source.seconds(opens) for source in sources]
            for event in chain.from_iterable(path[second - 1] for path in paths):
                yield event
        opens = Instant(opens + MINUTE_NS)


async def _reach(clock: Clock, instant: Instant) -> None:
    """Wait until `instant`. Where the engine is behind, give way all the same: a backlog must not starve a halt."""
    if instant > clock.now():
        await clock.sleep_until(instant)
    else:
        await clock.sleep(0)
