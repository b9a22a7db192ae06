"""The trading floor: matching, conditional orders, market and streams of one account, put together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock, Instant, to_milliseconds
from tui_trader.core.instrument import Instrument
from tui_trader.core.margin import FeeRates, maintenance_margin
from tui_trader.core.market import MarketEvent
from tui_trader.core.words import Symbol
from tui_trader.exchange.loopback.account_json import Account
from tui_trader.exchange.loopback.algo_service import AlgoService
from tui_trader.exchange.loopback.hub import Hub
from tui_trader.exchange.loopback.key_rights import GrantedRights
from tui_trader.exchange.loopback.limits import Meter
from tui_trader.exchange.loopback.market_clock import ServerClock
from tui_trader.exchange.loopback.market_hall import MarketHall
from tui_trader.exchange.loopback.market_json import force_order_event
from tui_trader.exchange.loopback.news import Newsroom
from tui_trader.exchange.loopback.options import LoopbackOptions, MarginType
from tui_trader.exchange.loopback.order_json import force_order
from tui_trader.exchange.loopback.order_words import LIQUIDATION_PREFIX
from tui_trader.exchange.loopback.refusals import refuse
from tui_trader.exchange.loopback.store import Extras, Store
from tui_trader.exchange.loopback.stream_names import Topic
from tui_trader.exchange.loopback.tape import Tape
from tui_trader.exchange.loopback.user_streams import UserStreams
from tui_trader.exchange.paper import Latency, PaperExchange
from tui_trader.exchange.paper.archive import Window
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import Change, State

FEES = FeeRates()
"""What the account pays."""
_MARGIN = "margin:"
_CALL_AT = Decimal("0.8")
"""Maintenance over margin balance at which an owner is warned."""


@dataclass(slots=True)
class Reported:
    """Account modes as they are reported; a drift from what is simulated is a fault that a test may ask for."""

    dual_side: bool = False
    multi_assets: bool = False


@dataclass
class Floor:
    """Everything that a request may need."""

    options: LoopbackOptions
    clock: Clock
    server_clock: ServerClock
    paper: PaperExchange
    store: Store
    tapes: Mapping[Symbol, Tape]
    hub: Hub
    users: UserStreams
    hall: MarketHall
    meter: Meter
    reported: Reported = field(default_factory=Reported)
    granted: GrantedRights = field(default_factory=GrantedRights)
    countdowns: dict[Symbol, Instant] = field(default_factory=dict)
    """When each symbol's ordinary orders are cancelled, unless the owner says otherwise before."""

    def __post_init__(self) -> None:
        """Wire the parts that tell each other."""
        self.newsroom = Newsroom(lambda: self.state, self.extras, self.now_ms)
        self.algos = AlgoService(self.paper, self.store, self.tapes, self.clock, self.users.tell)
        self.paper.on_change = self._changed
        self._updated: dict[Symbol, Instant] = {}
        self._called: set[Symbol] = set()
        self._margins = {Symbol(name): MarginType(value) for name, value in self.store.facts(_MARGIN).items()}

    @property
    def state(self) -> State:
        """The account as the paper exchange has it."""
        return self.paper.state

    def now_ms(self) -> int:
        """What the server says that it is."""
        return to_milliseconds(self.server_clock.now())

    def tape(self, symbol: Symbol) -> Tape:
        """The symbol's market. Raises Refusal -1121."""
        tape = self.tapes.get(symbol)
        if tape is None:
            raise refuse(-1121)
        return tape

    def instrument(self, symbol: Symbol) -> Instrument:
        """The symbol's rules. Raises Refusal -1121."""
        return self.tape(symbol).instrument

    def extras(self, order: PaperOrder) -> Extras:
        """What the order was asked with."""
        return self.store.extras(order.symbol, order.client_order_id)

    def account(self) -> Account:
        """The account's figures now."""
        for symbol, book in self.state.books.items():
            if symbol not in self._updated and not book.position.is_flat:
                trades = self.paper.archive.trades(symbol, Window(limit=1))
                self._updated[symbol] = trades[-1].fill.time if trades else Instant(0)
        return Account(self.state, self._updated, self.server_clock.now())

    def margin_type(self, symbol: Symbol) -> MarginType:
        """What the symbol is set to."""
        return self._margins.get(symbol, self.options.margin_type)

    def set_margin_type(self, symbol: Symbol, margin_type: MarginType) -> None:
        """Set it, durably."""
        self.store.put_fact(_MARGIN + symbol, margin_type.value)
        self._margins[symbol] = margin_type

    async def hear(self, event: MarketEvent) -> None:
        """One event of the market."""
        symbol = self.hall.hear(event)
        if symbol is not None:
            await self.algos.hear(symbol)
            self._warn(symbol)

    async def cancel_due(self) -> None:
        """What is over: countdowns, orders that were good till a date, listen keys."""
        now = self.clock.now()
        for symbol, due in tuple(self.countdowns.items()):
            if now >= due:
                del self.countdowns[symbol]
                for order in tuple(self.state.books[symbol].open_orders()):
                    await self.paper.cancel(symbol, order.client_order_id)
        for order in tuple(self.state.open_orders()):
            extras = self.extras(order)
            if extras.good_till_ms and extras.good_till_ms <= to_milliseconds(now):
                await self.paper.cancel(order.symbol, order.client_order_id)
        self.algos.expire_due()
        self.users.expire_if_due()

    async def close(self) -> None:
        """Let go of the books."""
        await self.paper.close()
        self.store.close()

    def _changed(self, change: Change) -> None:
        now = self.clock.now()
        for symbol in change.holdings:
            self._updated[symbol] = now
        for event in self.newsroom.of(change):
            self.users.tell(event)
        for order in change.orders.values():
            if algo_id := self.extras(order).algo_id:
                self.algos.hear_child(algo_id, order)
            if order.client_order_id.startswith(LIQUIDATION_PREFIX):
                self._tell_liquidation(order)

    def _tell_liquidation(self, order: PaperOrder) -> None:
        told = force_order_event(force_order(order, self.instrument(order.symbol)), order.symbol, self.now_ms())
        for symbol in (order.symbol, ""):
            self.hub.say(Topic.FORCE_ORDER, symbol, lambda _: told)

    def _warn(self, symbol: Symbol) -> None:
        """One MARGIN_CALL each time that a position's margin comes near its maintenance."""
        book = self.state.books[symbol]
        if book.position.is_flat:
            self._called.discard(symbol)
            return
        mark = book.mark_price()
        balance = book.isolated + book.position.unrealised(mark)
        needed = maintenance_margin(book.instrument, book.position.notional(mark))
        is_near = 0 < balance <= needed / _CALL_AT
        if is_near and symbol not in self._called:
            self._called.add(symbol)
            self.users.tell(self.newsroom.margin_call([book]))
        elif not is_near:
            self._called.discard(symbol)


def open_floor(
    options: LoopbackOptions,
    instruments: Mapping[Symbol, Instrument],
    clock: Clock,
    folder: Path | None,
    scale: float = 1.0,
) -> Floor:
    """Open the books in `folder` (None: in memory) and put the floor together.

    Raises PaperBooksError or LoopbackBooksError where the books cannot be opened.
    """
    paper = PaperExchange.open(
        folder / "paper.db" if folder else None, instruments, clock, account="loopback", latency=Latency(0.0)
    )
    store = Store(folder / "loopback.db" if folder else None)
    hub, server_clock = Hub(), ServerClock(clock)
    # Milliseconds since 1970 leave each run a thousand trades a second before it meets the numbers of the next.
    first_trade = to_milliseconds(clock.now())
    tapes = {symbol: Tape(instrument, first_trade=first_trade) for symbol, instrument in instruments.items()}
    return Floor(
        options=options,
        clock=clock,
        server_clock=server_clock,
        paper=paper,
        store=store,
        tapes=tapes,
        hub=hub,
        users=UserStreams(clock, options.listen_key_seconds),
        hall=MarketHall(clock, server_clock, paper, hub, tapes, scale),
        meter=Meter(options.limits),
    )


def new_client_id(floor: Floor) -> str:
    """An id for an order whose owner gave it none."""
    return f"web_{Chance(None).token('client id')}{floor.now_ms() % 1_000_000:06d}"
