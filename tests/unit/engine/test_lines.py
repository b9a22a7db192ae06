"""The lines of `--json`, word for word as the design writes them."""

from decimal import Decimal

from tests.unit.engine.rows import BTC, D, Log, entry, fill
from tui_trader.core.order import OrderStatus
from tui_trader.core.records import (
    Action,
    CycleDecided,
    EquityMarked,
    JsonObject,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    RiskJudged,
    TradingStateChanged,
)
from tui_trader.core.words import Actor, CycleVerdict, TradingState
from tui_trader.desk.ledger import Ledger
from tui_trader.engine.lines import LineFold
from tui_trader.risk.approvals import ApprovalFold


def live() -> tuple[Log, list[JsonObject]]:
    """A log whose rows become lines."""
    lines: list[JsonObject] = []
    ledger = Ledger()
    fold = LineFold(ledger, ApprovalFold(), lines.append)
    return Log((ledger, fold)), lines


def test_a_decision() -> None:
    log, lines = live()
    action = Action(tool="open_position", arguments={"symbol": "BTCUSDT", "risk_bps": 20}, outcome="done")
    log.write(
        CycleDecided(
            cycle=4,
            symbols=(BTC,),
            verdict=CycleVerdict.TRADE,
            reason="trend",
            actions=(action,),
            decider="openai",
            tokens=812,
            cost=Decimal("0.00120"),
            milliseconds=950,
        )
    )
    assert lines == [
        {
            "event": "decision",
            "time": "2025-05-05T12:00:01.000Z",
            "cycle": 4,
            "symbols": ["BTCUSDT"],
            "verdict": "trade",
            "reason": "trend",
            "actions": [
                {
                    "tool": "open_position",
                    "arguments": {"symbol": "BTCUSDT", "risk_bps": 20},
                    "outcome": "done",
                }
            ],
            "tokens": 812,
            "cost": "0.0012",
            "ms": 950,
        }
    ]


def test_an_order_has_a_line_for_its_intent_and_for_each_change() -> None:
    log, lines = live()
    log.write(OrderIntended(intent=entry()), actor=Actor.AGENT)
    order = log.last_order
    log.write(OrderChanged(client_order_id=order, status=OrderStatus.SENT))
    log.write(OrderChanged(client_order_id=order, status=OrderStatus.FILLED, filled=D("0.02")))
    assert [line["status"] for line in lines] == ["INTENDED", "SENT", "FILLED"]
    assert lines[0] == {
        "event": "order",
        "time": "2025-05-05T12:00:01.000Z",
        "client_order_id": order,
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "0.02",
        "price": "94000",
        "stop_price": None,
        "reduce_only": False,
        "status": "INTENDED",
        "actor": "agent",
        "cycle": 3,
    }


def test_a_fill() -> None:
    log, lines = live()
    log.write(OrderIntended(intent=entry()))
    log.write(OrderFilled(fill=fill(log.last_order)))
    assert lines[-1] == {
        "event": "fill",
        "time": "2025-05-05T12:00:02.000Z",
        "client_order_id": lines[0]["client_order_id"],
        "trade_id": "1",
        "symbol": "BTCUSDT",
        "side": "BUY",
        "quantity": "0.02",
        "price": "94000",
        "fee": "0.5",
        "maker": False,
        "realised": "0",
    }


def test_a_fill_of_others_says_so() -> None:
    log, lines = live()
    log.write(OrderIntended(intent=entry()))
    log.write(OrderFilled(fill=fill(log.last_order), foreign=D("0.02")))
    assert lines[-1]["foreign"] == "0.02"


def test_a_denial_and_nothing_for_what_was_allowed() -> None:
    log, lines = live()
    log.write(RiskJudged(verdict="allow", tool="open_position", symbol=BTC), actor=Actor.AGENT)
    log.write(RiskJudged(verdict="shrink", tool="open_position", symbol=BTC, code="X"), actor=Actor.AGENT)
    log.write(
        RiskJudged(verdict="deny", tool="open_position", symbol=BTC, code="MAX_LEVERAGE", detail="5, at most 3"),
        actor=Actor.OPERATOR,
    )
    assert lines == [
        {
            "event": "denial",
            "time": "2025-05-05T12:00:03.000Z",
            "code": "MAX_LEVERAGE",
            "tool": "open_position",
            "actor": "operator",
            "detail": "5, at most 3",
        }
    ]


def test_a_trading_state() -> None:
    log, lines = live()
    log.write(TradingStateChanged(state=TradingState.HALTED, reason="enough", code="OPERATOR"), actor=Actor.OPERATOR)
    assert lines == [
        {
            "event": "state",
            "time": "2025-05-05T12:00:01.000Z",
            "trading_state": "HALTED",
            "reason": "enough",
            "actor": "operator",
        }
    ]


def test_what_nobody_follows_has_no_line() -> None:
    log, lines = live()
    log.write(EquityMarked(equity=D(1), wallet=D(1)))
    log.write(OrderChanged(client_order_id=log.last_order, status=OrderStatus.SENT))
    assert lines == []
