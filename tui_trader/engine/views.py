"""What the engine publishes for screens and commands: frozen values, complete in themselves."""

from dataclasses import dataclass
from decimal import Decimal

from tui_trader.agent.trace import NodeName, NodeStage
from tui_trader.core.clock import Instant
from tui_trader.core.market import Candle, Level
from tui_trader.core.money import ZERO, Money, Price
from tui_trader.core.order import Fill, Order
from tui_trader.core.reconciliation import NEVER_COMPARED, Reconciliation
from tui_trader.core.records import CycleDecided, EconomyChanged
from tui_trader.core.words import Autonomy, CycleVerdict, Mode, Symbol, TradingState
from tui_trader.engine.since_halt import SinceHalt
from tui_trader.risk.approvals import Question
from tui_trader.risk.change import Loosening
from tui_trader.risk.observed import NOTHING_OBSERVED, ObservedTotals
from tui_trader.tools.ports import BreakerView, Headroom, PositionView

__all__ = [
    "AUDIT",
    "CANDLES",
    "DECISIONS",
    "DEPTH",
    "FILLS",
    "LIMITS",
    "MARKET",
    "ORDERS",
    "POSITIONS",
    "PULSE",
    "STATUS",
    "TRACE",
    "AnchorView",
    "AuditLine",
    "AuditView",
    "BreakerView",
    "CandlesView",
    "DecisionRow",
    "DecisionsView",
    "DepthView",
    "FeedView",
    "FillsView",
    "Headroom",
    "LimitsView",
    "NodeName",
    "NodeStage",
    "NodeView",
    "ObservedTotals",
    "OrdersView",
    "PositionView",
    "PositionsView",
    "Question",
    "QuoteView",
    "QuotesView",
    "StatusView",
    "TraceView",
]

STATUS = "status"
MARKET = "market"
TRACE = "trace"
POSITIONS = "positions"
ORDERS = "orders"
AUDIT = "audit"
DECISIONS = "decisions"
LIMITS = "limits"
FILLS = "fills"
"""The keys of the mailbox."""
CANDLES = "candles:"
DEPTH = "depth:"
"""Keys that end in a symbol, and are published while somebody looks at that symbol."""
PULSE = "pulse"
"""A count that grows with every look at the engine: while it grows, the engine lives, even if nothing else changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """Which market, why that one, and the age of its newest quote (seconds of engine time; None before the first)."""

    name: str
    why: str
    age: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPrompt:
    """What the prompt's file loosens. `seal` stands for exactly this: a person agrees to no more than was shown."""

    limits: tuple[Loosening, ...]
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorView:
    """How far a log is kept elsewhere: up to row `entries`. `problem`: why the last attempt to keep more failed."""

    entries: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The state of everything at one instant. `running` False: read from the journal, with no engine behind it."""

    time: Instant
    running: bool
    mode: Mode
    account: str
    trading_state: TradingState
    reason: str
    autonomy: Autonomy | None
    equity: Money | None
    day_pnl: Money | None
    drawdown: float | None
    model_spend_today: Money
    model_budget: Money | None
    model_economy: EconomyChanged | None
    """How sparingly the model is asked for want of money, and until when; None where it is asked freely."""
    feed: FeedView | None
    decider: str
    decider_why: str
    prompt: str
    last_cycle: int
    next_decision: Instant | None
    deciding: bool
    positions: tuple[PositionView, ...]
    orders: tuple[Order, ...]
    journal_entries: int
    journal_head: str
    engine_failure: str = ""
    prompt_problem: str = ""
    """What of the prompt's file is not in force, and why."""
    prompt_waiting: WaitingPrompt | None = None
    """What of it waits for a person's word."""
    approvals: tuple[Question, ...] = ()
    """What waits for a person, oldest first."""
    observed: ObservedTotals = NOTHING_OBSERVED
    reconciliation: Reconciliation = NEVER_COMPARED
    """Of a resting home: what the last comparison found."""
    key_warning: str = ""
    """What is dangerous about the key with which real money is traded."""
    breakers: tuple[BreakerView, ...] = ()
    """Those that are not closed."""
    since_halt: SinceHalt | None = None
    """What has changed since trading was ACTIVE; None while it is."""
    anchor: AnchorView | None = None
    """How far the log is kept elsewhere; None where no place for that was named."""
    alert_problem: str | None = None
    """Why the last alert could not be delivered, empty where it could; None where no command for that was named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """One row of the market pane. `change` is a fraction (24 hours, or since the first candle); `trend` are closes."""

    symbol: Symbol
    price: Price
    bid: Price
    ask: Price
    mark: Price
    decimals: int
    change: float | None
    spread_bps: Decimal
    funding_rate: Decimal
    next_funding: Instant
    volatility: float | None
    age: float
    stale: bool
    trend: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node of the graph in the current (or last) cycle; `stage` None where the cycle did not pass it."""

    node: NodeName
    stage: NodeStage | None
    milliseconds: int = 0
    note: str = ""
    fault: str = ""
    verdict: CycleVerdict | None = None
    tokens: int = 0
    cost: Money = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceView:
    """The graph as it lights up, and the decision once there is one."""

    cycle: int
    started: Instant | None
    nodes: tuple[NodeView, ...]
    decision: CycleDecided | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One journal row in a line."""

    seq: int
    time: Instant
    kind: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class PositionsView:
    """What is held."""

    rows: tuple[PositionView, ...]


@dataclass(frozen=True, slots=True)
class OrdersView:
    """What works."""

    rows: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class AuditView:
    """The tail of the journal, oldest first."""

    lines: tuple[AuditLine, ...]


@dataclass(frozen=True, slots=True)
class LimitsView:
    """Every limit and how much of it is used."""

    rows: tuple[Headroom, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A decision, the number of its row, and after all costs what came of the positions that it opened (None: open)."""

    seq: int
    time: Instant
    decided: CycleDecided
    net: Money | None = None


@dataclass(frozen=True, slots=True)
class DecisionsView:
    """The last decisions, oldest first."""

    rows: tuple[DecisionRow, ...]


@dataclass(frozen=True, slots=True)
class CandlesView:
    """The closed one-minute candles of a symbol without a hole between them, oldest first."""

    candles: tuple[Candle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthView:
    """The best levels of a symbol, from the touch outwards. `is_whole` False: the feed says the touch only."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class FillsView:
    """Our newest trades, oldest first."""

    rows: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class QuotesView:
    """All symbols."""

    rows: tuple[QuoteView, ...]
