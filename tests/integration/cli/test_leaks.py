"""The whole program with planted secrets down its failure paths: no byte that it leaves anywhere shows one of them."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web

from tests.fakes.loopback_thread import LoopbackThread, loopback_thread
from tests.fakes.model_service import answers, model_service
from tests.fakes.openai_server import Trouble
from tests.integration.cli.program import ROOT, Ended, Shell
from tests.leak.canaries import CANARIES, ENCODINGS, PEM, hits, planted
from tests.leak.hostile import HostileExchange, response
from tui_trader.core.records import JsonValue
from tui_trader.exchange.loopback.options import Credentials

HELD = ("openai_api_key", "binance_api_key", "binance_api_secret")
"""What the program holds; of what it never had it cannot know that it is secret."""
HMAC = Credentials(key=CANARIES["binance_api_key"], secret=CANARIES["binance_api_secret"])
TELLING = "import os, pathlib, sys\npathlib.Path(sys.argv[1]).write_text(repr(dict(os.environ)))\n"
"""A program that is started by ours, and tells what it was given."""


class Machine:
    """A home with planted secrets, a folder for all that the program may leave, and all that it said."""

    def __init__(self, folder: Path, shell: Shell, **env: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.told: list[str] = []
        self._shell = shell
        telling = shell.folder / "telling.py"
        telling.write_text(TELLING)
        child = f"{sys.executable} {telling} {folder / 'environment-of-a-child'}"
        for name in ("tmp", "cache", "state"):
            (folder / name).mkdir()
        places = {
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        planted_here = {
            "OPENAI_API_KEY": CANARIES["openai_api_key"],
            "TUI_TRADER_BINANCE__API_KEY": CANARIES["binance_api_key"],
            "TUI_TRADER_BINANCE__API_SECRET": CANARIES["binance_api_secret"],
        }
        self.env = {**places, **planted_here, "TUI_TRADER_ANCHOR__COMMAND": child, **env}
        eager = (ROOT / "prompts" / "trader.md").read_text().replace("interval: 60s", "interval: 1s")
        self.prompt = shell.folder / "eager.md"
        self.prompt.write_text(eager.replace("applies_to: model", "applies_to: nobody"))

    def run(self, *arguments: str | Path, **more: str) -> Ended:
        ended = self._shell.run(*arguments, "--home", self.home, env={**self.env, **more}, cwd=self.folder)
        self.told += [ended.out, ended.err]
        return ended

    def look_around(self) -> None:
        """The commands that show what is there."""
        for command in ("status", "audit show", "audit show --json", "audit export", "config show --json", "doctor"):
            self.run(*command.split())

    def check(self, *, planted_in: str = "") -> None:
        """Nothing of a secret is in what was said, nor in a file that was left. What was given to it does not count."""
        assert hits(planted_in or "".join(CANARIES.values())), "else nothing was planted"
        assert [found for text in self.told if (found := hits(text))] == []
        files = [path for path in self.folder.rglob("*") if path.is_file() and "secrets" not in path.parts]
        assert {str(path.relative_to(self.folder)): found for path in files if (found := hits(path.read_bytes()))} == {}


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Apart from the shell's own files; its path is short enough for a socket."""
    return tmp_path_factory.mktemp("m")


def test_what_a_model_quotes_is_shown_and_kept_nowhere(shell: Shell, folder: Path) -> None:
    """Its refusals echo the key that it was sent, its calls and its prose quote every secret in every encoding."""
    number, said = count(), list[str]()

    def script(_: dict[str, JsonValue]) -> str:
        now = next(number)
        said.append(planted(now * 7, HELD))
        match now % 4:
            case 0:
                return answers(("hold", {"reason": said[-1]}))
            case 1:
                return answers((said[-1], {said[-1]: said[-1]}))
            case 2:
                return (Trouble.S401, Trouble.S500, Trouble.S400, Trouble.S429)[now // 4 % 4].value
            case _:
                return "good:" + json.dumps([["open_position", said[-1]]])

    with model_service(script) as server:
        server.quotes = lambda: said[-1]
        machine = Machine(folder, shell, TUI_TRADER_OPENAI__BASE_URL=server.base_url)
        wide = machine.prompt.read_text().replace("max_usd_per_day: 2.00", "max_usd_per_day: 1000")
        machine.prompt.write_text(re.sub("max_consecutive_failures: .", "max_consecutive_failures: 100", wide))
        run = ("run", "--feed", "synthetic", "--decider", "openai", "--prompt", machine.prompt, "--speed", "max")
        for cycles, form in ((len(ENCODINGS) + 7, ("--json",)), (4, ())):
            ended = machine.run(*run, "--seed", "3", "--cycles", str(cycles), *form)
            assert ended.code == 0, ended.err
        machine.look_around()
        machine.run("audit", "show", "--cycle", "1")
    assert len(said) > len(ENCODINGS)
    machine.check(planted_in="".join(said))
    assert hits(json.dumps([asked["body"] for asked in server.requests])) == []
    sent = "".join(value for asked in server.requests for value in asked["headers"].values())
    assert {found.split(" ")[0] for found in hits(sent)} == {"openai_api_key"}
    assert (folder / "environment-of-a-child").read_text().count("PATH")


class Spoiling:
    """Passes on what a sound exchange answers, and spoils what matters: orders, cancels, every seventh question."""

    def __init__(self) -> None:
        self._numbers = count()
        self.spoils_all = False
        self.is_calm = False
        self.said: list[str] = []

    def __call__(self, request: web.Request) -> web.Response | None:
        number = next(self._numbers)
        matters = request.method != "GET" and "rder" in request.path
        if self.is_calm or not (self.spoils_all or matters or number % 7 == 6):
            return None
        self.said.append(f"{planted(number, ('binance_api_key', 'binance_api_secret'))} {request.query_string}")
        return response(number, self.said[-1])


@pytest.fixture(scope="module")
def sound() -> Iterator[LoopbackThread]:
    with loopback_thread(credentials=HMAC) as exchange:
        yield exchange


def demo(machine: Machine, exchange: HostileExchange, sound: LoopbackThread) -> tuple[str | Path, ...]:
    stream = sound.bench.exchange.stream_url
    machine.env |= {"TUI_TRADER_BINANCE__REST_URL": exchange.url, "TUI_TRADER_BINANCE__STREAM_URL": stream}
    return ("run", "--mode", "demo", "--feed", "binance", "--decider", "rules", "--prompt", machine.prompt)


def test_what_an_exchange_quotes_at_a_start_is_shown_and_kept_nowhere(
    shell: Shell, folder: Path, sound: LoopbackThread
) -> None:
    spoils = Spoiling()
    spoils.spoils_all = True
    machine = Machine(folder, shell)
    with HostileExchange(spoils).in_a_thread() as exchange:
        run = demo(machine, exchange, sound)
        for _ in range(2):
            assert machine.run(*run, "--cycles", "1").code in (1, 2)
    machine.check(planted_in="".join(spoils.said))


def test_what_an_exchange_quotes_while_trading_is_shown_and_kept_nowhere(
    shell: Shell, folder: Path, sound: LoopbackThread
) -> None:
    spoils = Spoiling()
    spoils.is_calm = True
    machine = Machine(folder, shell)
    with HostileExchange(spoils, sound.bench.exchange.rest_url).in_a_thread() as exchange:
        run = demo(machine, exchange, sound)
        with shell.start(*run, "--json", "--home", machine.home, env=machine.env, cwd=folder) as program:
            program.event("decision")
            spoils.is_calm = False
            for command in (
                "order BTCUSDT buy 0.01 --stop 59000 --take-profit 63000",
                "order ETHUSDT sell 0.1 --stop 3100 --take-profit 2800",
                "cancel --all",
            ):
                machine.run(*command.split())
            for command in ("status", "audit show"):
                machine.run(*command.split(), "--json")
            program.kill()
        machine.told += [program.stderr(), program.said()]
    assert len(spoils.said) > 3
    machine.look_around()
    machine.check(planted_in="".join(spoils.said))


WRONG_SETTINGS = (
    {"TUI_TRADER_BINANCE__REST_URL": "http://user:{}@127.0.0.1:9"},
    {"TUI_TRADER_OPENAI__API_KEI": "{}"},
    {"TUI_TRADER_BINANCE": '{{"api_key": "{}", "nonsense": 1}}'},
    {"TUI_TRADER_OPENAI__INPUT_USD_PER_MILLION": "{}"},
    {"TUI_TRADER_SEED": "{}"},
    {"TUI_TRADER_JOURNAL_KEY": "{}"},
    {"TUI_TRADER_SPEED": "{}"},
    {"TUI_TRADER_SECRETS_FROM__OPENAI_API_KEY_COMMAND": "false {}"},
    {"TUI_TRADER_SECRETS_FROM__OPENAI_API_KEY_COMMAND": "no-such-command {}"},
)


@pytest.mark.parametrize("wrong", WRONG_SETTINGS, ids=lambda wrong: next(iter(wrong)).lower())
def test_a_wrong_setting_that_holds_a_secret_does_not_show_it(
    shell: Shell, folder: Path, wrong: dict[str, str]
) -> None:
    machine = Machine(
        folder, shell, **{name: value.format(CANARIES["openai_api_key"]) for name, value in wrong.items()}
    )
    machine.env.pop("TUI_TRADER_ANCHOR__COMMAND")
    machine.run("run", "--feed", "synthetic", "--decider", "rules", "--cycles", "1", "--speed", "max")
    machine.run("config", "show")
    machine.check()


@pytest.mark.parametrize(
    "content",
    [
        'openai_api_kei = "{}"',
        '[openai]\napi_key = "{}',
        '[openai]\napi_key = ["{}"]',
        '[binance]\napi_key = {{ value = "{}" }}',
        "{} = 1",
    ],
)
def test_a_wrong_config_file_that_holds_a_secret_is_not_quoted(shell: Shell, folder: Path, content: str) -> None:
    machine = Machine(folder, shell)
    machine.env.pop("TUI_TRADER_ANCHOR__COMMAND")
    del machine.env["OPENAI_API_KEY"]
    machine.home.mkdir()
    config = machine.home / "config.toml"
    config.write_text(content.format(CANARIES["openai_api_key"]))
    for command in ("run --feed synthetic --decider rules --cycles 1 --speed max", "config show"):
        machine.run(*command.split())
    config.unlink()
    machine.check()


def test_sealed_secrets_are_nowhere_but_in_their_files_and_children_get_none(shell: Shell, folder: Path) -> None:
    machine = Machine(folder, shell)
    printing = shell.folder / "printing.py"
    told = folder / "environment-of-a-command"
    printing.write_text(
        f"import os, pathlib\npathlib.Path({str(told)!r}).write_text(repr(dict(os.environ)))\n"
        f"print({CANARIES['openai_api_key']!r})\n"
    )
    machine.env["TUI_TRADER_SECRETS_FROM__OPENAI_API_KEY_COMMAND"] = f"{sys.executable} {printing}"
    secrets = machine.home / "secrets"
    secrets.mkdir(parents=True)
    for name, value in (("binance_api_secret", PEM.strip()), ("journal_key", CANARIES["journal_key"])):
        (secrets / name).write_text(value)
        (secrets / name).chmod(0o600)
    ended = machine.run(
        *["run", "--feed", "synthetic", "--decider", "rules", "--cycles", "3", "--speed", "max", "--json"]
    )
    assert ended.code == 0, ended.err
    machine.look_around()
    assert "PATH" in told.read_text()
    machine.check()
    shutil.rmtree(secrets)
    machine.run("status")
    machine.check()


CRASHES = {
    "a defect of the engine": ("tui_trader.engine.trader", "Trader.run"),
    "a defect of a command": ("tui_trader.engine.resting", "resting_status"),
}


@pytest.mark.parametrize("crash", CRASHES)
def test_a_defect_with_a_secret_in_its_locals_and_its_message(shell: Shell, folder: Path, crash: str) -> None:
    """Planted through `sitecustomize`, so that the program itself is as it is shipped."""
    module, name = CRASHES[crash]
    poison = shell.folder / "poison"
    poison.mkdir()
    (poison / "sitecustomize.py").write_text(
        f"""
import importlib.abc, importlib.machinery, sys, threading

def crashing(*given, **more):
    held = {CANARIES["openai_api_key"]!r}
    threading.Thread(target=failing, args=(held,)).start()
    failing(held)

def failing(held):
    raise RuntimeError(f"Authorization: {{held}}", {{"key": held.encode()}})

class Poison(importlib.abc.MetaPathFinder):
    def find_spec(self, wanted, path, target=None):
        if wanted != {module!r}:
            return None
        found = importlib.machinery.PathFinder.find_spec(wanted, path)
        execute = found.loader.exec_module
        def poisoned(made):
            execute(made)
            owner = made
            *way, last = {name!r}.split(".")
            for step in way:
                owner = getattr(owner, step)
            setattr(owner, last, crashing)
        found.loader.exec_module = poisoned
        return found

sys.meta_path.insert(0, Poison())
"""
    )
    machine = Machine(folder, shell, PYTHONPATH=f"{poison}{os.pathsep}{ROOT}")
    command = "status" if "command" in crash else "run --feed synthetic --decider rules --cycles 1 --speed max"
    if command == "status":
        machine.home.mkdir()
        (machine.home / "journal.db").touch()
    ended = shell.run(*command.split(), "--home", machine.home, env=machine.env, cwd=folder, spawned=True)
    machine.told += [ended.out, ended.err]
    assert ended.code == 1
    assert "internal error" in ended.err
    machine.check()


def test_no_core_file_is_left_by_the_program(shell: Shell, folder: Path) -> None:
    machine = Machine(folder, shell)
    endless = ("run", "--feed", "synthetic", "--decider", "rules", "--speed", "60", "--json", "--home", machine.home)
    with shell.start(*endless, env=machine.env, cwd=folder) as program:
        program.event("decision")
        limits = Path(f"/proc/{program.pid}/limits").read_text()
    (core,) = (line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
