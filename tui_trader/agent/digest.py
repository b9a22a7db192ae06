"""The observation as the compact, deterministic text that a model reads: equal observations give equal bytes.

Rows of figures, whose columns `LEGEND` names once. Keys are sorted, figures quantised and plain; nothing in it comes
from outside the exchange's figures and the program's own words, and what is text is JSON text.
"""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import assert_never

from tui_trader.agent.canonical import Cell, compact
from tui_trader.agent.legend import LIMITS, ORDER_LIMITS, SYMBOL_LIMITS
from tui_trader.agent.observation import Observation
from tui_trader.core.clock import elapsed, text
from tui_trader.core.money import BPS, ZERO
from tui_trader.core.order import Order
from tui_trader.core.records import PositionClosed
from tui_trader.core.words import Side
from tui_trader.market.ports import Snapshot
from tui_trader.risk.observed import ProposedOutcome
from tui_trader.tools.ports import AccountView, AnswerView, BreakerView, Headroom, Memory, PastDecision, PositionView

_ONE = Decimal(1)
_TENTH = Decimal("0.1")
_MONEY = Decimal("0.01")
_RATE = Decimal("0.001")
_BEYOND_MARKETS = 1e12


def digest_of(observation: Observation) -> str:
    """The figures of the observation, as `LEGEND` explains them. What is empty is left out."""
    limits = {(room.limit, room.symbol): room for room in observation.limits}
    symbols = sorted({room.symbol for room in observation.limits if room.symbol is not None})
    sections: dict[str, Cell] = {
        "account": _account(observation.account, observation.memory),
        "approvals": [_answer(answer) for answer in observation.answers],
        "breakers": [_breaker(breaker, observation) for breaker in observation.breakers],
        "decisions": [_decision(past, observation) for past in observation.memory.decisions],
        "fees_bps": [_rate(observation.memory.fees.maker), _rate(observation.memory.fees.taker)],
        "limits": _rooms(limits.get((name, None)) for name in LIMITS),
        "markets": {s.symbol: _market(s) for s in observation.snapshots},
        "more_limits": _more(observation.limits),
        "order_limits": [_value(limits.get((name, None))) for name in ORDER_LIMITS],
        "orders": [_order(order, observation) for order in observation.orders],
        "outcomes": [_outcome(outcome, observation) for outcome in observation.memory.outcomes],
        "positions": {p.symbol: _position(p, observation) for p in observation.positions if p.quantity},
        "symbol_limits": [_value(limits.get((name, symbols[0]))) for name in SYMBOL_LIMITS] if symbols else [],
        "time": text(observation.time),
        "unusable": {u.symbol: u.reason for u in observation.unusable},
        "used": {symbol: [_used(limits.get((name, symbol))) for name in SYMBOL_LIMITS] for symbol in symbols},
    }
    return compact({name: section for name, section in sections.items() if section})


def _market(s: Snapshot) -> Cell:
    return [
        s.bid,
        s.ask,
        s.mark,
        _bps(s.return_1m),
        _bps(s.return_5m),
        _bps(s.return_15m),
        _bps(s.return_1h),
        _bps(s.change_24h),
        _share_gap(s.ema_fast, s.mid),
        _share_gap(s.ema_slow, s.mid),
        _tenths(s.rsi),
        _share(s.atr, s.mid),
        _bps(s.volatility),
        _tenths(s.volume_1h),
        _rate(s.funding_rate),
        max(0, round(elapsed(s.time, s.next_funding) / 60)),
        _tenths(s.quote_age),
        _tenths(s.mark_age),
        _tenths(s.candle_age),
    ]


def _account(account: AccountView, memory: Memory) -> Cell:
    return [
        account.trading_state.value,
        _money(account.equity),
        _money(account.wallet),
        _money(account.available),
        _money(account.day_pnl),
        _bps(account.drawdown),
        _money(account.model_spend_today),
        _money(memory.fees_today),
    ]


def _position(position: PositionView, observation: Observation) -> Cell:
    entry, mark, stop, equity = (
        position.entry_price,
        position.mark_price,
        position.stop_price,
        observation.account.equity,
    )
    sign = 1 if position.quantity > 0 else -1
    move = risk = None
    if mark is not None and entry > 0:
        move = ((mark / entry - 1) * sign * BPS).quantize(_TENTH)
    if stop is not None and mark is not None and equity is not None and equity > 0:
        risk = ((mark - stop) * position.quantity / equity * BPS).quantize(_TENTH)
    return [
        "long" if sign > 0 else "short",
        abs(position.quantity),
        entry,
        mark,
        move,
        _money(position.unrealised),
        stop,
        position.take_profit_price,
        position.liquidation_price,
        position.leverage,
        risk,
    ]


def _order(order: Order, observation: Observation) -> Cell:
    intent = order.intent
    return [
        None if intent.type.is_conditional else order.client_order_id,
        intent.symbol,
        intent.purpose.value,
        intent.side.value,
        intent.type.value,
        order.remaining,
        intent.price,
        intent.stop_price,
        order.status.value,
        max(0, round(elapsed(order.created, observation.time))),
    ]


def _decision(past: PastDecision, observation: Observation) -> Cell:
    actions: list[Cell] = [[action.tool, action.symbol, action.outcome] for action in past.actions]
    return [past.cycle, _minutes(elapsed(past.time, observation.time)), past.verdict.value, *actions]


def _answer(answer: AnswerView) -> Cell:
    """The reason is somebody's words: data, normalised and cut where it came in."""
    return [answer.approval, answer.symbol, _direction(answer.side), answer.status.value, answer.code, answer.reason]


def _breaker(breaker: BreakerView, observation: Observation) -> Cell:
    left = None if breaker.probe_at is None else max(0, round(elapsed(observation.time, breaker.probe_at)))
    return [breaker.scope.value, breaker.cause.value, breaker.state.value, left]


def _outcome(outcome: PositionClosed | ProposedOutcome, observation: Observation) -> Cell:
    opened, closed, now = outcome.opened, outcome.closed, observation.time
    head: list[Cell] = [
        outcome.cycle,
        outcome.symbol,
        _direction(outcome.side),
        None if closed is None else _minutes(elapsed(closed, now)),
        _minutes(elapsed(opened, closed or now)),
        outcome.net_bps,
    ]
    match outcome:
        case PositionClosed():
            brought: list[Cell] = [outcome.adverse_bps, outcome.favourable_bps, _money(outcome.fees), outcome.closed_by]
        case ProposedOutcome(status=status):
            brought = [None, None, None, f"proposed {status.value}"]
        case unknown:
            assert_never(unknown)
    return [*head, *brought]


def _direction(side: Side) -> str:
    return "long" if side.sign > 0 else "short"


def _minutes(seconds: float) -> int:
    return max(0, round(seconds / 60))


def _rooms(rooms: Iterable[Headroom | None]) -> Cell:
    cells: list[Cell] = [[_value(room), _used(room)] for room in rooms]
    return cells


def _more(limits: tuple[Headroom, ...]) -> Cell:
    """Limits that have no column of their own, by name."""
    known = {*LIMITS, *ORDER_LIMITS, *SYMBOL_LIMITS}
    return {
        f"{room.limit}:{room.symbol}" if room.symbol else room.limit: [_value(room), _used(room)]
        for room in limits
        if room.limit not in known
    }


def _value(room: Headroom | None) -> Decimal | None:
    return None if room is None else room.value


def _used(room: Headroom | None) -> Decimal | None:
    """Money and per cent to two decimals; what is large has none."""
    if room is None or room.used is None:
        return None
    return room.used.quantize(_MONEY if abs(room.used) < BPS else _ONE)


def _rate(value: Decimal) -> Decimal:
    return (value * BPS).quantize(_RATE)


def _money(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_MONEY)


def _known(value: float | None) -> Decimal | None:
    """An indicator as a decimal; None also for what is no number, or none that a market could have."""
    if value is None or not math.isfinite(value) or abs(value) > _BEYOND_MARKETS:
        return None
    return Decimal(repr(value))


def _tenths(value: float | None) -> Decimal | None:
    known = _known(value)
    return None if known is None else known.quantize(_TENTH)


def _bps(value: float | None) -> Decimal | None:
    known = _known(value)
    return None if known is None else (known * BPS).quantize(_TENTH)


def _share(value: float | None, of: Decimal) -> Decimal | None:
    known = _known(value)
    return None if known is None or of <= ZERO else (known / of * BPS).quantize(_TENTH)


def _share_gap(value: float | None, of: Decimal) -> Decimal | None:
    known = _known(value)
    return None if known is None or of <= ZERO else ((known / of - 1) * BPS).quantize(_TENTH)
