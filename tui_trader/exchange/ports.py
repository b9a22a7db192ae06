"""The exchange as the desk sees it: outcomes are values, and `Uncertain` is one of them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tui_trader.core.account import AccountReport
from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.money import Price, Quantity
from tui_trader.core.order import Fill, Intent, OrderStatus, OrderType
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Side, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """An order as the exchange knows it."""

    client_order_id: ClientOrderId
    exchange_order_id: str
    symbol: Symbol
    side: Side
    type: OrderType
    status: OrderStatus
    quantity: Quantity
    filled: Quantity
    average_price: Price | None
    price: Price | None
    stop_price: Price | None
    reduce_only: bool
    close_position: bool
    time: Instant
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange has the order; what it says of it so far."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class Refused:
    """The exchange definitely does not have the order. `code` is Binance's."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never left."""

    text: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The exchange may or may not have acted: a timeout, a reset, an unreadable answer."""

    text: str


SubmitOutcome: TypeAlias = Accepted | Refused | NotSent | Uncertain


@dataclass(frozen=True, slots=True)
class CancelDone:
    """The order is cancelled; what it had traded by then is in the report."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class CancelNotOpen:
    """There was nothing open under this id (-2011): filled, cancelled or never there. Ask with `query`."""


CancelOutcome: TypeAlias = CancelDone | CancelNotOpen | NotSent | Uncertain | Refused


class ExchangeUnavailable(Exception):
    """A read failed: no connection, a timeout, a limit. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class StreamLost:
    """Account events may have been missed; a full reconciliation is due."""

    text: str


AccountEvent: TypeAlias = OrderReport | Fill | FundingBooked | TransferBooked | StreamLost


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many seconds an exchange lists an order after it was made; infinite: for ever."""

    traded: float
    unfilled: float
    """One that was cancelled or expired and never traded."""


class OrderHistory(Protocol):
    """What an exchange lists of an account's orders, ended ones too. It changes nothing there."""

    @property
    def account(self) -> str:
        """The account's name, as `Exchange.account` gives it."""
        ...

    @property
    def kept(self) -> Kept:
        """How far back it lists."""
        ...

    async def orders_since(self, symbol: Symbol, since: Instant) -> tuple[OrderReport, ...]:
        """Orders of both kinds that were made at or after `since` and are still listed, each once, oldest first.

        An order that a conditional one became when it triggered is told with it. Raises ExchangeUnavailable.
        """
        ...


class Exchange(Protocol):
    """A USD-M futures account: one-way, isolated, single-asset. Reads raise ExchangeUnavailable; writes return."""

    @property
    def name(self) -> str:
        """`paper` or `binance`."""
        ...

    @property
    def account(self) -> str:
        """What tells this account from others, without a secret in it."""
        ...

    @property
    def is_heard(self) -> bool:
        """Whether news of the account reach us, as far as anyone knows; without them nothing new is to be risked."""
        ...

    @property
    def keeps_one_closing_order(self) -> bool:
        """Whether a second close-position order of one type and side is refused while the first one stands."""
        ...

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """What can be traded, with filters and tiers."""
        ...

    async def submit(self, client_order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        """Send the order, once; never retried here."""
        ...

    async def cancel(self, symbol: Symbol, client_order_id: ClientOrderId) -> CancelOutcome:
        """Cancel one order, ordinary or conditional."""
        ...

    async def query(self, symbol: Symbol, client_order_id: ClientOrderId) -> OrderReport | None:
        """The order, or None where the exchange says that it does not know it."""
        ...

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Everything open, ordinary and conditional."""
        ...

    async def account_report(self) -> AccountReport:
        """Balance, positions, leverage and modes."""
        ...

    async def fills_since(self, symbol: Symbol, since: Instant) -> tuple[Fill, ...]:
        """Our trades at or after `since`, oldest first."""
        ...

    async def funding_since(self, since: Instant) -> tuple[FundingBooked, ...]:
        """Funding at or after `since`, oldest first."""
        ...

    async def transfers_since(self, since: Instant) -> tuple[TransferBooked, ...]:
        """Money that its owner moved in or out at or after `since`, oldest first."""
        ...

    async def cancel_all_after(self, symbol: Symbol, seconds: float) -> Refused | Uncertain | None:
        """Let the exchange cancel the symbol's ordinary orders unless told again within `seconds`; zero calls it off.

        None means that the exchange has taken it, or that it has no such thing and cannot lose sight of us.
        """
        ...

    async def set_leverage(self, symbol: Symbol, leverage: int) -> Refused | Uncertain | None:
        """Set and confirm the symbol's leverage; None means done."""
        ...

    async def set_modes(self) -> Refused | Uncertain | None:
        """Set isolated margin on what is traded, one-way and single-asset mode; None means that nothing refused.

        It may be asked for where all is set. What came of it, the next `account_report` says.
        """
        ...

    @property
    def settle_time(self) -> float:
        """Seconds after which an order that was sent and is not found can no longer arrive."""
        ...

    def events(self) -> AsyncIterator[AccountEvent]:
        """News of this account, in the order in which the exchange tells them. Ends when it closes."""
        ...

    async def close(self) -> None:
        """Let go of connections and files; the account stays as it is."""
        ...
