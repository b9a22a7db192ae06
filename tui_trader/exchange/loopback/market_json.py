"""The market as streams and answers say it."""

from tui_trader.core.instrument import Instrument
from tui_trader.core.market import BookDiff, FundingSettled, MarkPrice, Quote
from tui_trader.core.money import HUNDRED, ZERO
from tui_trader.exchange.loopback.figures import Json, JsonObject, fixed, levels, money, ms, price, quantity
from tui_trader.exchange.loopback.klines import Kline
from tui_trader.exchange.loopback.tape import NumberedTrade, Tape

_INTEREST = "0.00010000"


def book_ticker_event(instrument: Instrument, quote: Quote, update: int, now: int) -> JsonObject:
    """`bookTicker`."""
    return {
        "e": "bookTicker",
        "u": update,
        "E": now,
        "T": ms(quote.time),
        "s": quote.symbol,
        "ps": quote.symbol,
        "b": price(instrument, quote.bid),
        "B": quantity(instrument, quote.bid_size),
        "a": price(instrument, quote.ask),
        "A": quantity(instrument, quote.ask_size),
        "st": 1,
    }


def depth_event(instrument: Instrument, diff: BookDiff, now: int) -> JsonObject:
    """`depthUpdate`, of a diff or (with all levels asked for) of a partial book."""
    return {
        "e": "depthUpdate",
        "E": now,
        "T": ms(diff.time),
        "s": diff.symbol,
        "ps": diff.symbol,
        "U": diff.first_id,
        "u": diff.last_id,
        "pu": diff.previous_id,
        "b": levels(instrument, diff.bids),
        "a": levels(instrument, diff.asks),
        "st": 1,
    }


def trade_event(instrument: Instrument, told: NumberedTrade, now: int) -> JsonObject:
    """`trade`."""
    trade = told.trade
    return {
        "e": "trade",
        "E": now,
        "T": ms(trade.time),
        "s": trade.symbol,
        "t": told.number,
        "p": price(instrument, trade.price),
        "q": quantity(instrument, trade.quantity),
        "X": "MARKET",
        "m": trade.buyer_is_maker,
        "st": 1,
    }


def agg_trade(instrument: Instrument, told: NumberedTrade) -> dict[str, Json]:
    """An aggregate trade of one trade, as REST says it."""
    trade = told.trade
    size = quantity(instrument, trade.quantity)
    return {
        "a": told.number,
        "p": price(instrument, trade.price),
        "q": size,
        "nq": size,
        "f": told.number,
        "l": told.number,
        "T": ms(trade.time),
        "m": trade.buyer_is_maker,
    }


def agg_trade_event(instrument: Instrument, told: NumberedTrade, now: int) -> JsonObject:
    """`aggTrade`."""
    return {"e": "aggTrade", "E": now, "s": told.trade.symbol, **agg_trade(instrument, told), "st": 1}


def recent_trade(instrument: Instrument, told: NumberedTrade) -> JsonObject:
    """A trade as REST says it."""
    trade = told.trade
    return {
        "id": told.number,
        "price": price(instrument, trade.price),
        "qty": quantity(instrument, trade.quantity),
        "quoteQty": money(trade.price * trade.quantity),
        "time": ms(trade.time),
        "isBuyerMaker": trade.buyer_is_maker,
        "isRPITrade": False,
    }


def mark_event(mark: MarkPrice, now: int) -> JsonObject:
    """`markPriceUpdate`; there is no index beside the mark here, so that both are the same figure."""
    written = money(mark.price)
    return {
        "e": "markPriceUpdate",
        "E": now,
        "s": mark.symbol,
        "p": written,
        "ap": written,
        "P": written,
        "i": written,
        "r": money(mark.funding_rate),
        "T": ms(mark.next_funding),
        "st": 1,
    }


def premium_index(mark: MarkPrice) -> JsonObject:
    """`premiumIndex`."""
    written = money(mark.price)
    return {
        "symbol": mark.symbol,
        "markPrice": written,
        "indexPrice": written,
        "estimatedSettlePrice": written,
        "lastFundingRate": money(mark.funding_rate),
        "interestRate": _INTEREST,
        "nextFundingTime": ms(mark.next_funding),
        "time": ms(mark.time),
    }


def funding_rate(settled: FundingSettled) -> JsonObject:
    """A row of `fundingRate`."""
    return {
        "symbol": settled.symbol,
        "fundingRate": money(settled.rate),
        "fundingTime": ms(settled.time),
        "markPrice": money(settled.mark),
        "rateType": "Regular",
    }


def kline_row(instrument: Instrument, kline: Kline) -> list[Json]:
    """A kline as REST says it."""
    return [
        ms(kline.opens),
        *(price(instrument, at) for at in (kline.open, kline.high, kline.low, kline.close)),
        quantity(instrument, kline.volume),
        ms(kline.closes) - 1,
        money(kline.turnover),
        kline.trades,
        quantity(instrument, kline.bought),
        money(kline.bought_turnover),
        "0",
    ]


def kline_event(instrument: Instrument, kline: Kline, interval: str, now: int, *, closed: bool) -> JsonObject:
    """`kline`."""
    return {
        "e": "kline",
        "E": now,
        "s": instrument.symbol,
        "k": {"s": instrument.symbol, **_kline_body(instrument, kline, interval, closed=closed)},
    }


def continuous_kline_event(
    instrument: Instrument, kline: Kline, interval: str, now: int, *, closed: bool
) -> JsonObject:
    """`continuous_kline`."""
    return {
        "e": "continuous_kline",
        "E": now,
        "ps": instrument.symbol,
        "ct": "PERPETUAL",
        "k": _kline_body(instrument, kline, interval, closed=closed),
    }


def _kline_body(instrument: Instrument, kline: Kline, interval: str, *, closed: bool) -> dict[str, Json]:
    return {
        "t": ms(kline.opens),
        "T": ms(kline.closes) - 1,
        "i": interval,
        "f": -1,
        "L": -1,
        "o": price(instrument, kline.open),
        "c": price(instrument, kline.close),
        "h": price(instrument, kline.high),
        "l": price(instrument, kline.low),
        "v": quantity(instrument, kline.volume),
        "n": kline.trades,
        "x": closed,
        "q": money(kline.turnover),
        "V": quantity(instrument, kline.bought),
        "Q": money(kline.bought_turnover),
        "B": "0",
    }


def ticker(tape: Tape, day: Kline, now: int) -> JsonObject:
    """`ticker/24hr`."""
    instrument = tape.instrument
    change = day.close - day.open
    first, last = (tape.trades[0].number, tape.trades[-1].number) if tape.trades else (-1, -1)
    return {
        "symbol": tape.symbol,
        "priceChange": price(instrument, change),
        "priceChangePercent": fixed(change / day.open * HUNDRED, 3),
        "weightedAvgPrice": price(instrument, day.turnover / day.volume if day.volume else day.close),
        "lastPrice": price(instrument, day.close),
        "lastQty": quantity(instrument, tape.trades[-1].trade.quantity if tape.trades else ZERO),
        "openPrice": price(instrument, day.open),
        "highPrice": price(instrument, day.high),
        "lowPrice": price(instrument, day.low),
        "volume": quantity(instrument, day.volume),
        "quoteVolume": money(day.turnover),
        "openTime": ms(day.opens),
        "closeTime": now,
        "firstId": first,
        "lastId": last,
        "count": day.trades,
    }


def mini_ticker_event(tape: Tape, day: Kline, now: int) -> dict[str, Json]:
    """`24hrMiniTicker`."""
    instrument = tape.instrument
    return {
        "e": "24hrMiniTicker",
        "E": now,
        "s": tape.symbol,
        "c": price(instrument, day.close),
        "o": price(instrument, day.open),
        "h": price(instrument, day.high),
        "l": price(instrument, day.low),
        "v": quantity(instrument, day.volume),
        "q": money(day.turnover),
        "ps": tape.symbol,
        "st": 1,
    }


def ticker_event(tape: Tape, day: Kline, now: int) -> JsonObject:
    """`24hrTicker`."""
    told = ticker(tape, day, now)
    return {
        **mini_ticker_event(tape, day, now),
        "e": "24hrTicker",
        "p": told["priceChange"],
        "P": told["priceChangePercent"],
        "w": told["weightedAvgPrice"],
        "Q": told["lastQty"],
        "O": told["openTime"],
        "C": now,
        "F": told["firstId"],
        "L": told["lastId"],
        "n": told["count"],
    }


def force_order_event(body: JsonObject, symbol: str, now: int) -> JsonObject:
    """`forceOrder`: a liquidation as everyone hears it; `body` is the owner's answer."""
    order: dict[str, Json] = {
        "s": symbol,
        "S": body["side"],
        "o": "LIMIT",
        "f": "IOC",
        "q": body["origQty"],
        "p": body["price"],
        "ap": body["avgPrice"],
        "X": body["status"],
        "l": body["executedQty"],
        "z": body["executedQty"],
        "T": body["updateTime"],
    }
    return {"e": "forceOrder", "E": now, "o": order, "ps": symbol, "st": 1}
