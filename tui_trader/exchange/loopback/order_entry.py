"""How an order gets in: what it asks for, what it may not ask for, and what the matching makes of it."""

from dataclasses import dataclass
from decimal import Decimal

from tui_trader.core.money import ZERO, Price
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol
from tui_trader.exchange.loopback.floor import Floor, new_client_id
from tui_trader.exchange.loopback.options import MarginType
from tui_trader.exchange.loopback.order_words import ORDER_BASE, RespType, WireTimeInForce, WireType
from tui_trader.exchange.loopback.params import Params
from tui_trader.exchange.loopback.refusals import Refusal, refuse
from tui_trader.exchange.loopback.store import Extras
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.ports import Accepted, NotSent, Refused, Uncertain

_GTD_LEAST = 600_000
"""Milliseconds that goodTillDate must lie ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAsked:
    """An order as it was asked for, read and not yet judged by the matching."""

    client_order_id: ClientOrderId
    intent: Intent
    extras: Extras
    respond: RespType


def read_order(floor: Floor, params: Params) -> OrderAsked:
    """Read an ordinary order. Raises Refusal."""
    symbol = params.symbol()
    floor.instrument(symbol)
    side = params.choice("side", Side, code=-1117)
    kind = params.choice("type", WireType, code=-1116)
    if kind not in (WireType.LIMIT, WireType.MARKET):
        raise refuse(-4120)
    check_position_side(params)
    reduce_only = params.flag("reduceOnly")
    if params.flag("closePosition"):
        raise refuse(-4136, kind, "true")
    for name in ("stopPrice", "triggerPrice", "callbackRate", "activatePrice"):
        if params.text(name):
            raise refuse(-1106, name)
    quantity = needed(params, "quantity")
    price, time_in_force = _price_of(params, kind)
    good_till = _good_till(params, time_in_force, floor.now_ms())
    if not reduce_only:
        check_margin_type(floor, symbol)
    return OrderAsked(
        client_order_id=ClientOrderId(params.text("newClientOrderId") or new_client_id(floor)),
        intent=Intent(
            symbol=symbol,
            side=side,
            type=OrderType(kind.value),
            quantity=quantity,
            price=price,
            time_in_force=(time_in_force or WireTimeInForce.GTC).matching,
            reduce_only=reduce_only,
            purpose=Purpose.EXIT if reduce_only else Purpose.ENTRY,
            actor=Actor.OPERATOR,
        ),
        extras=Extras(good_till_ms=good_till, time_in_force=time_in_force.value if good_till and time_in_force else ""),
        respond=params.choice("newOrderRespType", RespType, RespType.ACK),
    )


async def place(floor: Floor, asked: OrderAsked) -> PaperOrder:
    """Send it to the matching. Raises Refusal."""
    intent = asked.intent
    _check_market_band(floor, intent)
    if not asked.extras.is_empty or floor.store.extras(intent.symbol, asked.client_order_id) != Extras():
        floor.store.put_extras(intent.symbol, asked.client_order_id, asked.extras)
    answer = await floor.paper.submit(asked.client_order_id, intent)
    if isinstance(answer, Accepted):
        return found(floor, intent.symbol, int(answer.report.exchange_order_id))
    raise said_no(answer)


def said_no(answer: Refused | NotSent | Uncertain) -> Refusal:
    """The matching's no as the wire says it; books that cannot be written are an unknown outcome, as they are there."""
    if isinstance(answer, Refused):
        return Refusal(answer.code, answer.text)
    return Refusal(
        -1007,
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
        status=408,
    )


def named_order(floor: Floor, params: Params, *, code: int) -> PaperOrder:
    """The order that `orderId` or `origClientOrderId` names, open or ended. Raises Refusal `code`."""
    symbol = params.symbol()
    floor.instrument(symbol)
    number, client_id = params.integer("orderId"), params.text("origClientOrderId")
    if number is None and client_id is None:
        raise Refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    order = (
        floor.paper.archive.order(symbol, number - ORDER_BASE)
        if number is not None
        else floor.paper.archive.order_called(symbol, ClientOrderId(client_id or ""))
    )
    if order is None:
        raise refuse(code)
    return order


def found(floor: Floor, symbol: Symbol, number: int) -> PaperOrder:
    """The order of this number, which is known to be there."""
    order = floor.paper.archive.order(symbol, number)
    assert order is not None
    return order


def needed(params: Params, name: str) -> Decimal:
    """A decimal that must be there."""
    figure = params.decimal(name)
    if figure is None:
        raise refuse(-1102, name)
    return figure


def check_position_side(params: Params) -> None:
    """One-way mode knows one side. Raises Refusal -4061."""
    if (params.text("positionSide") or "BOTH").upper() != "BOTH":
        raise refuse(-4061)
    if (params.text("priceMatch") or "NONE").upper() != "NONE":
        raise Refusal(-1130, "Data sent for parameter 'priceMatch' is not valid: this exchange knows NONE only.")


def check_margin_type(floor: Floor, symbol: Symbol) -> None:
    """Cross margin is not simulated, so nothing may be risked under its name. Raises Refusal."""
    if floor.margin_type(symbol) is not MarginType.ISOLATED:
        text = f"{symbol} is set to CROSSED, which the loopback exchange does not simulate; set ISOLATED first."
        raise Refusal(-4168, text)


def _price_of(params: Params, kind: WireType) -> tuple[Price | None, WireTimeInForce | None]:
    if kind is WireType.MARKET:
        for name in ("price", "timeInForce"):
            if params.text(name):
                raise refuse(-1106, name)
        return None, None
    time_in_force = params.choice("timeInForce", WireTimeInForce, code=-1115)
    return needed(params, "price"), time_in_force


def _good_till(params: Params, time_in_force: WireTimeInForce | None, now: int) -> int:
    good_till = params.integer("goodTillDate", 0) or 0
    if time_in_force is not WireTimeInForce.GTD:
        return 0
    if not good_till:
        raise refuse(-1102, "goodTillDate")
    if good_till < now + _GTD_LEAST:
        raise Refusal(-5040, "The goodTillDate timestamp must be greater than the current time plus 600 seconds.")
    return good_till // 1000 * 1000


def _check_market_band(floor: Floor, intent: Intent) -> None:
    """A market order does not begin outside the band of PERCENT_PRICE. Raises Refusal -4131."""
    tape = floor.tape(intent.symbol)
    if intent.type is not OrderType.MARKET or tape.quote is None or tape.mark is None:
        return
    best, mark = (tape.quote.ask if intent.side is Side.BUY else tape.quote.bid), tape.mark.price
    instrument = tape.instrument
    is_outside = (
        best > mark * instrument.price_band_up if intent.side is Side.BUY else best < mark * instrument.price_band_down
    )
    if is_outside and best > ZERO:
        raise refuse(-4131)
