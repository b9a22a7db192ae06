"""The emergency log keeps what the journal could not, and gives it back exactly once, wherever a crash falls."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.journal.samples import FREE_JSON, HandClock, in_virtual_time, opened, unchanged
from tui_trader.core.chance import Chance
from tui_trader.core.ids import client_order_id
from tui_trader.core.records import EmergencyImported, JsonObject
from tui_trader.journal.canonical import canonical
from tui_trader.journal.emergency import EmergencyLog, import_emergencies, line_hash
from tui_trader.journal.ports import Entry, JournalUnwritable, Row
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.writer import JournalWriter


def log_at(path: Path, *, seed: int | None = None) -> EmergencyLog:
    return EmergencyLog(path, HandClock(), Chance(seed), redact=lambda text: text.replace("hunter22", "***"))


def imported(home: Path) -> list[JsonObject]:
    with JournalReader(home / "journal.db") as reader:
        return [row.record.line for row in reader.rows() if isinstance(row.record, EmergencyImported)]


def start(home: Path) -> tuple[Row, ...]:
    """What a start does: open the journal, import."""

    async def main() -> tuple[Row, ...]:
        async with await opened(home / "journal.db") as journal:
            return await import_emergencies(log_at(home / "emergency.jsonl"), journal)

    return in_virtual_time(main)


def test_the_line_on_disk_is_what_the_hash_commits(tmp_path: Path) -> None:
    log = log_at(tmp_path / "emergency.jsonl")
    hashes = [log.append({"exit": "BTCUSDT", "quantity": "0.5"}) for _ in range(3)]
    lines = log.path.read_bytes().splitlines()
    assert [hashlib.sha256(line).digest() for line in lines] == hashes
    assert len({client_order_id(digest) for digest in hashes}) == 3
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_what_was_appended_is_imported_once_and_its_orders_can_be_found(tmp_path: Path) -> None:
    log = log_at(tmp_path / "emergency.jsonl")
    hashes = [log.append({"n": number}) for number in range(4)]
    rows = start(tmp_path)
    assert [line["entry"] for line in imported(tmp_path)] == [{"n": number} for number in range(4)]
    assert [line_hash(row.record) for row in rows if isinstance(row.record, EmergencyImported)] == hashes
    assert start(tmp_path) == ()
    assert not log.path.exists()
    assert log.path.with_name("emergency.jsonl.imported-1").exists()
    assert len(imported(tmp_path)) == 4


def test_a_second_emergency_does_not_overwrite_the_file_of_the_first(tmp_path: Path) -> None:
    for number in range(3):
        log_at(tmp_path / "emergency.jsonl").append({"n": number})
        assert len(start(tmp_path)) == 1
    assert sorted(file.name for file in tmp_path.glob("emergency*")) == [
        f"emergency.jsonl.imported-{n}" for n in (1, 2, 3)
    ]


class Crash(Exception):
    """The process ends here."""


@pytest.mark.parametrize("step", ["before the rows", "before the rename"])
def test_a_crash_at_any_step_of_the_import_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    log = log_at(tmp_path / "emergency.jsonl")
    for number in range(3):
        log.append({"n": number})

    def crash(*_: Any) -> Any:
        raise Crash

    with monkeypatch.context() as patch:
        if step == "before the rows":
            patch.setattr(JournalWriter, "append", crash)
        else:
            patch.setattr(EmergencyLog, "retire", crash)
        with pytest.raises(Crash):
            start(tmp_path)
    log_at(tmp_path / "emergency.jsonl").append({"n": 3})
    start(tmp_path)
    assert [line["entry"] for line in imported(tmp_path)] == [{"n": number} for number in range(4)]


def test_a_line_of_another_process_that_comes_while_the_others_are_imported_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, other = log_at(tmp_path / "emergency.jsonl"), log_at(tmp_path / "emergency.jsonl", seed=1)
    log.append({"n": 0})
    retire = EmergencyLog.retire

    def retired(self: EmergencyLog) -> tuple[EmergencyImported, ...]:
        other.append({"n": 1})
        return retire(self)

    with monkeypatch.context() as patch:
        patch.setattr(EmergencyLog, "retire", retired)
        start(tmp_path)
    assert [line["entry"] for line in imported(tmp_path)] == [{"n": 0}, {"n": 1}]


def test_a_line_of_another_process_that_had_opened_the_file_before_the_import_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, other = log_at(tmp_path / "emergency.jsonl"), log_at(tmp_path / "emergency.jsonl", seed=1)
    log.append({"n": 0})
    open_file = os.open

    with monkeypatch.context() as patch:

        def opened_before(*how: Any) -> int:
            descriptor = open_file(*how)
            patch.undo()
            start(tmp_path)
            return descriptor

        patch.setattr(os, "open", opened_before)
        other.append({"n": 1})
    start(tmp_path)
    start(tmp_path)
    assert [line["entry"] for line in imported(tmp_path)] == [{"n": 0}, {"n": 1}]


@pytest.mark.parametrize("torn", [b'{"entry":{"n":9},"n":1', b"\xff\xfe", b"[1,2]", b'{"a":1.5}'])
def test_a_line_that_a_crash_cut_short_is_kept_and_the_next_one_is_whole(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "emergency.jsonl"
    path.write_bytes(torn)
    log_at(path).append({"n": 1})
    start(tmp_path)
    first, second = imported(tmp_path)
    assert first == {"unreadable": torn.decode("utf-8", "backslashreplace")}
    assert second["entry"] == {"n": 1}


def test_secrets_stay_out_and_the_hash_is_still_that_of_the_line(tmp_path: Path) -> None:
    log = log_at(tmp_path / "emergency.jsonl")
    digest = log.append({"text": "hunter22"})
    assert b"hunter22" not in log.path.read_bytes()
    (row,) = start(tmp_path)
    assert isinstance(row.record, EmergencyImported)
    assert line_hash(row.record) == digest


def test_a_folder_that_cannot_be_written_sends_the_line_to_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = log_at(tmp_path / "missing" / "emergency.jsonl")
    digest = log.append({"exit": "BTCUSDT"})
    told = capsys.readouterr().err
    line = told[told.index('{"entry"') :].rstrip("\n")
    assert hashlib.sha256(line.encode()).digest() == digest
    assert "emergency.jsonl" in told


def test_under_a_seed_the_lines_are_the_same(tmp_path: Path) -> None:
    assert log_at(tmp_path / "a", seed=1).append({"n": 1}) == log_at(tmp_path / "b", seed=1).append({"n": 1})
    assert log_at(tmp_path / "c").append({"n": 1}) != log_at(tmp_path / "d").append({"n": 1})


def test_no_file_means_nothing_to_import(tmp_path: Path) -> None:
    assert log_at(tmp_path / "emergency.jsonl").take() == ()
    assert start(tmp_path) == ()


def test_a_journal_that_still_cannot_be_written_leaves_the_file_where_it_is(tmp_path: Path) -> None:
    log = log_at(tmp_path / "emergency.jsonl")
    log.append({"n": 1})

    class Dead:
        head = None

        def attach(self, fold: object) -> None:
            """Nothing is in it."""

        async def append(self, *entries: Entry) -> tuple[Row, ...]:
            raise JournalUnwritable(f"{len(entries)} not written")

    with pytest.raises(JournalUnwritable, match="1 not written"):
        in_virtual_time(lambda: import_emergencies(log, Dead()))  # type: ignore[arg-type]
    assert len(log.take()) == 1


@settings(max_examples=25, deadline=None)
@given(entries=st.lists(st.dictionaries(st.text(max_size=5), FREE_JSON, max_size=3), max_size=4))
def test_any_entry_comes_back_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, entries: list[JsonObject]
) -> None:
    log = EmergencyLog(tmp_path_factory.mktemp("home") / "emergency.jsonl", HandClock(), Chance(1), redact=unchanged)
    hashes = [log.append(entry) for entry in entries]
    taken = log.take()
    assert [record.line["entry"] for record in taken] == entries
    assert [line_hash(record) for record in taken] == hashes
    assert all(canonical(dict(record.line)) for record in taken)
