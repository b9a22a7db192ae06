"""A prompt file that changes under a running engine: tightening holds at the next cycle, loosening waits for a word."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.engine.test_thread import asked, running, until
from tests.unit.engine.runs import records_of, run_options
from tui_trader.core.records import PromptChanged, TradingStateChanged
from tui_trader.core.words import Actor
from tui_trader.engine import views
from tui_trader.engine.commands import AcceptPrompt, AskStatus, DecideNow, Halt
from tui_trader.engine.options import RunOptions
from tui_trader.engine.thread import EngineThread
from tui_trader.engine.views import StatusView, WaitingPrompt
from tui_trader.journal.reader import JournalReader
from tui_trader.risk.change import Loosening

SHIPPED = Path(__file__).parents[3] / "prompts" / "trader.md"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.md"
    path.write_text(SHIPPED.read_text())
    return path


@pytest.fixture
def engine(tmp_path: Path, file: Path) -> Iterator[EngineThread]:
    """An engine at a minute a second, on one of the prompt's two symbols."""
    with running(run_options(tmp_path / "home", prompt=str(file), speed=60.0, with_console=True)) as engine:
        yield engine


def options_of(engine: EngineThread) -> RunOptions:
    return engine._options


def rewrite(file: Path, *changes: tuple[str, str]) -> None:
    """As an editor saves: a new file in the place of the old one."""
    text = file.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


def changes_of(engine: EngineThread) -> list[PromptChanged]:
    return [record for record in records_of(options_of(engine).home) if isinstance(record, PromptChanged)]


def risk_of(change: PromptChanged) -> dict[str, object]:
    risk = change.policy["risk"]
    assert isinstance(risk, dict)
    return dict(risk)


def problem(engine: EngineThread) -> str:
    return str(asked(engine, AskStatus()).result["prompt_problem"])


def until_changed(engine: EngineThread, count: int = 1) -> list[PromptChanged]:
    asked(engine, DecideNow())
    until(lambda: len(changes_of(engine)) >= count, pause=0.1)
    return changes_of(engine)


def test_what_tightens_holds_at_the_next_cycle_and_what_loosens_waits(engine: EngineThread, file: Path) -> None:
    rewrite(file, ("max_leverage: 3 ", "max_leverage: 2 "), ("max_order_notional: 2000", "max_order_notional: 9000"))
    (change,) = until_changed(engine)
    assert (change.changed, change.waiting) == (("risk.max_leverage",), ("risk.max_order_notional",))
    assert (risk_of(change)["max_leverage"], risk_of(change)["max_order_notional"]) == (2, "2000")
    assert change.old_hash != change.new_hash, "the instructions name the limits"
    assert "loosens risk.max_order_notional" in problem(engine)
    assert "prompt accept" in problem(engine)

    assert asked(engine, AcceptPrompt()).done
    _, accepted = changes_of(engine)
    assert (accepted.changed, accepted.waiting) == (("risk.max_order_notional",), ())
    assert risk_of(accepted)["max_order_notional"] == "9000"
    assert problem(engine) == ""
    with JournalReader(options_of(engine).home.journal) as reader:
        actors = [row.actor for row in reader.rows() if isinstance(row.record, PromptChanged)]
    assert actors == [Actor.SYSTEM, Actor.OPERATOR]
    again = asked(engine, AcceptPrompt())
    assert (again.done, again.code) == (False, "NOT_ACCEPTED")


def test_a_word_is_good_for_what_was_shown_and_not_for_what_the_file_says_since(
    engine: EngineThread, file: Path
) -> None:
    def shown() -> WaitingPrompt | None:
        status = engine.mailbox.take((views.STATUS,), 0)[1].get(views.STATUS)
        return status.prompt_waiting if isinstance(status, StatusView) else None

    rewrite(file, ("max_order_notional: 2000", "max_order_notional: 3000"))
    until_changed(engine)
    until(lambda: shown() is not None)
    waiting = shown()
    assert waiting is not None
    assert waiting.limits == (Loosening("risk.max_order_notional", "2000", "3000"),)
    assert asked(engine, AskStatus()).result["prompt_waiting"] == [
        {"limit": "risk.max_order_notional", "in_force": "2000", "wanted": "3000"}
    ]
    rewrite(file, ("max_order_notional: 3000", "max_order_notional: 90000"))
    late = asked(engine, AcceptPrompt(seal=waiting.seal))
    assert (late.done, late.code) == (False, "NOT_ACCEPTED")
    assert "has changed since it was shown" in late.text
    rewrite(file, ("max_order_notional: 90000", "max_order_notional: 3000"))
    assert asked(engine, AcceptPrompt(seal=waiting.seal)).done
    assert risk_of(changes_of(engine)[-1])["max_order_notional"] == "3000"
    assert asked(engine, AskStatus()).result["prompt_waiting"] == []


def test_a_file_that_does_not_parse_leaves_the_old_one_in_force(engine: EngineThread, file: Path) -> None:
    rewrite(file, ("max_leverage: 3 ", "max_leverage: much "))
    asked(engine, DecideNow())
    until(lambda: "the old prompt stays in force" in problem(engine))
    assert "max_leverage" in problem(engine)
    assert changes_of(engine) == []
    assert not asked(engine, AcceptPrompt()).done
    rewrite(file, ("max_leverage: much ", "max_leverage: 2 "))
    (change,) = until_changed(engine)
    assert change.changed == ("risk.max_leverage",)
    assert problem(engine) == ""


def test_instructions_that_do_not_render_leave_the_old_ones_in_force(engine: EngineThread, file: Path) -> None:
    rewrite(file, ("# How to decide", "# How to decide {{ policy.nothing_such }}"))
    asked(engine, DecideNow())
    until(lambda: "do not render" in problem(engine))
    assert changes_of(engine) == []


def test_another_model_waits_for_a_restart(engine: EngineThread, file: Path) -> None:
    rewrite(file, ("model: gpt-5.4-mini", "model: another-one"))
    (change,) = until_changed(engine)
    assert change.waiting == ("llm.model",)
    assert "only a restart changes llm.model" in asked(engine, AcceptPrompt()).text


def test_a_changed_prompt_lifts_no_halt(engine: EngineThread, file: Path) -> None:
    assert asked(engine, Halt(reason="stop")).done
    rewrite(file, ("max_daily_loss_pct: 3 ", "max_daily_loss_pct: 2 "))
    until_changed(engine)
    asked(engine, AcceptPrompt())
    status = asked(engine, AskStatus()).result
    assert (status["trading_state"], status["reason"]) == ("HALTED", "stop")
    states = [r for r in records_of(options_of(engine).home) if isinstance(r, TradingStateChanged)]
    assert len(states) == 1
