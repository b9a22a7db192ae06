"""What the paper exchange knows, in memory: money, a book per symbol, counters, and what changed since it was saved."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tui_trader.core.clock import Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.market import MarkPrice, Quote
from tui_trader.core.money import BPS, ZERO, Money, Price, Quantity
from tui_trader.core.order import Fill
from tui_trader.core.position import Position
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Side, Symbol
from tui_trader.exchange.paper.margin import Working, working_margin
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.place import Place
from tui_trader.exchange.ports import AccountEvent

DAWN = Instant(0)
"""Before any market event."""

_MARKET_BUY_MARGIN = 1 + 5 / BPS
"""A market buy is checked at the ask plus 0.05 %, as Binance does."""


@dataclass(slots=True, kw_only=True)
class Balance:
    """The sums of all money that ever moved; the wallet follows from them."""

    deposit: Money
    transfers: Money = ZERO
    realised: Money = ZERO
    fees: Money = ZERO
    funding: Money = ZERO

    @property
    def wallet(self) -> Money:
        """deposit + transfers + realised - fees + funding, exactly; without unrealised profit."""
        return self.deposit + self.transfers + self.realised - self.fees + self.funding


@dataclass(slots=True, kw_only=True)
class Counters:
    """The last number given out of each kind."""

    order: int = 0
    trade: int = 0
    transfer: int = 0


@dataclass(slots=True, kw_only=True)
class Resume:
    """The newest event of each kind that the books had taken in when they were opened; what is not newer is skipped."""

    quote: Instant = DAWN
    mark: Instant = DAWN
    depth: Instant = DAWN


@dataclass(slots=True, kw_only=True)
class SymbolBook:
    """One symbol: what is held, what works, what waits for its trigger, and the market as last seen.

    `working` and `waiting` are in the order of arrival. `isolated` is the position's own margin, a part of the wallet.
    `funded` is the last funding instant, `depth` the time of the newest event of the order book or of others' trades.
    `places` are where resting orders stand in line; they live in memory only.
    """

    instrument: Instrument
    leverage: int
    position: Position
    isolated: Money = ZERO
    quote: Quote | None = None
    mark: MarkPrice | None = None
    funded: Instant = DAWN
    depth: Instant = DAWN
    resume: Resume = field(default_factory=Resume)
    working: dict[int, PaperOrder] = field(default_factory=dict)
    waiting: dict[int, PaperOrder] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)

    @property
    def symbol(self) -> Symbol:
        """Its name."""
        return self.instrument.symbol

    def seen_until(self) -> Instant:
        """The time of the newest market event seen; the dawn of time before the first."""
        quote, mark = self.quote, self.mark
        return max(quote.time if quote else DAWN, mark.time if mark else DAWN, self.depth)

    def open_orders(self) -> Iterator[PaperOrder]:
        """All open orders, the working ones first."""
        yield from self.working.values()
        yield from self.waiting.values()

    def put(self, order: PaperOrder) -> None:
        """Keep the order where it belongs now; one that has ended is kept no longer."""
        self.waiting.pop(order.order_id, None)
        if order.status.is_final:
            self.working.pop(order.order_id, None)
            self.places.pop(order.order_id, None)
        elif order.waits:
            self.waiting[order.order_id] = order
        else:
            self.working[order.order_id] = order

    def take_out(self, order: PaperOrder) -> None:
        """Let the order go, so that it comes last when it is put back, in line and among ours."""
        self.working.pop(order.order_id, None)
        self.places.pop(order.order_id, None)

    @contextmanager
    def without(self, order: PaperOrder) -> Iterator[None]:
        """The book as if the working order were not there."""
        working = self.working
        self.working = {key: other for key, other in working.items() if key != order.order_id}
        try:
            yield
        finally:
            self.working = working

    def reducible(self, side: Side) -> Quantity:
        """How much of the position an order of this side can close."""
        return max(ZERO, -self.position.quantity * side.sign)

    def mark_price(self) -> Price:
        """The last mark price; before the first, the entry price."""
        return self.mark.price if self.mark else self.position.entry_price

    def as_working(self, side: Side, quantity: Quantity, limit: Price | None) -> Working:
        """An order as the margin sees it: a sell is assumed at the highest of bid, mark and its limit."""
        mark = self.mark_price()
        bid, ask = (self.quote.bid, self.quote.ask) if self.quote else (mark, mark)
        if side is Side.BUY:
            price = limit if limit is not None else ask * _MARKET_BUY_MARGIN
            return Working(side, quantity, price, price)
        order_price = limit if limit is not None else bid
        return Working(side, quantity, max(bid, mark, order_price), order_price)

    def working_entries(self) -> tuple[Working, ...]:
        """The working orders that may open something, as the margin sees them."""
        return tuple(
            self.as_working(order.side, order.remaining, order.price)
            for order in self.working.values()
            if not order.only_reduces
        )

    def working_margin(self, extra: Working | None = None) -> Money:
        """What the working orders (and one more) lock."""
        entries = self.working_entries() + ((extra,) if extra else ())
        if not entries:
            return ZERO
        return working_margin(self.position, entries, self.mark_price(), self.leverage)


@dataclass(slots=True, kw_only=True)
class Change:
    """What one event or call changed and has not been saved and told yet. Rows are the latest of each order."""

    orders: dict[int, PaperOrder] = field(default_factory=dict)
    holdings: set[Symbol] = field(default_factory=set)
    fills: list[tuple[int, Fill]] = field(default_factory=list)
    funding: list[FundingBooked] = field(default_factory=list)
    transfers: list[TransferBooked] = field(default_factory=list)
    events: list[AccountEvent] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to save."""
        return not (self.orders or self.holdings or self.transfers)


@dataclass(slots=True, kw_only=True)
class State:
    """All of it. One owner, the exchange; changed only by its rules."""

    account: str
    balance: Balance
    books: Mapping[Symbol, SymbolBook]
    counters: Counters = field(default_factory=Counters)

    def open_orders(self) -> Iterable[PaperOrder]:
        """Every open order, by arrival."""
        return sorted((o for book in self.books.values() for o in book.open_orders()), key=lambda o: o.order_id)

    def find_open(self, symbol: Symbol, client_order_id: ClientOrderId) -> PaperOrder | None:
        """The open order of this id, if there is one."""
        book = self.books.get(symbol)
        orders = book.open_orders() if book else iter(())
        return next((order for order in orders if order.client_order_id == client_order_id), None)

    def free_money(self) -> Money:
        """The wallet without what positions and working orders lock; negative where fees have eaten into it."""
        locked = sum((book.isolated + book.working_margin() for book in self.books.values()), start=ZERO)
        return self.balance.wallet - locked
