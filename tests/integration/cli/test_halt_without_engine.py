"""`halt` with no engine, and with one that is stopped in its tracks: entries go, flat is flat, the log stays one."""

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.loopback import BTC, CREDENTIALS
from tests.fakes.loopback_thread import LoopbackThread, loopback_thread
from tests.integration.binance.demo import quick_prompt
from tests.integration.cli.program import Ended, Line, Program, Shell

ENTRY = ("order", "BTCUSDT", "buy", "0.010", "--stop", "59500", "--take-profit", "62000")
RESTING = (*ENTRY, "--limit", "59900")


@dataclass
class Demo:
    """A home in demo on a loopback exchange, and a shell to reach it from."""

    shell: Shell
    home: Path
    exchange: LoopbackThread
    env: Mapping[str, str]
    prompt: Path

    def start(self, *more: str) -> Program:
        what = ("--mode", "demo", "--feed", "binance", "--decider", "rules", "--prompt", str(self.prompt), "--json")
        return self.shell.start("run", "--home", self.home, *what, *more, env=self.env)

    def run(self, *command: str | Path) -> Ended:
        return self.shell.run(*command, "--home", self.home, "--json", env=self.env)

    def asked(self, *command: str | Path) -> Line:
        ended = self.run(*command)
        assert ended.code == 0, (ended.out, ended.err)
        return ended.lines[0]

    def engaged(self, program: Program) -> None:
        """A position with its stop, and an entry that rests."""
        program.event("decision")
        self.asked(*ENTRY)
        self.asked(*RESTING)
        assert len(self.entries()) == 1

    def entries(self) -> list[Line]:
        return [o for o in self.exchange.ask("/fapi/v1/openOrders", symbol=BTC) if not o["reduceOnly"]]

    def stops(self) -> list[Line]:
        algos: list[Line] = self.exchange.ask("/fapi/v1/openAlgoOrders", symbol=BTC)
        return algos

    def held(self) -> list[Decimal]:
        return [Decimal(each["positionAmt"]) for each in self.exchange.ask("/fapi/v3/positionRisk")]


@pytest.fixture
def demo(shell: Shell, home: Path, tmp_path: Path) -> Iterator[Demo]:
    with loopback_thread() as exchange:
        env = {
            "TUI_TRADER_BINANCE__REST_URL": exchange.bench.exchange.rest_url,
            "TUI_TRADER_BINANCE__STREAM_URL": exchange.bench.exchange.stream_url,
            "TUI_TRADER_BINANCE__API_KEY": CREDENTIALS.key,
            "TUI_TRADER_BINANCE__API_SECRET": CREDENTIALS.secret,
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        prompt = quick_prompt(tmp_path)
        # The agent only looks on: what there is at the exchange is what the operator has sent.
        prompt.write_text(prompt.read_text().replace("autonomy: auto", "autonomy: observe"))
        yield Demo(shell, home, exchange, env, prompt)


def test_beside_a_stopped_engine_entries_are_cancelled_and_positions_closed(demo: Demo) -> None:
    with demo.start() as program:
        demo.engaged(program)
        program.signal(signal.SIGSTOP)
        halted = demo.asked("halt", "--reason", "it hangs")
        assert "the engine does not answer" in halted["text"]
        assert len(halted["result"]["cancelled"]) == 1
        assert (demo.entries(), demo.held()) == ([], [Decimal("0.010")])
        assert len(demo.stops()) == 2, "a halt leaves what protects"
        flat = demo.asked("halt", "--flatten", "--reason", "it still hangs")
        assert flat["result"]["closed"] == ["BTCUSDT 0.01"]
        assert (demo.entries(), demo.held(), demo.stops()) == ([], [], [])
        program.signal(signal.SIGCONT)
        program.event("state", trading_state="HALTED")
        program.signal(signal.SIGTERM)
        assert program.end().code == 130
    with demo.start("--cycles", "1") as program:
        ended = program.end()
    assert (ended.code, ended.summary["trading_state"], ended.summary["orders"]) == (0, "HALTED", 0)
    status = demo.asked("status")
    assert (status["trading_state"], status["positions"], status["orders"]) == ("HALTED", [], [])
    verified = demo.asked("audit", "verify", "--exchange")
    assert verified["exchange"]["contradictions"] == []
    assert verified["exchange"]["orders"] == verified["exchange"]["matched"] == 5


def test_after_a_kill_the_halt_itself_cancels_and_holds_the_home_meanwhile(demo: Demo) -> None:
    with demo.start() as program:
        demo.engaged(program)
        program.kill()
    halted = demo.asked("halt", "--flatten", "--reason", "it is gone")
    assert "no engine runs here" in halted["text"]
    assert (demo.entries(), demo.held(), demo.stops()) == ([], [], [])
    assert demo.asked("audit", "verify", "--exchange")["exchange"]["contradictions"] == []
    with demo.start("--cycles", "1") as program:
        assert program.end().summary["trading_state"] == "HALTED"
    assert demo.asked("status")["reason"] == "it is gone"


def test_an_exchange_that_cannot_be_reached_is_said_and_the_file_halts_all_the_same(demo: Demo) -> None:
    with demo.start("--cycles", "1") as program:
        assert program.end().code == 0
    demo.env = {**demo.env, "TUI_TRADER_BINANCE__REST_URL": "http://127.0.0.1:9"}
    ended = demo.run("halt")
    assert (ended.code, ended.lines[0]["code"]) == (1, "UNREACHED")
    assert "nothing was cancelled at the exchange" in ended.lines[0]["text"]
    assert (demo.home / "HALT").exists()


@pytest.mark.parametrize("key", ["", "4711abcd" * 8], ids=["plain", "encrypted"])
def test_on_paper_entries_go_and_that_nothing_can_be_closed_is_said(
    shell: Shell, home: Path, minutes: Path, key: str
) -> None:
    env = {"TUI_TRADER_JOURNAL_KEY": key} if key else {}
    feed = ("--feed", f"file:{minutes}", "--decider", "rules", "--speed", "60", "--seed", "1", "--json")
    with shell.start("run", "--home", home, *feed, env=env) as program:
        program.event("decision")
        wish = ("order", "BTCUSDT", "buy", "0.01", "--stop", "93000", "--take-profit", "99000")
        assert shell.run(*wish, "--home", home, env=env).code == 0
        resting = shell.run(*wish, "--limit", "93500", "--home", home, env=env)
        assert resting.code == 0, resting
        program.kill()
    halted = shell.run("halt", "--home", home, "--json", env=env)
    assert (halted.code, len(halted.lines[0]["result"]["cancelled"])) == (0, 1)
    flat = shell.run("halt", "--flatten", "--home", home, "--json", env=env)
    assert (flat.code, flat.lines[0]["code"]) == (1, "NOT_DONE")
    assert "on paper nothing trades without an engine" in flat.lines[0]["text"]
    with shell.start("run", "--home", home, *feed[:-3], "--json", "--cycles", "3", env=env) as program:
        ended = program.end()
    assert (ended.code, ended.summary["trading_state"]) == (0, "HALTED")


def test_a_stopped_engine_on_paper_is_halted_by_the_file(shell: Shell, home: Path, minutes: Path) -> None:
    feed = ("--feed", f"file:{minutes}", "--decider", "rules", "--speed", "60", "--seed", "1", "--json")
    with shell.start("run", "--home", home, *feed) as program:
        program.event("decision")
        program.signal(signal.SIGSTOP)
        halted = shell.run("halt", "--home", home, "--json")
        assert (halted.code, halted.lines[0]["done"]) == (0, True)
        program.signal(signal.SIGCONT)
        program.event("state", trading_state="HALTED")
