"""The good day after the storm: within a bounded time everything is settled, protected, agreed on, and can go on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from tui_trader.core.money import ZERO
from tui_trader.core.order import OrderStatus
from tui_trader.core.words import Symbol, TradingState
from tui_trader.engine.commands import FlattenAll, Reply, Resume
from tui_trader.journal.verify import Broken, verify

if TYPE_CHECKING:
    from tests.simulation.engine_run import EngineRun
    from tests.simulation.world import World
    from tui_trader.engine.wiring import Assembly

_TRADES_ON = 20.0
"""Seconds of good weather in which the deciders go on."""
_LOOKS_EVERY = 10.0
_SETTLES_WITHIN = 150.0
"""Seconds of good weather: two comparisons, the longest pauses, the time to close what cannot be protected."""
_ANSWERS_WITHIN = 120
_RESUMES_WITHIN = 12


class Problem(NamedTuple):
    """What is not yet as it must be, and by which rule."""

    rule: str
    what: str


class Rest:
    """Liveness, and the books of both sides."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def come(self) -> None:
        """Everything comes to rest, goes on, is flattened and ends."""
        world = self._world
        world.disk.is_full = False
        run = await self._living()
        await world.pass_time(_TRADES_ON)
        world.is_hushed = True
        problems = await self._settled(run)
        if world.ended.is_set():
            return
        for rule, what in problems:
            self._broken(rule, what)
        if problems or run.built is None:
            return
        await self._resumes(run)
        await self._flattens(run)
        await self._ends(run)

    def _broken(self, rule: str, what: str) -> None:
        self._world.witness.broken(rule, what)

    async def _living(self) -> "EngineRun":
        """A process whose journal can be written: one that lost its own is restarted, as its sentence asks for."""
        world = self._world
        run = world.run
        if run is not None and run.life.alive and not run.task.done() and run.journal_has_failed:
            await world.stop_cleanly(run)
        if run is not None and (not run.life.alive or run.task.done()):
            await world.end_life("before the good day")
        world.disk.has_failed = False
        return world.run or world.begin_life()

    # ------------------------------------------------------------------ what must be so by then

    async def _settled(self, run: "EngineRun") -> list[Problem]:
        """Give it time until nothing is wrong any more; what still is when the time is up."""
        passed, problems = 0.0, [Problem("liveness", "the engine has not started")]
        while passed < _SETTLES_WITHIN and problems and not self._world.ended.is_set():
            await self._world.pass_time(_LOOKS_EVERY)
            passed += _LOOKS_EVERY
            if run.built is not None:
                problems = list(self._problems(run.built.assembly))
        return problems

    def _problems(self, assembly: "Assembly") -> Iterator[Problem]:
        """I4b: what was durable is in force, also after every crash; I5, rules 4 and 5: the books of both sides.

        I14: whatever the decider asked for, the limits are those of the file.
        """
        world, rows, ledger = self._world, self._world.witness.rows, assembly.ledger
        if assembly.policy.current.risk != world.policy.risk:
            yield Problem("I14", "the limits in force are not those of the prompt")
        if assembly.switch.state is not rows.state:
            yield Problem("I4b", f"{rows.state.value} is written, {assembly.switch.state.value} is in force")
        for symbol in world.side.symbols:
            yield from self._problems_of(symbol, assembly)
            if rows.positions.get(symbol, ZERO) != world.side.held(symbol):
                yield Problem("I5", f"the rows' fills of {symbol} sum to {rows.positions.get(symbol, ZERO)}")
        for order in ledger.open_orders():
            if order.status in (OrderStatus.UNKNOWN, OrderStatus.SENT, OrderStatus.INTENDED):
                yield Problem("I7", f"{order.client_order_id} is still {order.status.value}")
        for order_id in world.side.accepted:
            if rows.status.get(order_id) in (OrderStatus.NOT_SENT, OrderStatus.REJECTED):
                yield Problem("I7", f"{order_id} was taken, our books say {rows.status[order_id].value}")
        if ledger.wallet != world.side.wallet:
            yield Problem("I5", f"the wallet is {world.side.wallet}, our books say {ledger.wallet}")
        told = {(fill.symbol, str(fill.trade_id)) for fill in world.side.fills}
        untold = {(f.symbol, str(f.trade_id)) for f in world.side.fills if f.client_order_id in world.side.untold}
        booked = {(symbol, str(trade)) for symbol, trade in rows.fills}
        if (missing := told - untold - booked) and not rows.counts["adopted"]:
            yield Problem("I5", f"trades that were never booked: {sorted(missing)[:3]}")
        if invented := booked - told:
            yield Problem("I5", f"trades that never were: {sorted(invented)[:3]}")

    def _problems_of(self, symbol: Symbol, assembly: "Assembly") -> Iterator[Problem]:
        side, ledger, witness = self._world.side, assembly.ledger, self._world.witness
        held, shares = side.held(symbol), ledger.shares(symbol)
        if held != shares.held:
            yield Problem("I5", f"{symbol}: the exchange holds {held}, our books {shares.held}")
        foreign = {order.client_order_id for order in side.orders(symbol) if side.is_foreign(order.client_order_id)}
        counted = {order.client_order_id for order in assembly.desk.book().foreign_orders if order.symbol == symbol}
        if foreign != counted:
            yield Problem("foreign", f"{symbol}: others have open {sorted(foreign)}, counted are {sorted(counted)}")
        theirs = {order.client_order_id for order in side.orders(symbol)} - foreign
        known = {order.client_order_id for order in ledger.open_orders(symbol)}
        if theirs != known:
            yield Problem("I5", f"{symbol}: open there {sorted(theirs - known)}, open here {sorted(known - theirs)}")
        if shares.own and not witness.is_covered(symbol):
            yield Problem("I9", f"{symbol}: {shares.own} has no stop after the good day")
        ours = [order for order in side.orders(symbol) if not side.is_foreign(order.client_order_id)]
        if not shares.own and (left := [o.client_order_id for o in ours if o.type.is_conditional]):
            yield Problem("rule 5", f"{symbol} is flat and has conditional orders: {left}")
        resting = [o.client_order_id for o in ours if not o.only_reduces]
        if resting and witness.rows.state is not TradingState.ACTIVE:
            yield Problem("I4", f"{symbol}: entries rest while halted: {resting}")

    # ------------------------------------------------------------------ what must be possible

    async def _resumes(self, run: "EngineRun") -> None:
        said = "never asked"
        for _ in range(_RESUMES_WITHIN):
            if self._world.ended.is_set():
                return
            reply = await self._answer(run, Resume(reason="the storm is over"))
            if reply is None or reply.done:
                return
            said = reply.text
            await self._world.pass_time(10.0)
        self._broken("liveness", f"trading cannot be resumed: {said}")

    async def _flattens(self, run: "EngineRun") -> None:
        world = self._world
        if world.ended.is_set() or run.built is None:
            return
        run.built.assembly.switch.trip()
        world.witness.halt_asked()
        await world.pass_time(30.0)
        reply = await self._answer(run, FlattenAll())
        if reply is not None and not reply.done:
            self._broken("rule 6", f"a flatten on a good day fails: {reply.text}")
        for symbol in world.side.symbols:
            if world.side.held(symbol) or world.side.orders(symbol):
                self._broken("rule 6", f"{symbol} is not flat after a flatten")

    async def _answer(self, run: "EngineRun", command: Resume | FlattenAll) -> Reply | None:
        asked = run.ask(command)
        if asked is None:
            self._broken("liveness", "the engine takes no commands")
            return None
        for _ in range(_ANSWERS_WITHIN):
            if asked.done():
                return asked.result()
            await self._world.pass_time(1.0)
        self._broken("liveness", f"{command.command} is not answered within {_ANSWERS_WITHIN} s")
        return None

    async def _ends(self, run: "EngineRun") -> None:
        world = self._world
        if world.ended.is_set():
            return
        await world.stop_cleanly(run)
        if run.ended is None or not run.ended.is_settled:
            self._broken("rule 5", f"a clean end on a good day is not settled: {run.ended}")
        if left := [task.get_name() for task in run.life.tasks]:
            self._broken("I12", f"tasks outlive their process: {left}")
        if calls := dict(world.witness.rows.open_calls):
            self._broken("I6", f"calls without a result: {calls}")
        await world.end_life("cleanly")
        match verify(world.home.journal):
            case Broken() as broken:
                self._broken("I6", f"the journal does not verify: {broken}")
            case verified if verified.head.hash != world.witness.rows.head:
                self._broken("I6", "the journal's head is not the last row that was acknowledged")
            case _:
                pass
