"""The tool layer as callers see it: the catalogue, the call, the preview, and typed readings."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from tui_trader.core.clock import Instant
from tui_trader.core.margin import FeeRates
from tui_trader.core.market import Candle
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.order import Intent, Order
from tui_trader.core.records import EntryCard, JsonObject, PositionClosed, ToolStatus
from tui_trader.core.words import (
    Actor,
    ApprovalStatus,
    BreakerCause,
    BreakerScope,
    BreakerState,
    CycleVerdict,
    Side,
    Symbol,
    TradingState,
)
from tui_trader.market.ports import Snapshot
from tui_trader.risk.observed import ProposedOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as a model is told of it. `parameters` is a strict JSON schema: all required, nothing additional."""

    name: str
    description: str
    parameters: JsonObject
    trades: bool
    """Whether a call is an action: collected, previewed and executed at the end, instead of answered at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAnswer:
    """What a call came to. `code` is the reason code where the gate denied it, else empty."""

    tool: str
    status: ToolStatus
    result: JsonObject
    code: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether the tool did what was asked."""
        return self.status is ToolStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPreview:
    """The entry as it would be sent now, and what it would put at stake."""

    intent: Intent
    card: EntryCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the gate would say now, without anything being done. `verdict` is allow, shrink, deny or hold.

    `hold`: nothing speaks against it, but the symbol waits for what `detail` names.
    """

    verdict: str
    code: str
    detail: str
    needs_a_person: bool = False
    """It is let through, and may only be sent with a person's yes."""
    entry: EntryPreview | None = None
    """Of an entry that is let through and whose figures are known."""


class Toolbox(Protocol):
    """The one road: agent, keys and commands call the same tools here."""

    def catalogue(self, caller: Actor) -> tuple[ToolSpec, ...]:
        """The tools that this caller may use, always in the same order."""
        ...

    async def call(
        self,
        tool: str,
        arguments: JsonObject,
        *,
        caller: Actor,
        cycle: int | None = None,
        seen: Price | None = None,
        person: str = "",
    ) -> ToolAnswer:
        """Journal the call, run the tool, journal the result. Never raises for a bad call: the answer says so.

        `seen` is the mark price that the call was decided by; an entry is denied where the mark is far from it now.
        `person` is the operator's name, where the operator calls.
        """
        ...

    async def preview(
        self,
        tool: str,
        arguments: JsonObject,
        *,
        caller: Actor,
        cycle: int | None = None,
        seen: Price | None = None,
    ) -> Preview:
        """Validate and judge a trading call without doing it. With a cycle given, a denial is journalled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """Money and state. `day_pnl` is negative when money was lost; `drawdown` a fraction of the peak; None = unknown."""

    trading_state: TradingState
    reason: str
    equity: Money | None
    wallet: Money | None
    available: Money | None
    day_pnl: Money | None
    drawdown: float | None
    model_spend_today: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """What is held of one symbol, with what protects it."""

    symbol: Symbol
    quantity: Quantity
    entry_price: Price
    mark_price: Price | None
    unrealised: Money | None
    liquidation_price: Price | None
    stop_price: Price | None
    take_profit_price: Price | None
    leverage: int
    tick: Price | None = None
    """The step of the symbol's prices; None where its instrument is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """One limit of the policy: its value, what of it is used, both in the limit's unit; None used = not measurable."""

    limit: str
    value: Decimal
    used: Decimal | None
    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAction:
    """A tool call of an earlier decision: of the catalogue, so its words are ours; `outcome` as the journal keeps it.

    `symbol` is empty where the call named none.
    """

    tool: str
    symbol: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """A decision that was not skipped: what was proposed and what became of it; no word that a model wrote."""

    cycle: int
    time: Instant
    verdict: CycleVerdict
    actions: tuple[PastAction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of earlier decisions, oldest first, and what trading costs.

    `outcomes` are of positions that closed, and of entries that were only proposed, those that are not over last.
    `fees` are the account's rates, `fees_today` what was paid since 00:00 UTC.
    """

    decisions: tuple[PastDecision, ...] = ()
    outcomes: tuple[PositionClosed | ProposedOutcome, ...] = ()
    fees: FeeRates = field(default_factory=FeeRates)
    fees_today: Money = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """An entry that a person is or was asked about. `reason` is the person's, or why it came to nothing."""

    approval: str
    symbol: Symbol
    side: Side
    status: ApprovalStatus
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerView:
    """A circuit breaker that is not closed. `probe_at` is None where only a person closes it, with a resume.

    `count` are the failures in a row, or what was counted when it opened and since.
    """

    scope: BreakerScope
    cause: BreakerCause
    state: BreakerState
    count: int
    reason: str
    since: Instant | None
    probe_at: Instant | None
    needs_a_person: bool


class Readings(Protocol):
    """What may be read: typed, consistent at the instant of the call, without side effects."""

    async def snapshot(self, symbol: Symbol) -> Snapshot | None:
        """The market of one symbol; None before its first quote and mark."""
        ...

    async def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """The last closed one-minute candles, oldest first."""
        ...

    async def account(self) -> AccountView:
        """Money and trading state."""
        ...

    async def positions(self) -> tuple[PositionView, ...]:
        """What is held, by symbol."""
        ...

    async def orders(self) -> tuple[Order, ...]:
        """Everything that can still trade, oldest first."""
        ...

    async def answers(self) -> tuple[AnswerView, ...]:
        """What waits for a person, and what was answered a short time ago, oldest first."""
        ...

    async def limits(self) -> tuple[Headroom, ...]:
        """Every limit of the policy and how much of it is used."""
        ...

    async def breakers(self) -> tuple[BreakerView, ...]:
        """What keeps new risk from being taken because something went wrong, by name."""
        ...

    async def memory(self) -> Memory:
        """The last decisions, the last outcomes, and what trading costs."""
        ...
