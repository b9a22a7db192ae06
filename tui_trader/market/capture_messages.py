"""Binance's market messages, from JSON to typed events in receive time; what cannot be read names its place."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeAlias

import orjson

from tui_trader.core.clock import Instant
from tui_trader.core.market import BookDiff, BookSnapshot, Level, MarketTrade, Quote
from tui_trader.core.words import Symbol


class BookTicker(NamedTuple):
    """A quote and the book update after which it held."""

    quote: Quote
    update_id: int


Message: TypeAlias = BookTicker | BookDiff | BookSnapshot | MarketTrade


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

    def decode(self, json: bytes, received: Instant) -> Message | None:
        """The message as an event of that time; None if it is of a kind that does not matter. Raises Malformed."""
        try:
            body = orjson.loads(json)
            return self._event(body.get("data", body), received)
        except orjson.JSONDecodeError as error:
            raise Malformed("it is not JSON") from error
        except KeyError as error:
            raise Malformed(f"the field {error.args[0]!r} is missing") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise Malformed(f"it is not one of Binance's messages ({error})") from error

    def _event(self, data: dict[str, Any], received: Instant) -> Message | None:
        kind = data.get("e")
        if kind is None:
            return self._snapshot(data, received) if "lastUpdateId" in data else None
        match kind:
            case "bookTicker":
                return self._quote(data, received)
            case "trade":
                return self._trade(data, received)
            case "depthUpdate":
                return self._diff(data, received)
            case _:
                return None

    def _quote(self, data: dict[str, Any], received: Instant) -> BookTicker:
        self._check_symbol(data)
        prices, sizes = self._prices, self._sizes
        bid, ask = prices[data["b"]], prices[data["a"]]
        if bid > ask:
            raise Malformed(f"the bid {bid} is above the ask {ask}")
        quote = Quote(self._symbol, received, bid, sizes[data["B"]], ask, sizes[data["A"]])
        return BookTicker(quote, _number(data["u"]))

    def _trade(self, data: dict[str, Any], received: Instant) -> MarketTrade | None:
        self._check_symbol(data)
        # Anything but MARKET (insurance fund, auto-deleveraging) is no trade on the book and has no price.
        if data.get("X", "MARKET") != "MARKET":
            return None
        seller_came = data["m"]
        if not isinstance(seller_came, bool):
            raise Malformed(f"m is {seller_came!r}, neither true nor false")
        quantity = self._sizes[data["q"]]
        return MarketTrade(self._symbol, received, self._prices[data["p"]], quantity, seller_came)

    def _diff(self, data: dict[str, Any], received: Instant) -> BookDiff:
        self._check_symbol(data)
        first, last, previous = _number(data["U"]), _number(data["u"]), _number(data["pu"])
        bids, asks = self._levels(data["b"]), self._levels(data["a"])
        return BookDiff(self._symbol, received, first, last, previous, bids, asks)

    def _snapshot(self, data: dict[str, Any], received: Instant) -> BookSnapshot:
        last = _number(data["lastUpdateId"])
        return BookSnapshot(self._symbol, received, last, self._levels(data["bids"]), self._levels(data["asks"]))

    def _levels(self, written: Sequence[Sequence[str]]) -> tuple[Level, ...]:
        prices, sizes = self._prices, self._sizes
        return tuple([(prices[price], sizes[size]) for price, size in written])

    def _check_symbol(self, data: dict[str, Any]) -> None:
        if data["s"] != self._symbol:
            raise Malformed(f"it is of {data['s']}, and the file's name says {self._symbol}")


class _Figures(dict[str, Decimal]):
    """Decimals by their text. Prices and sizes repeat: a look-up costs a tenth of parsing and checking again."""

    def __init__(self, *, zero_is_wrong: bool) -> None:
        super().__init__()
        self._zero_is_wrong = zero_is_wrong

    def __missing__(self, written: str) -> Decimal:
        figure = _figure(written)
        if self._zero_is_wrong and not figure:
            raise Malformed("a price is zero")
        if len(self) >= _REMEMBERED:
            self.clear()
        self[written] = figure
        return figure


_REMEMBERED = 1 << 16
_HIGHEST = Decimal(10) ** 12


def _figure(written: str) -> Decimal:
    try:
        # What Decimal() takes beyond digits and a point (NaN, underscores, exponents, a sign) Binance does not write.
        if not (written.isascii() and written.replace(".", "", 1).isdigit()):
            raise Malformed(f"{written!r} is not a plain number")
        figure = Decimal(written)
    except (AttributeError, InvalidOperation) as error:
        raise Malformed(f"{written!r} is not a number in quotes") from error
    if figure >= _HIGHEST:
        raise Malformed(f"{written} is beyond any price or quantity")
    return figure


def _number(value: object) -> int:
    if type(value) is not int:
        raise Malformed(f"{value!r} is not an update id")
    return value
