"""Rows of entries that a person is asked about, and of those that are only observed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.order import Intent
from tui_trader.core.records.judging import Clamp
from tui_trader.core.words import ApprovalStatus, ObservedStatus


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
    """What came of the question. `reason` is a person's or the gate's; `code` names why not; `person` who answered."""

    KIND: ClassVar[str] = "approval"
    id: str
    status: ApprovalStatus
    code: str = ""
    reason: str = ""
    person: str = ""


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
