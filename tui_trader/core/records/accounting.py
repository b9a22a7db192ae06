"""Rows of the account: money, positions, and what they brought."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from tui_trader.core.clock import Instant
from tui_trader.core.money import ZERO, Money, Price, Quantity
from tui_trader.core.reconciliation import Difference
from tui_trader.core.words import Side, Symbol


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
    """The exchange's word on a position is taken: the fills do not explain it, or a person takes over what is foreign.

    `quantity` is all that the account holds, `was` what the books said of it; `foreign` is the part of it that is not
    ours, signed too. `stop_price` is where a stop of ours stands that was placed for it, if one was.
    """

    KIND: ClassVar[str] = "position.adopted"
    symbol: Symbol
    quantity: Quantity
    entry_price: Price
    was: Quantity
    reason: str
    foreign: Quantity = ZERO
    stop_price: Price | None = None

    @property
    def own(self) -> Quantity:
        """What of it is ours, signed."""
        return self.quantity - self.foreign


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
    """The account was compared with the exchange. `differences` empty means that both agree.

    `found` is the same, typed; rows of older versions have the sentences alone.
    """

    KIND: ClassVar[str] = "reconcile"
    wallet: Money
    equity: Money
    differences: tuple[str, ...] = ()
    found: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityMarked:
    """Equity at one instant (wallet + unrealised on the mark); the peak and the day's start are folded from these."""

    KIND: ClassVar[str] = "equity"
    equity: Money
    wallet: Money
