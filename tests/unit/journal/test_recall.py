"""One reading at a start: every row checked, told once, and never again; and nothing written in between goes unseen."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.journal.samples import SEED, Collected, HandClock, entry, filled, number_of, on_disk, opened, unchanged
from tui_trader.core.chance import Chance
from tui_trader.core.records import EquityMarked
from tui_trader.journal import reader
from tui_trader.journal.layout import START, Draft, Tip, sealed
from tui_trader.journal.ports import JournalCorrupt
from tui_trader.journal.recall import recall
from tui_trader.journal.store import LoopStore
from tui_trader.journal.writer import JournalWriter, open_journal


async def opened_after(path: Path, tip: Tip, fold: Collected) -> JournalWriter:
    return await open_journal(
        path, HandClock(), Chance(SEED), threaded=False, redact=unchanged, recalled=tip, folds=(fold,)
    )


async def test_a_recalled_log_is_told_in_order_and_its_folds_follow(tmp_path: Path) -> None:
    path = await filled(tmp_path / "journal.db", 7)
    first, second = Collected(), Collected()
    tip = recall(path, first, second)
    assert first.rows == second.rows == on_disk(path)
    assert (tip.head.seq, tip.head.hash) == (7, first.rows[-1].hash)
    async with await opened_after(path, tip, first) as journal:
        await journal.append(entry(99))
    assert first.rows == on_disk(path)
    assert number_of(first.rows[-1]) == 99


async def test_a_start_reads_each_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await filled(tmp_path / "journal.db", 5)
    fold = Collected()
    tip = recall(path, fold)
    monkeypatch.setattr(reader.JournalReader, "stored", _unexpected)
    async with await opened_after(path, tip, fold):
        assert fold.numbers == [1, 2, 3, 4, 5]


def _unexpected(*_: object) -> None:
    raise AssertionError("it is read again")


def test_where_there_is_none_it_begins_at_the_start(tmp_path: Path) -> None:
    fold = Collected()
    assert recall(tmp_path / "journal.db", fold) == START
    assert fold.rows == []


async def test_who_follows_hears_only_what_is_new(tmp_path: Path) -> None:
    async with await opened(await filled(tmp_path / "journal.db", 3)) as journal:
        fold = Collected()
        journal.follow(fold)
        await journal.append(entry(4))
        assert fold.numbers == [4]


async def test_rows_that_came_between_reading_and_opening_are_not_passed_over(tmp_path: Path) -> None:
    path = await filled(tmp_path / "journal.db", 3)
    fold = Collected()
    tip = recall(path, fold)
    async with await opened(path) as other:
        await other.append(entry(4))
    with pytest.raises(JournalCorrupt, match="came or went while the program started"):
        await opened_after(path, tip, fold)


async def _sealed_in(path: Path, kind: str, body: bytes) -> None:
    """A row that fits the chain, written past the codec."""
    tip = recall(path)
    draft = Draft(time=HandClock().now(), kind=kind, actor=entry(1).actor, correlation="", body=body)
    row, _ = sealed(tip, draft, log=tip.log, salt=bytes(16))
    store = LoopStore(path)
    await store.write([row])
    await store.close()


@pytest.mark.parametrize(
    ("kind", "body", "named"),
    [
        ("of.tomorrow", b"{}", "the kind 'of.tomorrow' is not known"),
        (EquityMarked.KIND, b'{"equity":"1"}', "lacks 'wallet'"),
    ],
)
async def test_a_row_that_this_program_cannot_read_is_named(tmp_path: Path, kind: str, body: bytes, named: str) -> None:
    path = await filled(tmp_path / "journal.db", 3)
    await _sealed_in(path, kind, body)
    with pytest.raises(JournalCorrupt, match=f"row 4: .*{named}"):
        recall(path, Collected())


async def test_what_was_changed_is_found_while_it_is_told(tmp_path: Path) -> None:
    path = await filled(tmp_path / "journal.db", 6)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("DROP TRIGGER journal_no_update")
        raw.execute("UPDATE journal SET body = ? WHERE seq = 4", (b'{"equity":"99","wallet":"99"}',))
        raw.commit()
    fold = Collected()
    with pytest.raises(JournalCorrupt, match="row 4"):
        recall(path, fold)
    assert fold.numbers == [1, 2, 3], "nobody hears the changed row"
