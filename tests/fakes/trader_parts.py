"""A trader without engine and agent, in virtual time: real desk, gate, tools, paper exchange; a market by hand."""

import asyncio
import functools
import inspect
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ParamSpec, TypeVar

from tests.fakes.exchange import FaultyExchange, Script
from tests.fakes.memory_journal import Log, MemoryJournal
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Instant, LoopClock, PacedLoop, from_text, later
from tui_trader.core.instrument_table import instrument
from tui_trader.core.margin import FeeRates
from tui_trader.core.market import FundingSettled, MarketEvent, MarkPrice, Quote
from tui_trader.core.money import nearest_to
from tui_trader.core.order import Intent, Order, OrderType, Protection, Purpose, TimeInForce
from tui_trader.core.records import JsonValue
from tui_trader.core.words import Actor, Side, Symbol
from tui_trader.desk.account import AccountSeen
from tui_trader.desk.desk import Desk
from tui_trader.desk.ledger import Ledger
from tui_trader.desk.parts import Parts, TaskKeeper
from tui_trader.desk.switch import HaltSwitch
from tui_trader.desk.trips import TripFold
from tui_trader.exchange.paper import PaperExchange
from tui_trader.exchange.paper.news import News
from tui_trader.exchange.ports import OrderReport
from tui_trader.journal.codec import verbatim
from tui_trader.journal.emergency import EmergencyLog, import_emergencies
from tui_trader.market.state import MarketState
from tui_trader.risk.approvals import ApprovalFold
from tui_trader.risk.book import MarketView
from tui_trader.risk.breakers import Breakers
from tui_trader.risk.front_matter import read_prompt
from tui_trader.risk.meters import LossMeters
from tui_trader.risk.observed import ObservedFold
from tui_trader.risk.policy import Policy
from tui_trader.risk.trading_state import StateFold
from tui_trader.tools.box import ToolLayer
from tui_trader.tools.calls import CallLog
from tui_trader.tools.catalogue import all_tools
from tui_trader.tools.memory import MemoryFold
from tui_trader.tools.ports import ToolAnswer
from tui_trader.tools.readings import LiveReadings

P = ParamSpec("P")
R = TypeVar("R")
D = Decimal

BTC = Symbol("BTCUSDT")
ETH = Symbol("ETHUSDT")
MORNING = from_text("2025-05-05T08:00:00Z")
PROMPT = Path(__file__).parents[2] / "prompts" / "trader.md"
FIRST_PRICES = {BTC: D(94_000), ETH: D(1_800)}


NO_BREAKERS: dict[str, object] = {
    "max_identical_orders": 1_000_000,
    "max_cancels_per_minute": 1_000_000,
    "max_unknown_outcomes": 1_000_000,
    "max_slipped_orders": 1_000_000,
    "max_error_rate_pct": D(100),
}
"""For tests that a breaker would only end before their time."""


@functools.cache
def shipped_policy() -> Policy:
    """The policy of the prompt that the program ships, without the pauses that keep an agent from trading at once."""
    policy = read_prompt(PROMPT.read_text(), file="trader.md").policy
    return policy.model_copy(update={"risk": policy.risk.model_copy(update={"entry_spacing": 0.0})})


def virtual_loop(shuffle_seed: int | None = None) -> PacedLoop:
    """A loop in which time jumps; with a seed, ready tasks run in a random order."""
    return PacedLoop(math.inf, deadlock_is_error=True, shuffle_seed=shuffle_seed)


def virtual(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run the test in virtual time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=virtual_loop) as runner:
            runner.run(test(*args, **kwargs))

    run.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]  # pytest reads the fixtures from it
    del run.__wrapped__  # else pytest takes it for a coroutine
    return run


@dataclass
class PolicyHolder:
    """The policy in force."""

    current: Policy


@dataclass
class _Prices:
    market: MarketState

    def of(self, symbol: Symbol) -> MarketView:
        view = self.market.view(symbol)
        return MarketView(bid=view.bid, ask=view.ask, mark=view.mark, quote_age=view.quote_age, mark_age=view.mark_age)


@dataclass
class Trader:
    """One run of the program's inner half."""

    world: "World"
    journal: MemoryJournal
    exchange: FaultyExchange
    emergency: EmergencyLog
    ledger: Ledger
    state: StateFold
    meters: LossMeters
    switch: HaltSwitch
    seen: AccountSeen
    market: MarketState
    policy: PolicyHolder
    tasks: TaskKeeper
    desk: Desk
    tools: ToolLayer
    readings: LiveReadings
    failures: list[tuple[str, BaseException]] = field(default_factory=list)

    @property
    def script(self) -> Script:
        """What goes wrong at the exchange."""
        return self.exchange.script

    # ------------------------------------------------------------------ what a caller does

    async def agent(self, tool: str, **arguments: JsonValue) -> ToolAnswer:
        """A call of the agent; `reason` is filled in."""
        return await self.tools.call(tool, {"reason": "test", **arguments}, caller=Actor.AGENT, cycle=1)

    async def operator(self, tool: str, **arguments: JsonValue) -> ToolAnswer:
        """A call of the operator."""
        return await self.tools.call(tool, arguments, caller=Actor.OPERATOR)

    async def open(self, symbol: Symbol = BTC, side: str = "long", **changes: JsonValue) -> ToolAnswer:
        """A modest entry by the agent, at the market."""
        return await self.agent("open_position", **{**OPEN, "symbol": symbol, "side": side, **changes})

    async def opened(self, symbol: Symbol = BTC, side: str = "long", **changes: JsonValue) -> Order:
        """A position that stands and is protected; the answer is its entry."""
        answer = await self.open(symbol, side, **changes)
        assert answer.is_ok, answer
        assert self.quantity(symbol) != 0
        assert self.world.is_protected(symbol)
        await self.wait(0.5)
        assert len(self.world.conditional(symbol)) == 2
        order = self.desk.order(self.exchange.submitted_entries()[-1].client_order_id)
        assert order is not None
        return order

    # ------------------------------------------------------------------ what can be seen

    def quantity(self, symbol: Symbol = BTC) -> Decimal:
        """What our books hold."""
        return self.ledger.position(symbol).quantity

    def working(self, purpose: Purpose, symbol: Symbol = BTC) -> list[Order]:
        """Our open orders of one purpose."""
        return [order for order in self.ledger.open_orders(symbol) if order.intent.purpose is purpose]

    def records(self, kind: type[R]) -> list[R]:
        """The journal's records of one kind."""
        return [record for record in self.journal.log.records if isinstance(record, kind)]

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await self.world.clock.sleep(seconds)

    async def until(self, holds: Callable[[], bool], within: float = 30.0) -> float:
        """Wait until it holds and return the seconds that took; fails if it does not in time."""
        began = self.world.loop.time()
        while not holds():
            took = self.world.loop.time() - began
            assert took <= within, f"not within {within} s"
            await self.wait(0.05)
        return self.world.loop.time() - began

    async def crash(self) -> None:
        """kill -9: nothing is finished, nothing is written any more."""
        self.journal.die()
        self.tasks.cancel()
        for call in self.tools._running:
            call.cancel()
        await asyncio.sleep(0)
        self.world.trader = None
        self.world.forget_news()


OPEN: dict[str, JsonValue] = {
    "symbol": BTC,
    "side": "long",
    "risk_bps": 5,
    "entry": "market",
    "limit_offset_bps": 0,
    "stop_bps": 100,
    "take_profit_bps": 300,
}


class World:
    """What goes on while traders come and go: time, the market, the exchange, and the disk."""

    def __init__(self, folder: Path, *, symbols: tuple[Symbol, ...] = (BTC, ETH), start: Instant = MORNING) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacedLoop)
        self.loop = loop
        self.folder = folder
        self.clock = LoopClock(loop, start)
        self.instruments = {symbol: found for symbol in symbols if (found := instrument(symbol)) is not None}
        self.paper = PaperExchange.open(None, self.instruments, self.clock, leverage=3)
        self.log = Log()
        self.trader: Trader | None = None
        self.prices = {symbol: FIRST_PRICES[symbol] for symbol in symbols}
        self.step: Callable[[Symbol, Decimal], Decimal] = lambda _, price: price
        """The price of the next second."""
        self.is_quiet = False
        """Whether the market says nothing: every price grows stale, and nothing trades."""
        self.size = D(1_000)
        """How much stands at the touch."""
        self._market: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The market opens."""
        self.tick()
        self._market = self.loop.create_task(self._keep_ticking())

    async def end(self) -> None:
        """The market closes."""
        if self._market is not None:
            self._market.cancel()
        await self.paper.close()

    async def _keep_ticking(self) -> None:
        while True:
            await self.clock.sleep(1.0)
            if not self.is_quiet:
                for symbol in self.prices:
                    self.prices[symbol] = self.step(symbol, self.prices[symbol])
                self.tick()

    def tick(self, *symbols: Symbol) -> None:
        """Mark and quote of this instant."""
        for symbol in symbols or tuple(self.prices):
            price, tick = self.prices[symbol], self.instruments[symbol].tick
            bid = nearest_to(price, tick)
            now = self.clock.now()
            self.tell(MarkPrice(symbol, now, price, D("0.0001"), later(now, 3_600)))
            self.tell(Quote(symbol, now, bid, self.size, bid + tick, self.size))

    def go_to(self, price: str | Decimal, symbol: Symbol = BTC) -> None:
        """The price from the next second on."""
        self.prices[symbol] = D(price)

    def fund(self, rate: str, symbol: Symbol = BTC) -> None:
        """Funding is settled now."""
        self.tell(FundingSettled(symbol, self.clock.now(), D(rate), self.prices[symbol]))

    def tell(self, event: MarketEvent) -> None:
        """The exchange hears it first, as in the engine."""
        self.paper.on_market(event)
        if self.trader is not None:
            self.trader.market.apply(event)

    # ------------------------------------------------------------------ the exchange's own truth

    def held(self, symbol: Symbol = BTC) -> Decimal:
        """What the exchange holds for us."""
        return self.paper._venue.state.books[symbol].position.quantity

    def orders(self, symbol: Symbol = BTC) -> list[OrderReport]:
        """What is open at the exchange."""
        return [order.report() for order in self.paper._venue.state.books[symbol].open_orders()]

    def conditional(self, symbol: Symbol = BTC) -> list[OrderReport]:
        """The stops and take-profits that are open at the exchange."""
        return [order for order in self.orders(symbol) if order.type.is_conditional]

    def stops(self, symbol: Symbol = BTC) -> list[Decimal]:
        """The trigger prices of the stops that would close all of what is held."""
        side = Side.SELL if self.held(symbol) > 0 else Side.BUY
        return [
            order.stop_price
            for order in self.orders(symbol)
            if order.type is OrderType.STOP_MARKET
            and order.close_position
            and order.side is side
            and order.stop_price is not None
        ]

    def is_protected(self, symbol: Symbol = BTC) -> bool:
        """Flat, or with a stop at the exchange; a stop that has triggered is on its way."""
        is_closing = any(order.reduce_only and not order.type.is_conditional for order in self.orders(symbol))
        return self.held(symbol) == 0 or bool(self.stops(symbol)) or is_closing

    def forget_news(self) -> None:
        """What the exchange told while nobody listened is told to nobody."""
        self.paper._news = News()

    # ------------------------------------------------------------------ traders

    async def start(self, *, policy: Policy | None = None, script: Script | None = None) -> Trader:
        """A trader in the folder, as the engine starts one."""
        trader = self._assembled(policy or shipped_policy(), script or Script())
        self.trader = trader
        self.tick()
        await import_emergencies(trader.emergency, trader.journal)
        await trader.tools.close_interrupted()
        await trader.desk.start()
        return trader

    def _assembled(self, policy: Policy, script: Script) -> Trader:
        journal = MemoryJournal(self.log, self.clock)
        exchange = FaultyExchange(self.paper, self.clock, script)
        emergency = EmergencyLog(self.folder / "emergency.jsonl", self.clock, Chance(7), redact=verbatim)
        ledger, state, meters = Ledger(), StateFold(), LossMeters()
        approvals, observed = ApprovalFold(), ObservedFold()
        market, holder, seen = MarketState(self.clock), PolicyHolder(policy), AccountSeen()
        switch = HaltSwitch(state, self.folder / "HALT")
        failures: list[tuple[str, BaseException]] = []
        tasks = TaskKeeper(lambda name, error: failures.append((name, error)))
        desk = Desk(
            Parts(
                exchange=exchange,
                journal=journal,
                clock=self.clock,
                ledger=ledger,
                state=state,
                meters=meters,
                approvals=approvals,
                observed=observed,
                breakers=Breakers(journal, meters.breakers, lambda: holder.current.risk.max_consecutive_failures),
                switch=switch,
                seen=seen,
                emergency=emergency,
                prices=_Prices(market),
                policy=holder,
                instruments=self.instruments,
                fees=FeeRates(),
                tasks=tasks,
            )
        )
        readings = LiveReadings(desk, market, holder, state, MemoryFold(TripFold(), observed, FeeRates()))
        calls = CallLog()
        tools = ToolLayer(
            all_tools(desk, readings, holder),
            journal=journal,
            calls=calls,
            emergency=emergency,
            symbols=tuple(self.instruments),
        )
        for fold in (ledger, state, meters, approvals, observed, calls):
            journal.attach(fold)
        return Trader(
            world=self,
            journal=journal,
            exchange=exchange,
            emergency=emergency,
            ledger=ledger,
            state=state,
            meters=meters,
            switch=switch,
            seen=seen,
            market=market,
            policy=holder,
            tasks=tasks,
            desk=desk,
            tools=tools,
            readings=readings,
            failures=failures,
        )


@asynccontextmanager
async def world_of(*symbols: Symbol) -> AsyncIterator[World]:
    """A world with an open market, in a folder of its own."""
    with TemporaryDirectory() as folder:
        world = World(Path(folder), symbols=symbols or (BTC, ETH))
        world.begin()
        try:
            yield world
        finally:
            await world.end()


@asynccontextmanager
async def trading(*, policy: Policy | None = None, script: Script | None = None) -> AsyncIterator[Trader]:
    """A trader that has started; at the end none of its tasks may have failed."""
    async with world_of() as world:
        trader = await world.start(policy=policy, script=script)
        yield trader
        assert trader.failures == []
        trader.tasks.cancel()


def entry(
    symbol: Symbol = BTC,
    side: Side = Side.BUY,
    quantity: str | Decimal = "0.01",
    price: str | Decimal = "94000",
    *,
    stop: str | Decimal = "93000",
    take_profit: str | Decimal | None = "97000",
    time_in_force: TimeInForce = TimeInForce.GTC,
    actor: Actor = Actor.AGENT,
) -> Intent:
    """An entry as a tool would make it."""
    return Intent(
        symbol=symbol,
        side=side,
        type=OrderType.LIMIT,
        quantity=D(quantity),
        price=D(price),
        time_in_force=time_in_force,
        purpose=Purpose.ENTRY,
        protection=Protection(stop_price=D(stop), take_profit_price=None if take_profit is None else D(take_profit)),
        actor=actor,
    )
