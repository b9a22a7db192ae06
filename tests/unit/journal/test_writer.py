"""The writer: order, durability, folds and cancellation, the same on the loop and in a thread."""

import asyncio
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.journal.samples import (
    EPOCH,
    SEED,
    Collected,
    HandClock,
    entry,
    filled,
    in_virtual_time,
    number_of,
    on_disk,
    opened,
    unchanged,
)
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, later
from tui_trader.core.records import ToolCalled
from tui_trader.core.words import Actor
from tui_trader.journal.head import HeadFile
from tui_trader.journal.layout import StoredRow
from tui_trader.journal.ports import Entry, Head, JournalUnwritable, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Verified, verify
from tui_trader.journal.writer import JournalWriter, open_journal

both = pytest.mark.parametrize("threaded", [False, True], ids=["loop", "thread"])


class Transactions:
    """A store that notes how many rows each transaction had."""

    def __init__(self, journal: JournalWriter) -> None:
        self._inner = journal._store
        self.sizes: list[int] = []
        journal._store = self

    async def write(self, rows: Sequence[StoredRow]) -> None:
        self.sizes.append(len(rows))
        await self._inner.write(rows)

    async def close(self) -> None:
        await self._inner.close()


@both
async def test_rows_are_durable_and_linked_when_append_returns(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    async with await opened(path, threaded=threaded) as journal:
        rows = await journal.append(entry(1, correlation="call-1"), entry(2))
        assert [row.seq for row in rows] == [1, 2]
        assert rows[0].correlation == "call-1"
        assert journal.head == Head(2, rows[1].hash)
        assert on_disk(path) == list(rows)
        assert HeadFile.beside(path).read() == journal.head
    assert isinstance(verify(path), Verified)


@both
async def test_what_was_handed_over_in_one_turn_is_one_transaction(tmp_path: Path, *, threaded: bool) -> None:
    async with await opened(tmp_path / "journal.db", threaded=threaded) as journal:
        transactions = Transactions(journal)
        groups = await asyncio.gather(*(journal.append(entry(n), entry(n)) for n in range(50)))
        assert transactions.sizes == [100]
    assert [number_of(row) for group in groups for row in group] == [n for n in range(50) for _ in (1, 2)]
    assert [row.seq for group in groups for row in group] == list(range(1, 101))


async def test_what_arrives_during_a_commit_shares_the_next_one(tmp_path: Path) -> None:
    async with await opened(tmp_path / "journal.db", threaded=True) as journal:
        transactions = Transactions(journal)
        first = asyncio.ensure_future(journal.append(entry(0)))
        while not transactions.sizes:
            await asyncio.sleep(0)
        await asyncio.gather(*(journal.append(entry(n)) for n in range(1, 9)))
        await first
        assert transactions.sizes == [1, 8]


@both
async def test_folds_see_each_row_once_in_order_before_its_writer_goes_on(tmp_path: Path, *, threaded: bool) -> None:
    path = await filled(tmp_path / "journal.db", 7)
    async with await opened(path, threaded=threaded) as journal:
        early, late = Collected(), Collected()
        journal.attach(early)
        assert early.numbers == list(range(1, 8))

        async def one(number: int) -> None:
            (row,) = await journal.append(entry(number))
            assert early.rows[row.seq - 1] == row

        await asyncio.gather(*(one(number) for number in range(20)))
        journal.attach(late, Collected())
        await journal.append(entry(99))
        assert early.numbers == late.numbers == list(range(1, 29))
        assert early.rows == late.rows == on_disk(path)


@both
async def test_what_was_handed_over_is_written_though_its_caller_is_cancelled(
    tmp_path: Path, *, threaded: bool
) -> None:
    path = tmp_path / "journal.db"
    async with await opened(path, threaded=threaded) as journal:
        fold = Collected()
        journal.attach(fold)
        callers = [asyncio.ensure_future(journal.append(entry(n))) for n in range(10)]
        await asyncio.sleep(0)
        for caller in callers[::2]:
            caller.cancel()
        results = await asyncio.gather(*callers, return_exceptions=True)
        assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, False] * 5
        await journal.append(entry(10))
        assert [number_of(row) for row in fold.rows] == list(range(11))
    assert [number_of(row) for row in on_disk(path)] == list(range(11))


@both
async def test_closing_writes_what_was_handed_over(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    journal = await opened(path, threaded=threaded)
    callers = [asyncio.ensure_future(journal.append(entry(n))) for n in range(3)]
    await asyncio.sleep(0)
    await journal.close()
    assert [row[0].seq for row in await asyncio.gather(*callers)] == [1, 2, 3]
    await journal.close()
    with pytest.raises(JournalUnwritable, match="closed"):
        await journal.append(entry(4))
    assert len(on_disk(path)) == 3


@settings(max_examples=25, deadline=None)
@given(plan=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=12))
def test_any_interleaving_gives_one_gapless_log(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[int, int, bool]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.db"
    fold = Collected()
    acknowledged: list[Row] = []

    async def caller(journal: JournalWriter, number: int, size: int, delay: int) -> None:
        await asyncio.sleep(delay)
        acknowledged.extend(await journal.append(*(entry(number) for _ in range(size))))

    async def main() -> None:
        async with await opened(path) as journal:
            journal.attach(fold)
            tasks = [asyncio.ensure_future(caller(journal, n, size, delay)) for n, (size, delay, _) in enumerate(plan)]
            for turn in range(4):
                await asyncio.sleep(turn and 1)
                for task, (_, delay, cancelled) in zip(tasks, plan, strict=True):
                    if cancelled and delay == turn:
                        task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    in_virtual_time(main)
    assert fold.rows == on_disk(path)
    assert fold.numbers == list(range(1, len(fold.rows) + 1))
    assert [row for row in fold.rows if row in acknowledged] == acknowledged
    assert isinstance(verify(path), Verified)


def test_two_runs_with_one_seed_write_the_same_bytes(tmp_path: Path) -> None:
    def rows(home: Path, seed: int | None) -> list[StoredRow]:
        async def main() -> None:
            async with await opened(home, seed=seed) as journal:
                await asyncio.gather(*(journal.append(entry(n)) for n in range(20)))

        in_virtual_time(main)
        with JournalReader(home) as reader:
            return list(reader.stored())

    assert rows(tmp_path / "a.db", SEED) == rows(tmp_path / "b.db", SEED)
    assert rows(tmp_path / "c.db", SEED + 1) != rows(tmp_path / "a2.db", SEED)
    assert rows(tmp_path / "d.db", None)[0].salt != rows(tmp_path / "e.db", None)[0].salt


def test_thread_and_loop_write_the_same_bytes(tmp_path: Path) -> None:
    async def main(name: str, *, threaded: bool) -> list[StoredRow]:
        path = tmp_path / name
        async with await opened(path, threaded=threaded) as journal:
            await journal.append(entry(1), entry(2))
            await journal.append(entry(3))
        with JournalReader(path) as reader:
            return list(reader.stored())

    assert asyncio.run(main("a.db", threaded=True)) == in_virtual_time(lambda: main("b.db", threaded=False))


def test_a_restart_goes_on_where_the_log_ended_and_time_never_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    clock = HandClock()

    async def run(at: Instant) -> Row:
        clock.at = at
        async with await open_journal(path, clock, Chance(SEED), threaded=False, redact=unchanged) as journal:
            return (await journal.append(entry(0)))[0]

    rows = [in_virtual_time(partial(run, at)) for at in (EPOCH, later(EPOCH, -5.0), later(EPOCH, 1.0))]
    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.time - EPOCH for row in rows] == [0, 0, 1_000_000_000]
    assert isinstance(verify(path), Verified)


def test_the_log_keeps_its_name_whatever_the_next_start_would_call_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def run(seed: int | None) -> None:
        async with await opened(path, seed=seed) as journal:
            await journal.append(entry(0))

    for seed in (1, 2, None):
        in_virtual_time(partial(run, seed))
    found = verify(path)
    assert isinstance(found, Verified)
    assert found.log == Chance(1).token("log")


@both
async def test_secrets_never_reach_the_file_nor_the_folds(tmp_path: Path, *, threaded: bool) -> None:
    path = tmp_path / "journal.db"
    fold = Collected()
    journal = await open_journal(
        path, HandClock(), Chance(SEED), threaded=threaded, redact=lambda text: text.replace("hunter22", "***")
    )
    async with journal:
        journal.attach(fold)
        asked = ToolCalled(tool="t", arguments={"hunter22": ["a hunter22 b"]})
        await journal.append(Entry(record=asked, actor=Actor.AGENT))
        assert all(b"hunter22" not in file.read_bytes() for file in tmp_path.iterdir() if file.name != "journal.db-shm")
    assert fold.rows[0].record == ToolCalled(tool="t", arguments={"***": ("a *** b",)})


def test_virtual_time_does_not_pass_while_the_journal_writes(tmp_path: Path) -> None:
    async def main() -> float:
        async with await opened(tmp_path / "journal.db") as journal:
            for n in range(5):
                await journal.append(entry(n))
        return asyncio.get_running_loop().time()

    assert math.isclose(in_virtual_time(main), 0.0)
