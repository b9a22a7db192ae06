"""A loop that answers is alive, one that does not is given up once, and a supervisor hears of both."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from tests.unit.engine.runs import run_options
from tui_trader.engine import heartbeat, thread
from tui_trader.engine.heartbeat import Heartbeat, Pulse
from tui_trader.engine.supervisor import Supervisor
from tui_trader.engine.thread import EngineThread

if TYPE_CHECKING:
    from tui_trader.engine.running import Alive

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT", 0.01)


class Loop:
    """A loop in a thread of its own, which can be blocked."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.blocked = threading.Event()
        self.go_on = threading.Event()
        self.looks = 0
        self.seen = threading.Event()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def look(self) -> None:
        self.looks += 1
        if self.looks > 3:
            self.seen.set()

    def block(self) -> None:
        def wait() -> None:
            self.blocked.set()
            self.go_on.wait(PATIENCE)

        self.loop.call_soon_threadsafe(wait)
        assert self.blocked.wait(PATIENCE)

    def close(self) -> None:
        self.go_on.set()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()


@pytest.fixture
def loop() -> Iterator[Loop]:
    running = Loop()
    yield running
    running.close()


class Given:
    """What the heartbeat said when it gave up."""

    def __init__(self) -> None:
        self.up = threading.Event()
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.up.set()


def started(loop: Loop, given: Given, supervisor: Supervisor | None = None, *, after: float = 0.2) -> threading.Event:
    over = threading.Event()
    pulse = Pulse(loop=loop.loop, looks=(loop.look,), status=lambda: f"looked\n{loop.looks}")
    Heartbeat(pulse, supervisor or Supervisor(), over=over, hangs_after=after, hung=given).start()
    return over


def test_a_loop_that_hangs_is_given_up_once(loop: Loop) -> None:
    given = Given()
    started(loop, given)
    assert loop.seen.wait(PATIENCE)
    assert not given.up.is_set()
    loop.block()
    assert given.up.wait(PATIENCE)
    loop.go_on.set()
    assert given.seconds == [pytest.approx(0.2)]


def test_a_run_that_ends_by_itself_is_not_given_up_whatever_it_waits_for(loop: Loop) -> None:
    given = Given()
    over = started(loop, given, after=0.05)
    over.set()
    loop.block()
    assert not given.up.wait(0.3)


def test_a_picture_that_fails_is_no_hanging(loop: Loop) -> None:
    given = Given()

    def fail() -> str:
        raise ValueError

    over = threading.Event()
    Heartbeat(
        Pulse(loop=loop.loop, looks=(loop.look,), status=fail), Supervisor(), over=over, hangs_after=0.1, hung=given
    ).start()
    assert loop.seen.wait(PATIENCE)
    assert not given.up.is_set()
    over.set()


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@tui-trader-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        bound.settimeout(PATIENCE)
        yield bound, name


def test_a_supervisor_hears_ready_alive_and_stopping(listener: tuple[socket.socket, str], loop: Loop) -> None:
    bound, name = listener
    environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}
    supervisor = Supervisor.of_this_process(environment)
    assert environment == {"HOME": "/"}, "no child process speaks for this one"
    assert supervisor.watchdog_seconds == 30.0
    supervisor.ready()
    assert bound.recv(1000) == b"READY=1"
    over = started(loop, Given(), supervisor)
    told = bound.recv(1000).decode()
    assert told.startswith("WATCHDOG=1\nSTATUS=looked ")
    assert "\n" not in told.removeprefix("WATCHDOG=1\n")
    over.set()
    while (told := bound.recv(1000).decode()).startswith("WATCHDOG"):
        pass
    assert told.startswith("STOPPING=1\n")


def test_a_loop_that_hangs_sends_no_sign_of_life(listener: tuple[socket.socket, str], loop: Loop) -> None:
    bound, name = listener
    given = Given()
    started(loop, given, Supervisor(name, 30.0))
    assert bound.recv(1000)
    loop.block()
    assert given.up.wait(PATIENCE)
    bound.settimeout(0)
    with contextlib.suppress(BlockingIOError):
        while True:
            bound.recv(1000)
    bound.settimeout(0.1)
    with pytest.raises(TimeoutError):
        bound.recv(1000)


def test_a_watchdog_that_minds_another_process_is_not_ours() -> None:
    assert (
        Supervisor.of_this_process({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}).watchdog_seconds
        is None
    )


def test_a_supervisor_that_is_not_there_or_does_not_listen_harms_nothing(tmp_path: Path) -> None:
    for address in ("", str(tmp_path / "none"), "@nobody-listens-here"):
        supervisor = Supervisor(address, 1.0)
        supervisor.ready()
        supervisor.alive("well")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        supervisor = Supervisor(str(tmp_path / "deaf"))
        for _ in range(10_000):
            supervisor.alive("nobody reads this")


def test_last_words_that_hang_as_well_do_not_keep_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread, "_LAST_WORDS_WITHIN", 0.05)
    ended: list[str] = []
    tripped = threading.Event()
    engine = EngineThread(run_options(tmp_path), hung=ended.append)
    never = threading.Event()
    alive = SimpleNamespace(switch=SimpleNamespace(trip=tripped.set), last_words=lambda _: never.wait(PATIENCE))
    engine._give_up(cast("Alive", alive), 20.0)
    assert ended == ["the engine's loop has not answered for 20 s"]
    assert tripped.is_set()
    never.set()
