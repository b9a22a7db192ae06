"""The console over a real engine on the synthetic market; what one does before the engine is there is kept."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.console.consoles import text_of
from tui_trader.core.words import Mode
from tui_trader.engine.commands import AskStatus, DecideNow, Halt
from tui_trader.engine.home import Home
from tui_trader.engine.options import RunOptions
from tui_trader.engine.settings import load_settings
from tui_trader.engine.thread import EngineThread
from tui_trader.tui.app import TraderApp
from tui_trader.tui.widgets.glyphs import UNICODE

_WITHIN = 60.0
"""Real seconds; the agent's libraries alone take some on a busy machine."""


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunOptions:
    """A run at once, on the synthetic market."""
    for name in [name for name in os.environ if name.startswith(("TUI_TRADER_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    home = Home(tmp_path)
    home.prepare()
    return RunOptions(
        home=home,
        settings=load_settings(home.config),
        mode=Mode.PAPER,
        feed="synthetic",
        symbols=(),
        prompt="trader",
        decider="rules",
        seed=1,
        speed=60.0,
        with_console=True,
    )


@pytest.fixture
def engine(options: RunOptions) -> Iterator[EngineThread]:
    """An engine that has not been started; it ends with the test."""
    engine = EngineThread(options)
    yield engine
    engine.stop("the test ends")
    engine.join()


async def _until(app: TraderApp, pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + _WITHIN
    while not holds():
        assert time.monotonic() < ends, text_of(app.screen)
        await pilot.pause(0.05)


async def test_prices_decisions_and_rows_come_and_a_halt_is_the_engines_own_word(engine: EngineThread) -> None:
    app = TraderApp(engine, glyphs=UNICODE, painted=engine.start)
    async with app.run_test(size=(120, 40)) as pilot:
        # Each pane draws at its own rate: the row of a decision may be there before the trace of its last node.
        wanted = ("#1 ", "PAPER", "ACTIVE", "BTCUSDT", "rules: baseline", "● log_decision")
        await _until(app, pilot, lambda: all(words in text_of(app._trading) for words in wanted))
        await pilot.press("h")
        assert "HALTED" in text_of(app._trading).split("\n")[0]
        await _until(app, pilot, lambda: "halted at the console" in text_of(app._trading).split("\n")[0])


async def test_a_halt_before_the_start_holds_from_the_first_moment(engine: EngineThread) -> None:
    answer = engine.submit(Halt(reason="before the start"))
    early = engine.submit(DecideNow())
    assert early.result(timeout=1).code == "STARTING"
    engine.start()
    assert answer.result(timeout=_WITHIN).done
    status = engine.submit(AskStatus()).result(timeout=_WITHIN).result
    assert (status["trading_state"], status["reason"]) == ("HALTED", "before the start")


def test_an_engine_that_was_stopped_before_its_start_does_not_begin(engine: EngineThread, options: RunOptions) -> None:
    halted = engine.submit(Halt(reason="and never answered"))
    engine.stop("changed my mind")
    engine.start()
    assert engine.wait(timeout=1)
    engine.join()
    assert engine.ending is not None
    assert not engine.ending.had_begun
    assert not options.home.journal.exists()
    assert halted.result(timeout=1).code == "NOT_RUNNING"


def test_an_engine_that_cannot_plan_says_that_it_never_began(options: RunOptions, tmp_path: Path) -> None:
    engine = EngineThread(replace(options, feed=f"file:{tmp_path}/none.csv"))
    halted = engine.submit(Halt())
    engine.start()
    assert engine.wait(timeout=_WITHIN)
    engine.join()
    assert engine.ending is not None
    assert engine.ending.failure is not None
    assert not engine.ending.had_begun
    assert halted.result(timeout=1).code == "NOT_RUNNING"


def test_with_a_console_the_pulse_beats_whatever_the_market_does(engine: EngineThread) -> None:
    engine.start()
    seen: set[int] = set()
    ends = time.monotonic() + _WITHIN
    version = 0
    while len(seen) < 3:
        assert time.monotonic() < ends
        version, news = engine.mailbox.take(("pulse",), version)
        seen |= {count for count in news.values() if isinstance(count, int)}
        time.sleep(0.02)
