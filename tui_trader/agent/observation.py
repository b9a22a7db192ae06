"""What one decision sees: the market, the account and the limits at one instant, and which symbols can be judged."""

from dataclasses import dataclass, field

from tui_trader.core.clock import Instant
from tui_trader.core.order import Order
from tui_trader.core.words import Symbol
from tui_trader.market.ports import Snapshot
from tui_trader.tools.ports import AccountView, AnswerView, BreakerView, Headroom, Memory, PositionView

MAX_CANDLE_AGE = 180.0
"""Seconds since the last closed one-minute candle beyond which indicators describe another market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A symbol that cannot be judged now, and why."""

    symbol: Symbol
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything that a decider is shown. `snapshots` holds the symbols that are fresh, by name."""

    time: Instant
    snapshots: tuple[Snapshot, ...]
    unusable: tuple[Unusable, ...]
    account: AccountView
    positions: tuple[PositionView, ...]
    orders: tuple[Order, ...]
    limits: tuple[Headroom, ...]
    memory: Memory = field(default_factory=Memory)
    answers: tuple[AnswerView, ...] = ()
    """What persons are asked and have answered of late."""
    breakers: tuple[BreakerView, ...] = ()
    """Circuit breakers that are not closed."""

    def snapshot(self, symbol: Symbol) -> Snapshot | None:
        """The symbol's market, if it can be judged."""
        return next((s for s in self.snapshots if s.symbol == symbol), None)

    def position(self, symbol: Symbol) -> PositionView | None:
        """What is held of the symbol; None when flat."""
        return next((p for p in self.positions if p.symbol == symbol and p.quantity), None)

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held and nothing can trade."""
        return not self.orders and not any(p.quantity for p in self.positions)


def fault_of(snapshot: Snapshot | None, max_quote_age: float) -> str | None:
    """Why the symbol cannot be judged, or None: no data, a stale quote, stale candles.

    A figure that lacks history is unknown, not wrong: the decider sees that it is, and decides with the rest.
    """
    if snapshot is None:
        return "no data yet"
    if snapshot.quote_age > max_quote_age:
        return f"quote is {snapshot.quote_age:.1f} s old"
    if snapshot.candle_age is not None and snapshot.candle_age > MAX_CANDLE_AGE:
        return f"last candle is {snapshot.candle_age:.0f} s old"
    return None
