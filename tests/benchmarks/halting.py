"""From the key to HALTED: the switch in memory, then the durable row, from this process and through the socket."""

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import TypeVar

from tests.benchmarks.figure import Figure, percentile
from tests.unit.engine.runs import run_options
from tui_trader.core.records import JsonObject
from tui_trader.engine.commands import AskStatus, Command, Halt, Reply, Resume
from tui_trader.engine.control import ControlServer, ask
from tui_trader.engine.thread import EngineThread

T = TypeVar("T")

SUBJECT = "halt"
_PATIENCE = 30.0
_STALL = 0.1
"""Seconds for which the engine's loop is blocked while somebody halts."""


class _Rows:
    """Hears the engine's lines, at the moment at which their rows are durable."""

    def __init__(self) -> None:
        self.halted = threading.Event()
        self.at = 0.0

    def __call__(self, line: JsonObject) -> None:
        if line["event"] == "state" and line["trading_state"] == "HALTED":
            self.at = perf_counter()
            self.halted.set()

    def wait(self) -> float:
        """When the row became durable."""
        assert self.halted.wait(_PATIENCE), "no HALTED row"
        return self.at


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """Milliseconds in real time, with the loop busy without pause, and with the loop blocked."""
    with _running(folder / "idle", speed=1.0) as (engine, rows, socket):
        yield from _figures("in process", [_halt(engine, rows) for _ in range(count)])
        yield _socket_figure("through the socket", [_halt_by_socket(socket, engine) for _ in range(count)])
        stalled = [_halt(engine, rows, before=lambda: _stall(engine)) for _ in range(max(1, count // 10))]
        yield from _figures(f"in process, loop blocked {_STALL * 1e3:.0f} ms", stalled)
    with _running(folder / "busy", speed=math.inf) as (engine, rows, socket):
        yield from _figures("in process, speed max", [_halt(engine, rows) for _ in range(count)])
        yield _socket_figure("through the socket, speed max", [_halt_by_socket(socket, engine) for _ in range(count)])


@contextmanager
def _running(folder: Path, *, speed: float) -> Iterator[tuple[EngineThread, _Rows, Path]]:
    rows = _Rows()
    options = run_options(folder, speed=speed)
    engine = EngineThread(options, sink=rows)
    server = ControlServer(options.home.socket, engine)
    server.start()
    engine.start()
    try:
        _wait_for_start(engine)
        yield engine, rows, options.home.socket
    finally:
        engine.stop("the benchmark ends")
        engine.join()
        server.close()
    assert engine.failure is None, engine.failure


def _wait_for_start(engine: EngineThread) -> None:
    """The engine's thread gives no sign of its own."""
    ends = perf_counter() + _PATIENCE
    while not _answer(engine.submit(AskStatus())).done:
        assert perf_counter() < ends, "the engine did not start"
        assert not engine.is_over, engine.failure
        sleep(0.01)


def _answer(reply: "Future[T]") -> T:
    return reply.result(_PATIENCE)


def _halt(engine: EngineThread, rows: _Rows, *, before: Callable[[], None] = lambda: None) -> tuple[float, float]:
    """Seconds until the switch was tripped, and until the row was durable; trading is resumed afterwards."""
    rows.halted.clear()
    before()
    began = perf_counter()
    reply = engine.submit(Halt(reason="benchmark"))
    tripped = perf_counter() - began
    durable = rows.wait() - began
    assert _answer(reply).done
    _resume(engine)
    return tripped, durable


def _halt_by_socket(socket: Path, engine: EngineThread) -> float:
    """Seconds until the answer, which follows the row."""
    began = perf_counter()
    reply = ask(socket, Halt(reason="benchmark"), timeout=_PATIENCE)
    took = perf_counter() - began
    assert reply.done, reply
    _resume(engine)
    return took


def _resume(engine: EngineThread) -> None:
    command: Command = Resume(reason="benchmark")
    reply: Reply = _answer(engine.submit(command))
    assert reply.done, reply


def _stall(engine: EngineThread) -> None:
    """Block the engine's loop, as a slow callback would."""
    assert engine._alive is not None
    engine._alive.loop.call_soon_threadsafe(sleep, _STALL)


def _figures(name: str, samples: list[tuple[float, float]]) -> Iterator[Figure]:
    tripped, durable = [first for first, _ in samples], [second for _, second in samples]
    yield _figure(f"switch tripped, {name}", tripped)
    yield _figure(f"row durable, {name}", durable)


def _socket_figure(name: str, samples: list[float]) -> Figure:
    return _figure(f"answered, {name}", samples)


def _figure(name: str, samples: list[float]) -> Figure:
    value, p99, most = percentile(samples, 0.5), percentile(samples, 0.99), max(samples)
    note = f"p50 of {len(samples)}; p99 {p99 * 1e3:.3g} ms, most {most * 1e3:.3g} ms"
    return Figure(subject=SUBJECT, name=name, value=value * 1e3, unit="ms", note=note)
