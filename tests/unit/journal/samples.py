"""What the journal's tests share: clocks, entries, a way to run in virtual time, and strategies for every record."""

import asyncio
import dataclasses
import math
import os
from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, PacedLoop
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.records import EquityMarked
from tui_trader.core.words import Actor
from tui_trader.journal.layout import StoredRow
from tui_trader.journal.ports import Entry, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.wire import hints_of
from tui_trader.journal.writer import JournalWriter, open_journal

T = TypeVar("T")

EPOCH = Instant(1_746_403_200_000_000_000)
SEED = 7
ROWS = 40
"""Rows of the sound journal that tests attack."""


class HandClock:
    """A clock that stands where the test puts it."""

    def __init__(self, now: Instant = EPOCH) -> None:
        self.at = now

    def now(self) -> Instant:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def sleep_until(self, instant: Instant) -> None:
        await asyncio.sleep(max(0, instant - self.at) / 1e9)

    async def outside(self, call: Callable[[], Coroutine[Any, Any, T]], *, deadline: float) -> T:
        async with asyncio.timeout(deadline):
            return await call()


class Collected:
    """A fold that keeps every row it is given."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def apply(self, row: Row) -> None:
        self.rows.append(row)

    @property
    def numbers(self) -> list[int]:
        return [row.seq for row in self.rows]


def entry(number: int, *, correlation: str = "") -> Entry:
    """An entry that can be told from others by its number."""
    return Entry(
        record=EquityMarked(equity=Decimal(number), wallet=Decimal("0.5")), actor=Actor.SYSTEM, correlation=correlation
    )


def number_of(row: Row) -> int:
    """The number that `entry` put into the row."""
    assert isinstance(row.record, EquityMarked)
    return int(row.record.equity)


def unchanged(text: str) -> str:
    return text


def on_disk(path: Path) -> list[Row]:
    """What another process reads."""
    with JournalReader(path) as reader:
        return list(reader.rows())


def stored(path: Path) -> list[StoredRow]:
    """The rows as they lie in the table."""
    with JournalReader(path) as reader:
        return list(reader.stored())


async def opened(path: Path, *, threaded: bool = False, seed: int | None = SEED) -> JournalWriter:
    """A journal on a clock that stands still."""
    return await open_journal(path, HandClock(), Chance(seed), threaded=threaded, redact=unchanged)


def in_virtual_time(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to the end on a loop whose time jumps; a deadlock is an error."""
    with asyncio.Runner(loop_factory=lambda: PacedLoop(pace=math.inf, deadlock_is_error=True)) as runner:
        return runner.run(main())


async def filled(path: Path, rows: int, *, per_commit: int = 3) -> Path:
    """A cleanly closed journal with so many rows."""
    async with await opened(path) as journal:
        for first in range(1, rows + 1, per_commit):
            await journal.append(*(entry(n) for n in range(first, min(first + per_commit, rows + 1))))
    return path


def written(path: Path, rows: int, *, per_commit: int = 3) -> Path:
    """The same for a test without a loop."""
    return in_virtual_time(lambda: filled(path, rows, per_commit=per_commit))


def as_nobody(check: Callable[[], bool]) -> bool:
    """Whether `check` holds in a child with no more than the rights of nobody; root is stopped by no mode."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            status = 0 if check() else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


INSTANTS = st.integers(0, 2**62).map(Instant)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal(-(10**12)), max_value=10**12, places=9)
FREE_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=8), FREE_JSON, max_size=4)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value that a field of this type may hold."""
    if hint is Intent:
        return intents()
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = hints_of(hint)
        return st.builds(hint, **{field.name: values_of(hints[field.name]) for field in dataclasses.fields(hint)})
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=20),
        bool: st.booleans(),
        int: st.integers(-(2**70), 2**70),
        Decimal: DECIMALS,
        Instant: INSTANTS,
    }
    if hint in simple:
        return simple[hint]
    if supertype := getattr(hint, "__supertype__", None):
        return values_of(supertype)
    arguments = get_args(hint)
    if NoneType in arguments:
        return st.none() | st.one_of(*(values_of(a) for a in arguments if a is not NoneType))
    if get_origin(hint) is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    assert issubclass(get_origin(hint), Mapping)
    return OBJECTS


@st.composite
def intents(draw: st.DrawFn) -> Intent:
    """Intents that their own rules allow."""
    hints = get_type_hints(Intent)
    fields = {name: draw(values_of(hint)) for name, hint in hints.items()}
    order_type = fields["type"]
    fields["price"] = draw(DECIMALS) if order_type is OrderType.LIMIT else None
    fields["stop_price"] = draw(DECIMALS) if order_type.is_conditional else None
    fields["reduce_only"] = fields["reduce_only"] or fields["purpose"] is not Purpose.ENTRY
    return Intent(**fields)
