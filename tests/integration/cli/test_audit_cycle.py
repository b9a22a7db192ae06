"""`audit show --cycle`: the whole of one decision, in the order in which it came about."""

from pathlib import Path

from tests.fakes.model_service import KEY, MODEL, answers, model_service
from tests.fakes.openai_server import OPEN
from tests.integration.cli.program import Shell

ORDER = ["seen", "asked", "answered", "checked", "done", "outcome"]


def test_a_decision_is_told_from_what_was_seen_to_what_came_of_it(shell: Shell, home: Path, minutes: Path) -> None:
    opening = {**OPEN, "take_profit_bps": 150, "reason": "trend \x1b[31mred\x1b[0m"}
    with model_service(lambda _: answers(("open_position", opening))) as server:
        environment = {
            "TUI_TRADER_OPENAI__BASE_URL": server.base_url,
            "TUI_TRADER_OPENAI__API_KEY": KEY,
            "TUI_TRADER_OPENAI__MODEL": MODEL,
        }
        run: list[str | Path] = [
            "run",
            "--home",
            home,
            "--feed",
            f"file:{minutes}",
            "--decider",
            "openai",
            "--speed",
            "max",
        ]
        ended = shell.run(*run, "--seed", "7", "--cycles", "1", "--json", env=environment)
        assert ended.code == 0, ended.err
    assert len(server.requests) == 1
    lines = shell.run("audit", "show", "--cycle", "1", "--home", home, "--json").lines
    parts = [line["part"] for line in lines]
    assert parts == sorted(parts, key=ORDER.index)
    assert set(parts) == set(ORDER)
    kinds = {part: {line["kind"] for line in lines if line["part"] == part} for part in ORDER}
    assert kinds["asked"] == {"llm.request"}
    assert kinds["done"] >= {"tool.call", "tool.result", "order.intent", "order.update", "fill"}
    told = shell.run("audit", "show", "--cycle", "1", "--home", home).out
    assert [line.removeprefix("--- ") for line in told.splitlines() if line.startswith("--- ")] == ORDER
    for words in (
        "prompt ",
        "at most ",
        "tokens in",
        "nothing against it: well_formed",
        "max_order_notional",
        "open_position",
    ):
        assert words in told
    assert "\x1b" not in told
    assert KEY not in told


def test_a_decision_by_rules_is_told_as_wholly(shell: Shell, home: Path) -> None:
    run: list[str | Path] = ["run", "--home", home, "--decider", "rules", "--speed", "max", "--seed", "7"]
    ended = shell.run(*run, "--cycles", "1", "--json")
    assert [line["verdict"] for line in ended.lines if line["event"] == "decision"] == ["trade"]
    story: list[str | Path] = ["audit", "show", "--cycle", "1", "--home", home]
    lines = shell.run(*story, "--json").lines
    assert {line["part"] for line in lines} == set(ORDER)
    kinds = {part: {line["kind"] for line in lines if line["part"] == part} for part in ORDER}
    assert (kinds["seen"], kinds["asked"], kinds["answered"]) == ({"figures"}, {"figures"}, {"decision"})
    told = shell.run(*story).out
    for words in ("BTCUSDT", "no model was asked: rules went by these figures", "rules: ", "risk_bps=10"):
        assert words in told
    assert max(len(str(line["body"])) for line in lines) < 4_000


def test_a_cycle_that_never_was_is_no_and_says_where_to_look(shell: Shell, home: Path) -> None:
    shell.run("run", "--home", home, "--decider", "rules", "--speed", "max", "--seed", "7", "--cycles", "1")
    ended = shell.run("audit", "show", "--cycle", "99", "--home", home)
    assert ended.code == 1
    assert "cycle 99" in ended.err
