"""A person answers from another shell: the card in status and lines, the exit codes, and kill -9 while it waits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.program import Program, Shell
from tests.integration.cli.test_operator import asked, status_of, write_prompt

CARD = {
    "id",
    "status",
    "symbol",
    "side",
    "type",
    "time_in_force",
    "quantity",
    "price",
    "stop_price",
    "take_profit_price",
    "notional",
    "equity_share_pct",
    "stop_distance_bps",
    "max_loss",
    "fees",
    "liquidation_price",
    "liquidation_distance_pct",
    "expires",
    "reason",
    "code",
    "answer",
    "actor",
    "cycle",
}
FEED = ("--feed", "synthetic", "--seed", "3", "--speed", "60", "--decider", "rules", "--prompt")


@pytest.fixture
def asking(shell: Shell, home: Path) -> Iterator[Program]:
    """A run at a minute a second, whose agent asks; with seed 3 it does so in the fifth cycle."""
    write_prompt(home, "autonomy: auto", "autonomy: approve\napproval_expiry: 4h", name="asker")
    with shell.start("run", "--home", home, *FEED, "asker", "--json") as program:
        yield program


def test_a_yes_from_another_shell_is_sent_once(shell: Shell, home: Path, asking: Program) -> None:
    line = asking.event("approval")
    assert set(line) == {"event", "time"} | CARD
    assert (line["status"], line["actor"]) == ("WAITING", "agent")
    (waiting,) = [card for card in status_of(shell, home)["approvals"] if card["id"] == line["id"]]
    assert set(waiting) == CARD
    code, answer = asked(shell, home, "approve", line["id"].lower())
    assert code == (0 if answer["done"] else 1)
    assert answer["done"] or answer["code"] == "PRICE_MOVED", answer
    assert asking.event("approval")["status"] in ("APPROVED", "WAITING")
    code, again = asked(shell, home, "approve", line["id"])
    assert (code, again["code"]) == (1, "APPROVAL_OVER")
    code, unknown = asked(shell, home, "approve", "nope")
    assert (code, unknown["code"]) == (1, "APPROVAL_UNKNOWN")
    code, odd = asked(shell, home, "reject", "$(halt)", "--reason", "x")
    assert (code, odd["code"]) == (1, "APPROVAL_UNKNOWN")


def test_a_card_outlives_kill_9_and_a_no_has_its_reason(shell: Shell, home: Path, asking: Program) -> None:
    name = asking.event("approval")["id"]
    asking.kill()
    resting = status_of(shell, home)
    assert resting["running"] is False
    (card,) = [card for card in resting["approvals"] if card["id"] == name]
    with shell.start("run", "--home", home, *FEED, "asker", "--json") as program:
        program.event("decision")
        assert card in status_of(shell, home)["approvals"], "the same card, with the same end"
        code, answer = asked(shell, home, "reject", name, "--reason", "news at\n14:00")
        assert (code, answer["done"]) == (0, True)
        assert name not in [card["id"] for card in status_of(shell, home)["approvals"]]
    told = shell.run("audit", "show", "--home", home, "--kind", "approval", "--last", "1000").out
    (answered,) = [line for line in told.splitlines() if f"{name} REJECTED by " in line]
    assert answered.endswith("news at 14:00")
    assert shell.run("audit", "verify", "--home", home).code == 0


def test_a_halt_ends_what_waits(shell: Shell, home: Path, asking: Program) -> None:
    name = asking.event("approval")["id"]
    assert asked(shell, home, "halt")[0] == 0
    code, answer = asked(shell, home, "approve", name)
    assert (code, answer["code"]) == (1, "APPROVAL_OVER")
    assert "HALTED" in answer["text"]


def test_with_no_engine_there_is_nobody_to_answer_to(shell: Shell, home: Path) -> None:
    ended = shell.run("approve", "K7QF", "--home", home)
    assert (ended.code, ended.out) == (1, "")
    assert "no engine runs" in ended.err


@pytest.mark.parametrize("name", ["", "A" * 65])
def test_what_cannot_be_an_id_is_wrong_usage(shell: Shell, home: Path, name: str) -> None:
    ended = shell.run("approve", name, "--home", home)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


def test_with_observe_the_summary_says_what_would_have_come_of_it(shell: Shell, home: Path) -> None:
    write_prompt(home, "autonomy: auto", "autonomy: observe", name="watcher")
    feed = ("--feed", "synthetic", "--seed", "3", "--speed", "max", "--decider", "rules", "--prompt", "watcher")
    ended = shell.run("run", "--home", home, *feed, "--cycles", "600", "--json")
    assert ended.code == 0, ended.err
    assert ended.summary["orders"] == 0
    assert ended.summary["observed"]["closed"] > 0
    status = status_of(shell, home)
    assert status["observed"]["closed"] == ended.summary["observed"]["closed"]
    assert status["observed"]["net_bps"] == ended.summary["observed"]["net_bps"]
    assert "net" in shell.run("audit", "show", "--home", home, "--kind", "observed.outcome", "--last", "100000").out
