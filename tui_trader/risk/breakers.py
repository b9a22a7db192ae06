"""Circuit breakers: one for each scope and cause; open means no new risk, until a probe or a person closes it.

A breaker is folded from its rows: closed, open, and half-open once it has rested, which the clock decides. Each change
of a count is a row, so a restart forgets no failure. What opens one is judged in `risk/tripping.py`.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tui_trader.core.clock import Instant, later
from tui_trader.core.records import BreakerChanged
from tui_trader.core.words import Actor, BreakerCause, BreakerScope, BreakerState
from tui_trader.journal.ports import Entry, Journal, Row

COOL_DOWN = 30.0
"""Seconds from opening to the first probe after failures in a row; doubled by each probe that fails."""
LONGEST_COOL_DOWN = 900.0
"""Seconds."""
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Breaker:
    """One scope and cause: what was counted, whether that opened it, and when it may be probed.

    `failures` are those in a row, or what was counted when it opened and since. `until` is as in its row. `opening`
    numbers what opened it, over all breakers.
    """

    scope: BreakerScope
    cause: BreakerCause = BreakerCause.FAILURES
    failures: int = 0
    open: bool = False
    changed: Instant | None = None
    """When its count or its state last changed: what happened before that is used up."""
    until: Instant | None = None
    failures_at_opening: int = 0
    opened: Instant | None = None
    opening: int = 0
    reason: str = ""

    @property
    def failed_probes(self) -> int:
        """How often it was tried again in vain since it opened."""
        return min(_MOST_DOUBLINGS, max(0, self.failures - self.failures_at_opening))

    @property
    def needs_a_person(self) -> bool:
        """Whether only a person closes it."""
        return self.open and self.cause is BreakerCause.IDENTICAL_ORDERS

    def cool_down(self) -> float:
        """Seconds from the last failure in a row to the next probe."""
        return min(LONGEST_COOL_DOWN, COOL_DOWN * (1 << self.failed_probes))

    @property
    def probe_at(self) -> Instant | None:
        """When it may be tried again; None while it is closed, and where only a person closes it."""
        if not self.open or self.needs_a_person or self.changed is None:
            return None
        return self.until if self.until is not None else later(self.changed, self.cool_down())

    def state(self, now: Instant) -> BreakerState:
        """Closed, open, or rested and to be tried again."""
        if not self.open:
            return BreakerState.CLOSED
        probe_at = self.probe_at
        return BreakerState.OPEN if probe_at is None or now < probe_at else BreakerState.HALF_OPEN

    def may_try(self, now: Instant) -> bool:
        """Whether the scope may be used at all: closed, or open and rested, then for one probe."""
        return self.state(now) is not BreakerState.OPEN


Key: TypeAlias = tuple[BreakerScope, BreakerCause]
Board: TypeAlias = Mapping[Key, Breaker]
"""All breakers that ever counted anything."""


def breaker_of(board: Board, scope: BreakerScope, cause: BreakerCause = BreakerCause.FAILURES) -> Breaker:
    """The breaker of this scope and cause; closed if nothing was ever counted."""
    return board.get((scope, cause)) or Breaker(scope, cause)


def open_breakers(board: Board) -> tuple[Breaker, ...]:
    """Those that are open or half-open, by name."""
    return tuple(board[key] for key in sorted(board) if board[key].open)


def most_failures(board: Board) -> int:
    """The largest count of failures in a row, over all scopes."""
    return max((each.failures for (_, cause), each in board.items() if cause is BreakerCause.FAILURES), default=0)


def after_failure(breaker: Breaker, most: int, reason: str) -> BreakerChanged:
    """What a failure changes: one more, and open from `most` on. A failed probe keeps it open."""
    failures = breaker.failures + 1
    return BreakerChanged(scope=breaker.scope, open=breaker.open or failures >= most, failures=failures, reason=reason)


def after_success(breaker: Breaker) -> BreakerChanged | None:
    """What a success changes: closed and counted from nothing; None where that is so already."""
    if breaker.failures == 0 and not breaker.open:
        return None
    return BreakerChanged(scope=breaker.scope, open=False, failures=0, reason="succeeded")


def closings(board: Board, reason: str, *, answers: int) -> Iterator[BreakerChanged]:
    """What a person's word closes: all that is open. `answers` counts the openings that the person knew of."""
    for breaker in open_breakers(board):
        yield BreakerChanged(
            scope=breaker.scope, open=False, failures=0, reason=reason, cause=breaker.cause, answers=answers
        )


class BreakerFold:
    """All breakers as the durable rows say them."""

    def __init__(self) -> None:
        self.board: Board = {}
        self.openings = 0
        """How often any breaker was opened, or kept open by a probe that failed: a resume names what it answers."""

    def apply(self, row: Row) -> None:
        """Take one row in. A closing that is not good (see `_closes`) changes nothing."""
        record = row.record
        if not isinstance(record, BreakerChanged):
            return
        was = self.of(record.scope, record.cause)
        if was.open and not record.open and not _closes(was, record, row.actor):
            return
        self.openings += record.open
        stays = was.open and record.open
        now = Breaker(
            scope=record.scope,
            cause=record.cause,
            failures=record.failures,
            open=record.open,
            changed=row.time,
            until=record.until if record.open else None,
            failures_at_opening=0 if not record.open else was.failures_at_opening if stays else record.failures,
            opened=None if not record.open else was.opened if stays else row.time,
            opening=self.openings if record.open else 0,
            reason=record.reason,
        )
        self.board = {**self.board, (record.scope, record.cause): now}

    def of(self, scope: BreakerScope, cause: BreakerCause = BreakerCause.FAILURES) -> Breaker:
        """The breaker of this scope and cause; closed if nothing was ever counted."""
        return breaker_of(self.board, scope, cause)


def _closes(breaker: Breaker, record: BreakerChanged, actor: Actor) -> bool:
    """Whether the closing holds: a person's where it needs one, and none that opened after it was asked for."""
    if breaker.needs_a_person and actor is not Actor.OPERATOR:
        return False
    return record.answers is None or breaker.opening <= record.answers


class Breakers:
    """Writes down what happens to the scopes, one report at a time, so that none is counted from an old figure."""

    def __init__(self, journal: Journal, fold: BreakerFold, most: Callable[[], int]) -> None:
        """`fold` must be attached to the journal. `most` gives the policy's `max_consecutive_failures` in force."""
        self._journal = journal
        self._fold = fold
        self._most = most
        self._lock = asyncio.Lock()

    async def failed(self, scope: BreakerScope, reason: str) -> None:
        """One failure more. Raises JournalUnwritable."""
        async with self._lock:
            await self._write(after_failure(self._fold.of(scope), self._most(), reason))

    async def succeeded(self, scope: BreakerScope) -> None:
        """A success. Raises JournalUnwritable; writes nothing where nothing changes."""
        async with self._lock:
            change = after_success(self._fold.of(scope))
            if change is not None:
                await self._write(change)

    def may_try(self, scope: BreakerScope, now: Instant) -> bool:
        """Whether the scope may be used: it has not failed too often in a row, or is due for a probe."""
        return self._fold.of(scope).may_try(now)

    async def _write(self, change: BreakerChanged) -> None:
        await self._journal.append(Entry(record=change, actor=Actor.SYSTEM))
