"""The status: of a running engine from its parts, of a resting home from its journal."""

from decimal import Decimal

from tui_trader.core.clock import text
from tui_trader.core.money import Price, nearest_to, plain, to_balance
from tui_trader.core.reconciliation import Reconciliation
from tui_trader.core.records import EconomyChanged, JsonObject, JsonValue
from tui_trader.engine.lines import approval_object, order_object
from tui_trader.engine.views import AnchorView, ObservedTotals, StatusView, WaitingPrompt
from tui_trader.tools.ports import BreakerView, PositionView

_OF_A_TICK = Decimal("0.01")
"""To this share of a tick an average price is told: its quotient may have no end."""

_MOST_PLACES = 16
"""A figure with more decimals is no product of prices and quantities any more."""


def status_object(view: StatusView) -> JsonObject:
    """The status as DESIGN writes it."""
    positions: list[JsonValue] = [position_object(position) for position in view.positions]
    orders: list[JsonValue] = [dict(order_object(order)) for order in view.orders]
    return {
        "event": "status",
        "time": text(view.time),
        "running": view.running,
        "mode": view.mode.value,
        "account": view.account,
        "trading_state": view.trading_state.value,
        "reason": view.reason,
        "autonomy": view.autonomy.value if view.autonomy else None,
        "equity": _figure(view.equity),
        "day_pnl": _figure(view.day_pnl),
        "model_spend_today": plain(view.model_spend_today),
        "model_economy": _economy_object(view.model_economy),
        "positions": positions,
        "orders": orders,
        "breakers": [dict(breaker_object(breaker)) for breaker in view.breakers],
        "approvals": [dict(approval_object(question)) for question in view.approvals],
        "observed": observed_object(view.observed),
        "reconciliation": reconciliation_object(view.reconciliation),
        "feed": _feed_object(view),
        "decider": view.decider,
        "decider_why": view.decider_why,
        "prompt": view.prompt,
        "prompt_problem": view.prompt_problem,
        "prompt_waiting": _waiting_object(view.prompt_waiting),
        "last_cycle": view.last_cycle,
        "next_decision": text(view.next_decision) if view.next_decision is not None else None,
        "key_warning": view.key_warning,
        "since_halt": view.since_halt.as_object() if view.since_halt is not None else None,
        "anchor": _anchor_object(view.anchor),
        "alerts": None if view.alert_problem is None else {"problem": view.alert_problem},
        "journal_head": view.journal_head,
        "journal_entries": view.journal_entries,
    }


def _waiting_object(waiting: WaitingPrompt | None) -> list[JsonValue]:
    """What of the prompt's file waits for a person: each limit, what holds, and what the file says."""
    return [
        {"limit": each.field, "in_force": each.in_force, "wanted": each.wanted}
        for each in (waiting.limits if waiting is not None else ())
    ]


def breaker_object(breaker: BreakerView) -> JsonObject:
    """A breaker that is not closed; `probe_at` is null where only a person closes it."""
    return {
        "scope": breaker.scope.value,
        "cause": breaker.cause.value,
        "state": breaker.state.value,
        "count": breaker.count,
        "reason": breaker.reason,
        "since": text(breaker.since) if breaker.since is not None else None,
        "probe_at": text(breaker.probe_at) if breaker.probe_at is not None else None,
        "needs_a_person": breaker.needs_a_person,
    }


def reconciliation_object(reconciliation: Reconciliation) -> JsonObject:
    """How our books and the exchange stand to each other, and each difference with what follows from it."""
    age, found = reconciliation.age, reconciliation.differences
    return {
        "state": reconciliation.agreement.value,
        "age_ms": None if age is None else round(age * 1_000),
        "matched": reconciliation.matched,
        "differences": [
            {
                "kind": each.kind.value,
                "symbol": each.symbol,
                "ours": each.ours,
                "theirs": each.theirs,
                "verdict": each.verdict.value,
                "done": each.done,
            }
            for each in found
        ],
    }


def _economy_object(economy: EconomyChanged | None) -> JsonObject | None:
    if economy is None:
        return None
    until = text(economy.until) if economy.until is not None else None
    return {"step": economy.economy.value, "reason": economy.reason, "until": until}


def _anchor_object(anchor: AnchorView | None) -> JsonObject | None:
    return None if anchor is None else {"entries": anchor.entries, "problem": anchor.problem}


def _feed_object(view: StatusView) -> JsonObject | None:
    if view.feed is None:
        return None
    age = None if view.feed.age is None else round(view.feed.age * 1_000)
    return {"name": view.feed.name, "why": view.feed.why, "age_ms": age}


def observed_object(totals: ObservedTotals) -> JsonObject:
    """What an agent that only observes would have come to: entries open, closed, gained, and the sum of their net."""
    return {
        "open": totals.open,
        "closed": totals.closed,
        "gained": totals.gained,
        "net_bps": plain(totals.net_bps),
    }


def position_object(position: PositionView) -> JsonObject:
    """A position as DESIGN writes it, and the step of its prices."""
    return {
        "symbol": position.symbol,
        "quantity": plain(position.quantity),
        "entry_price": _figure(_average(position.entry_price, position.tick)),
        "mark_price": _figure(position.mark_price),
        "unrealised": _figure(position.unrealised),
        "liquidation_price": _figure(position.liquidation_price),
        "stop_price": _figure(position.stop_price),
        "take_profit_price": _figure(position.take_profit_price),
        "tick": _figure(position.tick),
    }


def _average(price: Price, tick: Price | None) -> Price:
    return price if tick is None else nearest_to(price, tick * _OF_A_TICK)


def _figure(value: Decimal | None) -> str | None:
    """The figure as it is; a quotient without end is cut to what money is kept in."""
    if value is None:
        return None
    has_no_end = value.is_finite() and -int(value.as_tuple().exponent) > _MOST_PLACES
    return plain(to_balance(value) if has_no_end else value)
