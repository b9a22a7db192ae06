"""Orders in both directions: an intent as the parameters of a request, an answer as an `OrderReport`."""

from types import MappingProxyType

from tui_trader.core.clock import Instant, from_milliseconds
from tui_trader.core.money import ZERO, plain
from tui_trader.core.order import Fill, Intent, OrderStatus, OrderType
from tui_trader.core.words import ClientOrderId, Side, Symbol, TradeId
from tui_trader.exchange.binance.answers import AlgoAnswer, OrderAnswer, TradeAnswer, Unreadable, figure
from tui_trader.exchange.binance.fees import Fees
from tui_trader.exchange.ports import OrderReport

STATUS = MappingProxyType(
    {
        "NEW": OrderStatus.ACCEPTED,
        "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
        "FILLED": OrderStatus.FILLED,
        "CANCELED": OrderStatus.CANCELED,
        "EXPIRED": OrderStatus.EXPIRED,
        "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
        "REJECTED": OrderStatus.REJECTED,
        "NEW_INSURANCE": OrderStatus.ACCEPTED,
        "NEW_ADL": OrderStatus.ACCEPTED,
    }
)
"""Of ordinary orders."""

ALGO_STATUS = MappingProxyType(
    {
        "NEW": OrderStatus.ACCEPTED,
        "TRIGGERING": OrderStatus.ACCEPTED,
        "TRIGGERED": OrderStatus.ACCEPTED,
        "CANCELED": OrderStatus.CANCELED,
        "EXPIRED": OrderStatus.EXPIRED,
        "REJECTED": OrderStatus.REJECTED,
        "FINISHED": OrderStatus.EXPIRED,
    }
)
"""Of conditional orders; what came of one that triggered is said by the order that it became (`child`)."""

_TYPES = MappingProxyType(
    {
        "MARKET": OrderType.MARKET,
        "LIQUIDATION": OrderType.MARKET,
        "STOP": OrderType.STOP_MARKET,
        "STOP_MARKET": OrderType.STOP_MARKET,
        "TRAILING_STOP_MARKET": OrderType.STOP_MARKET,
        "TAKE_PROFIT": OrderType.TAKE_PROFIT_MARKET,
        "TAKE_PROFIT_MARKET": OrderType.TAKE_PROFIT_MARKET,
    }
)
"""Binance knows more types than the desk sends; a foreign order counts as the nearest of ours."""


def order_params(order_id: ClientOrderId, intent: Intent) -> dict[str, str]:
    """What POST order is given for an intent that is not conditional."""
    params = {
        "symbol": intent.symbol,
        "side": intent.side.value,
        "type": intent.type.value,
        "quantity": plain(intent.quantity),
        "newClientOrderId": order_id,
        "newOrderRespType": "ACK",
    }
    if intent.price is not None:
        params |= {"price": plain(intent.price), "timeInForce": intent.time_in_force.value}
    if intent.reduce_only or intent.close_position:
        params["reduceOnly"] = "true"
    return params


def algo_params(order_id: ClientOrderId, intent: Intent) -> dict[str, str]:
    """What POST algoOrder is given for a conditional intent; it triggers on the mark price.

    With closePosition no quantity may be given, and reduceOnly neither: it says as much.
    """
    assert intent.stop_price is not None  # Intent refuses a conditional order without one
    params = {
        "algoType": "CONDITIONAL",
        "symbol": intent.symbol,
        "side": intent.side.value,
        "type": intent.type.value,
        "triggerPrice": plain(intent.stop_price),
        "workingType": "MARK_PRICE",
        "clientAlgoId": order_id,
    }
    if intent.close_position:
        return params | {"closePosition": "true"}
    return params | {"quantity": plain(intent.quantity), "reduceOnly": "true" if intent.reduce_only else "false"}


def order_report(answer: OrderAnswer, *, known_as: ClientOrderId | None = None) -> OrderReport:
    """An ordinary order; `known_as` is its id of ours where Binance calls it otherwise. Raises Unreadable."""
    return OrderReport(
        client_order_id=known_as or ClientOrderId(answer.client_order_id),
        exchange_order_id=str(answer.order_id),
        symbol=Symbol(answer.symbol),
        side=side_of(answer.side),
        type=type_of(answer.type),
        status=status_of(answer.status),
        quantity=answer.orig_qty,
        filled=answer.executed_qty,
        average_price=figure(answer.avg_price),
        price=figure(answer.price),
        stop_price=figure(answer.stop_price),
        reduce_only=answer.reduce_only,
        close_position=answer.close_position,
        time=from_milliseconds(answer.update_time),
    )


def algo_report(answer: AlgoAnswer, child: OrderAnswer | None = None) -> OrderReport:
    """A conditional order, and what it has traded if it became one that trades. Raises Unreadable."""
    status = ALGO_STATUS.get(answer.algo_status)
    if status is None:
        raise Unreadable(f"a conditional order has the status {answer.algo_status[:30]!r}")
    return OrderReport(
        client_order_id=ClientOrderId(answer.client_algo_id),
        exchange_order_id=str(child.order_id if child else answer.algo_id),
        symbol=Symbol(answer.symbol),
        side=side_of(answer.side),
        type=type_of(answer.order_type),
        status=status_of(child.status) if child else status,
        quantity=figure(answer.quantity) or (child.orig_qty if child else ZERO),
        filled=child.executed_qty if child else ZERO,
        average_price=figure(child.avg_price) if child else None,
        price=None,
        stop_price=figure(answer.trigger_price),
        reduce_only=answer.reduce_only or answer.close_position,
        close_position=answer.close_position,
        time=from_milliseconds(max(answer.update_time, child.update_time if child else 0)),
    )


def acknowledged(order_id: ClientOrderId, intent: Intent, exchange_order_id: int, at: Instant) -> OrderReport:
    """An order that Binance took. What it traded is told by events and trades, never by the acknowledgement."""
    return OrderReport(
        client_order_id=order_id,
        exchange_order_id=str(exchange_order_id),
        symbol=intent.symbol,
        side=intent.side,
        type=intent.type,
        status=OrderStatus.ACCEPTED,
        quantity=intent.quantity,
        filled=ZERO,
        average_price=None,
        price=intent.price,
        stop_price=intent.stop_price,
        reduce_only=intent.reduce_only,
        close_position=intent.close_position,
        time=at,
    )


def fill_of(trade: TradeAnswer, order_id: ClientOrderId, fees: Fees) -> Fill:
    """One trade; its fee at its worth in the account's currency."""
    notional = trade.qty * trade.price
    fee, taken = fees.worth(trade.commission, trade.commission_asset, notional=notional, maker=trade.maker)
    return Fill(
        client_order_id=order_id,
        trade_id=TradeId(str(trade.id)),
        symbol=Symbol(trade.symbol),
        side=side_of(trade.side),
        quantity=trade.qty,
        price=trade.price,
        fee=fee,
        maker=trade.maker,
        realised=trade.realized_pnl,
        time=from_milliseconds(trade.time),
        foreign_fee=taken,
    )


def side_of(text: str) -> Side:
    """BUY or SELL. Raises Unreadable."""
    try:
        return Side(text)
    except ValueError:
        raise Unreadable("an order has no side") from None


def type_of(text: str) -> OrderType:
    """The type, or the nearest of ours."""
    return _TYPES.get(text, OrderType.LIMIT)


def status_of(text: str) -> OrderStatus:
    """The status of an ordinary order. Raises Unreadable for one that nobody documented."""
    status = STATUS.get(text)
    if status is None:
        raise Unreadable(f"an order has the status {text[:30]!r}")
    return status
