"""What the journal keeps: one frozen value a kind of row.

These are the facts from which all state is folded, so a field may be added with a default but never change its
meaning. Text in them may come from outside; the journal redacts known secrets before it writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, TypeAlias, Union

from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.order import Fill, Intent, OrderStatus
from tui_trader.core.words import (
    ApprovalStatus,
    Autonomy,
    ClientOrderId,
    CycleVerdict,
    Economy,
    Mode,
    ObservedStatus,
    Side,
    SpendWindow,
    Symbol,
    TradeId,
    TradingState,
)

JsonValue: TypeAlias = Union[
    bool, int, str, "tuple[JsonValue, ...]", "list[JsonValue]", "Mapping[str, JsonValue]", None
]
"""JSON without floats: figures are decimal strings."""
JsonObject: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened:
    """The first row of a home folder: it belongs to this mode and this account, for ever."""

    KIND: ClassVar[str] = "home"
    mode: Mode
    account: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStarted:
    """A run begins: what it is made of. `market_time` is where the engine's clock starts; `wall_time` is ISO text.

    `market_start` and `market_seed` say which synthetic market it is, so that a restart goes on in the same one.
    """

    KIND: ClassVar[str] = "start"
    version: str
    feed: str
    decider: str
    prompt: str
    prompt_hash: str
    symbols: tuple[Symbol, ...]
    autonomy: Autonomy
    policy: JsonObject
    seed: int | None = None
    market_time: Instant
    market_start: Instant
    market_seed: int | None = None
    wall_time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptChanged:
    """The prompt's file changed. `changed` are the policy's fields that hold from here on (by the operator: looser ones
    too), `waiting` those that the file loosens and nobody has agreed to. The hashes are of the instructions.
    """

    KIND: ClassVar[str] = "prompt"
    name: str
    old_hash: str
    new_hash: str
    changed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    policy: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStopped:
    """A run ended cleanly."""

    KIND: ClassVar[str] = "stop"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled:
    """A tool is about to run; durable before it does. The row's correlation names the call."""

    KIND: ClassVar[str] = "tool.call"
    tool: str
    arguments: JsonObject
    cycle: int | None = None


class ToolStatus(StrEnum):
    """How a tool call ended."""

    OK = "ok"
    DENIED = "denied"
    INVALID = "invalid"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReturned:
    """A tool call ended; exactly one for each call."""

    KIND: ClassVar[str] = "tool.result"
    tool: str
    status: ToolStatus
    result: JsonObject
    cycle: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAsked:
    """What a model is about to be asked; durable before it is. `reserved` is the most that the call can cost, in USD.

    It counts as spent until the answer's row settles it, and for ever where that row never comes.
    """

    KIND: ClassVar[str] = "llm.request"
    cycle: int
    model: str
    prompt_hash: str
    messages: tuple[JsonObject, ...]
    reserved: Money = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswered:
    """What a model answered, or the fault that stood in its place. Money in USD; None where the price is unknown.

    `estimated`: the cost is an upper bound, since the price or the usage is not known; it counts all the same.
    `asked` is the number of the question's row. Input includes the cached and the cache-written tokens, output the
    reasoning tokens.
    """

    KIND: ClassVar[str] = "llm.response"
    cycle: int
    model: str
    fault: str | None = None
    text: str = ""
    tool_calls: tuple[JsonObject, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Money | None = ZERO
    milliseconds: int = 0
    estimated: bool = False
    asked: int = 0
    cached_tokens: int = 0
    cache_written_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EconomyChanged:
    """The model is asked more sparingly, or freely again. `until` is when the window passes that asked for it."""

    KIND: ClassVar[str] = "llm.economy"
    economy: Economy
    reason: str
    window: SpendWindow | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A trading tool call that a decider proposed, and what became of it."""

    tool: str
    arguments: JsonObject
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleDecided:
    """One decision, held ones and skips included."""

    KIND: ClassVar[str] = "decision"
    cycle: int
    symbols: tuple[Symbol, ...]
    verdict: CycleVerdict
    reason: str
    actions: tuple[Action, ...] = ()
    decider: str
    tokens: int = 0
    cost: Money = ZERO
    milliseconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamp:
    """One limit that made an order smaller (or a price tamer)."""

    code: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskJudged:
    """What the gate said of an order: allow, shrink or deny, with the stable reason code and the figures.

    `passed` names the checks that had nothing against it, in their order. `measured` gives, for each limit that
    applies, its value and what was used of it just before: `{"limit": …, "used": …}`.
    """

    KIND: ClassVar[str] = "risk.decision"
    verdict: str
    tool: str
    symbol: Symbol
    code: str = ""
    detail: str = ""
    clamps: tuple[Clamp, ...] = ()
    cycle: int | None = None
    passed: tuple[str, ...] = ()
    measured: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntended:
    """An order will be sent. The client order id derives from this row's hash, so it is not in the row."""

    KIND: ClassVar[str] = "order.intent"
    intent: Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged:
    """News of an order: sent, accepted, filled, cancelled, rejected, unknown, resolved."""

    KIND: ClassVar[str] = "order.update"
    client_order_id: ClientOrderId
    status: OrderStatus
    filled: Quantity = ZERO
    average_price: Price | None = None
    exchange_order_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled:
    """One of our trades."""

    KIND: ClassVar[str] = "fill"
    fill: Fill


class ForcedCause(StrEnum):
    """Why an exchange closes a position by itself."""

    LIQUIDATION = "liquidation"
    DELEVERAGING = "deleveraging"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeClosed:
    """The exchange itself closed a position, or a part of it; the trade stands in the row before."""

    KIND: ClassVar[str] = "exchange.closed"
    cause: ForcedCause
    symbol: Symbol
    client_order_id: ClientOrderId
    trade_id: TradeId
    quantity: Quantity
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingBooked:
    """Funding for one position; positive when received. `id` is the exchange's, or symbol and instant."""

    KIND: ClassVar[str] = "funding"
    id: str
    symbol: Symbol
    amount: Money
    rate: Decimal
    mark: Price
    time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferBooked:
    """Money moved in (positive) or out of the account by its owner."""

    KIND: ClassVar[str] = "transfer"
    id: str
    amount: Money
    time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionAdopted:
    """The exchange holds something else than the fills explain; its word is taken, and why is said."""

    KIND: ClassVar[str] = "position.adopted"
    symbol: Symbol
    quantity: Quantity
    entry_price: Price
    was: Quantity
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClosed:
    """A position is flat again, and what it brought: the outcome of the decision that opened it (`cycle`).

    `cycle` is None where no decision of the agent opened it. Prices are averages of the fills. `net` = realised - fees
    + funding - model_cost, the last being the price of the opening decision; `net_bps` is of the entry notional.
    `adverse_bps` and `favourable_bps` are how far the price went against and with the position: of its own fills, and
    of the one-minute candles between them; both positive.
    """

    KIND: ClassVar[str] = "outcome"
    symbol: Symbol
    side: Side
    quantity: Quantity
    cycle: int | None
    opened: Instant
    closed: Instant
    entry_price: Price
    exit_price: Price
    realised: Money
    fees: Money
    funding: Money
    model_cost: Money
    net: Money
    net_bps: Decimal
    adverse_bps: Decimal
    favourable_bps: Decimal
    closed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReconciled:
    """The account was compared with the exchange. `differences` empty means that both agree."""

    KIND: ClassVar[str] = "reconcile"
    wallet: Money
    equity: Money
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityMarked:
    """Equity at one instant (wallet + unrealised on the mark); the peak and the day's start are folded from these."""

    KIND: ClassVar[str] = "equity"
    equity: Money
    wallet: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStateChanged:
    """The trading state, and why. A `resume` carries new baselines so that it does not trip again at once.

    `generation` counts halts: a resume names the generation it answers, and a halt that came later wins.
    """

    KIND: ClassVar[str] = "state"
    state: TradingState
    reason: str
    code: str = ""
    generation: int = 0
    baseline_equity: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCard:
    """What an entry would put at stake, as it was when a person was asked. Money in the quote currency.

    `max_loss` is from the price bound to the stop with the taker fees of both legs, `fees`, in it; slippage beyond
    the stop is not foreseen. `equity_share_pct` is notional over equity. Distances are from the price bound.
    """

    notional: Money
    equity: Money
    equity_share_pct: Decimal
    mark: Price
    max_loss: Money
    fees: Money
    stop_distance_bps: Decimal
    liquidation_price: Price | None = None
    liquidation_distance_pct: Decimal | None = None
    clamps: tuple[Clamp, ...] = ()
    reverses: Quantity = ZERO
    """What is held against it and would be closed first; signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProposed:
    """A person is asked whether this entry may be sent. `reason` is the decider's: somebody's text, cut."""

    KIND: ClassVar[str] = "approval.proposed"
    id: str
    intent: Intent
    card: EntryCard
    reason: str
    expires: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalChanged:
    """What came of the question. `reason` is a person's or the gate's; `code` names why not."""

    KIND: ClassVar[str] = "approval"
    id: str
    status: ApprovalStatus
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryObserved:
    """An entry that would have been sent, had the agent been allowed to act.

    `entry_price` is what it would have paid at once; None where its limit rests. `fee_rate` is of one leg. It is
    closed at `ends` if nothing has closed it before.
    """

    KIND: ClassVar[str] = "observed"
    id: str
    intent: Intent
    mark: Price
    entry_price: Price | None
    fee_rate: Decimal
    ends: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedChanged:
    """What would have become of it. `net_bps`, of what was paid, is after fees, without funding; None until closed."""

    KIND: ClassVar[str] = "observed.outcome"
    id: str
    status: ObservedStatus
    price: Price
    net_bps: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged:
    """A circuit breaker opened (no new risk), probes, or closed again."""

    KIND: ClassVar[str] = "breaker"
    scope: str
    open: bool
    failures: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionFailed:
    """A position could not be proven protected in time; what the desk does about it follows."""

    KIND: ClassVar[str] = "naked"
    symbol: Symbol
    quantity: Quantity
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyImported:
    """A line that `emergency.jsonl` kept while the journal could not be written."""

    KIND: ClassVar[str] = "emergency"
    line: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyIntroduced:
    """From here on this Ed25519 key signs the log; the key before it (the first time: itself) signs that, in hex."""

    KIND: ClassVar[str] = "key"
    public_key: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSigned:
    """The key in force signs every row before this one; hexadecimal."""

    KIND: ClassVar[str] = "checkpoint"
    signature: str


Record: TypeAlias = (
    HomeOpened
    | EngineStarted
    | PromptChanged
    | EngineStopped
    | ToolCalled
    | ToolReturned
    | ModelAsked
    | ModelAnswered
    | EconomyChanged
    | CycleDecided
    | RiskJudged
    | OrderIntended
    | OrderChanged
    | OrderFilled
    | ExchangeClosed
    | FundingBooked
    | TransferBooked
    | PositionAdopted
    | PositionClosed
    | AccountReconciled
    | EquityMarked
    | TradingStateChanged
    | EntryProposed
    | ApprovalChanged
    | EntryObserved
    | ObservedChanged
    | BreakerChanged
    | ProtectionFailed
    | EmergencyImported
    | SigningKeyIntroduced
    | LogSigned
)
