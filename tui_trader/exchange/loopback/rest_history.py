"""What has been: orders, trades, income, liquidations."""

from typing import NamedTuple

from tui_trader.core.clock import DAY, NANOSECONDS, Instant
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.endpoint import FIVE, Call, Endpoint, by_symbol, flat
from tui_trader.exchange.loopback.figures import Json, JsonObject, money, ms
from tui_trader.exchange.loopback.order_json import force_order, order_listed, user_trade
from tui_trader.exchange.loopback.order_words import LIQUIDATION_PREFIX, ORDER_BASE
from tui_trader.exchange.loopback.params import Params
from tui_trader.exchange.loopback.refusals import Refusal
from tui_trader.exchange.paper.archive import Window

_WEEK = Instant(round(7 * DAY) * NANOSECONDS)
_EVER = Instant((1 << 63) - 1)


async def all_orders(call: Call) -> Json:
    """GET allOrders: from a number on, or the newest."""
    symbol = _symbol(call)
    number = call.params.integer("orderId")
    window = _window(
        call.params, from_id=0 if number is None else max(0, number - ORDER_BASE), by_id=number is not None
    )
    orders = call.floor.paper.archive.orders(symbol, window)
    return [order_listed(order, call.floor.instrument(order.symbol), call.floor.extras(order)) for order in orders]


async def user_trades(call: Call) -> Json:
    """GET userTrades: from a number on, of an order, or the newest."""
    symbol = _symbol(call)
    first, order = call.params.integer("fromId"), call.params.integer("orderId")
    if first is not None and (call.params.text("startTime") or call.params.text("endTime")):
        raise Refusal(-1128, "Combination of optional parameters invalid: fromId excludes startTime and endTime.")
    window = _window(call.params, from_id=first or 0, by_id=first is not None)
    trades = call.floor.paper.archive.trades(symbol, window, None if order is None else order - ORDER_BASE)
    return [user_trade(trade, call.floor.instrument(trade.fill.symbol)) for trade in trades]


class _Income(NamedTuple):
    time: Instant
    kind: str
    symbol: str
    amount: str
    number: int
    info: str
    trade: str = ""

    def written(self) -> JsonObject:
        return {
            "symbol": self.symbol,
            "incomeType": self.kind,
            "income": self.amount,
            "asset": "USDT",
            "info": self.info,
            "time": ms(self.time),
            "tranId": self.number,
            "tradeId": self.trade,
        }


async def income(call: Call) -> Json:
    """GET income: realised profit, commission, funding and transfers, oldest first."""
    params, archive = call.params, call.floor.paper.archive
    begin = params.instant("startTime", Instant(max(0, call.now - _WEEK)))
    end, limit = params.instant("endTime", _EVER), params.within("limit", 100, 1000)
    kind, symbol = params.text("incomeType"), params.text("symbol")
    entries: list[_Income] = []
    for trade in archive.trades(None, Window(begin=begin, end=end, limit=100_000, newest=False)):
        fill, number = trade.fill, int(trade.fill.trade_id)
        common = (fill.symbol, number * 10)
        if fill.realised:
            entries.append(
                _Income(fill.time, "REALIZED_PNL", common[0], money(fill.realised), common[1], fill.trade_id)
            )
        entries.append(
            _Income(fill.time, "COMMISSION", common[0], money(-fill.fee), common[1] + 1, fill.trade_id, fill.trade_id)
        )
    for funding in archive.funding(begin):
        number = ms(funding.time) * 10 + 2
        entries.append(
            _Income(funding.time, "FUNDING_FEE", funding.symbol, money(funding.amount), number, "FUNDING_FEE")
        )
    for transfer in archive.transfers(begin):
        number = int(transfer.id.removeprefix("transfer-")) * 10 + 3
        entries.append(_Income(transfer.time, "TRANSFER", "", money(transfer.amount), number, "TRANSFER"))
    chosen = [
        entry
        for entry in sorted(entries)
        if entry.time <= end and kind in (None, entry.kind) and symbol in (None, entry.symbol)
    ]
    return [entry.written() for entry in (chosen[:limit] if params.text("startTime") else chosen[-limit:])]


async def force_orders(call: Call) -> Json:
    """GET forceOrders: what the exchange closed, oldest first."""
    symbol = _symbol(call) if call.params.text("symbol") else None
    if (call.params.text("autoCloseType") or "LIQUIDATION") != "LIQUIDATION":
        return []
    begin, end = call.params.instant("startTime", Instant(0)), call.params.instant("endTime", _EVER)
    orders = call.floor.paper.archive.orders(symbol, Window(begin=begin, end=end, limit=10_000))
    forced = [order for order in orders if order.client_order_id.startswith(LIQUIDATION_PREFIX)]
    limit = call.params.within("limit", 50, 100)
    return [force_order(order, call.floor.instrument(order.symbol)) for order in forced[-limit:]]


def _symbol(call: Call) -> Symbol:
    symbol = call.params.symbol()
    call.floor.instrument(symbol)
    return symbol


def _window(params: Params, *, from_id: int, by_id: bool) -> Window:
    """By number, or by time: seven days at most, those before `endTime` or after `startTime`."""
    limit = params.within("limit", 500, 1000)
    if by_id:
        return Window(from_id=from_id, limit=limit, newest=False)
    has_begin = params.text("startTime") is not None
    end = params.instant("endTime", _EVER)
    begin = params.instant("startTime", Instant(max(0, end - _WEEK) if end < _EVER else 0))
    if has_begin and end < _EVER and end - begin > _WEEK:
        raise Refusal(-4084, "Method is not allowed currently: search window is restricted to recent 7 days.")
    if has_begin:
        end = min(end, Instant(begin + _WEEK))
    return Window(begin=begin, end=end, limit=limit, newest=not has_begin)


_SIGNED = Security.SIGNED

ENDPOINTS = (
    Endpoint("GET", "/fapi/v1/allOrders", _SIGNED, FIVE, all_orders),
    Endpoint("GET", "/fapi/v1/userTrades", _SIGNED, FIVE, user_trades),
    Endpoint("GET", "/fapi/v1/income", _SIGNED, flat(30), income),
    Endpoint("GET", "/fapi/v1/forceOrders", _SIGNED, by_symbol(20, 50), force_orders),
)
