"""Conditional orders: place, ask for, cancel; each by its own number or client id."""

from tui_trader.core.clock import Instant
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.algo_admission import read_algo
from tui_trader.exchange.loopback.algo_json import algo_ack, algo_full
from tui_trader.exchange.loopback.algo_order import AlgoOrder
from tui_trader.exchange.loopback.auth import Security
from tui_trader.exchange.loopback.endpoint import FIVE, FREE, ONE, Call, Endpoint, by_symbol
from tui_trader.exchange.loopback.figures import Json
from tui_trader.exchange.loopback.order_words import ALGO_BASE
from tui_trader.exchange.loopback.refusals import Refusal, refuse

_LONGEST = 1 << 62


async def place_algo(call: Call) -> Json:
    """POST algoOrder."""
    algo = call.floor.algos.place(read_algo(call.floor, call.params))
    return algo_ack(algo, call.floor.instrument(algo.symbol))


async def query_algo(call: Call) -> Json:
    """GET algoOrder."""
    return _full(call, _named(call, code=-2013))


async def cancel_algo(call: Call) -> Json:
    """DELETE algoOrder."""
    algo = call.floor.algos.cancel(_named(call, code=-2011))
    return {"algoId": algo.algo_id, "clientAlgoId": algo.client_algo_id, "code": "200", "msg": "success"}


async def open_algos(call: Call) -> Json:
    """GET openAlgoOrders."""
    symbol = _symbol(call) if call.params.text("symbol") else None
    number = call.params.integer("algoId")
    return [
        _full(call, algo)
        for algo in call.floor.algos.open_orders()
        if symbol in (None, algo.symbol) and number in (None, algo.algo_id)
    ]


async def all_algos(call: Call) -> Json:
    """GET allAlgoOrders."""
    symbol = _symbol(call)
    algos = call.floor.store.algos(
        symbol,
        from_id=call.params.integer("algoId", ALGO_BASE) or ALGO_BASE,
        begin=call.params.instant("startTime", Instant(0)),
        end=call.params.instant("endTime", Instant(_LONGEST)),
        limit=call.params.within("limit", 500, 1000),
    )
    return [_full(call, algo) for algo in algos]


async def cancel_all_algos(call: Call) -> Json:
    """DELETE algoOpenOrders."""
    symbol = _symbol(call)
    for algo in call.floor.algos.open_orders():
        if algo.symbol == symbol:
            call.floor.algos.cancel(algo)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _named(call: Call, *, code: int) -> AlgoOrder:
    number, client_id = call.params.integer("algoId"), call.params.text("clientAlgoId")
    if number is None and client_id is None:
        raise Refusal(-1102, "Param 'algoId' or 'clientAlgoId' must be sent, but both were empty/null!")
    algo = call.floor.algos.find(number, client_id if number is None else None)
    if algo is None:
        raise refuse(code)
    return algo


def _full(call: Call, algo: AlgoOrder) -> Json:
    return algo_full(algo, call.floor.instrument(algo.symbol), call.floor.algos.child_of(algo))


def _symbol(call: Call) -> Symbol:
    symbol = call.params.symbol()
    call.floor.instrument(symbol)
    return symbol


_SIGNED = Security.SIGNED

ENDPOINTS = (
    Endpoint("POST", "/fapi/v1/algoOrder", _SIGNED, FREE, place_algo, (1, 1)),
    Endpoint("GET", "/fapi/v1/algoOrder", _SIGNED, ONE, query_algo),
    Endpoint("DELETE", "/fapi/v1/algoOrder", _SIGNED, ONE, cancel_algo),
    Endpoint("GET", "/fapi/v1/openAlgoOrders", _SIGNED, by_symbol(1, 40), open_algos),
    Endpoint("GET", "/fapi/v1/allAlgoOrders", _SIGNED, FIVE, all_algos),
    Endpoint("DELETE", "/fapi/v1/algoOpenOrders", _SIGNED, ONE, cancel_all_algos),
)
