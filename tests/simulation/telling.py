"""How the events of a failing seed read: one short line each."""

from dataclasses import dataclass

from tui_trader.core.money import plain
from tui_trader.core.order import Fill, Intent
from tui_trader.core.records import (
    OrderChanged,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    ProtectionFailed,
    TradingStateChanged,
)
from tui_trader.core.words import ClientOrderId
from tui_trader.exchange.ports import OrderReport
from tui_trader.journal.ports import Row


@dataclass(frozen=True, slots=True)
class Leaving:
    """An order on its way out."""

    order_id: ClientOrderId
    intent: Intent


def told(event: object) -> str:
    """The event in a line."""
    match event:
        case Leaving(order_id=order_id, intent=intent):
            return f"   --> {_short(order_id)} {_wish(intent)}"
        case OrderReport() as report:
            return f"   exchange: {_short(report.client_order_id)} {report.status.value} {plain(report.filled)}"
        case Fill() as fill:
            return (
                f"   exchange: {_short(fill.client_order_id)} trades {fill.side.value} {plain(fill.quantity)} "
                f"{fill.symbol} at {plain(fill.price)}"
            )
        case Row() as row:
            return f"row {row.seq} {_record(row)}"
        case _:
            return str(event)


def _short(order_id: str) -> str:
    return order_id[:9]


def _wish(intent: Intent) -> str:
    price = intent.price or intent.stop_price
    at = f" at {plain(price)}" if price is not None else ""
    kind = "closePosition" if intent.close_position else "reduceOnly" if intent.reduce_only else "opens"
    return (
        f"{intent.purpose.value} {intent.type.value} {intent.side.value} {plain(intent.quantity)} {intent.symbol}{at} "
        f"{intent.time_in_force.value} {kind}, by {intent.actor.value}"
    )


def _record(row: Row) -> str:
    match row.record:
        case OrderIntended(intent=intent):
            return f"intent {_wish(intent)}"
        case OrderChanged(client_order_id=order_id, status=status, filled=filled, reason=reason):
            return f"{_short(order_id)} is {status.value} {plain(filled)} {reason}"
        case OrderFilled(fill=fill):
            return f"fill {fill.trade_id} of {_short(fill.client_order_id)} {fill.side.value} {plain(fill.quantity)}"
        case PositionAdopted(reason=reason):
            return f"adopted: {reason}"
        case TradingStateChanged(state=state, reason=reason, generation=generation):
            return f"{row.actor.value}: {state.value} ({reason}) generation {generation}"
        case ProtectionFailed(reason=reason):
            return f"naked: {reason}"
        case other:
            return f"{other.KIND} {row.actor.value} {row.correlation}"
