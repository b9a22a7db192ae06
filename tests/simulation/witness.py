"""The witness: what must hold at every instant, judged by the exchange's truth and the durable rows alone.

The names I1 to I14 are those of the reliability report's list of invariants; B1 to B3 are the breakers' own. What
others do is judged in `beside`.
"""

import asyncio
from collections.abc import Callable
from decimal import Decimal

from tests.simulation.beside import NOTICED_AFTER, Beside
from tests.simulation.breaker_rules import BreakerRules
from tests.simulation.exchange_side import ExchangeSide
from tests.simulation.faults import Faults
from tests.simulation.lives import Life
from tests.simulation.market import Market
from tests.simulation.records import DurableRows
from tui_trader.core.clock import Clock, elapsed
from tui_trader.core.ids import client_order_id
from tui_trader.core.money import ZERO
from tui_trader.core.order import Intent, OrderStatus, OrderType, Purpose
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol, TradingState
from tui_trader.engine.home import Home
from tui_trader.engine.wiring import Assembly
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.risk.policy import RiskLimits

_PROTECTED_WITHIN = 10.0
_BOUND = 15.0
"""Seconds beyond that in which the program, which has given up on a stop, must be seen closing."""
_CLOSES_AGAIN_WITHIN = 40.0
"""Seconds between two attempts at closing while the exchange answers nothing."""
_UNKNOWN_FOR = 60.0
_ASKED_BACK_WITHIN = 20.0
"""Seconds of a halt by which a cancel of each resting entry has left."""
_RESTING = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED})
_SLACK = Decimal("1.001")


class Witness:
    """Collects violations; the world ends at the first."""

    def __init__(
        self,
        side: ExchangeSide,
        market: Market,
        clock: Clock,
        home: Home,
        limits: RiskLimits,
        *,
        on_fault: Callable[[], None],
        note: Callable[[object], None],
        storm: Faults,
    ) -> None:
        self._side = side
        self._market = market
        self._clock = clock
        self._home = home
        self._limits = limits
        self._on_fault = on_fault
        self.rows = DurableRows(self.broken, note)
        self.rows.on_resumed = self._resumed
        self.rows.on_given_up = self._given_up
        self.rows.on_started = self._started
        self.beside = Beside(side, self.rows, clock, storm, self.broken)
        self.violations: list[str] = []
        self.orders = 0
        self._left: set[ClientOrderId] = set()
        self._lines: set[ClientOrderId] = set()
        """Ids that a line of the emergency log commits."""
        self._asked = 0
        self._halted_at = 0
        self._resumed_at = 0
        self._resuming: set[int] = set()
        self._naked_since: dict[Symbol, float] = {}
        self._last_exit: dict[Symbol, float] = {}
        self._cancelled: set[ClientOrderId] = set()
        """Ids that a cancel was asked for."""
        self._not_active_since: float | None = None
        self._breakers = BreakerRules(self.rows, clock, limits, self.broken)

    def broken(self, rule: str, what: str) -> None:
        """A rule does not hold."""
        self.violations.append(f"{rule}: {what}")
        self._on_fault()

    # ------------------------------------------------------------------ what is asked of the engine

    def halt_asked(self) -> None:
        """From here on nothing but exits may leave."""
        self._asked += 1
        self._halted_at = self._asked

    def resume_asked(self) -> int:
        """A person asks to go on; it answers the halts so far."""
        self._asked += 1
        self._resuming.add(self._asked)
        return self._asked

    def resume_answered(self, asked: int) -> None:
        """It was carried out, or refused."""
        self._resuming.discard(asked)

    def _resumed(self) -> None:
        """Trading goes on: some resume that is being carried out was obeyed."""
        self._resumed_at = max([self._resumed_at, *self._resuming])

    def life_ended(self) -> None:
        """A process is gone; whether its last rows became durable is seen when the next one reads them."""
        self._naked_since.clear()
        self._not_active_since = None
        self.rows.adopted_at = None
        self.beside.flattening = 0

    def journal_read(self) -> None:
        """A halt that was only in the memory of a process that is gone, and of no answered call, is gone with it."""
        self._resuming.clear()
        if self.rows.state is TradingState.ACTIVE and not self._home.halt_file.exists():
            self._halted_at = 0

    def line_kept(self, line: bytes) -> None:
        """The emergency log has taken a line."""
        self._lines.add(client_order_id(line))

    def _started(self) -> None:
        """By the row of its start a life has taken in what earlier ones put aside."""
        if missing := len(self._lines) - self.rows.counts["imported"]:
            self.broken("I6", f"the engine starts, and {missing} lines of the emergency log are not in the journal")

    def _given_up(self, order_id: ClientOrderId, status: OrderStatus) -> None:
        """No order is written off that has been taken, or that can still arrive."""
        if order_id in self._side.flying:
            self.broken("I7", f"{order_id} is called {status.value} while it is on its way")
        elif order_id in self._side.accepted:
            self.broken("I7", f"{order_id} is called {status.value}, and the exchange has taken it")

    # ------------------------------------------------------------------ at the door

    def leaving(self, order_id: ClientOrderId, intent: Intent) -> None:
        """An order is about to leave."""
        self.orders += 1
        if order_id in self._left:
            self.broken("I1", f"{order_id} leaves a second time")
        self._left.add(order_id)
        self._is_written(order_id, intent)
        if intent.purpose is Purpose.ENTRY:
            self._entry_may_leave(order_id, intent)
        else:
            self._last_exit[intent.symbol] = self._now
            if not (intent.reduce_only or intent.close_position):
                self.broken("rule 6", f"{order_id} is an exit that could open")
            if intent.purpose is Purpose.STOP and intent.actor is Actor.AGENT:
                self._stop_is_not_looser(order_id, intent)
            self.beside.exit(order_id, intent)

    def _is_written(self, order_id: ClientOrderId, intent: Intent) -> None:
        if order_id in self._lines:
            return  # an exit without a journal, committed by the emergency log
        written = self.rows.intents.get(order_id)
        if written is None:
            self.broken("I2", f"{order_id} has no durable intent")
        elif written != intent:
            self.broken("rule 2", f"{order_id} is not what was written: {intent} / {written}")
        elif order_id not in self.rows.sent and intent.purpose is Purpose.ENTRY:
            self.broken("rule 3", f"{order_id} leaves before its mark is durable")
        elif self.rows.status[order_id] is not OrderStatus.SENT and not self._lines:
            self.broken("rule 3", f"{order_id} leaves as {self.rows.status[order_id].value}")

    def _entry_may_leave(self, order_id: ClientOrderId, intent: Intent) -> None:
        if self.rows.state is not TradingState.ACTIVE:
            self.broken("I4", f"entry {order_id} leaves while {self.rows.state.value}")
        if self._home.halt_file.exists():
            self.broken("I4", f"entry {order_id} leaves while the file HALT exists")
        if self._halted_at > self._resumed_at:
            self.broken("I4", f"entry {order_id} leaves after a halt that no resume has answered")
        self._breakers.entry_leaves(order_id, intent)
        if intent.protection is None or intent.type is not OrderType.LIMIT or intent.price is None:
            self.broken("rule 5", f"entry {order_id} is no limit order with a stop")
            return
        self.beside.entry(order_id, intent.symbol)
        self._exposure_is_within_limits(order_id, intent)

    def _exposure_is_within_limits(self, order_id: ClientOrderId, intent: Intent) -> None:
        """I3: position, open orders and orders on their way, at the lowest price that one could go by."""
        limits, flying = self._limits, {**self._side.flying, order_id: intent}
        gross = ZERO
        for symbol in self._side.symbols:
            worst = self._worst_case(symbol, flying)
            gross += worst
            if symbol == intent.symbol and worst > limits.max_position_notional * _SLACK:
                self.broken("I3", f"{symbol}: {worst:.2f} at worst, at most {limits.max_position_notional}")
        if any(self.beside.was_meddled_with(symbol) for symbol in self._side.symbols):
            return
        if gross > limits.max_gross_notional * _SLACK:
            self.broken("I3", f"gross {gross:.2f} at worst, at most {limits.max_gross_notional}")
        low, _ = self._market.told(intent.symbol)
        if intent.quantity * low > limits.max_order_notional * _SLACK:
            self.broken("I3", f"{order_id} is worth {intent.quantity * low:.2f}")
        leverage = self._side.book(intent.symbol).leverage
        changed = self._side.leverage_change.get(intent.symbol)
        is_noticed = changed is None or self._now - changed >= NOTICED_AFTER
        if leverage > limits.max_leverage and is_noticed:
            self.broken("I3b", f"{intent.symbol} is at {leverage}x")

    def _worst_case(self, symbol: Symbol, flying: dict[ClientOrderId, Intent]) -> Decimal:
        if self.beside.was_meddled_with(symbol):
            return ZERO
        low, _ = self._market.told(symbol)
        held = self._side.held(symbol)
        worst = ZERO
        for side in Side:
            working = sum(
                (o.quantity - o.filled for o in self._side.orders(symbol) if o.side is side and not o.only_reduces),
                start=ZERO,
            )
            coming = sum(
                (i.quantity for i in flying.values() if i.symbol == symbol and i.side is side and not i.reduce_only),
                start=ZERO,
            )
            worst = max(worst, (max(ZERO, held * side.sign) + working + coming) * low)
        return worst

    def _stop_is_not_looser(self, order_id: ClientOrderId, intent: Intent) -> None:
        held = self._side.held(intent.symbol)
        standing = [o.stop_price for o in self._stops(intent.symbol) if o.stop_price is not None]
        if not standing or intent.stop_price is None or held * intent.side.sign >= 0:
            return
        tightest = max(standing) if held > 0 else min(standing)
        if (intent.stop_price - tightest) * (1 if held > 0 else -1) < 0:
            self.broken("rule 5", f"the agent loosens the stop of {intent.symbol} with {order_id}")

    def _stops(self, symbol: Symbol) -> list[PaperOrder]:
        """Those that would close all that is ours."""
        held = self._side.held(symbol)
        side, own = Side.SELL if held > 0 else Side.BUY, abs(self.rows.own(symbol))
        return [
            order
            for order in self._side.orders(symbol)
            if order.type is OrderType.STOP_MARKET
            and order.side is side
            and (order.close_position or (order.only_reduces and order.quantity >= own > 0))
            and not self._side.is_foreign(order.client_order_id)
        ]

    def cancelling(self, symbol: Symbol, order_id: ClientOrderId) -> None:
        """A cancel is about to leave: the last stop of what is known to be held must stay, and what is foreign, too."""
        self._cancelled.add(order_id)
        self.beside.cancel(order_id)
        held, known = self._side.held(symbol), self.rows.positions.get(symbol, ZERO)
        stops = self._stops(symbol)
        is_last = [stop.client_order_id for stop in stops] == [order_id]
        if self.rows.own(symbol) and known == held and is_last and not self._is_closing(symbol):
            self.broken("rule 5", f"the only stop of {symbol}, {order_id}, is cancelled while {held} is held")

    # ------------------------------------------------------------------ each second

    def look(self, life: Life, assembly: Assembly | None) -> None:
        """What must hold all the time."""
        if not life.alive or assembly is None:
            return
        for symbol in self._side.symbols:
            self._is_protected_or_closing(symbol, assembly)
        self._unknown_orders_settle(life, assembly)
        self._resting_entries_are_cancelled()
        adopted = self.rows.adopted_at
        if adopted is not None and elapsed(adopted, self._clock.now()) > _BOUND and not assembly.switch.is_halted:
            self.broken("rule 7", "what the exchange has otherwise was adopted, and nobody has halted")

    def _is_protected_or_closing(self, symbol: Symbol, assembly: Assembly) -> None:
        held = self._side.held(symbol)
        known = self.rows.own(symbol) != 0 or bool(assembly.ledger.position(symbol).quantity)
        if not held or not known or self.is_covered(symbol) or self.beside.was_meddled_with(symbol):
            self._naked_since.pop(symbol, None)
            return
        naked_for = self._now - self._naked_since.setdefault(symbol, self._now)
        if naked_for <= _PROTECTED_WITHIN + _BOUND:
            return
        if not assembly.switch.is_halted:
            self.broken("I9", f"{symbol} is naked for {naked_for:.0f} s and nobody has halted")
        elif self._now - self._last_exit.get(symbol, 0.0) > _CLOSES_AGAIN_WITHIN:
            self.broken("I9", f"{symbol} is naked for {naked_for:.0f} s and nobody closes it")

    def is_covered(self, symbol: Symbol) -> bool:
        """Whether what is held has a stop, or is being closed."""
        return bool(self._stops(symbol)) or self._is_closing(symbol)

    def _is_closing(self, symbol: Symbol) -> bool:
        held = self._side.held(symbol)
        return any(
            order.only_reduces and order.takes and order.side.sign * held < 0
            for order in self._side.orders(symbol)
            if not self._side.is_foreign(order.client_order_id)
        )

    def _resting_entries_are_cancelled(self) -> None:
        """While nothing new may open, each entry that our books see resting has been asked back."""
        if self.rows.state is TradingState.ACTIVE:
            self._not_active_since = None
            return
        if self._not_active_since is None:
            self._not_active_since = self._now
        if self._now - self._not_active_since <= _ASKED_BACK_WITHIN:
            return
        for symbol in self._side.symbols:
            for order in self._side.orders(symbol):
                is_known = self.rows.status.get(order.client_order_id) in _RESTING
                if is_known and not order.only_reduces and order.client_order_id not in self._cancelled:
                    self.broken("I4", f"entry {order.client_order_id} rests while {self.rows.state.value}")

    def _unknown_orders_settle(self, life: Life, assembly: Assembly) -> None:
        for order_id, since in self.rows.unknown_since.items():
            age = min(elapsed(since, self._clock.now()), self._now - life.began)
            if age > _UNKNOWN_FOR + _BOUND and not assembly.switch.is_halted:
                self.broken("I7", f"{order_id} is of unknown fate for {age:.0f} s and nobody has halted")

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()
