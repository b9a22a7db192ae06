"""The alarm: calls for a decision before the interval is over, when something happens that should not wait.

It only asks: the schedule keeps two decisions apart and bounds their rate, and triage looks at what there is.
"""

from collections.abc import Callable

from tui_trader.agent.attention import Attention, Seen
from tui_trader.core.clock import Clock, Instant, elapsed
from tui_trader.core.money import Price
from tui_trader.core.order import Intent, Purpose, TimeInForce
from tui_trader.core.records import OrderFilled
from tui_trader.core.words import Symbol
from tui_trader.desk.ledger import Ledger
from tui_trader.engine.schedule import Schedule
from tui_trader.journal.ports import Row
from tui_trader.market.state import MarketState
from tui_trader.risk.policy import Policy


class Alarm:
    """Hears the journal (as a fold, after the ledger: fills) and the market (after each event: moves, funding)."""

    def __init__(
        self,
        *,
        attention: Attention,
        market: MarketState,
        ledger: Ledger,
        clock: Clock,
        policy: Callable[[], Policy],
        schedule: Schedule,
        is_on: Callable[[], bool],
    ) -> None:
        """`is_on` False: whatever happens waits for its interval."""
        self._attention = attention
        self._market = market
        self._ledger = ledger
        self._clock = clock
        self._policy = policy
        self._schedule = schedule
        self._is_on = is_on
        self._filled = False
        self._bounds: dict[Symbol, tuple[Price, Price]] = {}
        self._bounded: Seen | None = None
        self._rung: Seen | None = None
        """What was seen when the alarm was last heard: the same view rings it once."""

    def apply(self, row: Row) -> None:
        """Note that an order traded which may do so at any time: a stop, a take-profit, an entry that rests."""
        if isinstance(row.record, OrderFilled):
            order = self._ledger.order(row.record.fill.client_order_id)
            if order is not None and _trades_in_its_own_time(order.intent):
                self._filled = not self._schedule.is_deciding

    def look(self) -> None:
        """Ask for a decision if something happened; called after each market event, so it does little."""
        seen = self._attention.seen
        if seen is None or not self._is_on():
            return
        if self._schedule.is_deciding:
            self._filled = False
            return
        rings = self._filled or (seen is not self._rung and (self._has_moved(seen) or self._is_funding_near(seen)))
        if not rings:
            return
        rules = self._policy().triage
        if self._schedule.decide_early(spacing=rules.early_spacing, per_hour=rules.early_per_hour):
            self._filled, self._rung = False, seen

    def _has_moved(self, seen: Seen) -> bool:
        """Whether a price has left the range around what the decider saw."""
        if seen is not self._bounded:
            rules = self._policy().triage
            steps = {symbol: look.step(rules.early_move_atr, rules) for symbol, look in seen.markets.items()}
            self._bounds = {s: (seen.markets[s].mid - step, seen.markets[s].mid + step) for s, step in steps.items()}
            self._bounded = seen
        for symbol, (low, high) in self._bounds.items():
            quote = self._market.quote(symbol)
            if quote is not None and not low < quote.mid < high:
                return True
        return False

    def _is_funding_near(self, seen: Seen) -> bool:
        """Whether funding has come near to something that is held since the decider looked."""
        within, now = self._policy().triage.funding_within, self._clock.now()
        for symbol in self._ledger.positions:
            due = self._market.next_funding(symbol)
            if symbol not in seen.near_funding and due is not None and _is_within(now, due, within):
                return True
        return False


def _trades_in_its_own_time(intent: Intent) -> bool:
    return intent.purpose is not Purpose.EXIT and intent.time_in_force is not TimeInForce.IOC


def _is_within(now: Instant, due: Instant, seconds: float) -> bool:
    return 0 <= elapsed(now, due) <= seconds
