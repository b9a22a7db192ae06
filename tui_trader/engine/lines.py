"""The lines of `--json`: each journal row that people and programs follow, as one JSON object."""

from collections.abc import Callable

from tui_trader.core.clock import text
from tui_trader.core.ids import client_order_id
from tui_trader.core.money import plain
from tui_trader.core.order import Fill, Order
from tui_trader.core.records import (
    CycleDecided,
    JsonObject,
    JsonValue,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    RiskJudged,
    TradingStateChanged,
)
from tui_trader.core.words import ClientOrderId
from tui_trader.desk.ledger import Ledger
from tui_trader.journal.ports import Row

LineSink = Callable[[JsonObject], None]


class LineFold:
    """Turns rows into lines. It follows the journal after the ledger, whose orders it reads."""

    def __init__(self, ledger: Ledger, sink: LineSink) -> None:
        self._ledger = ledger
        self._sink = sink

    def apply(self, row: Row) -> None:
        """Tell one row, if it is of a kind that is told."""
        if (line := self._line(row)) is not None:
            self._sink(line)

    def _line(self, row: Row) -> JsonObject | None:
        match row.record:
            case CycleDecided() as decided:
                return decision_line(row, decided)
            case OrderIntended():
                return self._order_line(row, client_order_id(row.hash))
            case OrderChanged(client_order_id=order_id):
                return self._order_line(row, order_id)
            case OrderFilled(fill=fill):
                return fill_line(row, fill)
            case RiskJudged(verdict="deny", code=code, tool=tool, detail=detail):
                return _line(row, "denial", {"code": code, "tool": tool, "actor": row.actor.value, "detail": detail})
            case TradingStateChanged(state=state, reason=reason):
                said: JsonObject = {"trading_state": state.value, "reason": reason, "actor": row.actor.value}
                return _line(row, "state", said)
            case _:
                return None

    def _order_line(self, row: Row, order_id: ClientOrderId) -> JsonObject | None:
        order = self._ledger.order(order_id)
        return _line(row, "order", order_object(order)) if order is not None else None


def _line(row: Row, event: str, said: JsonObject) -> JsonObject:
    return {"event": event, "time": text(row.time), **said}


def decision_line(row: Row, decided: CycleDecided) -> JsonObject:
    """A decision as DESIGN writes it."""
    actions: list[JsonValue] = [
        {"tool": action.tool, "arguments": dict(action.arguments), "outcome": action.outcome}
        for action in decided.actions
    ]
    said: JsonObject = {
        "cycle": decided.cycle,
        "symbols": list(decided.symbols),
        "verdict": decided.verdict.value,
        "reason": decided.reason,
        "actions": actions,
        "tokens": decided.tokens,
        "cost": plain(decided.cost),
        "ms": decided.milliseconds,
    }
    return _line(row, "decision", said)


def order_object(order: Order) -> JsonObject:
    """An order as DESIGN writes it."""
    intent = order.intent
    return {
        "client_order_id": order.client_order_id,
        "symbol": intent.symbol,
        "side": intent.side.value,
        "type": intent.type.value,
        "quantity": plain(intent.quantity),
        "price": plain(intent.price) if intent.price is not None else None,
        "stop_price": plain(intent.stop_price) if intent.stop_price is not None else None,
        "reduce_only": intent.reduce_only,
        "status": order.status.value,
        "actor": intent.actor.value,
        "cycle": intent.cycle,
    }


def fill_line(row: Row, fill: Fill) -> JsonObject:
    """A fill as DESIGN writes it."""
    said: JsonObject = {
        "client_order_id": fill.client_order_id,
        "trade_id": fill.trade_id,
        "symbol": fill.symbol,
        "side": fill.side.value,
        "quantity": plain(fill.quantity),
        "price": plain(fill.price),
        "fee": plain(fill.fee),
        "maker": fill.maker,
        "realised": plain(fill.realised),
    }
    return _line(row, "fill", said)
