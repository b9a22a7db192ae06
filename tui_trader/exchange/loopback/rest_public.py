"""Public endpoints: the server, what is traded, and its market."""

from collections.abc import Callable
from typing import TypeAlias

from tui_trader.core.clock import Instant
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback import market_json as told
from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.endpoint import FIVE, ONE, Call, Endpoint, Handler, Weight, by_limit, by_symbol, flat
from tui_trader.exchange.loopback.figures import Json, JsonObject, levels, ms, price, quantity
from tui_trader.exchange.loopback.instrument_json import exchange_info
from tui_trader.exchange.loopback.intervals import INTERVALS
from tui_trader.exchange.loopback.refusals import refuse
from tui_trader.exchange.loopback.tape import Tape

_DEPTHS = (5, 10, 20, 50, 100, 500, 1000)
_EVER = Instant((1 << 63) - 1)

TapeWriter: TypeAlias = Callable[[Tape], JsonObject | None]


async def ping(_: Call) -> Json:
    """Nothing."""
    return {}


async def time(call: Call) -> Json:
    """The server's time."""
    return {"serverTime": ms(call.now)}


async def info(call: Call) -> Json:
    """What is traded, and the limits."""
    instruments = [tape.instrument for tape in call.floor.tapes.values()]
    return exchange_info(instruments, call.floor.options.limits, ms(call.now))


async def depth(call: Call) -> Json:
    """The order book, which the diffs of the stream go on from."""
    tape = call.floor.tape(call.params.symbol())
    limit = call.params.integer("limit", 500)
    if limit not in _DEPTHS:
        raise refuse(-1130, "limit")
    bids, asks = tape.book.levels(limit)
    return {
        "lastUpdateId": tape.book.last_id,
        "E": ms(call.now),
        "T": ms(tape.book.time),
        "bids": levels(tape.instrument, bids),
        "asks": levels(tape.instrument, asks),
    }


async def trades(call: Call) -> Json:
    """Recent trades, oldest first."""
    tape = call.floor.tape(call.params.symbol())
    limit = call.params.within("limit", 500, 1000)
    return [told.recent_trade(tape.instrument, each) for each in list(tape.trades)[-limit:]]


async def agg_trades(call: Call) -> Json:
    """Recent trades by number or time, oldest first."""
    tape = call.floor.tape(call.params.symbol())
    limit = call.params.within("limit", 500, 1000)
    first = call.params.integer("fromId")
    begin, end = call.params.instant("startTime", Instant(0)), call.params.instant("endTime", _EVER)
    found = [each for each in tape.trades if begin <= each.trade.time <= end and each.number >= (first or 0)]
    oldest_first = first is not None or call.params.text("startTime") is not None
    chosen = found[:limit] if oldest_first else found[-limit:]
    return [told.agg_trade(tape.instrument, each) for each in chosen]


async def klines(call: Call) -> Json:
    """Klines, oldest first, the last one perhaps still open."""
    return _klines(call, call.floor.tape(call.params.symbol()))


async def continuous_klines(call: Call) -> Json:
    """The same of a pair's perpetual."""
    if call.params.required("contractType").upper() != "PERPETUAL":
        raise refuse(-1130, "contractType")
    return _klines(call, call.floor.tape(Symbol(call.params.required("pair").upper())))


async def day_ticker(call: Call) -> Json:
    """The last 24 hours."""
    return _each(call, lambda tape: _day(tape, ms(call.now)))


async def book_ticker(call: Call) -> Json:
    """The touch."""
    return _each(call, _touch)


async def price_ticker(call: Call) -> Json:
    """The last price."""
    return _each(call, lambda tape: _last(tape, ms(call.now)))


async def premium_index(call: Call) -> Json:
    """Mark price and funding."""
    return _each(call, lambda tape: told.premium_index(tape.mark) if tape.mark else None)


async def funding_rate(call: Call) -> Json:
    """Fundings that were settled since the start, oldest first."""
    asked = call.params.text("symbol")
    tapes = [call.floor.tape(call.params.symbol())] if asked else list(call.floor.tapes.values())
    begin, end = call.params.instant("startTime", Instant(0)), call.params.instant("endTime", _EVER)
    found = sorted((f for tape in tapes for f in tape.fundings if begin <= f.time <= end), key=lambda f: f.time)
    return [told.funding_rate(settled) for settled in found[-call.params.within("limit", 100, 1000) :]]


async def funding_info(call: Call) -> Json:
    """How often funding is settled."""
    return [
        {
            "symbol": tape.symbol,
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": tape.instrument.funding_hours,
            "disclaimer": False,
        }
        for tape in call.floor.tapes.values()
    ]


async def open_interest(call: Call) -> Json:
    """What is held open as far as this exchange knows: our own position, against the market."""
    symbol = call.params.symbol()
    instrument = call.floor.instrument(symbol)
    held = abs(call.floor.state.books[symbol].position.quantity)
    return {"symbol": symbol, "openInterest": quantity(instrument, held), "time": ms(call.now)}


def _klines(call: Call, tape: Tape) -> Json:
    interval = INTERVALS.get(call.params.required("interval"))
    if interval is None:
        raise refuse(-1120)
    begin, end = call.params.instant("startTime", Instant(0)), call.params.instant("endTime", _EVER)
    newest = call.params.text("startTime") is None
    found = tape.klines.of(interval, begin, end, call.params.within("limit", 500, 1500), newest=newest)
    return [told.kline_row(tape.instrument, kline) for kline in found]


def _day(tape: Tape, now: int) -> JsonObject | None:
    day = tape.klines.day()
    return None if day is None else told.ticker(tape, day, now)


def _touch(tape: Tape) -> JsonObject | None:
    quote, instrument = tape.quote, tape.instrument
    if quote is None:
        return None
    return {
        "symbol": tape.symbol,
        "bidPrice": price(instrument, quote.bid),
        "bidQty": quantity(instrument, quote.bid_size),
        "askPrice": price(instrument, quote.ask),
        "askQty": quantity(instrument, quote.ask_size),
        "time": ms(quote.time),
        "lastUpdateId": tape.book.last_id,
    }


def _last(tape: Tape, now: int) -> JsonObject | None:
    last = tape.last_price
    return None if last is None else {"symbol": tape.symbol, "price": price(tape.instrument, last), "time": now}


def _each(call: Call, write: TapeWriter) -> Json:
    """One object for a symbol, a list for all; a symbol of which nothing was told yet is refused."""
    if call.params.text("symbol") is None:
        return [row for tape in call.floor.tapes.values() if (row := write(tape)) is not None]
    row = write(call.floor.tape(call.params.symbol()))
    if row is None:
        raise refuse(-4140)
    return row


def _public(path: str, weight: Weight, handler: Handler) -> Endpoint:
    return Endpoint("GET", path, Security.NONE, weight, handler)


_KLINE_WEIGHT = by_limit(500, (99, 1), (499, 2), (1000, 5), (1500, 10))

ENDPOINTS = (
    _public("/fapi/v1/ping", ONE, ping),
    _public("/api/v3/ping", ONE, ping),
    _public("/fapi/v1/time", ONE, time),
    _public("/api/v3/time", ONE, time),
    _public("/fapi/v1/exchangeInfo", ONE, info),
    _public("/fapi/v1/depth", by_limit(500, (50, 2), (100, 5), (500, 10), (1000, 20)), depth),
    _public("/fapi/v1/trades", FIVE, trades),
    _public("/fapi/v1/aggTrades", flat(20), agg_trades),
    _public("/fapi/v1/klines", _KLINE_WEIGHT, klines),
    _public("/fapi/v1/continuousKlines", _KLINE_WEIGHT, continuous_klines),
    _public("/fapi/v1/ticker/24hr", by_symbol(1, 40), day_ticker),
    _public("/fapi/v1/ticker/bookTicker", by_symbol(2, 5), book_ticker),
    _public("/fapi/v1/ticker/price", by_symbol(1, 2), price_ticker),
    _public("/fapi/v2/ticker/price", by_symbol(1, 2), price_ticker),
    _public("/fapi/v1/premiumIndex", by_symbol(1, 10), premium_index),
    _public("/fapi/v1/fundingRate", ONE, funding_rate),
    _public("/fapi/v1/fundingInfo", ONE, funding_info),
    _public("/fapi/v1/openInterest", ONE, open_interest),
)
