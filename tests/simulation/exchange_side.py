"""The exchange as it truly is: the paper exchange, what is on its way to it, and what others do to the account."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import Context
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.simulation.faults import Faults
from tui_trader.core.market import MarketEvent
from tui_trader.core.money import ZERO
from tui_trader.core.order import Fill, Intent, OrderType, Purpose
from tui_trader.core.words import Actor, ClientOrderId, Side, Symbol
from tui_trader.exchange.paper import PaperExchange
from tui_trader.exchange.paper.order import PaperOrder
from tui_trader.exchange.paper.state import SymbolBook
from tui_trader.exchange.ports import Accepted, OrderReport, SubmitOutcome

if TYPE_CHECKING:
    from tests.simulation.wire import Wire


class ExchangeSide:
    """Owns the paper exchange. It never crashes; what it says of the account is the truth."""

    def __init__(self, paper: PaperExchange, chance: random.Random) -> None:
        self.paper = paper
        self.flying: dict[ClientOrderId, Intent] = {}
        """Orders that left an engine and have neither arrived nor been lost."""
        self.accepted: set[ClientOrderId] = set()
        """All orders that it ever took."""
        self.wire: Wire | None = None
        self.fills: list[Fill] = []
        self.untold: set[ClientOrderId] = set()
        """Orders of others whose trades no engine is told."""
        self.foreign_change: dict[Symbol, float] = {}
        """When somebody else last changed the symbol's position or orders, in loop time."""
        self.leverage_change: dict[Symbol, float] = {}
        """The same of its leverage, of which no news tells."""
        self.own: dict[Symbol, Decimal] = {}
        self.foreign: dict[Symbol, Decimal] = {}
        """The position's two parts: ours, and what others opened."""
        self.on_event: Callable[[OrderReport | Fill], None] = lambda _: None
        self.on_taken: Callable[[Fill], None] = lambda _: None
        """Told of each trade of ours that closes what others hold."""
        self._chance = chance
        self._sent: dict[ClientOrderId, float] = {}
        self._down_until = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._foreign = 0

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """A task of the world, whoever asks for it."""
        task = asyncio.get_running_loop().create_task(work, name=name, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def is_busy(self) -> bool:
        """Whether a request is still under way."""
        return any(task.get_name() == "request" for task in self._tasks)

    def close(self) -> None:
        """The end of the world."""
        for task in tuple(self._tasks):
            task.cancel()

    def departs(self, order_id: ClientOrderId, intent: Intent) -> None:
        """An order has left an engine."""
        self.flying[order_id] = intent
        self._sent[order_id] = asyncio.get_running_loop().time()

    def is_lost(self, order_id: ClientOrderId) -> None:
        """It will never arrive."""
        self.flying.pop(order_id, None)

    async def arrives(self, order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        """It arrives, a moment from now; what becomes of it."""
        try:
            outcome = await self.paper.submit(order_id, intent)
        finally:
            self.is_lost(order_id)
        if isinstance(outcome, Accepted):
            self.accepted.add(order_id)
        return outcome

    async def again(self, order_id: ClientOrderId, intent: Intent) -> SubmitOutcome:
        """The same request once more, at the same moment, as a line may double it."""
        return await self.paper.submit(order_id, intent)

    def sent_at(self, order_id: ClientOrderId) -> float | None:
        """When the order left, in loop time."""
        return self._sent.get(order_id)

    @property
    def is_down(self) -> bool:
        """Whether nothing is answered."""
        return asyncio.get_running_loop().time() < self._down_until

    def fail_for(self, seconds: float) -> None:
        """Answer nothing for so long."""
        self._down_until = asyncio.get_running_loop().time() + seconds

    def on_market(self, event: MarketEvent) -> None:
        """What is true of the market."""
        self.paper.on_market(event)

    async def run(self) -> None:
        """Tell the news to whoever listens, until cancelled."""
        async for event in self.paper.events():
            if isinstance(event, Fill):
                self.fills.append(event)
                self._share_out(event)
            if isinstance(event, Fill | OrderReport):
                self.on_event(event)
            is_told = not (isinstance(event, Fill | OrderReport) and event.client_order_id in self.untold)
            if self.wire is not None and is_told:
                self.wire.hear(event)

    def _share_out(self, fill: Fill) -> None:
        """Whoever trades against the position takes from his own part first; what is beyond it opens one of his."""
        is_foreign = self.is_foreign(fill.client_order_id)
        first, second = (self.foreign, self.own) if is_foreign else (self.own, self.foreign)
        left = fill.signed_quantity
        for part in (first, second):
            held = part.get(fill.symbol, ZERO)
            if held * left < 0:
                taken = min(abs(held), abs(left)) * (1 if left > 0 else -1)
                part[fill.symbol], left = held + taken, left - taken
                if part is self.foreign and not is_foreign:
                    self.on_taken(fill)
        first[fill.symbol] = first.get(fill.symbol, ZERO) + left
        if is_foreign:
            self.touched(fill.symbol)

    # ------------------------------------------------------------------ the truth

    @staticmethod
    def is_foreign(order_id: ClientOrderId) -> bool:
        """Whether no trader of ours made it."""
        return not order_id.startswith("tt-")

    def is_shared(self, symbol: Symbol) -> bool:
        """Whether others hold or work anything of the symbol."""
        return bool(self.foreign.get(symbol)) or any(self.is_foreign(o.client_order_id) for o in self.orders(symbol))

    def book(self, symbol: Symbol) -> SymbolBook:
        """The symbol's true position, orders and leverage."""
        return self.paper._venue.state.books[symbol]

    def held(self, symbol: Symbol) -> Decimal:
        """The true position."""
        return self.book(symbol).position.quantity

    def orders(self, symbol: Symbol) -> list[PaperOrder]:
        """What is open."""
        return list(self.book(symbol).open_orders())

    @property
    def wallet(self) -> Decimal:
        """Realised money."""
        return self.paper._venue.state.balance.wallet

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """What is traded."""
        return tuple(self.paper._venue.state.books)

    def equity(self) -> Decimal:
        """Wallet plus unrealised, on the true mark."""
        books = self.paper._venue.state.books.values()
        return self.wallet + sum((b.position.unrealised(b.mark_price()) for b in books if b.mark), start=ZERO)

    # ------------------------------------------------------------------ what others do

    async def meddle(self, faults: Faults, note: Callable[[str], None]) -> None:
        """A second passes in which somebody may use the account by hand, or the exchange may go down."""
        chance = self._chance
        symbol = chance.choice(self.symbols)
        if chance.random() < faults.exchange_down:
            self.fail_for(seconds := chance.uniform(2, 40))
            note(f"the exchange answers nothing for {seconds:.0f} s")
        if chance.random() < faults.outside_trade:
            await self._trade(symbol, faults, note)
        if chance.random() < faults.outside_leverage:
            leverage = chance.choice([1, 2, 5, 20, 50])
            done = await self.paper.set_leverage(symbol, leverage)
            self.leverage_change[symbol] = asyncio.get_running_loop().time()
            note(f"somebody sets {symbol} to {leverage}x: {done}")
        if chance.random() < faults.outside_transfer:
            moved = await self.paper.transfer(Decimal(chance.choice([500, -300, -2_000])))
            note(f"somebody moves money: {moved}")
        ours = [order for order in self.orders(symbol) if not self.is_foreign(order.client_order_id)]
        if chance.random() < faults.outside_cancel and (orders := ours):
            order = chance.choice(orders)
            await self.paper.cancel(symbol, order.client_order_id)
            self.touched(symbol)
            note(f"somebody cancels {order.client_order_id} ({order.type})")

    async def _trade(self, symbol: Symbol, faults: Faults, note: Callable[[str], None]) -> None:
        self._foreign += 1
        order_id = ClientOrderId(f"web-{self._foreign}")
        if faults.outside_untold and self._chance.random() < faults.outside_untold:
            self.untold.add(order_id)
        side = self._chance.choice([Side.BUY, Side.SELL])
        instrument = self.book(symbol).instrument
        worth = Decimal(self._chance.choice([300, 1_000]))
        intent = Intent(
            symbol=symbol,
            side=side,
            type=OrderType.MARKET,
            quantity=instrument.round_quantity(worth / self.book(symbol).mark_price(), OrderType.MARKET),
            purpose=Purpose.ENTRY,
            actor=Actor.OPERATOR,
        )
        outcome = await self.paper.submit(order_id, intent)
        self.touched(symbol)
        note(f"somebody trades {side} {intent.quantity} {symbol}: {type(outcome).__name__}")

    def touched(self, symbol: Symbol) -> None:
        """Somebody else changed something of the symbol just now."""
        self.foreign_change[symbol] = asyncio.get_running_loop().time()
