"""`run --json` from outside: what it prints, that it repeats itself under a seed, and that its figures add up."""

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.integration.cli.markets import real_minutes, write_market
from tests.integration.cli.program import Ended, Line, Shell

CYCLES = 130
PNL = ("realised", "unrealised", "funding", "fees", "model_cost", "net")


def run(shell: Shell, home: Path, klines: Path, *more: str, cycles: int = CYCLES, spawned: bool = False) -> Ended:
    feed = ("--feed", f"file:{klines}", "--decider", "rules", "--speed", "max")
    return shell.run("run", "--home", home, *feed, "--cycles", str(cycles), "--json", *more, spawned=spawned)


def check_output(ended: Ended, cycles: int) -> None:
    """What DESIGN says of every run's lines."""
    assert (ended.code, ended.err) == (0, "")
    assert all({"event", "time"} <= line.keys() for line in ended.lines)
    times = [line["time"] for line in ended.lines]
    assert times == sorted(times)
    assert [line["cycle"] for line in ended.events("decision")] == list(range(1, cycles + 1))
    assert len(ended.events("summary")) == 1
    check_orders(ended.events("order"))
    check_summary(ended)


def check_orders(lines: list[Line]) -> None:
    """A line per change of status: the first says INTENDED, none repeats the one before."""
    statuses: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        statuses[line["client_order_id"]].append(line["status"])
    for order_id, had in statuses.items():
        assert had[0] == "INTENDED", order_id
        assert all(before != after for before, after in pairwise(had)), (order_id, had)


def check_summary(ended: Ended) -> None:
    """The sums of a fresh home's run are the sums of its lines."""
    summary, fills = ended.summary, ended.events("fill")
    pnl = {name: Decimal(summary["pnl"][name]) for name in PNL}
    assert summary["decisions"] == len(ended.events("decision"))
    assert summary["fills"] == len(fills)
    assert summary["orders"] == len(ended.events("order")) - sum(
        line["status"] != "SENT" for line in ended.events("order")
    )
    assert sum(summary["denials"].values()) == len(ended.events("denial"))
    assert pnl["realised"] == sum((Decimal(fill["realised"]) for fill in fills), start=Decimal(0))
    assert pnl["fees"] == sum((Decimal(fill["fee"]) for fill in fills), start=Decimal(0))
    gained = pnl["realised"] + pnl["unrealised"] + pnl["funding"]
    assert pnl["net"] == gained - pnl["fees"] - pnl["model_cost"]
    assert Decimal(summary["equity"]) == Decimal(10_000) + pnl["net"] + pnl["model_cost"]


def test_prints_nothing_but_objects_whose_last_is_a_summary_that_adds_up(
    shell: Shell, home: Path, minutes: Path
) -> None:
    ended = run(shell, home, minutes, "--seed", "1", spawned=True)
    check_output(ended, CYCLES)
    assert ended.summary["fills"] >= 2
    assert ended.summary["trading_state"] == "ACTIVE"
    assert Decimal(ended.summary["pnl"]["funding"]) != 0
    verified = shell.run("audit", "verify", "--home", home, "--json", spawned=True)
    assert (verified.code, verified.err) == (0, "")
    (verdict,) = verified.lines
    assert verdict["ok"] is True
    assert verdict["entries"] == ended.summary["journal_entries"]
    assert verdict["head"] == ended.summary["journal_head"]


def test_the_same_seed_gives_the_same_lines_and_the_same_journal(shell: Shell, tmp_path: Path, minutes: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "another" / "deeper"
    runs = [run(shell, home, minutes, "--seed", "7") for home in (first, second)]
    assert runs[0].out == runs[1].out
    assert runs[0].events("fill")
    exports = [shell.run("audit", "export", "--home", home).out for home in (first, second)]
    assert exports[0] == exports[1]
    assert exports[0].count("\n") == runs[0].summary["journal_entries"]


def test_on_the_synthetic_order_book_a_run_repeats_itself_too(shell: Shell, tmp_path: Path) -> None:
    """With this seed the baseline enters at once: on the book when its order arrives, not at the next quote."""
    homes = (tmp_path / "one", tmp_path / "two", tmp_path / "without")
    feeds = ("synthetic:depth", "synthetic:depth", "synthetic")
    options = (
        "--decider",
        "rules",
        "--speed",
        "max",
        "--symbols",
        "BTCUSDT",
        "--seed",
        "7",
        "--cycles",
        "12",
        "--json",
    )
    runs = [shell.run("run", "--home", home, "--feed", feed, *options) for home, feed in zip(homes, feeds, strict=True)]
    assert runs[0].out == runs[1].out
    exports = [shell.run("audit", "export", "--home", home).out for home in homes[:2]]
    assert exports[0] == exports[1]
    assert shell.run("audit", "verify", "--home", homes[0]).code == 0
    on_book, on_quotes = (ended.events("fill")[0]["time"] for ended in runs[1:])
    assert "2026-01-01T00:00:00.050Z" < on_book < on_quotes == "2026-01-01T00:00:01.000Z"


@pytest.mark.parametrize("more", [("--seed", "8"), ()])
def test_another_seed_and_none_are_as_good(shell: Shell, home: Path, minutes: Path, more: tuple[str, ...]) -> None:
    ended = run(shell, home, minutes, *more)
    check_output(ended, CYCLES)
    assert shell.run("audit", "verify", "--home", home).code == 0


def test_without_json_it_speaks_to_people(shell: Shell, home: Path, minutes: Path) -> None:
    feed = ("--feed", f"file:{minutes}", "--decider", "rules", "--speed", "max", "--seed", "1", "--cycles", "70")
    ended = shell.run("run", "--home", home, *feed)
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.splitlines()[-1].split()[2] == "summary"
    assert not any(line.startswith("{") for line in ended.out.splitlines())


def test_global_options_stand_before_or_after_the_command(shell: Shell, home: Path, minutes: Path) -> None:
    options = ("--home", home, "--json", "--feed", f"file:{minutes}", "--decider", "rules", "--speed", "max")
    before = shell.run(*options, "--seed", "1", "run", "--cycles", "2")
    after = shell.run("run", *("--home", home.with_name("other")), *options[2:], "--seed", "1", "--cycles", "2")
    assert (before.code, after.code) == (0, 0)
    assert before.out == after.out


def test_the_end_of_the_data_ends_the_run(shell: Shell, home: Path, tmp_path: Path) -> None:
    hour = write_market(tmp_path / "hour", minutes=60)
    ended = shell.run("run", "--home", home, "--feed", f"file:{hour}", "--decider", "rules", "--speed", "max", "--json")
    check_output(ended, 60)
    assert ended.summary["time"] == "2025-05-05T08:00:00.000Z"


def test_a_restart_goes_on_after_the_last_journalled_time(shell: Shell, home: Path, minutes: Path) -> None:
    first, second = (run(shell, home, minutes, "--seed", "1", cycles=90) for _ in range(2))
    assert [line["cycle"] for line in second.events("decision")] == list(range(91, 181))
    assert second.lines[0]["time"] >= first.lines[-1]["time"]
    earned = Decimal(second.summary["equity"]) - Decimal(first.summary["equity"])
    assert earned == Decimal(second.summary["pnl"]["net"])


@pytest.mark.data
def test_the_baseline_trades_on_recorded_prices(shell: Shell, home: Path) -> None:
    ended = run(shell, home, real_minutes(), "--seed", "1", cycles=500)
    check_output(ended, 500)
    entries = [line for line in ended.events("order") if not line["reduce_only"] and line["status"] == "FILLED"]
    assert len(entries) >= 3
    assert shell.run("audit", "verify", "--home", home).code == 0
