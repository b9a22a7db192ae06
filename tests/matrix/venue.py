"""A loopback exchange in a process of its own: questions by its REST, faults by its control path, prices by a pipe."""

import asyncio
import json
import multiprocessing
import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPException
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode

from tests.fakes.loopback import BTC, CREDENTIALS, LoopbackBench, loopback, sign
from tests.fakes.loopback_thread import move
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.control import TOKEN_HEADER, Act
from tui_trader.exchange.loopback.options import Credentials, Limits
from tui_trader.exchange.paper import PaperBooksError

T = TypeVar("T")
FORK = multiprocessing.get_context("fork")
_TOKEN = "matrix" * 4
_WITHIN = 30.0
_LIMITS = Limits(weight_a_minute=24_000)
"""Ten times production's: the checks ask of the same account as the engine that they check."""


@dataclass(frozen=True, slots=True)
class Venue:
    """The exchange as its operator reaches it. Nothing is ever read from the pipe here: a process that is killed with
    half a message in its hands would spoil it for all others.
    """

    rest_url: str
    stream_url: str
    pipe: Connection | None = None
    credentials: Credentials = CREDENTIALS

    def wish(self, act: Act, **more: object) -> int:
        """Ask for a fault on the control path; the count that it answers."""
        request = urllib.request.Request(
            f"{self.rest_url}/control",
            data=json.dumps({"act": act.value, **more}).encode(),
            headers={TOKEN_HEADER: _TOKEN},
        )
        with urllib.request.urlopen(request, timeout=_WITHIN) as answer:
            return int(json.load(answer)["count"])

    def price(self, price: Decimal, symbol: Symbol = BTC) -> None:
        """The market of the symbol is there from now on."""
        assert self.pipe is not None
        self.pipe.send((symbol, price))

    def ask(self, path: str, **params: str) -> Any:
        """The body of a signed question."""
        now = json.loads(self._read(f"{self.rest_url}/fapi/v1/time"))["serverTime"]  # its clock may be skewed
        query = urlencode({**params, "timestamp": now})
        return json.loads(self._read(f"{self.rest_url}{path}?{query}&signature={sign(self.credentials.secret, query)}"))

    def _read(self, url: str) -> bytes:
        """The body; asked for again while the exchange is being started anew."""
        deadline = monotonic() + _WITHIN
        while True:
            try:
                request = urllib.request.Request(url, headers={"X-MBX-APIKEY": self.credentials.key})
                with urllib.request.urlopen(request, timeout=_WITHIN) as answer:
                    return bytes(answer.read())
            except HTTPError:
                raise
            except (OSError, HTTPException):
                if monotonic() > deadline:
                    raise
                sleep(0.1)

    # ------------------------------------------------------------------ what it holds

    def held(self) -> Decimal:
        """The position of bitcoin."""
        return sum((Decimal(p["positionAmt"]) for p in self.ask("/fapi/v3/positionRisk")), start=Decimal(0))

    def trades(self) -> list[Any]:
        """All trades, oldest first."""
        found: list[Any] = []
        while page := self.ask("/fapi/v1/userTrades", symbol=BTC, limit="1000", fromId=str(_next_id(found))):
            found += page
        return found

    def orders(self) -> list[Any]:
        """All ordinary orders that it ever took."""
        return list(self.ask("/fapi/v1/allOrders", symbol=BTC, limit="1000"))

    def algos(self) -> list[Any]:
        """All conditional orders that it ever took."""
        return list(self.ask("/fapi/v1/allAlgoOrders", symbol=BTC, limit="1000"))

    def open_orders(self) -> list[Any]:
        """The ordinary orders that are open."""
        return list(self.ask("/fapi/v1/openOrders", symbol=BTC))

    def open_algos(self) -> list[Any]:
        """The conditional orders that are open."""
        return list(self.ask("/fapi/v1/openAlgoOrders", symbol=BTC))


def _next_id(found: list[Any]) -> int:
    return int(found[-1]["id"]) + 1 if found else 0


@contextmanager
def venue(folder: Path | None = None) -> Iterator[Venue]:
    """A running exchange, its books in the folder; its process is killed at the end."""
    if folder is not None:
        folder.mkdir()
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=_serve, args=(ours, theirs, folder), name="exchange")
    process.start()
    try:
        assert ours.poll(_WITHIN), "the exchange does not start"
        rest, stream = ours.recv()
        yield Venue(rest, stream, ours)
    finally:
        process.kill()
        process.join()
        ours.close()
        theirs.close()


def _serve(other_end: Connection, pipe: Connection, folder: Path | None) -> None:
    other_end.close()  # else the end of whoever asks would not be seen here
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def heard(bench: LoopbackBench) -> None:
        try:
            symbol, price = pipe.recv()
        except EOFError:
            os._exit(0)
        bench.prices[symbol] = price  # the market moves there by itself

    async def serve() -> None:
        async with loopback(folder, control_token=_TOKEN, limits=_LIMITS) as bench:
            asyncio.get_running_loop().add_reader(pipe.fileno(), heard, bench)
            pipe.send((bench.exchange.rest_url, bench.exchange.stream_url))
            await _always(bench)

    with suppress(BrokenPipeError):
        asyncio.run(serve())


async def _always(bench: LoopbackBench) -> None:
    """The market goes on, after a restart of the exchange too."""
    while True:
        try:
            await move(bench)
        except PaperBooksError:
            await asyncio.sleep(0.1)


def apart(work: Callable[[], T], *, log: Path, within: float) -> tuple[int | None, T | None]:
    """Do it in a forked process, what it prints in `log`; its exit code (None: it took too long), and what it says."""
    ours, theirs = FORK.Pipe(duplex=False)

    def child() -> None:
        with log.open("ab", buffering=0) as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        theirs.send(work())

    process = FORK.Process(target=child)
    process.start()
    theirs.close()
    said: T | None = None
    try:
        if ours.poll(within):
            with suppress(EOFError):
                said = ours.recv()
            process.join(within)
    finally:
        is_late = process.is_alive()
        process.kill()
        process.join()
        ours.close()
    return None if is_late else process.exitcode, said
