"""The paper exchange behind the `Exchange` protocol: latency, books on disk, and news in order."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from tui_trader.core.account import AccountReport
from tui_trader.core.clock import Clock, Instant
from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import FeeRates
from tui_trader.core.market import MarketEvent
from tui_trader.core.money import Money, Price, Quantity
from tui_trader.core.order import Fill, Intent
from tui_trader.core.records import FundingBooked, TransferBooked
from tui_trader.core.words import ClientOrderId, Symbol
from tui_trader.exchange.paper.account import report_account
from tui_trader.exchange.paper.archive import Archive
from tui_trader.exchange.paper.books import Books, PaperBooksError
from tui_trader.exchange.paper.depth import DepthModel
from tui_trader.exchange.paper.hearing import hear
from tui_trader.exchange.paper.latency import Latency
from tui_trader.exchange.paper.news import News
from tui_trader.exchange.paper.self_trade import SelfTrade
from tui_trader.exchange.paper.state import DAWN, Change, State
from tui_trader.exchange.paper.venue import Venue
from tui_trader.exchange.ports import (
    Accepted,
    AccountEvent,
    CancelDone,
    CancelNotOpen,
    CancelOutcome,
    ExchangeUnavailable,
    NotSent,
    OrderReport,
    Refused,
    SubmitOutcome,
    Uncertain,
)
from tui_trader.journal.seal import Seal

DEFAULT_DEPOSIT = Decimal(10_000)
"""USDT that a new paper account starts with."""
DEFAULT_LEVERAGE = 5
"""For symbols whose leverage was never set."""

_VIP0 = FeeRates()
_DEPTH = DepthModel()
_LATENCY = Latency(0.05)
_CLOSED = "the paper exchange is closed"
_NO_BOOKS = "the paper exchange can neither write its books nor read them"

T = TypeVar("T")


class PaperExchange:
    """One paper account. The engine's pump tells it the market through `on_market`; everyone else uses the protocol.

    All of it runs on one thread. A request arrives its `latency` after it was sent.
    What is answered or told is in the books already. If the books cannot be written, the change is undone, the stream
    says `StreamLost`, and the exchange goes on from what the books hold.
    """

    def __init__(self, books: Books, venue: Venue, clock: Clock, *, latency: Latency, leverage: int) -> None:
        """Use `open`."""
        self._books = books
        self._venue = venue
        self._clock = clock
        self._latency = latency
        self._leverage = leverage
        self._news = News()
        self.on_change: Callable[[Change], None] | None = None
        """Where set, it hears what was saved, whole and at once, and `events` stays silent."""
        self._is_unsaved = False
        self._closed = False

    @classmethod
    def open(
        cls,
        path: Path | None,
        instruments: Mapping[Symbol, Instrument],
        clock: Clock,
        *,
        account: str = "paper",
        fees: FeeRates = _VIP0,
        deposit: Money = DEFAULT_DEPOSIT,
        leverage: int = DEFAULT_LEVERAGE,
        latency: Latency = _LATENCY,
        depth: DepthModel = _DEPTH,
        self_trade: SelfTrade = SelfTrade.EXPIRE_MAKER,
        seal: Seal | None = None,
    ) -> "PaperExchange":
        """Open the books at `path` (None: in memory). `account` and `deposit` name and fund a new account only.
        With a seal the file is encrypted.

        Raises PaperBooksError where the file is not paper books, is damaged, or holds what `instruments` lacks.
        """
        books = Books(path, seal)
        try:
            if books.are_new:
                books.open_account(account, deposit)
            state = books.load(instruments, leverage)
        except PaperBooksError:
            books.close()
            raise
        venue = Venue(state, fees, depth, self_trade)
        return cls(books, venue, clock, latency=latency, leverage=leverage)

    @property
    def name(self) -> str:
        """`paper`."""
        return "paper"

    @property
    def account(self) -> str:
        """The name that the account was opened under."""
        return self.state.account

    @property
    def state(self) -> State:
        """All that the exchange knows of the account and its market; to read, never to change."""
        return self._venue.state

    @property
    def archive(self) -> Archive:
        """What has ended too, as the books on disk keep it."""
        return Archive(self._books)

    @property
    def is_heard(self) -> bool:
        """Nothing is lost on the way within one process."""
        return True

    @property
    def keeps_one_closing_order(self) -> bool:
        """Any number may stand."""
        return False

    @property
    def settle_time(self) -> float:
        """The longest latency, and a second for a busy machine."""
        return self._latency.longest + 1.0

    @property
    def market_time(self) -> Instant | None:
        """The time of the newest market event seen, also before a restart; None before the first."""
        newest = max((book.seen_until() for book in self.state.books.values()), default=DAWN)
        return newest if newest > DAWN else None

    def on_market(self, event: MarketEvent) -> None:
        """Take one market event in (`hearing`)."""
        if self._absence() or (book := self.state.books.get(event.symbol)) is None:
            return
        hear(self._venue, book, event)
        self._saved()

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """What can be traded."""
        return {symbol: book.instrument for symbol, book in self.state.books.items()}

    async def submit(self, client_order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        """Let the order arrive; a caller that is cancelled before that has sent nothing."""
        if absence := await self._travelled(f"submit {client_order_id}"):
            return NotSent(absence)
        answer = self._venue.arrive(client_order_id, intent, self._clock.now())
        if isinstance(answer, Refused):
            return answer
        return self._saved() or Accepted(answer.report())

    async def cancel(self, symbol: Symbol, client_order_id: ClientOrderId) -> CancelOutcome:
        """Cancel what is left of an open order."""
        if absence := await self._travelled(f"cancel {client_order_id}"):
            return NotSent(absence)
        ended = self._venue.cancel(symbol, client_order_id, self._clock.now())
        if ended is None:
            return CancelNotOpen()
        return self._saved() or CancelDone(ended.report())

    async def amend(
        self,
        symbol: Symbol,
        client_order_id: ClientOrderId,
        *,
        price: Price | None = None,
        quantity: Quantity | None = None,
    ) -> SubmitOutcome:
        """Give an open limit order another price or quantity, what it has traded included; it keeps its id.

        A new price or a larger quantity goes to the end of the line. The report may say CANCELED (`amendment`).
        """
        if absence := await self._travelled(f"amend {client_order_id} {price} {quantity}"):
            return NotSent(absence)
        answer = self._venue.amend(symbol, client_order_id, price, quantity, self._clock.now())
        if isinstance(answer, Refused):
            return answer
        return self._saved() or Accepted(answer.report())

    async def set_leverage(self, symbol: Symbol, leverage: int) -> Refused | Uncertain | None:
        """Set the symbol's leverage; None means done."""
        if absence := await self._travelled(f"leverage {symbol} {leverage}"):
            return Refused(-1016, absence)
        return self._venue.set_leverage(symbol, leverage) or self._saved()

    async def move_margin(self, symbol: Symbol, amount: Money) -> Refused | Uncertain | None:
        """Give a position margin of its own (positive), or take some back; None means done."""
        if absence := await self._travelled(f"margin {symbol} {amount}"):
            return Refused(-1016, absence)
        return self._venue.move_margin(symbol, amount) or self._saved()

    async def set_modes(self) -> Refused | Uncertain | None:
        """There are no others here."""
        return None

    async def transfer(self, amount: Money) -> TransferBooked | Refused | Uncertain:
        """Move money in (positive) or out of the account, as its owner would."""
        if absence := self._absence():
            return Refused(-1016, absence)
        booked = self._venue.transfer(amount, self._clock.now())
        if isinstance(booked, Refused):
            return booked
        return self._saved() or booked

    async def query(self, symbol: Symbol, client_order_id: ClientOrderId) -> OrderReport | None:
        """The latest order of this id, open or ended."""
        order = self._read(lambda books: books.order(symbol, client_order_id))
        return order.report() if order else None

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Everything open, by arrival."""
        return self._read(lambda _: tuple(order.report() for order in self.state.open_orders()))

    async def fills_since(self, symbol: Symbol, since: Instant) -> tuple[Fill, ...]:
        """Our trades at or after `since`, oldest first."""
        return self._read(lambda books: books.fills_since(symbol, since))

    async def funding_since(self, since: Instant) -> tuple[FundingBooked, ...]:
        """Funding at or after `since`, oldest first."""
        return self._read(lambda books: books.funding_since(since))

    async def transfers_since(self, since: Instant) -> tuple[TransferBooked, ...]:
        """Transfers at or after `since`, oldest first."""
        return self._read(lambda books: books.transfers_since(since))

    async def cancel_all_after(self, symbol: Symbol, seconds: float) -> Refused | Uncertain | None:
        """There is no such countdown: this exchange ends with the program, and its orders rest in its books."""
        return None

    async def account_report(self) -> AccountReport:
        """Balance, positions and leverage, as of now."""
        return self._read(lambda _: report_account(self.state, self._clock.now()))

    def events(self) -> AsyncIterator[AccountEvent]:
        """News in order, from the first since the start; for one listener at a time. Ends when the exchange closes."""
        return self._news.listen()

    async def close(self) -> None:
        """Keep the market as last seen, and let go of the file."""
        if self._closed:
            return
        self._closed = True
        self._news.end()
        # Without this the restart is as after a kill: what it then sees again changes nothing. No cause to fail here.
        with contextlib.suppress(PaperBooksError):
            if not self._is_unsaved:
                self._books.write_markets(self.state)
        self._books.close()

    async def _travelled(self, request: str) -> str:
        """Wait until what is sent now arrives; the answer is why nobody takes it there, or empty."""
        await self._clock.sleep(self._latency.of(request))
        return self._absence()

    def _absence(self) -> str:
        """Why nothing can be done here, or empty. Books that failed are tried again each time."""
        if self._closed:
            return _CLOSED
        return _NO_BOOKS if self._is_unsaved and not self._undone() else ""

    def _saved(self) -> Uncertain | None:
        """Save what changed, then tell it. Where that fails nothing of it has happened, as far as the books say."""
        change = self._venue.take_change()
        if change.is_empty:
            return None
        try:
            self._books.write(change, self.state)
        except PaperBooksError as error:
            self._is_unsaved = True
            self._undone()
            self._news.tell_of_loss(str(error))
            return Uncertain(str(error))
        self._news.books_hold()
        if self.on_change is not None:
            self.on_change(change)
            return None
        self._news.tell(change.events)
        return None

    def _undone(self) -> bool:
        """Go back to what the books hold, with the market as last seen; False while they cannot be read either."""
        seen = self.state.books
        try:
            restored = self._books.load({symbol: book.instrument for symbol, book in seen.items()}, self._leverage)
        except PaperBooksError:
            return False
        for symbol, book in restored.books.items():
            was = seen[symbol]
            book.quote, book.mark, book.depth, book.resume = was.quote, was.mark, was.depth, was.resume
        self._venue.restore(restored)
        self._is_unsaved = False
        return True

    def _read(self, read: Callable[[Books], T]) -> T:
        if absence := self._absence():
            raise ExchangeUnavailable(absence)
        try:
            return read(self._books)
        except PaperBooksError as error:
            raise ExchangeUnavailable(str(error)) from error
