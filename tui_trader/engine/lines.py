"""The lines of `--json`: each journal row that people and programs follow, as one JSON object."""

from collections.abc import Callable
from decimal import Decimal

from tui_trader.core.clock import text
from tui_trader.core.ids import client_order_id
from tui_trader.core.money import plain, plain_or_none
from tui_trader.core.order import Intent, Order
from tui_trader.core.records import (
    ApprovalChanged,
    CycleDecided,
    EntryProposed,
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
from tui_trader.risk.approvals import ApprovalFold, Question

_MOST_PLACES = -4
_SHORTEST = Decimal(1).scaleb(_MOST_PLACES)

LineSink = Callable[[JsonObject], None]


class LineFold:
    """Turns rows into lines. It follows the journal after the folds that it reads: orders, and questions."""

    def __init__(self, ledger: Ledger, approvals: ApprovalFold, sink: LineSink) -> None:
        self._ledger = ledger
        self._approvals = approvals
        self._sink = sink

    def apply(self, row: Row) -> None:
        """Tell one row, if it is of a kind that is told; the intent of an approved entry tells of both."""
        for line in (self._line(row), self._approval_line(row)):
            if line is not None:
                self._sink(line)

    def _approval_line(self, row: Row) -> JsonObject | None:
        match row.record:
            case EntryProposed(id=name) | ApprovalChanged(id=name) | OrderIntended(intent=Intent(approval=name)):
                question = self._approvals.question(name)
                return _line(row, "approval", approval_object(question)) if question is not None else None
            case _:
                return None

    def _line(self, row: Row) -> JsonObject | None:
        match row.record:
            case CycleDecided() as decided:
                return decision_line(row, decided)
            case OrderIntended():
                return self._order_line(row, client_order_id(row.hash))
            case OrderChanged(client_order_id=order_id):
                return self._order_line(row, order_id)
            case OrderFilled() as filled:
                return fill_line(row, filled)
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
        "price": plain_or_none(intent.price),
        "stop_price": plain_or_none(intent.stop_price),
        "reduce_only": intent.reduce_only,
        "status": order.status.value,
        "actor": intent.actor.value,
        "cycle": intent.cycle,
    }


def approval_object(question: Question) -> JsonObject:
    """A proposed entry with its card and its answer. `reason` is the decider's, `answer` the person's or the gate's."""
    proposed = question.proposed
    intent, card, protection = proposed.intent, proposed.card, proposed.intent.protection
    figures: dict[str, Decimal | None] = {
        "quantity": intent.quantity,
        "price": intent.price,
        "stop_price": protection.stop_price if protection else None,
        "take_profit_price": protection.take_profit_price if protection else None,
        "notional": card.notional,
        "equity_share_pct": card.equity_share_pct,
        "stop_distance_bps": card.stop_distance_bps,
        "max_loss": card.max_loss,
        "fees": card.fees,
        "liquidation_price": card.liquidation_price,
        "liquidation_distance_pct": card.liquidation_distance_pct,
    }
    return {
        "id": proposed.id,
        "status": question.status.value,
        "symbol": intent.symbol,
        "side": intent.side.value,
        "type": intent.type.value,
        "time_in_force": intent.time_in_force.value,
        **{name: None if figure is None else plain(_short(figure)) for name, figure in figures.items()},
        "expires": text(proposed.expires),
        "reason": proposed.reason,
        "code": question.code,
        "answer": question.reason,
        "actor": question.by.value if question.at is not None else intent.actor.value,
        "cycle": intent.cycle,
    }


def _short(figure: Decimal) -> Decimal:
    """Shares and products have more digits than anybody reads."""
    places = figure.as_tuple().exponent
    return figure.quantize(_SHORTEST) if isinstance(places, int) and places < _MOST_PLACES else figure


def fill_line(row: Row, filled: OrderFilled) -> JsonObject:
    """A fill as DESIGN writes it. `foreign`, where it is there, is how much of it is not ours."""
    fill = filled.fill
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
    if filled.foreign:
        said = {**said, "foreign": plain(filled.foreign)}
    if (taken := fill.foreign_fee) is not None:
        paid: JsonObject = {"asset": taken.asset, "amount": plain(taken.amount), "is_estimate": taken.is_estimate}
        said = {**said, "fee_taken": paid}
    return _line(row, "fill", said)
