"""To the exchange and back: from a tool's call to its bytes on the wire, cancels, comparisons, reconnections, messages.

A whole engine in demo, on a loopback exchange in a process of its own; the journal is on this disk, synced as ever.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from types import SimpleNamespace
from typing import Any

import aiohttp

from tests.benchmarks.figure import Figure, percentile
from tests.fakes.loopback import BTC
from tests.fakes.loopback_process import Served, loopback_process
from tests.integration.binance.demo import NEVER_TRIPS, D, asked, demo_options, running, until
from tui_trader.core.chance import Chance
from tui_trader.core.clock import WallClock
from tui_trader.core.instrument_table import instrument
from tui_trader.core.market import Quote
from tui_trader.core.words import Mode
from tui_trader.desk.reconciler import Reconciler
from tui_trader.engine.commands import AskStatus, Cancel, PlaceOrder, Reply
from tui_trader.engine.options import RunOptions
from tui_trader.engine.thread import EngineThread
from tui_trader.exchange.binance.client import Client
from tui_trader.exchange.binance.environment import environment_of
from tui_trader.exchange.binance.public_data import PublicData
from tui_trader.exchange.binance.session import Session
from tui_trader.exchange.binance.user_stream import UserStream
from tui_trader.exchange.loopback.control import Act
from tui_trader.market.live_feed import open_live_feed
from tui_trader.market.state import MarketState
from tui_trader.tools.box import ToolLayer

SUBJECT = "wire"
_AT_ONCE = 8
"""Orders that one cancel-all takes away."""
_BURST = 200
"""Messages of each of two kinds for every order that is measured."""
_RESTING = PlaceOrder(
    symbol=BTC, side="BUY", quantity=D("0.002"), limit=D(59_000), stop=D(58_500), take_profit=D(61_500)
)
_BOUNDLESS = {
    "max_entries_per_day: 20": "max_entries_per_day: 10000",
    "max_orders_per_minute: 60": "max_orders_per_minute: 600",
    "max_open_orders: 8": "max_open_orders: 30",
    "autonomy: auto": "autonomy: observe",
    "llm:\n": NEVER_TRIPS,
}


class Stamps:
    """When what began and ended, in seconds of one clock."""

    def __init__(self) -> None:
        self.called = 0.0
        self.to_wire: list[float] = []
        self.resyncs: list[float] = []
        self.heard = 0.0
        self.reconciler: Reconciler | None = None


@contextmanager
def stamped() -> Iterator[Stamps]:
    """Watch the engine's own parts until the block ends."""
    stamps, undo = Stamps(), []

    def watch(owner: type, name: str, around: Callable[[Any], Any]) -> None:
        inner = getattr(owner, name)
        undo.append((owner, name, inner))
        setattr(owner, name, around(inner))

    watch(ToolLayer, "call", lambda inner: _calling(stamps, inner))
    watch(Client, "__init__", lambda inner: _connecting(stamps, inner))
    watch(Reconciler, "compare", lambda inner: _comparing(stamps, inner))
    watch(UserStream, "_opened", lambda inner: _hearing(stamps, inner))
    try:
        yield stamps
    finally:
        for owner, name, inner in undo:
            setattr(owner, name, inner)


def _calling(stamps: Stamps, inner: Any) -> Any:
    async def call(layer: ToolLayer, tool: str, *rest: Any, **more: Any) -> Any:
        if tool == "open_position":
            stamps.called = perf_counter()
        return await inner(layer, tool, *rest, **more)

    return call


def _connecting(stamps: Stamps, inner: Any) -> Any:
    """The body of a POST is the last of a request to leave; aiohttp tells of it when it is handed to the socket."""

    async def left(_: object, __: SimpleNamespace, params: aiohttp.TraceRequestChunkSentParams) -> None:
        if params.method == "POST" and params.url.path.endswith("/order") and stamps.called:
            stamps.to_wire.append((perf_counter() - stamps.called) * 1e3)
            stamps.called = 0.0

    def init(client: Client, *rest: Any, **more: Any) -> None:
        inner(client, *rest, **more)
        tracing = aiohttp.TraceConfig()
        tracing.on_request_chunk_sent.append(left)
        tracing.freeze()
        client._client.session._trace_configs.append(tracing)

    return init


def _comparing(stamps: Stamps, inner: Any) -> Any:
    async def compare(reconciler: Reconciler, **more: Any) -> Any:
        stamps.reconciler, began = reconciler, perf_counter()
        done = await inner(reconciler, **more)
        stamps.resyncs.append((perf_counter() - began) * 1e3)
        return done

    return compare


def _hearing(stamps: Stamps, inner: Any) -> Any:
    def opened(stream: UserStream) -> None:
        stamps.heard = perf_counter()
        inner(stream)

    return opened


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """`count` orders from the tool's call on; a tenth as many of what takes longer."""
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    with loopback_process() as served:
        with stamped() as stamps, running(_options(folder, served)) as engine:
            yield from _orders(engine, stamps, count)
            yield _cancels(engine, max(1, count // 20))
            yield from _resyncs(engine, stamps, max(2, count // 10))
            yield _reconnections(engine, served, stamps, max(1, count // 40))
        yield asyncio.run(_messages(served, count * _BURST))


def _options(folder: Path, served: Served) -> RunOptions:
    options = demo_options(folder / "home", served.rest_url, served.stream_url)
    prompt = Path(options.prompt)
    text = prompt.read_text()
    for shipped, changed in _BOUNDLESS.items():
        text = text.replace(shipped, changed)
    prompt.write_text(text)
    return options


def _orders(engine: EngineThread, stamps: Stamps, count: int) -> Iterator[Figure]:
    until(lambda: asked(engine, _RESTING).done)
    asked(engine, Cancel())
    stamps.to_wire.clear()
    for _ in range(count):
        _rest(engine)
        asked(engine, Cancel())
    for share in (0.5, 0.99):
        yield Figure(
            subject=SUBJECT,
            name=f"tool call to bytes on the wire p{100 * share:.0f}",
            value=percentile(stamps.to_wire, share),
            unit="ms",
            note=f"{len(stamps.to_wire)} orders, two synced transactions each",
        )


def _rest(engine: EngineThread) -> None:
    """One more order rests; where the pace is at its limit, a moment later."""
    replies: list[Reply] = []

    def is_answered() -> bool:
        replies.append(asked(engine, _RESTING))
        return replies[-1].code not in ("MAX_ORDERS_PER_MINUTE", "MAX_CANCELS_PER_MINUTE")

    until(is_answered)
    assert replies[-1].done, replies[-1]


def _cancels(engine: EngineThread, count: int) -> Figure:
    took: list[float] = []
    for _ in range(count):
        for _ in range(_AT_ONCE):
            _rest(engine)
        began = perf_counter()
        assert asked(engine, Cancel()).done
        took.append((perf_counter() - began) * 1e3)
    return Figure(subject=SUBJECT, name=f"cancel-all of {_AT_ONCE} orders p50", value=percentile(took, 0.5), unit="ms")


def _resyncs(engine: EngineThread, stamps: Stamps, count: int) -> Iterator[Figure]:
    reconciler, alive = stamps.reconciler, engine._alive
    assert reconciler is not None
    assert alive is not None
    stamps.resyncs.clear()
    for _ in range(count):
        assert asyncio.run_coroutine_threadsafe(reconciler.compare(), alive.loop).result(30)
    for share in (0.5, 0.99):
        yield Figure(
            subject=SUBJECT,
            name=f"comparison with the exchange p{100 * share:.0f}",
            value=percentile(stamps.resyncs, share),
            unit="ms",
        )


def _reconnections(engine: EngineThread, served: Served, stamps: Stamps, count: int) -> Figure:
    took: list[float] = []
    for _ in range(count):
        began, stamps.heard = perf_counter(), 0.0
        served.wish(Act.DROP, route="private")
        until(lambda: stamps.heard)
        took.append((stamps.heard - began) * 1e3)
        until(lambda: asked(engine, AskStatus()).done)
    note = f"the first of {count} in a row, at least a second by Binance's limit; the last took {took[-1]:,.0f}"
    return Figure(subject=SUBJECT, name="reconnection", value=took[0], unit="ms", note=note)


async def _messages(served: Served, count: int) -> Figure:
    """A burst of quotes through one socket into the market's state: how many a second this end takes."""
    wall, known = WallClock(), instrument(BTC)
    assert known is not None
    environment = environment_of(Mode.PAPER, rest_url=served.rest_url, stream_url=served.stream_url, key=None)
    session = Session(environment, wall, Chance(1))
    try:
        feed = await open_live_feed(PublicData(session), {BTC: known}, clock=wall, start=wall.now())
        state, heard, cpu, began = MarketState(wall), 0, 0.0, 0.0
        async for event in feed.events(None):
            state.apply(event)
            if not isinstance(event, Quote):
                continue
            if not began:
                await asyncio.get_running_loop().run_in_executor(
                    None, lambda: served.wish(Act.BURST, symbol=BTC, count=count)
                )
                began, cpu = perf_counter(), process_time()
            heard += 1
            if heard > count:
                break
        took, cpu = perf_counter() - began, process_time() - cpu
    finally:
        await session.close()
    return Figure(
        subject=SUBJECT,
        name="messages into the market's state",
        value=count / took,
        unit="per s",
        note=f"{count} at once, and as many marks; {2 * count / cpu:,.0f} per second of processor",
    )
