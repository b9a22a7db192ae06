"""Live in the console: nothing begins before the account's name is typed, and nobody takes it for other money."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.console.consoles import open_console, text_of
from tests.console.terminal import Terminal, requires_tmux
from tests.fakes.engine_client import STATUS, FakeEngine
from tests.fakes.loopback import CREDENTIALS
from tests.fakes.loopback_thread import LoopbackThread, loopback_thread
from tests.fakes.trader_parts import PROMPT
from tests.integration.binance.live import account_of
from tests.unit.risk.test_caps import PROPOSED
from tui_trader.core.words import Autonomy, Mode
from tui_trader.engine.live.conditions import KEY_FROM_ANYWHERE
from tui_trader.engine.live.question import LiveQuestion
from tui_trader.exchange.loopback.key_rights import GrantedRights
from tui_trader.tui.app import TraderApp
from tui_trader.tui.screens.beginning import LiveDialog
from tui_trader.tui.widgets.glyphs import UNICODE

QUESTION = LiveQuestion(
    account="live-SgsR",
    host="fapi.binance.com",
    prompt="trader",
    autonomy=Autonomy.AUTO,
    decider="openai",
    limits=tuple((name, str(value)) for name, value in PROPOSED.items()),
    warning="",
)
LIVE = replace(STATUS, mode=Mode.LIVE, account="live-SgsR")


@dataclass
class Asked:
    """A console that asks, and what it has told the engine's side."""

    app: TraderApp
    pilot: Pilot[None]
    told: list[str]

    @property
    def shown(self) -> str:
        return text_of(self.app.screen)


@asynccontextmanager
async def asked(question: LiveQuestion = QUESTION, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Asked]:
    told: list[str] = []
    app = TraderApp(
        FakeEngine(),
        glyphs=UNICODE,
        mode=Mode.LIVE,
        question=question,
        accepted=lambda account: told.append(f"accepted {account}"),
        painted=lambda: told.append("begun"),
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, LiveDialog)
        yield Asked(app, pilot, told)


def keys(text: str) -> list[str]:
    return ["minus" if sign == "-" else sign for sign in text]


async def test_the_question_says_what_would_be_traded_on_the_smallest_screen() -> None:
    async with asked(replace(QUESTION, warning=KEY_FROM_ANYWHERE)) as console:
        rows = console.shown.split("\n")
        shown = " ".join(" ".join(row.split("┃")[1] for row in rows if row.count("┃") == 2).split())
        for words in ("LIVE REAL MONEY", "live-SgsR", "fapi.binance.com", "decided by openai", "autonomy auto"):
            assert words in shown
        for words in ("order notional 250", "leverage 2", "daily loss 1 %", "entries per day 5"):
            assert words in shown
        assert "WARNING the key works from any address" in shown
        assert "enter begin" in shown
        assert "NOT STARTED" in rows[0]
        assert console.told == []


async def test_only_the_accounts_own_name_begins_anything() -> None:
    async with asked() as console:
        for wrong in ("", "yes", "live", "live-sgsr"):
            await console.pilot.press(*keys(wrong), "enter")
            await console.pilot.pause()
            assert "that is not live-SgsR; nothing has begun" in console.shown
            await console.pilot.press(*["backspace"] * len(wrong))
        assert console.told == []
        await console.pilot.press(*keys("live-SgsR"), "enter")
        await console.pilot.pause()
        assert console.told == ["accepted live-SgsR", "begun"]
        assert not isinstance(console.app.screen, LiveDialog)
        await console.pilot.pause(0.3)
        assert "STARTING" in console.shown.split("\n")[0]


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_leaving_the_question_leaves_the_program_and_begins_nothing(key: str) -> None:
    async with asked() as console:
        await console.pilot.press(*keys("live-SgsR"), key)
        await console.pilot.pause()
        assert console.app._exit
        assert console.told == []


async def test_a_question_that_cannot_be_read_is_not_answered() -> None:
    async with asked(size=(50, 12)) as console:
        await console.pilot.press(*keys("live-SgsR"), "enter")
        await console.pilot.pause()
        assert console.told == []


async def test_real_money_is_told_by_words_and_by_the_bar() -> None:
    async with open_console() as console:
        console.engine.show(replace(LIVE, key_warning=KEY_FROM_ANYWHERE))
        await console.look()
        assert " LIVE REAL MONEY " in console.status
        assert " KEY NOT IP-BOUND " in console.status
        live_bar = console.app.query_one("#status").styles.background
        console.engine.show(STATUS)
        await console.look()
        assert "REAL MONEY" not in console.status
        assert "KEY NOT" not in console.status
        assert console.app.query_one("#status").styles.background != live_bar


async def test_the_account_of_real_money_is_named_where_there_is_room() -> None:
    async with open_console((120, 40)) as console:
        console.engine.show(LIVE)
        await console.look()
        assert "account live-SgsR" in console.status


async def test_the_mode_is_on_the_screen_before_the_engine_has_spoken() -> None:
    app = TraderApp(FakeEngine(), glyphs=UNICODE, mode=Mode.LIVE)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "LIVE REAL MONEY" in text_of(app.screen).split("\n")[0]


# ---------------------------------------------------------------------- the program, in a rehearsal


@dataclass
class Rehearsed:
    """A home for live on a rehearsal's exchange, and the program that may start there."""

    home: Path
    exchange: LoopbackThread
    env: dict[str, str]
    program: tuple[str, ...] = field(default=(sys.executable, "-m", "tests.console.rehearsal"))

    def command(self, *arguments: str) -> tuple[str, ...]:
        return (*self.program, "--home", str(self.home), *arguments)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env=self.env,
        )


@pytest.fixture
def rehearsed(tmp_path: Path) -> Iterator[Rehearsed]:
    home = tmp_path / "home"
    (home / "secrets").mkdir(parents=True, mode=0o700)
    for name, value in (("binance_api_key", CREDENTIALS.key), ("binance_api_secret", CREDENTIALS.secret)):
        (home / "secrets" / name).write_text(value)
        (home / "secrets" / name).chmod(0o600)
    (home / "prompts").mkdir()
    (home / "prompts" / "quick.md").write_text(PROMPT.read_text().replace("interval: 60s", "interval: 1s"))
    with loopback_thread(offers_permissions=True) as exchange:
        urls = exchange.bench.exchange
        caps = "\n".join(f"{name} = {value}" for name, value in PROPOSED.items())
        (home / "config.toml").write_text(
            f'mode = "live"\nfeed = "binance"\ndecider = "rules"\n[binance]\nrest_url = "{urls.rest_url}"\n'
            f'stream_url = "{urls.stream_url}"\n[live_caps]\n{caps}\n'
        )
        env = {key: value for key, value in os.environ.items() if not key.startswith(("TUI_TRADER_", "OPENAI_"))}
        yield Rehearsed(home, exchange, {**env, "XDG_STATE_HOME": str(tmp_path / "state")})


@requires_tmux
def test_a_rehearsal_of_live_on_a_real_terminal(rehearsed: Rehearsed) -> None:
    account = account_of(rehearsed.exchange)
    rehearsed.exchange.bench.exchange.mischief.grant(GrantedRights(ip_restrict=False))
    with Terminal(rehearsed.command(), env={"XDG_STATE_HOME": rehearsed.env["XDG_STATE_HOME"]}) as terminal:
        terminal.wait_for_text("the account's name, to begin")
        assert not (rehearsed.home / "journal.db").exists(), "nothing has begun"
        terminal.type_text(account)
        terminal.send_keys("Enter")
        terminal.wait_for(lambda screen: "ACTIVE" in screen and "LIVE REAL MONEY" in screen, "the engine")
        assert "KEY NOT IP-BOUND" in terminal.screen()
        status = json.loads(rehearsed.run("status", "--json").stdout)
        assert (status["mode"], status["account"], status["key_warning"]) == ("live", account, KEY_FROM_ANYWHERE)
        terminal.send_keys("q")
        assert terminal.wait_for_exit() == 0


@pytest.mark.slow
def test_run_begins_with_the_accounts_name_on_the_command_line(rehearsed: Rehearsed) -> None:
    account = account_of(rehearsed.exchange)
    named = rehearsed.run("run", "--json", "--prompt", "quick", "--cycles", "1", "--i-accept-live", account)
    assert named.returncode == 0, named.stderr
    assert json.loads(named.stdout.splitlines()[-1])["event"] == "summary"
