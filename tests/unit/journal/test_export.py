"""An export carries the proof with it: what verifies there is what was written."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.journal.samples import written
from tui_trader.journal.export import export, verify_export
from tui_trader.journal.head import HeadFile
from tui_trader.journal.layout import body_hash, leaf_hash
from tui_trader.journal.ports import Head
from tui_trader.journal.reader import JournalReader
from tui_trader.journal.verify import Broken, Verified, verify

ROWS = 12


@pytest.fixture
def home(tmp_path: Path) -> Path:
    written(tmp_path / "journal.db", ROWS)
    with JournalReader(tmp_path / "journal.db") as reader, (tmp_path / "log.jsonl").open("wb") as file:
        assert export(reader, file) == ROWS
    return tmp_path


def test_an_export_verifies_to_the_same_head(home: Path) -> None:
    head = HeadFile.beside(home / "journal.db").read()
    assert verify_export(home / "log.jsonl", head) == verify(home / "journal.db")
    assert verify_export(home / "log.jsonl") == verify(home / "journal.db")


def test_any_tool_can_follow_the_chain(home: Path) -> None:
    """The whole check with nothing but JSON and SHA-256, as a stranger would write it."""
    previous = "0" * 64
    for line in (home / "log.jsonl").read_text().splitlines():
        row = json.loads(line)
        header = json.loads(row["leaf"])
        assert header["prev"] == previous
        assert header["body_sha256"] == body_hash(bytes.fromhex(row["salt"]), row["body"].encode())
        previous = leaf_hash(row["leaf"].encode()).hex()
        assert previous == row["hash"]


def test_a_part_can_be_exported(home: Path) -> None:
    with JournalReader(home / "journal.db") as reader:
        part = io.BytesIO()
        assert export(reader, part, since=10) == 3
    assert part.getvalue() == b"".join((home / "log.jsonl").read_bytes().splitlines(keepends=True)[9:])


def edited(index: int, edit: Callable[[dict[str, str]], object]) -> Callable[[list[str]], object]:
    def attack(lines: list[str]) -> None:
        row = json.loads(lines[index])
        edit(row)
        lines[index] = json.dumps(row)

    return attack


@pytest.mark.parametrize(
    ("attack", "seq", "reason"),
    [
        pytest.param(lambda lines: lines.pop(3), 4, "row 5", id="drop"),
        pytest.param(lambda lines: lines.insert(3, lines[3]), 5, "row 4", id="double"),
        pytest.param(lambda lines: lines.reverse(), 1, "row 12", id="reverse"),
        pytest.param(lambda lines: lines.__setitem__(2, "no json"), 3, "not what an export writes", id="no json"),
        pytest.param(lambda lines: lines.__setitem__(2, "[]"), 3, "not what an export writes", id="no object"),
        pytest.param(edited(2, lambda row: row.update(body=row["body"] + " ")), 3, "payload", id="payload"),
        pytest.param(edited(2, lambda row: row.update(salt="00" * 16)), 3, "payload", id="salt"),
        pytest.param(
            edited(2, lambda row: row.update(salt=row["salt"] + "7b", body=row["body"][1:])),
            3,
            "payload",
            id="boundary",
        ),
        pytest.param(edited(2, lambda row: row.update(hash="00" * 32)), 3, "hash of its header", id="hash"),
        pytest.param(edited(2, lambda row: row.update(more="1")), 3, "not what an export writes", id="more"),
        pytest.param(edited(2, lambda row: row.pop("salt")), 3, "not what an export writes", id="less"),
        pytest.param(edited(2, lambda row: row.update(salt="xyz")), 3, "not what an export writes", id="no hex"),
    ],
)
def test_what_was_changed_in_an_export_is_named(
    home: Path, attack: Callable[[list[str]], object], seq: int, reason: str
) -> None:
    path = home / "log.jsonl"
    lines = path.read_text().splitlines()
    attack(lines)
    path.write_text("".join(line + "\n" for line in lines))
    found = verify_export(path)
    assert isinstance(found, Broken)
    assert found.seq == seq
    assert reason in found.reason


def test_a_cut_off_end_is_caught_with_a_head_and_only_then(home: Path) -> None:
    path = home / "log.jsonl"
    head = HeadFile.beside(home / "journal.db").read()
    content = path.read_bytes()
    path.write_bytes(b"".join(content.splitlines(keepends=True)[:-1]))
    assert isinstance(verify_export(path), Verified)
    assert verify_export(path, head) == Broken(ROWS, f"the export ends here, though the head is row {ROWS}")
    path.write_bytes(content[:-5])
    assert verify_export(path) == Broken(ROWS, "the line is cut off")


def test_another_head_is_told(home: Path) -> None:
    found = verify_export(home / "log.jsonl", Head(4, bytes(32)))
    assert isinstance(found, Broken)
    assert found.seq == 4


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in str(verify_export(tmp_path / "none.jsonl"))
