"""One engine at every speed: commands from outside reach it, a factor scales its clock, a console gets its share."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.integration.engine.test_thread import PATIENCE, asked, running, until
from tests.unit.engine.runs import finished, run_options
from tui_trader.core.clock import elapsed, from_text, pacer
from tui_trader.engine import views
from tui_trader.engine.commands import AskStatus, Halt, PlaceOrder, Resume
from tui_trader.engine.control import ControlServer, ask
from tui_trader.engine.options import RunOptions
from tui_trader.engine.thread import EngineThread
from tui_trader.engine.views import StatusView

_MAKES_UP_FOR = 1.0
"""Real seconds of slow work that a scaled loop catches up on: for so long it may run faster than its factor."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a socket's is limited."""
    with tempfile.TemporaryDirectory(prefix="tt-") as path:
        yield Path(path)


@contextmanager
def with_socket(options: RunOptions) -> Iterator[EngineThread]:
    with running(options) as engine:
        server = ControlServer(options.home.socket, engine)
        server.start()
        try:
            yield engine
        finally:
            server.close()


@pytest.mark.parametrize("speed", [1.0, 60.0, float("inf")])
def test_a_command_through_the_socket_reaches_the_engine_at_every_speed(folder: Path, speed: float) -> None:
    options = run_options(folder / "home", speed=speed)
    with with_socket(options):
        assert ask(options.home.socket, Halt(reason="from outside"), timeout=PATIENCE).done
        status = ask(options.home.socket, AskStatus(), timeout=PATIENCE).result
        assert (status["trading_state"], status["reason"]) == ("HALTED", "from outside")
        assert ask(options.home.socket, Resume(reason="seen"), timeout=PATIENCE).done
        assert ask(options.home.socket, AskStatus(), timeout=PATIENCE).result["trading_state"] == "ACTIVE"


def test_an_order_through_the_socket_is_judged_like_any_other_in_virtual_time(folder: Path) -> None:
    options = run_options(folder / "home")
    order = PlaceOrder.model_validate({"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"})
    with with_socket(options):
        reply = ask(options.home.socket, order, timeout=PATIENCE)
    assert not reply.done
    assert reply.code == "NO_STOP"


def test_questions_without_a_pause_do_not_hold_virtual_time_up_and_it_never_goes_back(folder: Path) -> None:
    with running(run_options(folder / "home")) as engine:
        times = [asked(engine, AskStatus()).time]

        def ten_minutes_have_passed() -> bool:
            times.append(asked(engine, AskStatus()).time)
            return elapsed(from_text(times[0]), from_text(times[-1])) >= 600.0

        until(ten_minutes_have_passed, pause=0.0)
    assert times == sorted(times)


def test_a_factor_scales_the_engines_clock(folder: Path) -> None:
    factor, wanted = 60.0, 90.0
    with running(run_options(folder / "home", speed=factor)) as engine:
        began = time.monotonic()
        first = from_text(asked(engine, AskStatus()).time)
        until(lambda: elapsed(first, from_text(asked(engine, AskStatus()).time)) >= wanted)
        took = time.monotonic() - began
    assert took >= wanted / factor - _MAKES_UP_FOR


def test_in_real_time_a_second_is_a_second(folder: Path) -> None:
    with running(run_options(folder / "home", speed=1.0)) as engine:
        began = time.monotonic()
        first = from_text(asked(engine, AskStatus()).time)
        until(lambda: elapsed(first, from_text(asked(engine, AskStatus()).time)) >= 0.2)
        assert time.monotonic() - began >= 0.2 - 0.001  # the text of an instant stops at milliseconds


@pytest.mark.parametrize("console", [False, True])
def test_only_with_a_console_the_loop_leaves_the_interpreter_to_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, console: bool
) -> None:
    rests: list[tuple[float, float]] = []

    def rest(seconds: float) -> None:
        rests.append((time.monotonic(), seconds))

    monkeypatch.setattr(pacer, "time", SimpleNamespace(monotonic=time.monotonic, sleep=rest))
    engine, _ = finished(run_options(folder / "home", cycles=20, with_console=console))
    assert engine.failure is None
    assert bool(rests) is console
    assert {seconds for _, seconds in rests} <= {0.0005}
    assert all(later - earlier >= 0.005 for (earlier, _), (later, _) in pairwise(rests))


def test_a_reader_of_the_mailbox_sees_the_running_engine(folder: Path) -> None:
    with running(run_options(folder / "home", with_console=True)) as engine:
        engine.mailbox.take([views.STATUS])
        until(lambda: views.STATUS in engine.mailbox.take([views.STATUS])[1])
        version, taken = engine.mailbox.take([views.STATUS])
        first = taken[views.STATUS]
        until(lambda: views.STATUS in engine.mailbox.take([views.STATUS], version)[1])
        second = engine.mailbox.take([views.STATUS])[1][views.STATUS]
    assert isinstance(first, StatusView)
    assert isinstance(second, StatusView)
    assert first.running
    assert first.time < second.time


def test_the_last_views_show_how_it_ended(folder: Path) -> None:
    engine, _ = finished(run_options(folder / "home", cycles=3))
    status = engine.mailbox.take([views.STATUS])[1][views.STATUS]
    assert isinstance(status, StatusView)
    assert status.last_cycle == 3
    assert engine.ended is not None
    assert status.journal_head == engine.ended.summary["journal_head"]
