"""Orders and trades as answers say them."""

from tui_trader.core.instrument import Instrument
from tui_trader.core.money import ZERO
from tui_trader.core.order import OrderStatus
from tui_trader.exchange.loopback.figures import Json, JsonObject, average, fixed, money, ms, price, quantity
from tui_trader.exchange.loopback.order_words import ORDER_BASE, STP, RespType, status_word, wire_id
from tui_trader.exchange.loopback.store import Extras
from tui_trader.exchange.paper.archive import Trade
from tui_trader.exchange.paper.order import PaperOrder


def order_ack(
    order: PaperOrder, instrument: Instrument, extras: Extras, *, legacy: bool, respond: RespType = RespType.RESULT
) -> JsonObject:
    """What POST, PUT and DELETE answer. Without `legacy` no average price and no turnover.

    An ACK says only that the order came in.
    """
    is_ack = respond is RespType.ACK
    filled = ZERO if is_ack else order.filled
    ack: dict[str, Json] = {
        "orderId": wire_id(order),
        "symbol": order.symbol,
        "status": "NEW" if is_ack else status_word(order.status, order.reason),
        "clientOrderId": order.client_order_id,
        "price": price(instrument, order.price),
        "origQty": quantity(instrument, order.quantity),
        "executedQty": quantity(instrument, filled),
        "cumQty": quantity(instrument, filled),
        "timeInForce": extras.time_in_force or order.time_in_force.value,
        "type": order.type.value,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side.value,
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": extras.original_type or order.type.value,
        "priceMatch": "NONE",
        "selfTradePreventionMode": STP,
        "goodTillDate": extras.good_till_ms,
        "updateTime": ms(order.updated),
    }
    if legacy:
        ack |= _money_of(order, instrument, is_ack=is_ack)
    return ack


def order_full(order: PaperOrder, instrument: Instrument, extras: Extras) -> JsonObject:
    """What GET answers."""
    full = dict(order_ack(order, instrument, extras, legacy=True))
    del full["cumQty"]
    return {**full, "time": ms(order.created)}


def order_listed(order: PaperOrder, instrument: Instrument, extras: Extras) -> JsonObject:
    """What allOrders answers."""
    base = quantity(instrument, order.filled)
    return {**order_full(order, instrument, extras), "cumBase": base, "pair": order.symbol}


def user_trade(trade: Trade, instrument: Instrument) -> JsonObject:
    """A trade of ours."""
    fill = trade.fill
    size = quantity(instrument, fill.quantity)
    return {
        "symbol": fill.symbol,
        "pair": fill.symbol,
        "id": int(fill.trade_id),
        "orderId": ORDER_BASE + trade.order_id,
        "side": fill.side.value,
        "price": price(instrument, fill.price),
        "qty": size,
        "realizedPnl": money(fill.realised),
        "marginAsset": instrument.quote,
        "quoteQty": money(fill.quantity * fill.price),
        "baseQty": size,
        "commission": money(fill.fee),
        "commissionAsset": instrument.quote,
        "time": ms(fill.time),
        "positionSide": "BOTH",
        "buyer": fill.side.sign > 0,
        "maker": fill.maker,
    }


def force_order(order: PaperOrder, instrument: Instrument) -> JsonObject:
    """A liquidation as its owner sees it."""
    mean = order.paid / order.filled if order.filled else ZERO
    return {
        "orderId": wire_id(order),
        "symbol": order.symbol,
        "pair": order.symbol,
        "status": status_word(order.status),
        "clientOrderId": order.client_order_id,
        "price": price(instrument, mean),
        "avgPrice": average(instrument, mean),
        "origQty": quantity(instrument, order.quantity),
        "executedQty": quantity(instrument, order.filled),
        "cumQuote": money(order.paid),
        "cumBase": quantity(instrument, order.filled),
        "timeInForce": "IOC",
        "type": "LIMIT",
        "reduceOnly": False,
        "closePosition": False,
        "side": order.side.value,
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "origType": "LIMIT",
        "time": ms(order.created),
        "updateTime": ms(order.updated),
    }


def is_open(order: PaperOrder) -> bool:
    """Whether it may still trade."""
    return order.status in (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)


def _money_of(order: PaperOrder, instrument: Instrument, *, is_ack: bool) -> dict[str, Json]:
    if is_ack or not order.filled:
        return {"avgPrice": fixed(ZERO, instrument.price_decimals), "cumQuote": "0"}
    return {"avgPrice": average(instrument, order.paid / order.filled), "cumQuote": money(order.paid)}
