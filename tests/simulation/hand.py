"""The operator's hand: commands at random moments, the HALT file too; it resumes, since else nothing would happen."""

import asyncio
import random
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.simulation.focus import Focus
from tui_trader.core.words import TradingState
from tui_trader.engine.commands import (
    AskStatus,
    Cancel,
    Command,
    DecideNow,
    FlattenAll,
    Halt,
    MoveStop,
    PlaceOrder,
    Reduce,
    Resume,
)

if TYPE_CHECKING:
    from tests.simulation.engine_run import EngineRun
    from tests.simulation.world import World

D = Decimal
_WEIGHTS = {
    "status": 1,
    "halt": 2,
    "halt and flatten": 1,
    "resume": 3,
    "flatten": 1,
    "order": 5,
    "orders at once": 3,
    "reduce-only order": 2,
    "cancel": 2,
    "cancel all": 1,
    "reduce": 3,
    "stop": 4,
    "decide": 2,
    "touch HALT": 1,
    "halt and resume": 1,
}
_ONLY_IN_FOCUS = {"order, then halt": 3}
"""What no seed draws by itself; else every seed would draw otherwise."""


class Hand:
    """Acts `rate` times a second, in the mean; a halted trader is resumed after a while."""

    def __init__(self, world: "World", chance: random.Random, focus: Focus | None = None) -> None:
        self._world = world
        self._chance = chance
        self._rate = chance.choice([0.0, 0.02, 0.1, 0.3])
        self._patience = chance.choice([2.0, 10.0, 40.0])
        names = sorted(_WEIGHTS)
        self._mix = {name: _WEIGHTS[name] for name in names if chance.random() < 0.6} or {"status": 1}
        if focus is not None:
            self._rate, self._patience = focus.rate, focus.patience
            self._mix = {name: (_WEIGHTS | _ONLY_IN_FOCUS)[name] for name in focus.actions or ("status",)}
        self._halted_for = 0.0

    def act(self, run: "EngineRun", seconds: float) -> None:
        """So much time has passed."""
        if run.built is None:
            return
        assembly = run.built.assembly
        waits = any(breaker.needs_a_person for breaker in assembly.meters.breakers.board.values())
        halted = waits or assembly.switch.state is not TradingState.ACTIVE
        self._halted_for = self._halted_for + seconds if halted else 0.0
        if self._halted_for > self._patience:
            self._halted_for = 0.0
            run.ask(Resume(reason="go on"))
        if self._chance.random() < self._rate * seconds:
            self._do(self._chance.choices(list(self._mix), weights=list(self._mix.values()))[0], run)

    def _do(self, what: str, run: "EngineRun") -> None:
        self._world.note(f"the operator: {what}")
        if what == "touch HALT":
            self._world.touch_halt()
            return
        loop, after = asyncio.get_running_loop(), 0.0
        for command in self._commands(what):
            loop.call_later(after, run.ask, command)
            after = 0.0 if what == "orders at once" else self._chance.uniform(0.0, 0.15)

    def _commands(self, what: str) -> tuple[Command, ...]:
        symbol = self._chance.choice(self._world.side.symbols)
        match what:
            case "halt":
                return (Halt(reason="by hand"),)
            case "halt and flatten":
                return (Halt(reason="by hand", flatten=True),)
            case "resume":
                return (Resume(reason="by hand"),)
            case "halt and resume":
                both: list[Command] = [Halt(reason="by hand"), Resume(reason="by hand")]
                self._chance.shuffle(both)
                return tuple(both)
            case "flatten":
                return (FlattenAll(),)
            case "order":
                return (self._order(symbol, reduce_only=False),)
            case "order, then halt":
                return (self._order(symbol, reduce_only=False), Halt(reason="by hand"))
            case "orders at once":
                return tuple(self._order(symbol, reduce_only=False) for _ in range(3))
            case "reduce-only order":
                return (self._order(symbol, reduce_only=True),)
            case "cancel":
                orders = self._world.side.orders(symbol)
                return (Cancel(client_order_id=self._chance.choice(orders).client_order_id),) if orders else ()
            case "cancel all":
                return (Cancel(),)
            case "reduce":
                return (Reduce(symbol=symbol, percent=self._chance.choice([1, 33, 100])),)
            case "stop":
                return (MoveStop(symbol=symbol, price=self._near(symbol, self._chance.uniform(-0.03, 0.03))),)
            case "decide":
                return (DecideNow(),)
            case _:
                return (AskStatus(),)

    def _order(self, symbol: str, *, reduce_only: bool) -> PlaceOrder:
        price = self._near(symbol, 0)
        side = self._chance.choice(["BUY", "SELL"])
        sign = 1 if side == "BUY" else -1
        worth = D(self._chance.choice([120, 900, 4_000]))
        return PlaceOrder(
            symbol=symbol,
            side="BUY" if side == "BUY" else "SELL",
            quantity=round(worth / price, 3),
            limit=self._near(symbol, self._chance.uniform(-0.004, 0.004)) if self._chance.random() < 0.5 else None,
            stop=None if reduce_only else self._near(symbol, -sign * self._chance.choice([0.003, 0.01])),
            take_profit=None if reduce_only else self._near(symbol, sign * 0.04),
            reduce_only=reduce_only,
        )

    def _near(self, symbol: str, distance: float) -> Decimal:
        """A price so far from the market, in ticks."""
        book = next(self._world.side.book(s) for s in self._world.side.symbols if s == symbol)
        return book.instrument.tick * round(book.mark_price() * D(str(round(1 + distance, 6))) / book.instrument.tick)
