"""What a command does not need is not loaded: the program starts at once and works where a library is broken."""

import json
import subprocess
import sys

import pytest

from tests.integration.cli.program import DEADLINE, ROOT, Shell, environment

HEAVY = {"langgraph", "langchain_core", "langchain_openai", "openai", "textual", "binance", "aiohttp", "aiosqlite"}


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that are there after the statement, in an interpreter of its own."""
    program = f"import json, sys\n{statement}\nprint(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), cwd=ROOT, capture_output=True, timeout=DEADLINE, check=True
    )
    names: list[str] = json.loads(done.stdout)
    return set(names)


@pytest.mark.parametrize("module", ["cli.root", "cli.status", "cli.operate", "cli.audit", "cli.config", "cli.run"])
def test_no_command_waits_for_the_agent_or_the_screen(module: str) -> None:
    assert loaded_by(f"import tui_trader.{module}") & HEAVY == set()


@pytest.mark.parametrize(
    "module",
    ["agent", "agent.graph", "agent.runner", "agent.deciders.openai", "agent.llm", "tools.catalogue", "engine.running"],
)
def test_the_models_client_is_loaded_only_where_a_model_decides(module: str) -> None:
    assert loaded_by(f"import tui_trader.{module}") & {"openai", "langchain_openai", "textual", "binance"} == set()


def test_below_the_agent_there_is_no_framework() -> None:
    below = "import tui_trader.desk.desk, tui_trader.risk.gate, tui_trader.journal.reader, tui_trader.market.kline_feed"
    assert loaded_by(below) & {"langgraph", "langchain_core", "openai", "textual", "click", "binance"} == set()


def test_help_is_there_for_every_command(shell: Shell) -> None:
    ended = shell.run("--help", spawned=True)
    assert (ended.code, ended.err) == (0, "")
    commands = ("run", "status", "halt", "resume", "flatten", "order", "cancel", "reduce", "stop", "adopt")
    for command in (*commands, "audit", "prompt", "graph", "doctor", "config"):
        assert command in ended.out
        told = shell.run(command, "--help")
        assert (told.code, told.err) == (0, "")
        assert "Usage: " in told.out
