"""Circuit breakers: after too many consecutive failures of one scope no new risk, then one probe at a time.

A breaker is folded from its rows. Each change of its count is a row, so a restart forgets no failure.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tui_trader.core.clock import Instant, elapsed
from tui_trader.core.records import BreakerChanged
from tui_trader.core.words import Actor
from tui_trader.journal.ports import Entry, Journal, Row

EXCHANGE = "exchange"
MODEL = "model"
"""The two scopes."""

COOL_DOWN = 30.0
"""Seconds from opening to the first probe; doubled by each probe that fails."""
LONGEST_COOL_DOWN = 900.0
"""Seconds."""
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Breaker:
    """One scope: how often it failed in a row, whether that opened it, and when the last failure was."""

    scope: str
    failures: int = 0
    open: bool = False
    changed: Instant | None = None
    failures_at_opening: int = 0

    def cool_down(self) -> float:
        """Seconds from the last failure to the next probe."""
        failed_probes = min(_MOST_DOUBLINGS, max(0, self.failures - self.failures_at_opening))
        return min(LONGEST_COOL_DOWN, COOL_DOWN * (1 << failed_probes))

    def may_try(self, now: Instant) -> bool:
        """Whether the scope may be used at all: closed, or open and rested, then for one probe."""
        if not self.open or self.changed is None:
            return True
        return elapsed(self.changed, now) >= self.cool_down()


def after_failure(breaker: Breaker, most: int, reason: str) -> BreakerChanged:
    """What a failure changes: one more, and open from `most` on. A failed probe keeps it open."""
    failures = breaker.failures + 1
    return BreakerChanged(scope=breaker.scope, open=breaker.open or failures >= most, failures=failures, reason=reason)


def after_success(breaker: Breaker) -> BreakerChanged | None:
    """What a success changes: closed and counted from nothing; None where that is so already."""
    if breaker.failures == 0 and not breaker.open:
        return None
    return BreakerChanged(scope=breaker.scope, open=False, failures=0, reason="succeeded")


class BreakerFold:
    """All breakers as the durable rows say them."""

    def __init__(self) -> None:
        self._breakers: dict[str, Breaker] = {}

    def apply(self, row: Row) -> None:
        """Take one row in."""
        record = row.record
        if isinstance(record, BreakerChanged):
            was = self.of(record.scope)
            opened = was.failures_at_opening if was.open else record.failures
            self._breakers[record.scope] = Breaker(
                record.scope, record.failures, record.open, row.time, opened if record.open else 0
            )

    def of(self, scope: str) -> Breaker:
        """The scope's breaker; closed if it never failed."""
        return self._breakers.get(scope) or Breaker(scope)

    @property
    def open_scopes(self) -> tuple[str, ...]:
        """The scopes whose breaker is open, by name."""
        return tuple(sorted(scope for scope, breaker in self._breakers.items() if breaker.open))

    @property
    def most_failures(self) -> int:
        """The largest count of failures in a row, over all scopes."""
        return max((breaker.failures for breaker in self._breakers.values()), default=0)


class Breakers:
    """Writes down what happens to the scopes, one report at a time, so that none is counted from an old figure."""

    def __init__(self, journal: Journal, fold: BreakerFold, most: Callable[[], int]) -> None:
        """`fold` must be attached to the journal. `most` gives the policy's `max_consecutive_failures` in force."""
        self._journal = journal
        self._fold = fold
        self._most = most
        self._lock = asyncio.Lock()

    async def failed(self, scope: str, reason: str) -> None:
        """One failure more. Raises JournalUnwritable."""
        async with self._lock:
            await self._write(after_failure(self._fold.of(scope), self._most(), reason))

    async def succeeded(self, scope: str) -> None:
        """A success. Raises JournalUnwritable; writes nothing where nothing changes."""
        async with self._lock:
            change = after_success(self._fold.of(scope))
            if change is not None:
                await self._write(change)

    def may_try(self, scope: str, now: Instant) -> bool:
        """Whether the scope may be used: closed, or due for a probe."""
        return self._fold.of(scope).may_try(now)

    async def _write(self, change: BreakerChanged) -> None:
        await self._journal.append(Entry(record=change, actor=Actor.SYSTEM))
