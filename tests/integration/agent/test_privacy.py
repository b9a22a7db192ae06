"""The agent talks to nobody but the model it was given, and loads the model's client only when one is opened."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

_WATCH = """
import asyncio, os, sys, time

strangers = []
def audit(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect"):
        target = arguments[1] if event == "socket.connect" else arguments
        host = target[0] if isinstance(target, tuple) else target
        if host not in ("127.0.0.1", "::1", "localhost", b"127.0.0.1"):
            strangers.append(str(host))
sys.addaudithook(audit)

from tests.integration.agent.test_model_faults import a_desk, good
from tui_trader.agent import runner

async def three_cycles():
    async with a_desk(good(("hold", {"reason": "quiet"}))) as desk:
        for number in range(1, 4):
            assert (await desk.agent.cycle(number)).verdict == "hold"
"""

_SILENT = (
    _WATCH
    + """
asyncio.run(three_cycles())
from langchain_core.tracers.langchain import wait_for_all_tracers
wait_for_all_tracers()
assert not strangers, strangers
print(os.environ["LANGSMITH_TRACING"])
"""
)

_TRACED = (
    _WATCH
    + """
runner.forbid_tracing = lambda: None
asyncio.run(three_cycles())
give_up = time.monotonic() + 30
while not strangers and time.monotonic() < give_up:
    time.sleep(0.05)
print(strangers[0], flush=True)
# The tracer would go on trying a name that does not exist.
os._exit(0)
"""
)


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_no_other_address_is_looked_up_though_the_shell_asks_for_tracing() -> None:
    switches = {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_GATEWAY": "true"}
    done = _python(_SILENT, LANGSMITH_API_KEY="x", **switches)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "false"


def test_our_own_setting_alone_turns_tracing_on() -> None:
    asked_for = _TRACED.replace("lambda: None", "runner.allow_tracing")
    done = _python(asked_for, LANGSMITH_API_KEY="x", LANGSMITH_ENDPOINT="http://tracing.invalid")
    assert done.stdout.strip() == "tracing.invalid", done.stderr


def test_the_watch_of_the_test_above_does_see_tracing_where_it_is_on() -> None:
    done = _python(
        _TRACED, LANGSMITH_TRACING="true", LANGSMITH_API_KEY="x", LANGSMITH_ENDPOINT="http://tracing.invalid"
    )
    assert done.stdout.strip() == "tracing.invalid", done.stderr


@pytest.mark.parametrize(
    "module", ["tui_trader.agent.runner", "tui_trader.agent.deciders.openai", "tui_trader.agent.llm.connect"]
)
def test_the_model_s_client_is_not_loaded_before_a_model_is_opened(module: str) -> None:
    code = f"import sys, {module}\nprint(sorted({{'openai', 'langchain_openai', 'genai_prices'}} & set(sys.modules)))"
    done = _python(code)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_package_alone_loads_no_framework() -> None:
    done = _python("import sys, tui_trader.agent\nprint('langgraph' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr
