"""A changed prompt under a running engine, seen and accepted from another shell."""

from pathlib import Path

from tests.integration.cli.program import Shell
from tests.integration.cli.test_operator import asked, status_of, write_prompt
from tests.integration.engine.test_prompt_changes import rewrite
from tests.integration.engine.test_thread import until


def test_what_the_file_loosens_waits_for_a_word_from_any_shell(shell: Shell, home: Path) -> None:
    file = write_prompt(home, "autonomy: auto", "autonomy: observe")
    feed = ("--feed", "synthetic", "--seed", "3", "--speed", "600", "--decider", "rules", "--prompt", "watcher")
    ended = shell.run("prompt", "accept", "--home", home)
    assert (ended.code, ended.out) == (1, "")
    assert "no engine runs" in ended.err
    with shell.start("run", "--home", home, *feed, "--json") as program:
        program.event("decision")
        code, answer = asked(shell, home, "prompt", "accept")
        assert (code, answer["code"]) == (1, "NOT_ACCEPTED")
        assert "nothing waits" in answer["text"]
        rewrite(file, ("max_order_notional: 2000", "max_order_notional: 9000"))
        until(lambda: bool(status_of(shell, home)["prompt_waiting"]))
        assert status_of(shell, home)["prompt_waiting"] == [
            {"limit": "risk.max_order_notional", "in_force": "2000", "wanted": "9000"}
        ]
        assert "tui-trader prompt accept" in shell.run("status", "--home", home).out
        code, answer = asked(shell, home, "prompt", "accept")
        assert (code, answer["done"]) == (0, True)
        assert status_of(shell, home)["prompt_problem"] == ""
    told = shell.run("audit", "show", "--home", home, "--kind", "prompt").out
    assert "operator" in told
    assert "risk.max_order_notional" in told
