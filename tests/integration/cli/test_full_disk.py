"""A journal that cannot be written any more, in the middle of a run: said, halted, exits go, and nothing is lost."""

from pathlib import Path

import pytest

from tests.integration.cli.program import Ended, Shell
from tests.integration.cli.records import journal_rows, orders_of, paper_books
from tui_trader.core.order import Intent, OrderStatus, Purpose
from tui_trader.core.records import EmergencyImported
from tui_trader.core.words import ClientOrderId


def run(
    shell: Shell, home: Path, minutes: Path, *more: str, most_bytes: int | None = None, within: float = 60
) -> Ended:
    feed = ("--feed", f"file:{minutes}", "--decider", "rules", "--speed", "max", "--seed", "1", "--json")
    limits = {"RLIMIT_FSIZE": most_bytes} if most_bytes else {}
    return shell.run("run", "--home", home, *feed, *more, limits=limits, within=within)


@pytest.mark.parametrize("most_bytes", [120_000, 690_000, 800_000])
def test_a_disk_that_fills_up_halts_and_loses_nothing(shell: Shell, home: Path, minutes: Path, most_bytes: int) -> None:
    """Before the first trade, in the middle of it, and with a position held. SQLite's log grows by some kB a row."""
    ended = run(shell, home, minutes, "--cycles", "90", most_bytes=most_bytes)
    assert (ended.code, ended.err) == (0, "")
    (said,) = ended.events("state")
    assert said["trading_state"] == "HALTED"
    assert str(home / "journal.db") in said["reason"]
    assert ended.summary["trading_state"] == "HALTED"
    after = ended.lines[ended.lines.index(said) + 1 :]
    assert not [line for line in after if line["event"] == "decision"]
    assert not [line for line in after if line["event"] == "order" and not line["reduce_only"]]

    before = orders_of(journal_rows(home))
    check_protected(home)
    emergency = (home / "emergency.jsonl").read_text(encoding="utf-8")
    for order_id in paper_books(home).order_ids:
        assert order_id in before.with_status(OrderStatus.SENT) or order_id in emergency

    again = run(shell, home, minutes, "--cycles", "5")
    assert (again.code, again.err) == (0, "")
    assert again.summary["trading_state"] == "HALTED"
    rows = journal_rows(home)
    imported = [row for row in rows if isinstance(row.record, EmergencyImported)]
    (aside,) = home.glob("emergency.jsonl.imported-*")
    assert len(imported) == aside.read_text(encoding="utf-8").count("\n")
    assert not (home / "emergency.jsonl").exists()
    (status,) = shell.run("status", "--home", home, "--json").lines
    assert status["trading_state"] == "HALTED"
    assert str(home / "journal.db") in status["reason"]
    assert entries(orders_of(rows).intents) == entries(before.intents)
    check_protected(home)


def entries(intents: dict[ClientOrderId, Intent]) -> set[ClientOrderId]:
    return {order_id for order_id, intent in intents.items() if intent.purpose is Purpose.ENTRY}


def check_protected(home: Path) -> None:
    paper = paper_books(home)
    assert {symbol for _, symbol, kind in paper.open_orders if kind == "STOP_MARKET"} == set(paper.positions)
