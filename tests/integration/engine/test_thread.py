"""The engine's thread: how it begins, fails, hears early commands, and ends with everything protected."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.unit.engine.runs import finished, records_of, run_options
from tui_trader.core.order import OrderStatus, Purpose
from tui_trader.core.records import (
    CycleDecided,
    EngineStarted,
    EngineStopped,
    JsonObject,
    LogSigned,
    OrderFilled,
    OrderIntended,
    TradingStateChanged,
)
from tui_trader.core.words import TradingState
from tui_trader.engine.commands import AskStatus, Command, DecideNow, FlattenAll, Halt, Reply, Resume
from tui_trader.engine.knowledge import known_from
from tui_trader.engine.options import RunOptions
from tui_trader.engine.resting import resting_status
from tui_trader.engine.thread import EngineThread
from tui_trader.journal.ports import JournalCorrupt
from tui_trader.journal.verify import Verified, verify
from tui_trader.market.ports import FeedError
from tui_trader.risk.front_matter import PolicyError

CYCLES_WITH_A_TRADE = 150
"""On the synthetic market of the tests' seed; one of the tests below sees to it that this stays so."""
PATIENCE = 60.0
"""Real seconds for what takes well under one."""


@contextmanager
def running(options: RunOptions, sink: Callable[[JsonObject], None] | None = None) -> Iterator[EngineThread]:
    """An engine that has answered once; stopped and joined at the end."""
    engine = EngineThread(options, sink=sink)
    engine.start()
    try:
        until(lambda: engine.is_over or asked(engine, AskStatus()).done)
        yield engine
    finally:
        engine.stop("the test ends")
        engine.join()


def until(holds: Callable[[], bool], *, pause: float = 0.005) -> None:
    """The engine lives in real time beside us: bounded, by asking again."""
    ends = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < ends, "it did not come"
        sleep(pause)


def asked(engine: EngineThread, command: Command) -> Reply:
    return engine.submit(command).result(PATIENCE)


def state_rows(options: RunOptions) -> list[TradingStateChanged]:
    return [record for record in records_of(options.home) if isinstance(record, TradingStateChanged)]


# ---------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"feed": "file:missing.csv"}, FeedError),
        ({"prompt": "nowhere"}, PolicyError),
    ],
)
def test_a_planning_error_is_kept_and_nothing_is_written(
    tmp_path: Path, *, changes: dict[str, str], expected: type[Exception]
) -> None:
    options = run_options(tmp_path / "home", **changes)  # type: ignore[arg-type]  # both are texts
    engine, lines = finished(options)
    assert isinstance(engine.failure, expected)
    assert (engine.ended, lines) == (None, [])
    assert engine.ending is not None
    assert not engine.ending.had_begun
    assert not options.home.journal.exists()


def test_a_damaged_journal_ends_it_before_it_begins(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home", cycles=1)
    finished(options)
    options.home.journal.write_bytes(b"no database")
    engine, _ = finished(options)
    assert engine.failure is not None
    assert not isinstance(engine.failure, AssertionError)
    assert str(options.home.journal) in str(engine.failure)


def test_a_head_file_ahead_of_the_log_ends_it_before_it_begins(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home", cycles=1)
    finished(options)
    options.home.journal.unlink()
    engine, _ = finished(options)
    assert isinstance(engine.failure, JournalCorrupt)


# ---------------------------------------------------------------------- before, while and after


def test_after_the_end_nobody_is_running(tmp_path: Path) -> None:
    engine, _ = finished(run_options(tmp_path / "home", cycles=1))
    assert engine.is_over
    for command in (AskStatus(), Halt(), DecideNow(), FlattenAll()):
        assert engine.submit(command).result(0).code == "NOT_RUNNING"


def test_before_the_start_a_question_waits_and_what_would_act_is_told_to_come_again(tmp_path: Path) -> None:
    engine = EngineThread(run_options(tmp_path / "home", cycles=1))
    status = engine.submit(AskStatus())
    for command in (DecideNow(), FlattenAll(), Resume(reason="early")):
        early = engine.submit(command).result(0)
        assert (early.done, early.code) == (False, "STARTING")
        assert "is starting" in early.text
    engine.start()
    assert status.result(PATIENCE).result["running"] is True
    engine.join()
    assert state_rows(engine._options) == [], "a question is no halt"


def test_a_question_to_an_engine_that_fails_to_begin_is_answered(tmp_path: Path) -> None:
    engine = EngineThread(run_options(tmp_path / "home", prompt="nowhere"))
    status = engine.submit(AskStatus())
    engine.start()
    assert status.result(PATIENCE).code == "NOT_RUNNING"


def test_a_halt_before_the_engine_is_built_holds_from_its_first_moment(tmp_path: Path) -> None:
    lines: list[JsonObject] = []
    options = run_options(tmp_path / "home", cycles=CYCLES_WITH_A_TRADE)
    engine = EngineThread(options, sink=lines.append)
    reply = engine.submit(Halt(reason="not yet"))
    engine.start()
    assert reply.result(PATIENCE).done
    engine.join()
    assert engine.failure is None
    assert [line for line in lines if line["event"] == "fill"] == []
    assert [row.reason for row in state_rows(options)] == ["not yet"]
    assert resting_status(options.home, "").trading_state is TradingState.HALTED


def test_a_halt_of_an_engine_that_fails_to_begin_is_answered(tmp_path: Path) -> None:
    engine = EngineThread(run_options(tmp_path / "home", prompt="nowhere"))
    reply = engine.submit(Halt())
    engine.start()
    engine.join()
    assert reply.result(0).code == "NOT_RUNNING"


def test_a_stop_before_the_start_means_that_nothing_begins(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home")
    engine = EngineThread(options)
    engine.stop("changed my mind")
    engine.start()
    assert engine.wait(0)
    engine.join()
    assert not options.home.journal.exists()
    assert engine.ending is not None
    assert engine.ending.reason == "changed my mind"


def test_a_stop_while_it_is_being_built_ends_it_without_a_decision(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home")
    engine = EngineThread(options)
    engine.start()
    engine.stop("too soon")
    engine.join()
    assert engine.failure is None
    assert engine.ended is not None
    assert engine.ended.reason == "too soon"
    assert engine.ended.is_settled
    stopped, signature = records_of(options.home)[-2:]
    assert isinstance(stopped, EngineStopped)
    assert isinstance(signature, LogSigned)


def test_of_two_reasons_to_stop_the_first_is_told(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home")
    with running(options) as engine:
        engine.stop("first")
        engine.stop("second")
        engine.join()
        assert engine.ended is not None
        assert engine.ended.reason == "first"


def test_a_stop_after_the_end_is_harmless(tmp_path: Path) -> None:
    engine, _ = finished(run_options(tmp_path / "home", cycles=1))
    engine.stop("late")
    assert engine.ended is not None
    assert engine.ended.reason == "the cycles are done"


def test_a_command_that_is_under_way_at_the_end_is_answered_or_given_up_never_left_hanging(tmp_path: Path) -> None:
    with running(run_options(tmp_path / "home")) as engine:
        replies = [engine.submit(AskStatus()) for _ in range(50)]
        engine.stop("in the middle")
        replies += [engine.submit(AskStatus()) for _ in range(50)]
        engine.join()
        assert all(reply.done() for reply in replies)


# ---------------------------------------------------------------------- halting


def test_a_halt_takes_effect_before_submit_returns_even_if_the_loop_hangs(tmp_path: Path) -> None:
    with running(run_options(tmp_path / "home")) as engine:
        assert engine._alive is not None
        blocked, go_on = threading.Event(), threading.Event()

        def hang() -> None:
            blocked.set()
            go_on.wait(PATIENCE)

        engine._alive.loop.call_soon_threadsafe(hang)
        assert blocked.wait(PATIENCE)
        switch = engine._alive.switch
        before, reply, after = switch.is_halted, engine.submit(Halt(reason="now")), switch.is_halted
        assert (before, after) == (False, True)
        assert not reply.done()
        go_on.set()
        assert reply.result(PATIENCE).done


def test_halt_and_resume_leave_their_rows(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home")
    with running(options) as engine:
        assert asked(engine, Halt(reason="look")).done
        assert asked(engine, AskStatus()).result["trading_state"] == "HALTED"
        assert asked(engine, Resume(reason="looked")).done
        assert asked(engine, AskStatus()).result["trading_state"] == "ACTIVE"
    assert [(row.state, row.reason) for row in state_rows(options)] == [
        (TradingState.HALTED, "look"),
        (TradingState.ACTIVE, "looked"),
    ]


def test_the_halt_file_halts_a_running_engine(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home")
    with running(options) as engine:
        options.home.halt_file.touch()
        until(lambda: bool(state_rows(options)))
        assert asked(engine, AskStatus()).result["reason"] == "the file HALT exists"


# ---------------------------------------------------------------------- a run and its end


def test_a_run_of_n_cycles_decides_n_times_and_leaves_a_sound_journal(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home", cycles=30)
    engine, lines = finished(options)
    assert engine.ended is not None
    assert engine.ended.summary["decisions"] == 30
    records = records_of(options.home)
    assert [r.cycle for r in records if isinstance(r, CycleDecided)] == list(range(1, 31))
    assert [line["cycle"] for line in lines if line["event"] == "decision"] == list(range(1, 31))
    assert isinstance(verify(options.home.journal), Verified)


def test_a_second_run_goes_on_with_number_time_and_market(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home", cycles=5)
    finished(options)
    between = known_from(options.home.journal)[0].past.last_time
    engine, lines = finished(options)
    assert engine.failure is None
    assert [line["cycle"] for line in lines if line["event"] == "decision"] == [6, 7, 8, 9, 10]
    first, second = (r for r in records_of(options.home) if isinstance(r, EngineStarted))
    assert second.market_seed == first.market_seed
    assert second.market_start == first.market_start
    assert second.market_time == between


def test_a_stop_right_after_an_entry_leaves_it_protected_or_closed(tmp_path: Path) -> None:
    """The stop comes at the very moment at which the intent is durable: nothing of it is at the exchange yet."""
    stopped_in = 0
    for seed in range(3, 9):
        options = run_options(tmp_path / f"home-{seed}", seed=seed, cycles=2_000)
        engine: EngineThread

        def stop_at_entry(line: JsonObject) -> None:
            if line["event"] == "order" and line["status"] == "INTENDED" and line["type"] == "LIMIT":
                engine.stop("in the middle of an entry")  # noqa: B023 - called before the next turn

        engine = EngineThread(options, sink=stop_at_entry)
        engine.start()
        engine.join()
        assert engine.failure is None
        assert engine.ended is not None
        assert engine.ended.is_settled
        stopped_in += engine.ended.reason == "in the middle of an entry"
        ledger = known_from(options.home.journal)[0].ledger
        entries = [order for order in ledger.open_orders() if order.intent.purpose is Purpose.ENTRY]
        assert entries == []
        for symbol in ledger.positions:
            stops = [o for o in ledger.open_orders(symbol) if o.intent.purpose is Purpose.STOP]
            assert [stop.status for stop in stops] == [OrderStatus.ACCEPTED]
    assert stopped_in, "no seed traded: the test proves nothing"


def test_a_stop_right_after_the_first_fill_leaves_it_protected_or_closed(tmp_path: Path) -> None:
    options = run_options(tmp_path / "home", cycles=2_000)
    engine: EngineThread

    def stop_at_fill(line: JsonObject) -> None:
        if line["event"] == "fill":
            engine.stop("at the first fill")

    engine = EngineThread(options, sink=stop_at_fill)
    engine.start()
    engine.join()
    assert engine.ended is not None
    assert (engine.ended.reason, engine.ended.is_settled) == ("at the first fill", True)
    assert any(isinstance(record, OrderFilled) for record in records_of(options.home))
    ledger = known_from(options.home.journal)[0].ledger
    assert list(ledger.positions) == ["BTCUSDT"]
    stops = [order for order in ledger.open_orders() if order.intent.purpose is Purpose.STOP]
    assert [(stop.status, stop.intent.stop_price) for stop in stops] == [
        (OrderStatus.ACCEPTED, resting_status(options.home, "").positions[0].stop_price)
    ]


def test_two_runs_under_a_seed_write_the_same_journal(tmp_path: Path) -> None:
    heads = set()
    for name in ("one", "two"):
        options = run_options(tmp_path / name, cycles=CYCLES_WITH_A_TRADE)
        engine, _ = finished(options)
        assert engine.ended is not None
        assert any(isinstance(record, OrderIntended) for record in records_of(options.home))
        heads.add(engine.ended.summary["journal_head"])
    assert len(heads) == 1
