"""What has changed since trading was halted: what a person should know before they resume.

Two folds' worth: how things stood when freedom was first lost, kept until somebody resumes, and what there is now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tui_trader.core.clock import Instant, text
from tui_trader.core.money import ZERO, Money, Quantity, nearest_to, plain, plain_or_none
from tui_trader.core.order import Order
from tui_trader.core.position import Position
from tui_trader.core.records import (
    AccountReconciled,
    EngineStarted,
    EquityMarked,
    JsonObject,
    OrderFilled,
    PromptChanged,
)
from tui_trader.core.words import ClientOrderId, Symbol, TradingState
from tui_trader.desk.ledger import Ledger
from tui_trader.journal.ports import Row
from tui_trader.risk.trading_state import StateFold

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """How things stood at one moment."""

    at: Instant
    positions: Mapping[Symbol, Quantity]
    orders: frozenset[ClientOrderId]
    equity: Money | None
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceHalt:
    """What is otherwise than it was then. `positions` gives what was held and what is; orders are counted."""

    since: Instant
    reason: str
    """Why trading was halted first; more may have come since."""
    positions: Mapping[Symbol, tuple[Quantity, Quantity]]
    orders_gone: int
    orders_new: int
    trades: int
    equity_then: Money | None
    equity: Money | None
    is_prompt_changed: bool

    @property
    def told(self) -> tuple[str, ...]:
        """A line for each thing, for people."""
        lines = [f"since {text(self.since)[:19].replace('T', ' ')} UTC ({self.reason}):"]
        lines += [f"{symbol}: held {plain(then)}, now {plain(now)}" for symbol, (then, now) in self.positions.items()]
        if self.orders_gone or self.orders_new:
            lines.append(f"orders: {self.orders_gone} gone, {self.orders_new} new")
        if self.trades:
            lines.append(f"{self.trades} trades")
        if self.equity_then is not None and self.equity is not None and self.equity != self.equity_then:
            change = nearest_to(self.equity - self.equity_then, _CENT)
            lines.append(f"equity {nearest_to(self.equity, _CENT)}, {change:+}")
        if self.is_prompt_changed:
            lines.append("the prompt is another one")
        return tuple(lines) if len(lines) > 1 else (f"{lines[0]} nothing has changed",)

    def as_object(self) -> JsonObject:
        """As the status writes it."""
        return {
            "since": text(self.since),
            "reason": self.reason,
            "positions": [
                {"symbol": symbol, "then": plain(then), "now": plain(now)}
                for symbol, (then, now) in self.positions.items()
            ],
            "orders_gone": self.orders_gone,
            "orders_new": self.orders_new,
            "trades": self.trades,
            "equity_then": plain_or_none(self.equity_then),
            "equity": plain_or_none(self.equity),
            "prompt_changed": self.is_prompt_changed,
            "told": list(self.told),
        }


class HaltMemory:
    """A fold: how things stood when trading was last ACTIVE no more. It reads ledger and state, which hear first."""

    def __init__(self, ledger: Ledger, state: StateFold) -> None:
        self._ledger = ledger
        self._state = state
        self._equity: Money | None = None
        self._prompt = ""
        self._trades = 0
        self._stood: Stood | None = None
        self._reason = ""

    def apply(self, row: Row) -> None:
        """Take one row in."""
        match row.record:
            case EquityMarked(equity=equity) | AccountReconciled(equity=equity):
                self._equity = equity
            case EngineStarted(prompt_hash=prompt):
                self._prompt = prompt
            case PromptChanged(new_hash=prompt):
                self._prompt = prompt
            case OrderFilled():
                self._trades += 1
            case _:
                pass
        if self._state.current is TradingState.ACTIVE:
            self._stood = None
        elif self._stood is None:
            self._trades = 0
            self._reason = self._state.status.reason
            self._stood = Stood(
                at=row.time,
                positions=_held(self._ledger.positions),
                orders=_ids(self._ledger.open_orders()),
                equity=self._equity,
                prompt=self._prompt,
            )

    def changes(self, equity: Money | None) -> SinceHalt | None:
        """What is otherwise now; None while trading is ACTIVE. `equity` is that of now."""
        stood = self._stood
        if stood is None:
            return None
        held, orders = _held(self._ledger.positions), _ids(self._ledger.open_orders())
        moved = {
            symbol: (stood.positions.get(symbol, ZERO), held.get(symbol, ZERO))
            for symbol in sorted({*stood.positions, *held})
            if stood.positions.get(symbol, ZERO) != held.get(symbol, ZERO)
        }
        return SinceHalt(
            since=stood.at,
            reason=self._reason,
            positions=moved,
            orders_gone=len(stood.orders - orders),
            orders_new=len(orders - stood.orders),
            trades=self._trades,
            equity_then=stood.equity,
            equity=equity,
            is_prompt_changed=self._prompt != stood.prompt,
        )


def _held(positions: Mapping[Symbol, Position]) -> dict[Symbol, Quantity]:
    return {symbol: position.quantity for symbol, position in positions.items()}


def _ids(orders: tuple[Order, ...]) -> frozenset[ClientOrderId]:
    return frozenset(order.client_order_id for order in orders)
