"""A journal that cannot be written any more, in the middle of a run: said, halted, exits go, and nothing is lost."""

import json
from pathlib import Path

import pytest

from tests.integration.cli.program import Ended, Shell
from tests.integration.cli.records import journal_rows, orders_of, paper_books
from tui_trader.core.order import OrderStatus, Purpose
from tui_trader.core.records import EmergencyImported


def run(
    shell: Shell, home: Path, minutes: Path, *more: str, most_bytes: int | None = None, speed: str = "max"
) -> Ended:
    feed = ("--feed", f"file:{minutes}", "--decider", "rules", "--speed", speed, "--seed", "1", "--json")
    limits = {"RLIMIT_FSIZE": most_bytes} if most_bytes else {}
    return shell.run("run", "--home", home, *feed, *more, limits=limits)


@pytest.mark.parametrize("most_bytes", [100_000, 130_000, 160_000, 200_000, 260_000])
def test_a_disk_that_fills_up_halts_and_loses_nothing(shell: Shell, home: Path, minutes: Path, most_bytes: int) -> None:
    ended = run(shell, home, minutes, "--cycles", "300", most_bytes=most_bytes)
    assert ended.code in (0, 2), ended
    assert "Traceback" not in ended.err
    said = ended.err + json.dumps(ended.lines[-1])
    assert "HALTED" in said or "journal" in said
    if ended.code:
        assert str(home) in ended.err
        assert ended.err.count("\n") == 1

    rows = journal_rows(home)
    orders, paper = orders_of(rows), paper_books(home)
    written = orders.with_status(OrderStatus.SENT)
    for order_id in paper.order_ids:
        assert order_id in written or order_id in (home / "emergency.jsonl").read_text(encoding="utf-8")
    assert {s for _, s, kind in paper.open_orders if kind == "STOP_MARKET"} == set(paper.positions)

    again = run(shell, home, minutes, "--cycles", "30")
    assert (again.code, again.err) == (0, "")
    rows = journal_rows(home)
    imported = [row for row in rows if isinstance(row.record, EmergencyImported)]
    asides = list(home.glob("emergency.jsonl.imported-*"))
    assert len(imported) == sum(len(aside.read_bytes().splitlines()) for aside in asides)
    assert not (home / "emergency.jsonl").exists()
    assert again.summary["trading_state"] == "HALTED"
    (status,) = shell.run("status", "--home", home, "--json").lines
    assert status["trading_state"] == "HALTED"
    assert status["reason"]
    entries = [o for o in orders_of(rows).intents.values() if o.purpose is Purpose.ENTRY]
    assert len(entries) == len([o for o in orders.intents.values() if o.purpose is Purpose.ENTRY])
