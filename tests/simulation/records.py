"""The journal as the witness reads it: every row that became durable, folded by rules of its own.

It shares no fold with the program: what the program believes is compared with what is here.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tui_trader.core.clock import Instant
from tui_trader.core.ids import client_order_id
from tui_trader.core.order import Intent, OrderStatus, Purpose
from tui_trader.core.records import (
    BreakerChanged,
    CycleDecided,
    EmergencyImported,
    EngineStarted,
    OrderChanged,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
    PromptChanged,
    Record,
    RiskJudged,
    ToolCalled,
    ToolReturned,
    TradingStateChanged,
)
from tui_trader.core.words import Actor, BreakerCause, BreakerScope, ClientOrderId, Symbol, TradingState
from tui_trader.desk.aside import kept_order_record
from tui_trader.desk.door import BREACH
from tui_trader.journal.emergency import line_hash
from tui_trader.journal.ports import Row


@dataclass(frozen=True, slots=True)
class Opened:
    """An open breaker: the row that opened it, the number of that opening, and when it may be tried."""

    seq: int
    number: int
    until: Instant | None

    def has_rested(self, now: Instant) -> bool:
        """Whether it may be tried."""
        return self.until is not None and now >= self.until


class DurableRows:
    """A fold over all rows of all lives. Attached first, so it knows of a row before anyone acts on it."""

    def __init__(self, broken: Callable[[str, str], None], note: Callable[[Row], None]) -> None:
        """`broken` is told which rule a row breaks, and how; `note` hears of each new row."""
        self._broken = broken
        self._note = note
        self._hashes: list[bytes] = []
        self._last: Record | None = None
        self._replayed = 0
        self.intents: dict[ClientOrderId, Intent] = {}
        self.intended: dict[ClientOrderId, Row] = {}
        self.breakers: dict[tuple[BreakerScope, BreakerCause], Opened] = {}
        self.repeats_forgiven: Instant | None = None
        """When a person last closed the breaker of identical orders."""
        self._openings = 0
        self.status: dict[ClientOrderId, OrderStatus] = {}
        self.unknown_since: dict[ClientOrderId, Instant] = {}
        self.sent: set[ClientOrderId] = set()
        self.fills: set[tuple[Symbol, str]] = set()
        self.positions: dict[Symbol, Decimal] = {}
        """All that the account holds."""
        self.foreign: dict[Symbol, Decimal] = {}
        """What of it is not ours."""
        self.foreign_since: dict[Symbol, Instant] = {}
        """When that last changed."""
        self.state = TradingState.ACTIVE
        self.generation = 0
        self.adopted_at: Instant | None = None
        """When a position was taken over from the exchange that no halt has answered yet."""
        self._entered: set[str] = set()
        self.open_calls: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self.on_resumed: Callable[[], None] = lambda: None
        self.on_given_up: Callable[[ClientOrderId, OrderStatus], None] = lambda *_: None
        """Told of each order that the books call never sent or refused."""
        self.on_started: Callable[[], None] = lambda: None

    def own(self, symbol: Symbol) -> Decimal:
        """What is ours of the symbol, by the rows."""
        return self.positions.get(symbol, Decimal(0)) - self.foreign.get(symbol, Decimal(0))

    def _take_foreign(self, symbol: Symbol, foreign: Decimal, row: Row) -> None:
        if foreign != self.foreign.get(symbol, Decimal(0)):
            self.foreign[symbol] = foreign
            self.foreign_since[symbol] = row.time

    @property
    def head(self) -> bytes:
        """The hash of the last row that was acknowledged; empty before the first."""
        return self._hashes[-1] if self._hashes else b""

    # ------------------------------------------------------------------ rows, also at a restart

    def begin_reading(self) -> None:
        """A new life reads the journal from its first row."""
        self._replayed = 0

    def has_been_read(self) -> None:
        """It has; nothing that was acknowledged may be missing."""
        if self._replayed < len(self._hashes):
            self._broken("durable", f"{len(self._hashes)} rows were acknowledged, {self._replayed} are there")
            del self._hashes[self._replayed :]

    def apply(self, row: Row) -> None:
        """See Fold."""
        self._replayed = row.seq
        if row.seq <= len(self._hashes):
            if self._hashes[row.seq - 1] != row.hash:
                self._broken("durable", f"row {row.seq} is not what was acknowledged")
            return
        self._hashes.append(row.hash)
        self._note(row)
        self._take(row)
        self._last = row.record

    def _take(self, row: Row) -> None:
        match row.record:
            case OrderIntended(intent=intent):
                self._intended(client_order_id(row.hash), intent)
                self.intended[client_order_id(row.hash)] = row
                self._is_the_calls_only_entry(row.correlation, intent)
            case OrderChanged() as change:
                self._changed(change, row.time)
            case OrderFilled(fill=fill, foreign=foreign):
                key = (fill.symbol, fill.trade_id)
                if key in self.fills:
                    self._broken("I5", f"trade {key} is booked twice")
                self.fills.add(key)
                self.positions[fill.symbol] = self.positions.get(fill.symbol, Decimal(0)) + fill.signed_quantity
                theirs = self.foreign.get(fill.symbol, Decimal(0)) + foreign * fill.side.sign
                self._take_foreign(fill.symbol, theirs, row)
                self.counts["fills"] += 1
            case PositionAdopted(symbol=symbol, quantity=quantity, foreign=foreign):
                before = self.own(symbol)
                self.positions[symbol] = quantity
                self._take_foreign(symbol, foreign, row)
                self.counts["adopted"] += 1
                if self.own(symbol) != before and row.actor is Actor.SYSTEM:
                    self.adopted_at = row.time
            case TradingStateChanged() as change:
                self._turned(change, row.actor)
            case EngineStarted():
                self.on_started()
            case EmergencyImported() as imported:
                self._imported(imported, row.time)
            case ToolCalled(tool=tool):
                if row.correlation in self.open_calls:
                    self._broken("I6", f"{row.correlation} is called twice")
                self.open_calls[row.correlation] = tool
                self.counts["calls"] += 1
            case ToolReturned(tool=tool):
                if self.open_calls.pop(row.correlation, None) != tool:
                    self._broken("I6", f"a result of {tool} without its call ({row.correlation})")
            case RiskJudged(verdict="deny", code=code):
                self.counts[f"denied {code}"] += 1
            case BreakerChanged() as breaker:
                self._broke(breaker, row)
            case PromptChanged():
                self._broken("I14", f"the prompt was changed by {row.actor.value}, and no person has touched it")
            case CycleDecided(verdict=verdict):
                self.counts["cycles"] += 1
                self.counts[f"cycles {verdict.value}"] += 1
            case _:
                pass

    def _intended(self, order_id: ClientOrderId, intent: Intent) -> None:
        said = self._last
        if not isinstance(said, RiskJudged) or said.verdict == "deny" or said.symbol != intent.symbol:
            self._broken("I2", f"{order_id} was intended without the gate's word")
        self.intents[order_id] = intent
        self.status[order_id] = OrderStatus.INTENDED

    def _is_the_calls_only_entry(self, call: str, intent: Intent) -> None:
        """A wish is sent once: no second order, under whatever id, for the same call."""
        if intent.purpose is Purpose.ENTRY and call:
            if call in self._entered:
                self._broken("I1", f"{call} enters a second time")
            self._entered.add(call)

    def _changed(self, change: OrderChanged, at: Instant) -> None:
        order_id, status = change.client_order_id, change.status
        if status is self.status.get(order_id):
            self._broken("news", f"{order_id} became {status.value} twice")
        if status is OrderStatus.SENT:
            self.sent.add(order_id)
        if status is OrderStatus.UNKNOWN:
            self.unknown_since[order_id] = at
            self.counts["unknown"] += 1
        else:
            self.unknown_since.pop(order_id, None)
        self.status[order_id] = status
        if status in (OrderStatus.NOT_SENT, OrderStatus.REJECTED):
            self.on_given_up(order_id, status)

    def _imported(self, imported: EmergencyImported, at: Instant) -> None:
        """What was put aside while the journal could not be written; that it was, halts."""
        self.counts["imported"] += 1
        self.state, self.generation = TradingState.HALTED, self.generation + 1
        match kept_order_record(imported):
            case OrderIntended(intent=intent):
                order_id = client_order_id(line_hash(imported))
                self.intents[order_id] = intent
                self.status[order_id] = OrderStatus.INTENDED
            case OrderChanged() as change:
                self._changed(change, at)
            case None:
                pass

    # ------------------------------------------------------------------ breakers and the trading state

    def _broke(self, change: BreakerChanged, row: Row) -> None:
        key = (change.scope, change.cause)
        was = self.breakers.get(key)
        if change.open:
            self._openings += 1
            self.breakers[key] = Opened(row.seq, self._openings, change.until)
            self.counts[f"breaker {change.scope.value} {change.cause.value}"] += was is None
            return
        if was is None or (change.answers is not None and was.number > change.answers):
            return
        if change.cause is BreakerCause.IDENTICAL_ORDERS:
            if row.actor is not Actor.OPERATOR:
                self._broken("B2", f"{row.actor.value} closed the breaker of identical orders")
            self.repeats_forgiven = row.time
        elif (
            change.cause is not BreakerCause.FAILURES
            and row.actor is not Actor.OPERATOR
            and not was.has_rested(row.time)
        ):
            self._broken("B2", f"{change.scope.value} {change.cause.value} closes before it was tried")
        del self.breakers[key]

    def _turned(self, change: TradingStateChanged, actor: Actor) -> None:
        if change.state is TradingState.ACTIVE:
            if actor is not Actor.OPERATOR:
                self._broken("I4c", f"{actor.value} resumed")
            if change.generation == self.generation:
                self.state = TradingState.ACTIVE
                self.counts["resumes"] += 1
                self.on_resumed()
            return
        if change.code == BREACH:
            self._broken("door", change.reason)
        self.generation = max(self.generation + 1, change.generation)
        self.counts["halts" if change.state is TradingState.HALTED else "reductions"] += 1
        if change.state is TradingState.HALTED:
            self.adopted_at = None
        if self.state is not TradingState.HALTED:
            self.state = change.state
        self.counts[f"halt {change.code}"] += 1
