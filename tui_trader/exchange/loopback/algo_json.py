"""Conditional orders as answers and events say them."""

from tui_trader.core.instrument import Instrument
from tui_trader.core.money import ZERO
from tui_trader.exchange.loopback.algo_order import AlgoOrder
from tui_trader.exchange.loopback.figures import Json, JsonObject, average, ms, price, quantity
from tui_trader.exchange.loopback.order_words import ORDER_BASE, STP
from tui_trader.exchange.paper.order import PaperOrder


def algo_ack(algo: AlgoOrder, instrument: Instrument) -> dict[str, Json]:
    """What POST answers."""
    return {
        **_common(algo, instrument),
        "activatePrice": "" if algo.activate_price is None else price(instrument, algo.activate_price),
        "callbackRate": "" if algo.callback_rate is None else format(algo.callback_rate, "f"),
    }


def algo_full(algo: AlgoOrder, instrument: Instrument, child: PaperOrder | None) -> JsonObject:
    """What GET answers, with the order that it sent."""
    mean = child.paid / child.filled if child and child.filled else ZERO
    return {
        **algo_ack(algo, instrument),
        "actualOrderId": "" if algo.child is None else str(ORDER_BASE + algo.child),
        "actualPrice": average(instrument, mean),
        "actualType": child.type.value if child else "",
        "actualQty": quantity(instrument, child.filled if child else ZERO),
        "tpTriggerPrice": "0.000",
        "tpPrice": "0.000",
        "slTriggerPrice": "0.000",
        "slPrice": "0.000",
        "tpOrderType": "",
    }


def algo_event(algo: AlgoOrder, instrument: Instrument, child: PaperOrder | None, now: int) -> JsonObject:
    """ALGO_UPDATE."""
    mean = child.paid / child.filled if child and child.filled else ZERO
    order: dict[str, Json] = {
        "caid": algo.client_algo_id,
        "aid": algo.algo_id,
        "at": "CONDITIONAL",
        "o": algo.type.value,
        "s": algo.symbol,
        "S": algo.side.value,
        "ps": "BOTH",
        "f": algo.time_in_force.value,
        "q": quantity(instrument, algo.quantity),
        "X": algo.status.value,
        "ai": "" if algo.child is None else str(ORDER_BASE + algo.child),
        "ap": average(instrument, mean),
        "aq": quantity(instrument, child.filled if child else ZERO),
        "act": child.type.value if child else "0",
        "tp": price(instrument, algo.trigger_price),
        "p": price(instrument, algo.price),
        "V": STP,
        "wt": algo.working_type.value,
        "pm": "NONE",
        "cp": algo.close_position,
        "pP": algo.price_protect,
        "R": algo.reduce_only,
        "tt": ms(algo.triggered),
        "gtd": algo.good_till_ms,
    }
    if algo.reason:
        order["rm"] = algo.reason
    return {"e": "ALGO_UPDATE", "T": ms(algo.updated), "E": now, "o": order}


def _common(algo: AlgoOrder, instrument: Instrument) -> dict[str, Json]:
    return {
        "algoId": algo.algo_id,
        "clientAlgoId": algo.client_algo_id,
        "algoType": "CONDITIONAL",
        "orderType": algo.type.value,
        "symbol": algo.symbol,
        "side": algo.side.value,
        "positionSide": "BOTH",
        "timeInForce": algo.time_in_force.value,
        "quantity": quantity(instrument, algo.quantity),
        "algoStatus": algo.status.value,
        "triggerPrice": price(instrument, algo.trigger_price),
        "price": price(instrument, algo.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": STP,
        "workingType": algo.working_type.value,
        "priceMatch": "NONE",
        "closePosition": algo.close_position,
        "priceProtect": algo.price_protect,
        "reduceOnly": algo.reduce_only,
        "createTime": ms(algo.created),
        "updateTime": ms(algo.updated),
        "triggerTime": ms(algo.triggered),
        "goodTillDate": algo.good_till_ms,
    }
