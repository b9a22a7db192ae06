"""One run of the whole engine in the simulated world: the program's own wiring, from the journal to the operator."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from langgraph.checkpoint.memory import InMemorySaver

from tests.simulation.deciders import KINDS, Hushed, decider_of
from tests.simulation.disk import FaultyStore, LifesEmergencyLog, on_this_disk
from tests.simulation.lives import Life
from tests.simulation.market import LineFeed
from tests.simulation.wire import Wire
from tui_trader.core.chance import Chance
from tui_trader.engine.commands import Command, FlattenAll, Halt, Reply, Resume
from tui_trader.engine.knowledge import Knowledge
from tui_trader.engine.mailbox import Mailbox
from tui_trader.engine.plan import plan_of
from tui_trader.engine.running import Built, Surroundings, trader_of
from tui_trader.engine.trader import Ended
from tui_trader.journal.codec import verbatim
from tui_trader.journal.ports import JournalUnwritable
from tui_trader.journal.recall import recall
from tui_trader.journal.writer import JournalWriter, open_journal

if TYPE_CHECKING:
    from tests.simulation.world import World


@dataclass
class _Opened:
    """What of the disk this process holds open."""

    journal: JournalWriter
    store: FaultyStore


class EngineRun:
    """A process with an engine in it: started, asked, and ended cleanly or not."""

    def __init__(self, world: "World", number: int) -> None:
        self.life = Life(number)
        self.built: Built | None = None
        self.ended: Ended | None = None
        self._world = world
        self._chance = random.Random(f"{world.seed}:life:{number}")
        self._opened: _Opened | None = None
        self.task = self.life.spawn(self._run(), f"engine {number}")

    # ------------------------------------------------------------------ the process

    async def _run(self) -> None:
        try:
            await self._lived()
        except JournalUnwritable:
            if not self._world.disk.has_failed:
                raise

    async def _lived(self) -> None:
        world, life = self._world, self.life
        options = world.options()
        knowledge = Knowledge()
        world.witness.rows.begin_reading()
        tip = recall(options.home.journal, world.witness.rows, knowledge)
        world.witness.rows.has_been_read()
        world.witness.journal_read()
        plan = replace(plan_of(options, knowledge), epoch=world.clock.now())
        chance = Chance(world.seed)
        if world.disk.is_full:
            raise JournalUnwritable("the disk is full")
        journal = await open_journal(
            options.home.journal,
            world.clock,
            chance,
            threaded=False,
            redact=verbatim,
            recalled=tip,
            folds=(world.witness.rows, knowledge),
        )
        store = on_this_disk(journal, world.disk, life, self._chance, lambda: world.faults)
        self._opened = _Opened(journal, store)
        wire = Wire(
            world.side,
            life,
            self._chance,
            lambda: world.faults,
            leaving=world.leaving,
            cancelling=world.witness.cancelling,
        )
        feed = LineFeed(world.market, plan.instruments, plan.market_start)
        world.side.wire, world.market.feed = wire, feed
        drawn = self._chance.choice(KINDS)
        kind = world.decider or drawn
        decider = decider_of(kind, self._chance, tuple(plan.instruments), self._decide_now)
        around = Surroundings(
            clock=world.clock,
            journal=journal,
            emergency=LifesEmergencyLog(options.home, world.clock, chance, life, world.witness.line_kept),
            exchange=wire,
            feed=feed,
            knowledge=knowledge,
            saver=InMemorySaver(),
            mailbox=Mailbox(),
            decider=Hushed(decider, lambda: world.is_hushed),
        )
        world.note(f"life {life.number} begins, decided by {kind}")
        built = trader_of(plan, around, sink=None)
        self.built = built
        journal.when_unwritable(built.trader.journal_lost)
        try:
            self.ended = await built.trader.run(None)
        finally:
            if life.alive:
                with suppress(JournalUnwritable):
                    await journal.close()

    def _decide_now(self) -> None:
        if self.built is not None:
            self.built.trader.schedule.decide_now()

    # ------------------------------------------------------------------ what others do with it

    @property
    def journal_has_failed(self) -> bool:
        """Whether it can write no more."""
        return self._opened is not None and self._opened.journal.failed is not None

    def ask(self, command: Command) -> "asyncio.Task[Reply] | None":
        """Hand a command over as the program's thread does; None while the engine is not built."""
        if self.built is None or not self.life.alive or self.task.done():
            return None
        if isinstance(command, Halt):
            self.built.assembly.switch.trip(announced=True)
            self._world.witness.halt_asked()
        return self.life.spawn(self._carried_out(command), f"command {command.command}")

    async def _carried_out(self, command: Command) -> Reply:
        """A resume answers the halts of the moment at which the loop takes it up, which the shuffle chooses."""
        assert self.built is not None
        witness = self._world.witness
        asked = witness.resume_asked() if isinstance(command, Resume) else 0
        flattens = isinstance(command, FlattenAll) or (isinstance(command, Halt) and command.flatten)
        witness.beside.flattening += flattens
        try:
            return await self.built.trader.operator.carry_out(command)
        finally:
            witness.resume_answered(asked)
            witness.beside.flattening -= flattens

    def stop(self, reason: str) -> None:
        """As a signal does."""
        if self.built is not None:
            self.built.trader.stop(reason)

    async def bury(self) -> tuple[asyncio.Task[object], ...]:
        """After a crash: nothing is left of the process; the tasks that would not end are returned."""
        self.life.kill()
        left = await self.life.buried()
        if self._opened is not None:
            self._opened.store.let_go()
        return left
