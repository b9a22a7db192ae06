"""A loopback exchange on a loop in a thread of its own, for tests whose engine has another loop, or another process."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.fakes.loopback import BTC, LoopbackBench, loopback

T = TypeVar("T")
_STARTS_WITHIN = 20.0
_ANSWERS_WITHIN = 20.0


class LoopbackThread:
    """Calls reach the bench from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, bench: LoopbackBench) -> None:
        self.loop = loop
        self.bench = bench

    def call(self, work: Callable[[LoopbackBench], Coroutine[Any, Any, T]]) -> T:
        """Do it on the exchange's loop, and wait."""
        return asyncio.run_coroutine_threadsafe(work(self.bench), self.loop).result(_ANSWERS_WITHIN)

    def ask(self, path: str, **params: str) -> Any:
        """A signed question that must be answered."""
        return self.call(lambda bench: bench.ok("GET", path, **params))


@contextmanager
def loopback_thread(folder: Path | None = None, **changed: Any) -> Iterator[LoopbackThread]:
    """An exchange whose prices stand nearly still, so that quotes stay fresh and nothing is stopped out.

    `changed` are options of the exchange that differ.
    """
    started: threading.Event = threading.Event()
    made: list[LoopbackThread] = []
    over: list[asyncio.Event] = []

    async def serve() -> None:
        async with loopback(folder, **changed) as bench:
            over.append(asyncio.Event())
            made.append(LoopbackThread(asyncio.get_running_loop(), bench))
            moving = asyncio.create_task(move(bench))
            started.set()
            await over[0].wait()
            moving.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="loopback exchange")
    thread.start()
    try:
        assert started.wait(_STARTS_WITHIN)
        yield made[0]
    finally:
        if made:
            made[0].loop.call_soon_threadsafe(over[0].set)
        thread.join()


async def move(bench: LoopbackBench) -> None:
    """Tell every symbol's price again and again, and that others trade; until cancelled."""
    while True:
        for symbol in bench.exchange.floor.tapes:
            await bench.price(symbol, bench.prices[symbol])
        await bench.trade(BTC, bench.prices[BTC], "0.1", sold=True)
        await asyncio.sleep(0.2)
