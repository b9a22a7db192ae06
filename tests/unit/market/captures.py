"""Small captures for these tests: messages as Binance words them, and files of them."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

from tests.unit.market.markets import START
from tui_trader.core.clock import NANOSECONDS, Instant

MS = NANOSECONDS // 1000


def received(seconds: float) -> Instant:
    """That long after START, to the millisecond."""
    return Instant(START + round(seconds * 1000) * MS)


def line(seconds: float, body: object) -> str:
    """A line of a capture."""
    return f"{received(seconds)} {json.dumps(body, separators=(',', ':'))}"


def stream(name: str, data: dict[str, object]) -> dict[str, object]:
    """A combined-stream message."""
    return {"stream": f"btcusdt@{name}", "data": data}


def ticker(bid: str, ask: str, update: int = 1, symbol: str = "BTCUSDT") -> dict[str, object]:
    """A bookTicker message with sizes 2 and 3."""
    sizes = {"b": bid, "B": "2.000", "a": ask, "A": "3.000"}
    return stream("bookTicker", {"e": "bookTicker", "u": update, "s": symbol, **sizes, "T": 5, "E": 6})


def trade(price: str, quantity: str = "1.000", *, seller_came: bool = False, kind: str = "MARKET") -> dict[str, object]:
    """A trade message."""
    figures = {"p": price, "q": quantity, "X": kind, "m": seller_came}
    return stream("trade", {"e": "trade", "E": 6, "T": 5, "s": "BTCUSDT", "t": 77, **figures})


def depth(first: int, last: int, previous: int, bids: str = "", asks: str = "") -> dict[str, object]:
    """A depthUpdate message; levels as `"100x2 99x0"`."""
    ids = {"U": first, "u": last, "pu": previous}
    return stream("depth@0ms", {"e": "depthUpdate", "E": 6, "T": 5, "s": "BTCUSDT", **ids, **_sides(bids, asks)})


def answer(last: int, bids: str, asks: str) -> dict[str, object]:
    """The answer of the REST depth endpoint."""
    sides = _sides(bids, asks)
    return {"lastUpdateId": last, "E": 6, "T": 5, "bids": sides["b"], "asks": sides["a"]}


def write_capture(path: Path, lines: Iterable[str]) -> Path:
    """A capture file, packed if its name says so."""
    text = "".join(f"{each}\n" for each in lines)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def _sides(bids: str, asks: str) -> dict[str, list[list[str]]]:
    return {"b": [part.split("x") for part in bids.split()], "a": [part.split("x") for part in asks.split()]}
