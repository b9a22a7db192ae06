"""The names of streams: what each tells, and by which route it is told."""

import re
from dataclasses import dataclass
from enum import StrEnum

from tui_trader.exchange.loopback.intervals import INTERVALS


class Route(StrEnum):
    """The first part of a WebSocket path; `legacy` is the address without one."""

    PUBLIC = "public"
    MARKET = "market"
    PRIVATE = "private"
    LEGACY = "legacy"

    def tells(self, stream: "StreamName") -> bool:
        """Whether data of this stream comes by this route. By the wrong one nothing does, and nobody says so."""
        own = Route.PUBLIC if self is Route.LEGACY else self
        return own is stream.route


class Topic(StrEnum):
    """What a stream tells."""

    BOOK_TICKER = "bookTicker"
    DEPTH = "depth"
    PARTIAL_DEPTH = "partialDepth"
    TRADE = "trade"
    AGG_TRADE = "aggTrade"
    MARK_PRICE = "markPrice"
    KLINE = "kline"
    CONTINUOUS_KLINE = "continuousKline"
    TICKER = "ticker"
    MINI_TICKER = "miniTicker"
    FORCE_ORDER = "forceOrder"


DEPTH_PACES = (0, 100, 250, 500)
"""Milliseconds between two messages that a depth stream's name may ask for. Zero, each change of the book by itself, is
not documented; recorders use it, and a capture is repeated with it as it was."""
_USUAL_PACE = 250

_PUBLIC = frozenset({Topic.BOOK_TICKER, Topic.DEPTH, Topic.PARTIAL_DEPTH, Topic.TRADE})
_ALL = re.compile(r"!(?P<topic>bookTicker|miniTicker@arr|ticker@arr|forceOrder@arr|markPrice@arr(?:@1s)?)")
_ONE = re.compile(
    r"(?P<symbol>[a-z0-9]+)@(?:(?P<plain>bookTicker|trade|aggTrade|ticker|miniTicker|forceOrder)"
    r"|depth(?P<levels>5|10|20)?(?:@(?P<pace>0|100|250|500)ms)?"
    r"|markPrice(?:@1s)?"
    r"|kline_(?P<interval>\w+))"
)
_CONTINUOUS = re.compile(r"(?P<pair>[a-z0-9]+)_perpetual@continuousKline_(?P<interval>\w+)")


@dataclass(frozen=True, slots=True)
class StreamName:
    """A stream. `symbol` is upper case, empty for the streams of all symbols; `detail` is levels or interval.

    `pace` is of depth streams: milliseconds between two messages.
    """

    text: str
    topic: Topic
    symbol: str
    detail: str = ""
    pace: int = 0

    @property
    def route(self) -> Route:
        """By which it is told."""
        return Route.PUBLIC if self.topic in _PUBLIC else Route.MARKET


def parse_stream(text: str) -> StreamName | None:
    """The stream of this name; None for a name that tells nothing (which is acknowledged all the same)."""
    if found := _ALL.fullmatch(text):
        topic = Topic(found["topic"].split("@")[0])
        return StreamName(text, topic, "", _mark_pace(text) if topic is Topic.MARK_PRICE else "")
    if (found := _CONTINUOUS.fullmatch(text)) and found["interval"] in INTERVALS:
        return StreamName(text, Topic.CONTINUOUS_KLINE, found["pair"].upper(), found["interval"])
    found = _ONE.fullmatch(text)
    if found is None:
        return None
    symbol = found["symbol"].upper()
    if found["plain"]:
        return StreamName(text, Topic(found["plain"]), symbol)
    if interval := found["interval"]:
        return StreamName(text, Topic.KLINE, symbol, interval) if interval in INTERVALS else None
    if "@markPrice" in text:
        return StreamName(text, Topic.MARK_PRICE, symbol, _mark_pace(text))
    levels, pace = found["levels"], int(found["pace"] or _USUAL_PACE)
    return StreamName(text, Topic.PARTIAL_DEPTH if levels else Topic.DEPTH, symbol, levels or "", pace)


def _mark_pace(text: str) -> str:
    return "1s" if text.endswith("@1s") else "3s"
