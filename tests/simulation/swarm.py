"""The swarm: an agent, an operator and the weather act at random on one world; its rules are checked all the while."""

import os
import random
from collections import Counter
from decimal import Decimal

from tests.fakes.door import Door
from tests.fakes.trader_parts import BTC, ETH, NO_BREAKERS, Trader, World, shipped_policy
from tests.simulation.weather import CALM, WEATHERS, Weather
from tui_trader.core.order import OrderStatus, Purpose
from tui_trader.core.records import JsonValue, OrderChanged, OrderFilled, ToolCalled, ToolReturned
from tui_trader.core.words import Actor, Symbol, TradingState
from tui_trader.risk.policy import Policy

_CALM_AFTER = 60.0
"""Seconds of good weather after which nothing of a storm may be left undone."""
_NAKED_FOR = 20
"""Seconds without a stop in good weather: the time to protect, a look, and the close."""
_CLEARED_WITHIN = 5.0
"""Seconds until what stood for a closed position is gone."""
_SETTLES_IN = 200.0


class Swarm:
    """One world, many traders after each other. All chance comes from the seed."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._chance = random.Random(seed)
        self._weather = CALM
        self._calm_since = 0.0
        self._naked = Counter[Symbol]()
        self._door: Door | None = None
        self.crashes = 0
        self.trader: Trader | None = None

    # ------------------------------------------------------------------ the run

    async def run(self, hours: float) -> None:
        """Act until so many virtual hours have passed, then settle and look at everything once more."""
        self._world.step = self._step
        await self._start()
        until = self._world.loop.time() + hours * 3_600
        while self._world.loop.time() < until:
            await self._act()
            await self._pass(self._chance.choice([0.0, 0.0, 0.5, 2.0, 6.0, 20.0]))
            if self._chance.random() < 0.01:
                await self._settle()
        await self._settle()
        self._journal_is_sound()

    async def _start(self) -> None:
        script = self._weather.script(self._chance)
        self.trader = trader = await self._world.start(policy=_busy_policy(), script=script)
        if self._door is None:
            self._door = Door(trader, slack=Decimal("1.02"))
        self._door.trader = trader
        trader.exchange.door = self._door

    def _step(self, _: Symbol, price: Decimal) -> Decimal:
        jump = self._chance.gauss(0, 0.01 if self._chance.random() < 0.001 else 0.0002)
        return price * Decimal(round(1 + jump, 6))

    async def _pass(self, seconds: float) -> None:
        """Time passes, second by second, under the eyes of the rules."""
        left = seconds
        while left > 0:
            await self._world.clock.sleep(min(1.0, left))
            left -= 1.0
            self._nothing_is_naked()
            self._no_entry_rests_while_halted()

    # ------------------------------------------------------------------ what happens

    async def _act(self) -> None:
        trader, pick = self.trader, self._chance.choice
        assert trader is not None
        drawn = self._chance.random()
        symbol = pick([BTC, ETH])
        if trader.switch.state is not TradingState.ACTIVE and self._chance.random() < 0.2:
            self._spawn(trader, "resume", Actor.OPERATOR, reason="go on")
            return
        if drawn < 0.55:
            self._spawn(trader, "open_position", Actor.AGENT, **self._entry(symbol))
        elif drawn < 0.65:
            self._spawn(trader, "close_position", Actor.AGENT, symbol=symbol, reason="r")
        elif drawn < 0.75:
            self._spawn(trader, "set_stop", Actor.AGENT, symbol=symbol, stop_bps=pick([10, 50, 200]), reason="r")
        elif drawn < 0.80:
            self._spawn(trader, "reduce_position", Actor.OPERATOR, symbol=symbol, percent=pick([10, 50, 100]))
        elif drawn < 0.83:
            self._spawn(trader, "cancel_all", Actor.OPERATOR, symbol=None)
        elif drawn < 0.92:
            self._change_weather(pick(WEATHERS))
        elif drawn < 0.93:
            self._spawn(trader, *pick([("halt", Actor.OPERATOR), ("halt", Actor.AGENT)]), reason="r")
        elif drawn < 0.935:
            self._touch_halt()
        elif drawn < 0.96:
            self._spawn(trader, "resume", Actor.OPERATOR, reason="go on")
        elif drawn < 0.97:
            self._world.fund(pick(["0.0001", "-0.0003"]), symbol)
        elif drawn < 0.98:
            self._spawn(trader, "flatten", Actor.OPERATOR)
        elif drawn < 0.99:
            await self._restart(trader, cleanly=self._chance.random() < 0.3)
        else:
            await trader.desk.watch.mark_equity()

    def _touch_halt(self) -> None:
        """The file's time is the world's: one seed is one run however fast the machine is."""
        file, now = self._world.folder / "HALT", self._world.clock.now()
        file.touch()
        os.utime(file, ns=(now, now))

    def _spawn(self, trader: Trader, tool: str, caller: Actor, **arguments: JsonValue) -> None:
        """Nobody waits for the answer: calls overlap as they like."""
        trader.tasks.spawn(tool, trader.tools.call(tool, arguments, caller=caller))

    def _entry(self, symbol: Symbol) -> dict[str, JsonValue]:
        pick = self._chance.choice
        return {
            "symbol": symbol,
            "side": pick(["long", "short"]),
            "risk_bps": pick([500, 50, 10]),
            "entry": pick(["market", "limit"]),
            "limit_offset_bps": pick([0, 3, 30]),
            "stop_bps": pick([20, 50, 150]),
            "take_profit_bps": pick([150, 600]),
            "reason": "r",
        }

    def _change_weather(self, weather: Weather) -> None:
        assert self.trader is not None
        self._weather = weather
        self._calm_since = self._world.loop.time()
        self.trader.exchange.script = weather.script(self._chance)

    async def _restart(self, trader: Trader, *, cleanly: bool) -> None:
        if cleanly:
            await trader.desk.stop()
        self.crashes += 1
        assert trader.failures == []
        await trader.crash()
        await self._world.clock.sleep(self._chance.choice([0.0, 2.0, 120.0]))
        self._world.forget_news()
        await self._start()
        self._calm_since = self._world.loop.time()

    # ------------------------------------------------------------------ what must hold

    @property
    def _is_calm(self) -> bool:
        return self._weather is CALM and self._world.loop.time() - self._calm_since > _CALM_AFTER

    def _nothing_is_naked(self) -> None:
        for symbol in self._world.prices:
            covered = not self._is_calm or self._world.is_protected(symbol)
            self._naked[symbol] = 0 if covered else self._naked[symbol] + 1
            assert self._naked[symbol] <= _NAKED_FOR, f"{symbol} is naked"

    def _no_entry_rests_while_halted(self) -> None:
        trader = self.trader
        assert trader is not None
        since = trader.state.status.since
        if trader.state.current is not TradingState.HALTED or not self._is_calm or since is None:
            return
        if self._world.clock.now() - since > 15e9:
            assert trader.working(Purpose.ENTRY, BTC) + trader.working(Purpose.ENTRY, ETH) == []

    async def _settle(self) -> None:
        """Good weather for a while: then our books and the exchange's are the same, and all is protected."""
        self._change_weather(CALM)
        await self._pass(_SETTLES_IN)
        trader, paper = self.trader, self._world.paper
        assert trader is not None
        assert trader.failures == []
        # A stop may have closed a position in this very instant: what else stood for it goes within a moment.
        await trader.until(self._nothing_is_left_over, within=_CLEARED_WITHIN)
        for symbol in self._world.prices:
            assert trader.quantity(symbol) == self._world.held(symbol)
            assert self._world.is_protected(symbol)
            theirs = {order.client_order_id for order in self._world.orders(symbol)}
            ours = {order.client_order_id for order in trader.ledger.open_orders(symbol)}
            assert ours == theirs
        assert not any(order.status is OrderStatus.UNKNOWN for order in trader.ledger.open_orders())
        assert trader.ledger.wallet == paper._venue.state.balance.wallet

    def _nothing_is_left_over(self) -> bool:
        """Where nothing is held, no conditional order stands."""
        return all(self._world.held(symbol) or not self._world.conditional(symbol) for symbol in self._world.prices)

    def _journal_is_sound(self) -> None:
        records = self._world.log.records
        fills = [(r.fill.symbol, r.fill.trade_id) for r in records if isinstance(r, OrderFilled)]
        assert len(fills) == len(set(fills)), "a fill is booked once"
        changes = [(r.client_order_id, r.status) for r in records if isinstance(r, OrderChanged)]
        assert len(changes) == len(set(changes)), "news of an order is one row"
        called = sum(isinstance(record, ToolCalled) for record in records)
        returned = sum(isinstance(record, ToolReturned) for record in records)
        assert called - returned <= 1, "a call that runs has no result yet; all others have one"


def _busy_policy() -> Policy:
    """The shipped policy, except that neither a day nor a minute is soon used up."""
    policy = shipped_policy()
    pace = {**NO_BREAKERS, "max_entries_per_day": 10_000, "max_orders_per_minute": 60, "max_consecutive_failures": 12}
    return policy.model_copy(update={"risk": policy.risk.model_copy(update=pace)})
