"""The messages of Binance's market route that the feed reads: mark price and one-minute candles, and the envelope."""

from decimal import Decimal
from typing import TypeAlias

import msgspec

from tui_trader.core.clock import Instant, from_milliseconds
from tui_trader.core.market import Candle, MarkPrice
from tui_trader.core.words import Symbol
from tui_trader.market.capture_messages import Malformed

MINUTE = 60
"""Seconds of a candle."""
_MILLISECONDS = 1000


class Envelope(msgspec.Struct, frozen=True):
    """A combined message: which stream, and what it says, undecoded."""

    stream: str
    data: msgspec.Raw

    @property
    def symbol(self) -> Symbol:
        """The symbol that the stream is of."""
        return Symbol(self.stream.partition("@")[0].upper())


def read_envelope(json: bytes) -> Envelope | None:
    """The envelope; None of a message that has none, such as the answer to a subscription. Raises Malformed."""
    try:
        return _ENVELOPE.decode(json)
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError as error:
        raise Malformed(f"it is not JSON ({error})") from None


def read_market(data: bytes, received: Instant) -> MarkPrice | Candle | None:
    """A mark price, at the time of its receipt, or a candle that has closed; None of anything else. Raises Malformed.

    The next funding is told in the exchange's time, as the minutes of candles are.
    """
    try:
        body = _BODY.decode(data)
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError as error:
        raise Malformed(f"it is not JSON ({error})") from None
    try:
        if isinstance(body, _Mark):
            rate = Decimal(body.r or "0")
            return MarkPrice(Symbol(body.s), received, Decimal(body.p), rate, from_milliseconds(body.T))
        return _candle(Symbol(body.s), body.k) if body.k.x else None
    except ArithmeticError:
        raise Malformed("a figure is not a number") from None


def read_candles(symbol: Symbol, rows: bytes, before: Instant) -> tuple[Candle, ...]:
    """The rows of GET klines that had closed before that time, oldest first. Raises Malformed."""
    try:
        found = msgspec.json.decode(rows, type=tuple[_Row, ...])
        return tuple(
            Candle(symbol, from_milliseconds(row[0]), MINUTE, *(Decimal(figure) for figure in row[1:6]))
            for row in found
            if from_milliseconds(row[0] + MINUTE * _MILLISECONDS) <= before
        )
    except (msgspec.DecodeError, ArithmeticError) as error:
        raise Malformed(f"the candles cannot be read ({type(error).__name__})") from None


def _candle(symbol: Symbol, told: "_Kline") -> Candle:
    figures = (Decimal(figure) for figure in (told.o, told.h, told.l, told.c, told.v))
    return Candle(symbol, from_milliseconds(told.t), MINUTE, *figures)


# The names below are Binance's.


class _Mark(msgspec.Struct, frozen=True, gc=False, tag_field="e", tag="markPriceUpdate"):
    s: str
    p: str
    T: int
    r: str = "0"


class _Kline(msgspec.Struct, frozen=True, gc=False):
    t: int
    o: str
    h: str
    l: str  # noqa: E741 - Binance's name
    c: str
    v: str
    x: bool


class _KlineEvent(msgspec.Struct, frozen=True, tag_field="e", tag="kline"):
    s: str
    k: _Kline


_Row: TypeAlias = tuple[int, str, str, str, str, str, int, str, int, str, str, str]
_ENVELOPE = msgspec.json.Decoder(Envelope)
_BODY: "msgspec.json.Decoder[_Mark | _KlineEvent]" = msgspec.json.Decoder(_Mark | _KlineEvent)
