"""Whether a conditional order is taken: read from the parameters, then one rule after the other."""

import re
from decimal import Decimal

from tui_trader.core.money import ZERO, Price, Quantity
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.words import Actor, Side
from tui_trader.exchange.loopback.algo_order import AlgoOrder, AlgoType
from tui_trader.exchange.loopback.algo_service import MAX_OPEN
from tui_trader.exchange.loopback.floor import Floor, new_client_id
from tui_trader.exchange.loopback.order_entry import check_margin_type, check_position_side, needed
from tui_trader.exchange.loopback.order_words import WireTimeInForce, WorkingType
from tui_trader.exchange.loopback.params import Params
from tui_trader.exchange.loopback.refusals import Refusal, refuse

_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_LEAST_CALLBACK, _MOST_CALLBACK = Decimal("0.1"), Decimal(20)
"""Per cent."""


def read_algo(floor: Floor, params: Params) -> AlgoOrder:
    """Read and judge a conditional order. Raises Refusal."""
    symbol = params.symbol()
    floor.instrument(symbol)
    if params.required("algoType").upper() != "CONDITIONAL":
        raise refuse(-1130, "algoType")
    kind = params.choice("type", AlgoType, code=-1116)
    check_position_side(params)
    close_position, reduce_only = params.flag("closePosition"), params.flag("reduceOnly")
    if not (close_position or reduce_only):
        check_margin_type(floor, symbol)
    now = floor.clock.now()
    algo = AlgoOrder(
        number=floor.algos.next_number(),
        client_algo_id=params.text("clientAlgoId") or new_client_id(floor),
        symbol=symbol,
        side=params.choice("side", Side, code=-1117),
        type=kind,
        time_in_force=params.choice("timeInForce", WireTimeInForce, WireTimeInForce.GTC, code=-1115),
        quantity=_quantity(params, kind, close_position=close_position, reduce_only=reduce_only),
        price=needed(params, "price") if kind.has_price else None,
        trigger_price=None if kind.trails else needed(params, "triggerPrice"),
        working_type=params.choice("workingType", WorkingType, WorkingType.CONTRACT_PRICE),
        close_position=close_position,
        reduce_only=reduce_only,
        price_protect=params.flag("priceProtect"),
        activate_price=params.decimal("activatePrice") if kind.trails else None,
        callback_rate=_callback(params) if kind.trails else None,
        good_till_ms=params.integer("goodTillDate", 0) or 0,
        created=now,
        updated=now,
    )
    for rule in (_id_is_free, _filters_hold, _reduces, _trigger_lies_ahead, _are_few, _is_only_closer):
        rule(floor, algo)
    return algo


def _quantity(params: Params, kind: AlgoType, *, close_position: bool, reduce_only: bool) -> Quantity:
    """A closing order has no quantity of its own, and needs no word that it only reduces."""
    if not close_position:
        return needed(params, "quantity")
    if kind.has_price or kind.trails:
        raise refuse(-4136, kind, "true")
    if params.decimal("quantity"):
        raise refuse(-4137)
    if reduce_only:
        raise refuse(-1106, "reduceOnly")
    return ZERO


def _callback(params: Params) -> Decimal:
    rate = needed(params, "callbackRate")
    if not _LEAST_CALLBACK <= rate <= _MOST_CALLBACK:
        raise Refusal(-2007, "Invalid callBack rate.")
    return rate


def _id_is_free(floor: Floor, algo: AlgoOrder) -> None:
    if not _CLIENT_ID.fullmatch(algo.client_algo_id):
        raise refuse(-4015)
    if any(other.client_algo_id == algo.client_algo_id for other in floor.algos.open_orders()):
        raise refuse(-4116)


def _filters_hold(floor: Floor, algo: AlgoOrder) -> None:
    """The symbol's filters: of a limit kind the price too, without its band, which the mark will have moved."""
    tape = floor.tape(algo.symbol)
    if not tape.has_opened():
        raise refuse(-4140)
    for stop in filter(None, (algo.trigger_price or algo.activate_price, algo.price)):
        _check_filters(floor, algo, stop)
    if algo.type.trails and algo.activate_price is None:
        assert tape.mark is not None
        _check_filters(floor, algo, algo_tick(floor, algo, tape.mark.price))


def _check_filters(floor: Floor, algo: AlgoOrder, stop: Price) -> None:
    intent = Intent(
        symbol=algo.symbol,
        side=algo.side,
        type=OrderType.STOP_MARKET,
        quantity=algo.quantity,
        stop_price=stop,
        reduce_only=algo.reduce_only,
        close_position=algo.close_position,
        purpose=Purpose.STOP if algo.only_reduces else Purpose.ENTRY,
        actor=Actor.OPERATOR,
    )
    tape = floor.tape(algo.symbol)
    breach = tape.instrument.breach(intent, tape.mark.price if tape.mark else None)
    if breach is not None:
        raise Refusal(breach.code, f"{breach.name.replace('_', ' ').capitalize()}.")


def algo_tick(floor: Floor, algo: AlgoOrder, price: Price) -> Price:
    """The price on the symbol's tick."""
    return floor.instrument(algo.symbol).round_price(price, Side.BUY)


def _reduces(floor: Floor, algo: AlgoOrder) -> None:
    """A reduce-only order points against a position; a closing one may wait for one."""
    if algo.reduce_only and floor.state.books[algo.symbol].reducible(algo.side) == 0:
        raise refuse(-2022)


def _trigger_lies_ahead(floor: Floor, algo: AlgoOrder) -> None:
    tape = floor.tape(algo.symbol)
    is_mark = algo.working_type is WorkingType.MARK_PRICE
    price = (tape.mark.price if tape.mark else None) if is_mark else tape.last_price
    if price is not None and not algo.type.trails and algo.is_met(price):
        raise refuse(-2021)


def _are_few(floor: Floor, _: AlgoOrder) -> None:
    if len(floor.algos.open_orders()) >= MAX_OPEN:
        raise refuse(-4045)


def _is_only_closer(floor: Floor, algo: AlgoOrder) -> None:
    """One closing order of a kind and direction is all that a symbol may have."""
    if algo.close_position and any(
        (other.symbol, other.side, other.type, other.close_position) == (algo.symbol, algo.side, algo.type, True)
        for other in floor.algos.open_orders()
    ):
        raise refuse(-4130)
