"""Binance's market messages, from JSON to typed events in receive time; what cannot be read names its place."""

import re
from decimal import Decimal
from typing import TypeAlias, assert_never

import msgspec

from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, Level, MarketTrade, Quote
from tui_trader.core.words import Symbol

Message: TypeAlias = Quote | BookDiff | BookSnapshot | MarketTrade


class Malformed(Exception):
    """A message that is not one of Binance's; the text says why."""


class MessageDecoder:
    """Decodes the messages of one symbol.

    Understood are the streams bookTicker, depth (diffs) and trade, combined (`{"stream": …, "data": …}`) or plain, and
    the answer of the REST depth endpoint, which recorders write among them. Other messages give None. Every event bears
    the time of its receipt: that is what the engine's clock follows and what ages count from; the exchange's own time
    lies on another clock (a second apart in the capture that this was tested on) and is not carried on.
    """

    def __init__(self, symbol: Symbol) -> None:
        """Messages of another symbol are malformed."""
        self._symbol = symbol
        self._prices = _Figures(zero_is_wrong=True)
        self._sizes = _Figures(zero_is_wrong=False)
        self._combined = msgspec.json.Decoder(_Combined)
        self._plain: msgspec.json.Decoder[_Body] = msgspec.json.Decoder(_Body)
        self.quoted_at = 0
        """The book update after which the newest quote held."""

    def decode(self, json: bytes, received: Instant) -> Message | None:
        """The message as an event of that time; None if it is of a kind that does not matter. Raises Malformed."""
        try:
            try:
                is_combined = json.startswith(b'{"stream"')
                body = self._combined.decode(json).data if is_combined else self._plain.decode(json)
            except msgspec.ValidationError:
                other = _decode_slowly(json)
                if other is None or isinstance(other, _Answer):
                    return None if other is None else self._snapshot(other, received)
                body = other
            return self._event(body, received)
        except msgspec.ValidationError as error:
            raise Malformed(f"it is not one of Binance's messages ({error})") from error
        except msgspec.DecodeError as error:
            raise Malformed(f"it is not JSON ({error})") from error

    def _event(self, body: "_Body", received: Instant) -> Message | None:
        symbol, prices, sizes = self._symbol, self._prices, self._sizes
        if body.s != symbol:
            raise Malformed(f"it is of {body.s}, and the file's name says {symbol}")
        match body:
            case _Ticker():
                bid, ask = prices[body.b], prices[body.a]
                if bid > ask:
                    raise Malformed(f"the bid {bid} is above the ask {ask}")
                self.quoted_at = body.u
                return Quote(symbol, received, bid, sizes[body.B], ask, sizes[body.A])
            case _Trade():
                # Anything but MARKET (insurance fund, auto-deleveraging) is no trade on the book and has no price.
                if body.X != "MARKET":
                    return None
                return MarketTrade(symbol, received, prices[body.p], sizes[body.q], body.m)
            case _Diff():
                bids, asks = self._levels(body.b), self._levels(body.a)
                return BookDiff(symbol, received, body.U, body.u, body.pu, bids, asks)
            case _:
                assert_never(body)

    def _snapshot(self, answer: "_Answer", received: Instant) -> BookSnapshot:
        bids, asks = self._levels(answer.bids), self._levels(answer.asks)
        return BookSnapshot(self._symbol, received, answer.last_id, bids, asks)

    def _levels(self, written: "_Written") -> tuple[Level, ...]:
        """Most figures of a capture are levels. A list is built first, since that is the fastest loop there is."""
        prices, sizes = self._prices, self._sizes
        return tuple([(prices[price], sizes[size]) for price, size in written])


class _Figures(dict[str, Decimal]):
    """Decimals by their text.

    Prices and sizes repeat, so that most are neither parsed nor checked again; and a Decimal that is met again keeps
    its hash, which costs more than parsing and is what a book looks prices up by.
    """

    def __init__(self, *, zero_is_wrong: bool) -> None:
        super().__init__()
        self._zero_is_wrong = zero_is_wrong

    def __missing__(self, written: str) -> Decimal:
        # What Decimal() takes beyond that (NaN, underscores, exponents, a sign) Binance does not write.
        if not _PLAIN(written):
            raise Malformed(f"{written!r} is not a plain number")
        figure = Decimal(written)
        if figure >= _HIGHEST:
            raise Malformed(f"{written} is beyond any price or quantity")
        if self._zero_is_wrong and not figure:
            raise Malformed("a price is zero")
        if len(self) >= _REMEMBERED:
            self.clear()
        self[written] = figure
        return figure


_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?").fullmatch
_HIGHEST = Decimal(10) ** 12
_REMEMBERED = 1 << 16
"""Figures of one kind: some megabytes, and more than a book has levels."""
_Written: TypeAlias = tuple[tuple[str, str], ...]


# The fields below are named by Binance. `gc=False`: nothing in a message can refer back to it.


class _Ticker(msgspec.Struct, frozen=True, gc=False, tag_field="e", tag="bookTicker"):
    s: str
    u: int
    b: str
    B: str
    a: str
    A: str


class _Trade(msgspec.Struct, frozen=True, gc=False, tag_field="e", tag="trade"):
    s: str
    p: str
    q: str
    m: bool
    X: str = "MARKET"


class _Diff(msgspec.Struct, frozen=True, gc=False, tag_field="e", tag="depthUpdate"):
    s: str
    U: int
    u: int
    pu: int
    b: _Written
    a: _Written


_Body: TypeAlias = _Ticker | _Trade | _Diff
_KINDS = frozenset({"bookTicker", "trade", "depthUpdate"})


class _Combined(msgspec.Struct, frozen=True, gc=False):
    data: _Body


class _Answer(msgspec.Struct, frozen=True, gc=False):
    last_id: int = msgspec.field(name="lastUpdateId")
    bids: _Written = ()
    asks: _Written = ()


def _decode_slowly(json: bytes) -> "_Body | _Answer | None":
    """A message that is not as it usually is: of a kind that does not matter (None), seldom, oddly worded, or damaged.

    Raises msgspec.DecodeError, of which ValidationError is one.
    """
    message = msgspec.json.decode(json)
    if not isinstance(message, dict):
        raise msgspec.ValidationError("Expected `object`")
    data = message.get("data", message)
    if isinstance(data, dict) and data.get("e") is None:
        return msgspec.convert(data, _Answer) if "lastUpdateId" in data else None
    if isinstance(data, dict) and isinstance(data["e"], str) and data["e"] not in _KINDS:
        return None
    body: _Body = msgspec.convert(data, _Body)
    return body
