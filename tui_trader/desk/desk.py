"""The desk as tools and engine see it: enter, exit, protect, cancel, flatten, halt, resume, start, stop."""

import asyncio

from tui_trader.core.clock import Instant
from tui_trader.core.margin import liquidation_price
from tui_trader.core.money import Money, Price
from tui_trader.core.order import Intent, Order, OrderStatus, OrderType, Purpose, TimeInForce
from tui_trader.core.position import Position
from tui_trader.core.reconciliation import Reconciliation
from tui_trader.core.words import Actor, ClientOrderId, Symbol
from tui_trader.desk.adopter import Adopted, Adopter, Adoption
from tui_trader.desk.approvals import Approvals
from tui_trader.desk.book import book_of
from tui_trader.desk.dead_man import DeadMan
from tui_trader.desk.flattener import Flattened, Flattener
from tui_trader.desk.hands import Exit, Hands
from tui_trader.desk.intake import Intake
from tui_trader.desk.news import OrderNews
from tui_trader.desk.observer import Observer
from tui_trader.desk.parts import REQUEST_TIMEOUT, Parts
from tui_trader.desk.protector import PROTECT_WITHIN, Moved, Protector
from tui_trader.desk.reconciler import Reconciler
from tui_trader.desk.resolver import Resolver
from tui_trader.desk.sender import Sender, Sent
from tui_trader.desk.settler import Settler
from tui_trader.desk.standing import standing
from tui_trader.desk.state import Halts, Resumed, StateKeeper
from tui_trader.desk.watch import Watch
from tui_trader.exchange.ports import Refused, Uncertain
from tui_trader.journal.ports import Fold
from tui_trader.risk.approvals import ApprovalFold
from tui_trader.risk.book import Book
from tui_trader.risk.gate import Judgement
from tui_trader.risk.observed import ObservedFold

_COMPARE_EVERY = 20.0
"""Seconds between two comparisons with the exchange; a doubt starts one at once."""


class Desk:
    """Puts the desk's parts together. Everything that adds risk goes through `enter`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        news = OrderNews(parts)
        self._resolver = Resolver(parts, news)
        self._sender = Sender(parts, news, self._resolver)
        self._intake = Intake(parts, news, self)
        self._hands = Hands(parts, self._sender, self._intake)
        self._protector = Protector(parts, self._sender, self._hands)
        settler = Settler(parts, news, self._intake, self._resolver, self)
        self._reconciler = Reconciler(parts, self._intake, settler, self)
        self._dead_man = DeadMan(parts, self._protector)
        self._flattener = Flattener(parts, self._hands, self._reconciler)
        self._adopter = Adopter(parts, self._hands, self._protector, self._reconciler)
        self.state = StateKeeper(parts, self._hands, self._reconciler)
        self.approvals = Approvals(parts)
        self.observer = Observer(parts)
        self.watch = Watch(parts, self.state, self._flattener)
        self._resolver.intake = self._intake
        self._intake.comparer = self._reconciler
        for part in (self._resolver, self._protector, self._reconciler, self._intake, self._sender.door):
            part.alarm = self.state
        self._running: list[asyncio.Task[None]] = []
        self._expiring: asyncio.Task[None] | None = None

    def look(self, symbol: Symbol) -> None:
        """Something of this symbol changed: its protection is looked after."""
        self._protector.look(symbol)

    def tell_aside(self, fold: Fold) -> None:
        """Rows that only the emergency log could take go to this fold, too."""
        self._parts.aside.append(fold)

    # ------------------------------------------------------------------ running

    async def start(self) -> bool:
        """Listen to the account, compare with the exchange, protect what is held. False: the exchange is silent."""
        tasks = self._parts.tasks
        await self.approvals.begin()
        self._running = [tasks.spawn("account events", self._intake.run())]
        compared = await self._reconciler.begin()
        self._running.append(tasks.spawn("watch", self.watch.run()))
        self._expiring = tasks.spawn("approvals", self.approvals.run())
        self._running += [self._expiring, tasks.spawn("observer", self.observer.run())]
        self._running.append(tasks.spawn("dead man", self._dead_man.run()))
        self._running.append(tasks.spawn("compare", self._keep_comparing()))
        return compared

    async def _keep_comparing(self) -> None:
        while True:
            await self._parts.clock.sleep(_COMPARE_EVERY)
            await self._reconciler.compare()

    async def stop(self) -> bool:
        """Entries cancelled, what is in flight settled, what began protected or closed; True if all of that is so."""
        if self._expiring is not None:
            self._expiring.cancel()  # what waits for a person outlives a stop: it is no halt
        self._parts.switch.trip()
        self.state.sweep()
        settled = await self._hands.until(self._nothing_in_flight, within=PROTECT_WITHIN + REQUEST_TIMEOUT)
        protected = await self._hands.until(self._all_protected, within=PROTECT_WITHIN + REQUEST_TIMEOUT)
        for task in self._running:
            task.cancel()
        await self._dead_man.off()
        await self._parts.tasks.settled(timeout=REQUEST_TIMEOUT)
        self._parts.tasks.cancel()
        return settled and protected

    def _nothing_in_flight(self) -> bool:
        """No entry can trade any more, and of every other order it is known whether the exchange has it."""
        flying = (OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN)
        return not any(
            order.status in flying or order.intent.purpose is Purpose.ENTRY
            for order in self._parts.ledger.open_orders()
        )

    def _all_protected(self) -> bool:
        ledger = self._parts.ledger
        held = {*ledger.positions, *(order.intent.symbol for order in ledger.open_orders())}
        return all(self._protector.is_settled(symbol) for symbol in held)

    # ------------------------------------------------------------------ reading

    def book(self) -> Book:
        """The gate's view, now."""
        return book_of(self._parts)

    def judged(self, intent: Intent, *, flat: bool = False) -> Judgement:
        """The gate's word on an intent, without effect; `flat`: as if nothing of the symbol were held."""
        return self._sender.judged(intent, flat=flat)

    def wished(self, intent: Intent, *, flat: bool = False) -> Judgement:
        """What the gate would let through if the agent were free to act, without effect."""
        return self._sender.wished(intent, flat=flat)

    @property
    def now(self) -> Instant:
        """Engine time."""
        return self._parts.clock.now()

    @property
    def reconciliation(self) -> Reconciliation:
        """How our books and the exchange stand to each other."""
        return standing(self._parts)

    @property
    def observed(self) -> ObservedFold:
        """What an agent that may not act would have done."""
        return self._parts.observed

    @property
    def questions(self) -> ApprovalFold:
        """What persons were asked and have answered."""
        return self._parts.approvals

    @property
    def wallet(self) -> Money | None:
        """Realised money of the account; None before the first comparison."""
        return self._parts.ledger.wallet

    def liquidation_price(self, symbol: Symbol) -> Price | None:
        """The exchange's word if it is about this quantity, else computed from the initial margin.

        To the tick towards the market: nobody may think it farther away than it is.
        """
        position = self._parts.ledger.held.get(symbol) or Position(symbol)
        report = self._parts.seen.report
        held = next((h for h in report.positions if h.symbol == symbol), None) if report else None
        instrument = self._parts.instruments.get(symbol)
        if held is not None and held.quantity == position.quantity:
            found = held.liquidation_price
        elif instrument is not None:
            leverage = self._parts.seen.leverage.get(symbol, 1)
            found = liquidation_price(instrument, position, abs(position.cost) / leverage)
        else:
            found = None
        if found is None or instrument is None or position.side is None:
            return found
        return instrument.round_stop(found, position.side)

    def stop_price(self, symbol: Symbol) -> Price | None:
        """Where the position's stop stands (or will, once its entry's fill is protected)."""
        wanted = self._parts.ledger.wanted(symbol)
        return wanted.stop_price if wanted else None

    def take_profit_price(self, symbol: Symbol) -> Price | None:
        """Where the position's take-profit stands."""
        wanted = self._parts.ledger.wanted(symbol)
        return wanted.take_profit_price if wanted else None

    # ------------------------------------------------------------------ acting

    async def enter(self, intent: Intent, *, tool: str) -> Sent:
        """Send an entry; an IOC is followed until it is final. Its protection follows its first fill by itself."""
        sent = await self._sender.send(intent, tool=tool)
        if sent.order is None or intent.time_in_force is not TimeInForce.IOC:
            return sent
        order = await self._hands.settle(sent.order, within=REQUEST_TIMEOUT)
        if order is not None and order.filled:
            await self._hands.until(lambda: self._protector.is_protected(intent.symbol), within=PROTECT_WITHIN)
        return Sent(sent.judgement, order)

    async def exit(self, wish: Exit) -> Sent | None:
        """Reduce or close; None when nothing is held. After a full close nothing conditional is left."""
        sent = await self._hands.close(wish)
        if self._parts.ledger.position(wish.symbol).is_flat:
            await self._protector.ensure(wish.symbol)
        return sent

    async def exit_at(self, intent: Intent, *, tool: str) -> Sent:
        """A reduce-only limit order."""
        return await self._sender.send(intent, tool=tool)

    async def move(self, purpose: Purpose, price: Price, *, tool: str, by: Exit) -> Moved:
        """Place the new stop or take-profit, read it back, then cancel the old one. `by` says for what and whom.

        Only the operator may loosen a stop.
        """
        symbol = by.symbol
        position = self._parts.ledger.position(symbol)
        if position.side is None:
            return Moved(f"nothing is held of {symbol}")
        intent = Intent(
            symbol=symbol,
            side=position.side.opposite,
            type=OrderType.STOP_MARKET if purpose is Purpose.STOP else OrderType.TAKE_PROFIT_MARKET,
            quantity=abs(position.quantity),
            stop_price=price,
            reduce_only=True,
            close_position=True,
            purpose=purpose,
            actor=by.actor,
            cycle=by.cycle,
            correlation=by.correlation,
        )
        return await self._protector.move(intent, tool=tool, may_loosen=by.actor is Actor.OPERATOR)

    async def cancel(self, order: Order) -> bool:
        """Cancel one order; True when it can no longer trade. What protects a position is not cancelled (False)."""
        if order.intent.type.is_conditional and not self._parts.ledger.position(order.intent.symbol).is_flat:
            return False
        return await self._hands.cancel(order)

    def order(self, order_id: ClientOrderId) -> Order | None:
        """One of our orders."""
        return self._parts.ledger.order(order_id)

    async def flatten(self, *, actor: Actor, correlation: str = "") -> Flattened:
        """Everything cancelled and closed, verified at the exchange."""
        return await self._flattener.flatten(actor=actor, correlation=correlation)

    async def adopt(self, wish: Adoption) -> Adopted:
        """What others hold becomes ours, with a stop."""
        return await self._adopter.adopt(wish)

    async def resume(self, reason: str, *, actor: Actor, answering: Halts, person: str = "") -> Resumed:
        """See StateKeeper.resume; also not while a position is unprotected."""
        if not self._all_protected():
            return Resumed("a position is not protected yet; wait until it is, or until it is closed")
        return await self.state.resume(reason, actor=actor, answering=answering, person=person)

    async def set_leverage(self, symbol: Symbol, leverage: int) -> str:
        """Set the symbol's leverage and compare; empty when done, else why not."""
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                outcome = await self._parts.exchange.set_leverage(symbol, leverage)
        except TimeoutError:
            outcome = Uncertain("no answer")
        except Exception as error:  # noqa: BLE001 - whatever a client raises, the setting may have changed
            outcome = Uncertain(f"the request ended in {type(error).__name__}")
        match outcome:
            case None:
                await self._reconciler.compare()
                return ""
            case Refused(code=code, text=text):
                return f"{code} {text}"
            case Uncertain(text=text):
                self._reconciler.doubt(f"leverage of {symbol}: {text}")
                return text
