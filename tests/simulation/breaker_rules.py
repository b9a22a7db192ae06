"""What the witness demands of the breakers when an entry leaves: B1 and B3. B2, who may close one, is the rows' own."""

from collections.abc import Callable
from decimal import Decimal

from tests.simulation.records import DurableRows
from tui_trader.core.clock import Clock, Instant, elapsed
from tui_trader.core.order import Intent, TimeInForce
from tui_trader.core.words import Actor, BreakerCause, ClientOrderId
from tui_trader.risk.policy import RiskLimits

_SAME_SIZE = Decimal("0.05")
_SAME_PRICE = Decimal("0.0005")
"""Narrower than the program's own word: what it lets differ may differ by half as much here."""


class BreakerRules:
    """Judges each entry that leaves, by the durable rows alone."""

    def __init__(self, rows: DurableRows, clock: Clock, limits: RiskLimits, broken: Callable[[str, str], None]) -> None:
        self._rows = rows
        self._clock = clock
        self._limits = limits
        self._broken = broken
        self._left: list[tuple[Instant, Intent]] = []
        """The agent's entries that have left, with the times at which they were written down."""

    def entry_leaves(self, order_id: ClientOrderId, intent: Intent) -> None:
        """An entry is about to leave."""
        self._breakers_let_it_pass(order_id)
        if intent.actor is Actor.AGENT:
            self._is_not_the_same_again(order_id, intent)

    def _breakers_let_it_pass(self, order_id: ClientOrderId) -> None:
        """B1: none is open, but one that has rested and is tried by this entry, or was opened by this entry itself."""
        row = self._rows.intended.get(order_id)
        for (scope, cause), opened in self._rows.breakers.items():
            its_own = cause is BreakerCause.IDENTICAL_ORDERS and row is not None and opened.seq == row.seq + 1
            is_tried = cause is not BreakerCause.FAILURES and opened.has_rested(self._clock.now())
            if not its_own and not is_tried:
                self._broken("B1", f"entry {order_id} leaves while the breaker {scope.value} {cause.value} is open")

    def _is_not_the_same_again(self, order_id: ClientOrderId, intent: Intent) -> None:
        """B3: of the agent's entries within the window, since a person forgave them, not too many are this order."""
        row, forgiven = self._rows.intended.get(order_id), self._rows.repeats_forgiven
        if row is None:
            return  # I2 says so
        alike = sum(
            elapsed(at, row.time) < self._limits.breaker_window
            and (forgiven is None or at > forgiven)
            and _is_the_same(intent, other)
            for at, other in self._left
        )
        self._left.append((row.time, intent))
        if alike >= self._limits.max_identical_orders:
            self._broken("B3", f"entry {order_id} leaves, and {alike} like it have left before")


def _is_the_same(one: Intent, other: Intent) -> bool:
    if (one.symbol, one.side, one.time_in_force) != (other.symbol, other.side, other.time_in_force):
        return False
    if abs(one.quantity - other.quantity) > _SAME_SIZE * one.quantity or one.price is None or other.price is None:
        return False
    return one.time_in_force is TimeInForce.IOC or abs(one.price - other.price) <= _SAME_PRICE * one.price
