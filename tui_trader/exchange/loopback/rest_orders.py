"""Ordinary orders: place, change, ask for, cancel, one or several."""

import json

import msgspec

from tui_trader.core.clock import from_milliseconds
from tui_trader.core.words import Side, Symbol
from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.endpoint import FIVE, FREE, ONE, Call, Endpoint, by_symbol, flat
from tui_trader.exchange.loopback.figures import Json, JsonObject
from tui_trader.exchange.loopback.order_entry import found, named_order, needed, place, read_order, said_no
from tui_trader.exchange.loopback.order_json import is_open, order_ack, order_full
from tui_trader.exchange.loopback.order_words import RespType
from tui_trader.exchange.loopback.params import Params
from tui_trader.exchange.loopback.refusals import Refusal, refuse
from tui_trader.exchange.paper.admission import Request, refusal
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.ports import Accepted, CancelDone, CancelNotOpen

_ALL_DONE: JsonObject = {"code": 200, "msg": "The operation of cancel all open order is done."}
_MOST_PLACED = 5
_MOST_CANCELLED = 10


async def place_order(call: Call) -> Json:
    """POST order."""
    return await _placed(call, call.params)


async def test_order(call: Call) -> Json:
    """POST order/test: judged, and not sent."""
    asked = read_order(call.floor, call.params)
    book = call.floor.state.books[asked.intent.symbol]
    refused = refusal(Request(asked.client_order_id, asked.intent, book, call.floor.state))
    if refused is not None:
        raise Refusal(refused.code, refused.text)
    return {}


async def modify_order(call: Call) -> Json:
    """PUT order."""
    params, floor = call.params, call.floor
    order = named_order(floor, params, code=-2013)
    if params.choice("side", Side, code=-1117) is not order.side or not is_open(order):
        raise refuse(-2013)
    quantity, price = needed(params, "quantity"), needed(params, "price")
    answer = await floor.paper.amend(order.symbol, order.client_order_id, price=price, quantity=quantity)
    if not isinstance(answer, Accepted):
        raise said_no(answer)
    ack = _ack(call, found(floor, order.symbol, order.order_id))
    return {**ack, "pair": order.symbol, "modifyId": params.integer("modifyId", 0)}


async def query_order(call: Call) -> Json:
    """GET order."""
    return _full(call, named_order(call.floor, call.params, code=-2013))


async def open_order(call: Call) -> Json:
    """GET openOrder."""
    order = named_order(call.floor, call.params, code=-2013)
    if not is_open(order):
        raise refuse(-2013)
    return _full(call, order)


async def open_orders(call: Call) -> Json:
    """GET openOrders."""
    symbol = call.params.text("symbol")
    if symbol is not None:
        call.floor.instrument(call.params.symbol())
    orders = [order for order in call.floor.state.open_orders() if symbol is None or order.symbol == symbol.upper()]
    return [_full(call, order) for order in orders]


async def cancel_order(call: Call) -> Json:
    """DELETE order."""
    return await _cancelled(call, named_order(call.floor, call.params, code=-2011))


async def cancel_all(call: Call) -> Json:
    """DELETE allOpenOrders: ordinary orders only."""
    symbol = call.params.symbol()
    call.floor.instrument(symbol)
    await _cancel_symbol(call, symbol)
    return _ALL_DONE


async def place_batch(call: Call) -> Json:
    """POST batchOrders: each answered for itself."""
    answers: list[Json] = []
    for wanted in _list_of_orders(call.params):
        try:
            answers.append(await _placed(call, wanted))
        except Refusal as no:
            answers.append(no.body)
    return answers


async def cancel_batch(call: Call) -> Json:
    """DELETE batchOrders: by number or by client id, each answered for itself."""
    answers: list[Json] = []
    symbol = call.params.symbol()
    for name, value in _named_ones(call.params):
        try:
            order = named_order(call.floor, Params({"symbol": symbol, name: value}), code=-2011)
            answers.append(await _cancelled(call, order))
        except Refusal as no:
            answers.append(no.body)
    return answers


async def countdown(call: Call) -> Json:
    """POST countdownCancelAll: ordinary orders of the symbol end when it runs out; conditional ones do not."""
    symbol, wanted = call.params.symbol(), call.params.integer("countdownTime")
    call.floor.instrument(symbol)
    if wanted is None:
        raise refuse(-1102, "countdownTime")
    call.floor.countdowns.pop(symbol, None)
    if wanted:
        call.floor.countdowns[symbol] = from_milliseconds(call.floor.clock.now() // 1_000_000 + wanted)
    return {"symbol": symbol, "countdownTime": str(wanted)}


async def _placed(call: Call, params: Params) -> Json:
    asked = read_order(call.floor, params)
    order = await place(call.floor, asked)
    return _ack(call, order, asked.respond)


async def _cancelled(call: Call, order: PaperOrder) -> Json:
    if not is_open(order):
        raise refuse(-2011)
    answer = await call.floor.paper.cancel(order.symbol, order.client_order_id)
    if isinstance(answer, CancelNotOpen):
        raise refuse(-2011)
    if not isinstance(answer, CancelDone):
        raise said_no(answer)
    return _ack(call, found(call.floor, order.symbol, order.order_id))


async def _cancel_symbol(call: Call, symbol: Symbol) -> None:
    for order in tuple(call.floor.state.books[symbol].open_orders()):
        await call.floor.paper.cancel(symbol, order.client_order_id)


def _ack(call: Call, order: PaperOrder, respond: RespType = RespType.RESULT) -> dict[str, Json]:
    floor = call.floor
    legacy = floor.options.legacy_ack
    return dict(order_ack(order, floor.instrument(order.symbol), floor.extras(order), legacy=legacy, respond=respond))


def _full(call: Call, order: PaperOrder) -> Json:
    return order_full(order, call.floor.instrument(order.symbol), call.floor.extras(order))


def _list_of_orders(params: Params) -> list[Params]:
    try:
        # A figure that is written as a number stays the text that it was: no quantity passes through a float.
        wanted = json.loads(params.required("batchOrders"), parse_float=str, parse_int=str)
    except ValueError as error:
        raise refuse(-1130, "batchOrders") from error
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= _MOST_PLACED:
        raise refuse(-1130, "batchOrders")
    return [_order_of(each) for each in wanted]


def _order_of(wanted: object) -> Params:
    if not isinstance(wanted, dict) or not all(isinstance(value, str | bool) for value in wanted.values()):
        raise refuse(-1130, "batchOrders")
    return Params({name: str(value).lower() if isinstance(value, bool) else value for name, value in wanted.items()})


def _named_ones(params: Params) -> list[tuple[str, str]]:
    for given, name in (
        ("orderIdList", "orderId"),
        ("orderidlist", "orderId"),
        ("origClientOrderIdList", "origClientOrderId"),
        ("origclientorderidlist", "origClientOrderId"),
    ):
        if text := params.text(given):
            try:
                values = msgspec.json.decode(text, type=list[int | str])
            except msgspec.DecodeError as error:
                raise refuse(-1130, given) from error
            if not 1 <= len(values) <= _MOST_CANCELLED:
                raise refuse(-1130, given)
            return [(name, str(value)) for value in values]
    raise refuse(-1102, "orderIdList")


_SIGNED = Security.SIGNED

ENDPOINTS = (
    Endpoint("POST", "/fapi/v1/order", _SIGNED, FREE, place_order, (1, 1)),
    Endpoint("PUT", "/fapi/v1/order", _SIGNED, FREE, modify_order, (1, 1)),
    Endpoint("GET", "/fapi/v1/order", _SIGNED, ONE, query_order),
    Endpoint("DELETE", "/fapi/v1/order", _SIGNED, ONE, cancel_order),
    Endpoint("POST", "/fapi/v1/order/test", _SIGNED, FREE, test_order),
    Endpoint("GET", "/fapi/v1/openOrder", _SIGNED, ONE, open_order),
    Endpoint("GET", "/fapi/v1/openOrders", _SIGNED, by_symbol(1, 40), open_orders),
    Endpoint("DELETE", "/fapi/v1/allOpenOrders", _SIGNED, ONE, cancel_all),
    Endpoint("POST", "/fapi/v1/batchOrders", _SIGNED, FIVE, place_batch, (5, 1)),
    Endpoint("DELETE", "/fapi/v1/batchOrders", _SIGNED, ONE, cancel_batch),
    Endpoint("POST", "/fapi/v1/countdownCancelAll", _SIGNED, flat(10), countdown),
)
