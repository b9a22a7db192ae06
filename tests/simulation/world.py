"""The world of one seed: chaos for some virtual minutes, then a good day in which everything must come to rest."""

import asyncio
import logging
import os
import random
import traceback
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.simulation.disk import Disk
from tests.simulation.engine_run import EngineRun
from tests.simulation.exchange_side import ExchangeSide
from tests.simulation.faults import CALM, Faults
from tests.simulation.focus import Focus
from tests.simulation.hand import Hand
from tests.simulation.lives import SimulatedLoop
from tests.simulation.market import Market
from tests.simulation.policy import LOOSE, prompt_text, tightened
from tests.simulation.rest import Rest
from tests.simulation.stranger import Stranger
from tests.simulation.telling import Leaving, told
from tests.simulation.witness import Witness
from tui_trader.core.clock import LoopClock
from tui_trader.core.instrument_table import instrument
from tui_trader.core.order import Fill, Intent
from tui_trader.core.words import ClientOrderId, Mode, Symbol
from tui_trader.engine.home import Home
from tui_trader.engine.options import RunOptions
from tui_trader.engine.settings import Settings
from tui_trader.exchange.paper import PaperExchange
from tui_trader.exchange.ports import OrderReport
from tui_trader.market.synthetic import SEEDED_START
from tui_trader.risk.front_matter import read_prompt

SYMBOLS = (Symbol("BTCUSDT"), Symbol("ETHUSDT"))
_REMEMBERED = 80
"""Events that a failing seed prints."""
_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Outcome:
    """What one seed came to."""

    seed: int
    violations: tuple[str, ...]
    events: tuple[str, ...]
    faults: tuple[str, ...]
    counts: Counter[str] = field(default_factory=Counter)
    hours: float = 0.0
    head: str = ""
    """The hash of the journal's last row: equal seeds, equal heads."""


class DiskThatFails(Disk):
    """Remembers that it failed, so that a run that ended for it is no surprise."""

    def __init__(self) -> None:
        super().__init__()
        self.has_failed = False


class World:
    """Everything outside the process, and the processes one after the other."""

    def __init__(self, seed: int, folder: Path, loop: SimulatedLoop, focus: Focus | None = None) -> None:
        self.seed = seed
        self.loop = loop
        self.clock = LoopClock(loop, SEEDED_START)
        self.home = Home(folder)
        self.disk = DiskThatFails()
        self.chance = random.Random(f"{seed}:world")
        drawn = replace(Faults.drawn(self.chance), stranger=_stranger_of(seed))
        self.storm = drawn if focus is None else focus.storm
        self.faults = CALM
        self.counts: Counter[str] = Counter()
        self._events: deque[tuple[float, object]] = deque(maxlen=_REMEMBERED)
        self.ended = asyncio.Event()
        self._prompt = folder / "simulated.md"
        breakers = tightened(random.Random(f"{seed}:breakers")) if focus is None else {**LOOSE, **focus.limits}
        self._prompt.write_text(prompt_text(self.chance, breakers))
        self.policy = read_prompt(self._prompt.read_text(), file="simulated.md").policy
        instruments = {symbol: found for symbol in SYMBOLS if (found := instrument(symbol)) is not None}
        self.decider = focus.decider if focus is not None else None
        # Where the setting is wrong at first, nothing opens until a request to change it has come through.
        leverage = self.chance.choice([1, 1, 20])
        if focus is not None and focus.leverage is not None:
            leverage = focus.leverage
        paper = PaperExchange.open(None, instruments, self.clock, leverage=leverage)
        self.side = ExchangeSide(paper, random.Random(f"{seed}:outside"))
        self.side.on_event = self._saw
        self._stranger = Stranger(self.side, random.Random(f"{seed}:stranger"), self.note)
        self.market = Market(
            instruments,
            self.clock,
            random.Random(f"{seed}:market"),
            every=self.chance.choice([1.0, 2.0, 3.0]),
            tell_exchange=self.side.on_market,
        )
        self.witness = Witness(
            self.side,
            self.market,
            self.clock,
            self.home,
            self.policy.risk,
            on_fault=self.ended.set,
            note=self.note,
            storm=self.storm,
        )
        self.run: EngineRun | None = None
        self._hand = Hand(self, random.Random(f"{seed}:hand"), focus)
        self.is_hushed = False
        """Whether deciders want nothing any more."""
        self._lives = 0
        self._halt_file_since: float | None = None

    def options(self) -> RunOptions:
        """As a person would start the engine in this home."""
        return RunOptions(
            home=self.home,
            settings=Settings.model_construct(),
            mode=Mode.PAPER,
            feed="synthetic",
            symbols=(),
            prompt=str(self._prompt),
            decider="rules",
            seed=self.seed,
            speed=float("inf"),
        )

    # ------------------------------------------------------------------ what is remembered

    def note(self, event: object) -> None:
        """Something that a reader of a failing seed wants to know."""
        self._events.append((self.loop.time(), event))

    def _saw(self, event: OrderReport | Fill) -> None:
        self.note(event)

    def leaving(self, order_id: ClientOrderId, intent: Intent) -> None:
        """An order leaves."""
        self.note(Leaving(order_id, intent))
        self.witness.leaving(order_id, intent)

    def events(self) -> tuple[str, ...]:
        """The last of them, oldest first."""
        return tuple(f"{time:10.3f}  {told(event)}" for time, event in self._events)

    # ------------------------------------------------------------------ lives

    def begin_life(self) -> EngineRun:
        """The process starts."""
        self._lives += 1
        self.run = EngineRun(self, self._lives)
        return self.run

    async def end_life(self, why: str) -> None:
        """Whatever is left of the process goes; nothing of it acts any more."""
        run = self.run
        if run is None:
            return
        self.note(f"life {run.life.number} ends: {why}")
        self.side.wire = self.market.feed = None
        self.loop.no_appointment()
        is_over = run.task.done()
        left = await run.bury()
        self.run = None
        self.witness.life_ended()
        if is_over and (failure := _failure_of(run)) is not None:
            self.witness.broken("I12", f"the engine failed: {failure!r}")
        if left:
            self.witness.broken("I12", f"tasks that do not end: {[task.get_name() for task in left]}")
        if is_over and run.ended is not None and run.ended.failure is not None:
            self.witness.broken("I12", f"the run ended before its time: {run.ended.failure!r}")

    def touch_halt(self) -> None:
        """Somebody touches HALT in a shell; the file's time is the world's, however fast the machine is."""
        now = self.clock.now()
        self.home.halt_file.touch()
        os.utime(self.home.halt_file, ns=(now, now))
        self.witness.halt_asked()

    # ------------------------------------------------------------------ the course of time

    async def play(self, seconds: float) -> None:
        """Chaos, then rest."""
        tasks = [
            self.side.spawn(self.side.run(), "exchange news"),
            self.side.spawn(self.market.run(), "market"),
        ]
        await self.clock.sleep(0.1)
        self.begin_life()
        self.faults = self.market.faults = self.storm
        until = self.loop.time() + seconds
        while self.loop.time() < until and not self.ended.is_set():
            await self._second()
        self.faults = self.market.faults = CALM
        self.loop.no_appointment()
        self.note("faults off")
        if not self.ended.is_set():
            await Rest(self).come()
        if self.run is not None:
            await self.end_life("the world ends")
        for task in tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                self.witness.broken("simulation", "".join(traceback.format_exception(task.exception())))
        self.side.close()
        await self.side.paper.close()

    async def _second(self) -> None:
        run, chance, faults = self.run, self.chance, self.faults
        if run is None:
            await self._pass(chance.choice([0.0, 0.3, 2.0, 20.0, 90.0]))
            self.begin_life()
        elif run.task.done() or not run.life.alive:
            why = "crashed" if not run.life.alive else "ended by itself"
            self.counts["crashes"] += not run.life.alive
            await self.end_life(why)
        else:
            await self._provoke(run)
            await self._pass(1.0)
            self._hand.act(run, 1.0)
        await self.side.meddle(faults, self.note)
        await self._stranger.second(faults.stranger)

    async def _provoke(self, run: EngineRun) -> None:
        chance, faults = self.chance, self.faults
        if chance.random() < faults.crash:
            self.loop.after_steps(int(10 ** chance.uniform(0, 4)), run.life.kill)
        if chance.random() < faults.clean_stop:
            self.counts["stops"] += 1
            await self.stop_cleanly(run)
        if self.disk.is_full:
            if chance.random() < 0.05:
                self.disk.is_full = False
                self.note("the disk has room again")
        elif chance.random() < faults.disk_full:
            self.disk.is_full = self.disk.has_failed = True
            self.counts["disk full"] += 1
            self.note("the disk is full")
        if faults.head_lost:
            self.disk.has_failed = True
        if run.journal_has_failed and chance.random() < 0.05:
            await self.stop_cleanly(run)

    async def stop_cleanly(self, run: EngineRun) -> None:
        """As with a signal; it may not take for ever."""
        run.stop("the simulation asks")
        for _ in range(_LONGEST_STOP):
            if run.task.done() or not run.life.alive or run.built is None:
                return
            await self._pass(1.0)
        self.witness.broken("liveness", f"a clean stop takes more than {_LONGEST_STOP} s")

    async def _pass(self, seconds: float) -> None:
        """Time goes by, second by second, under the witness's eyes."""
        left = seconds
        while left > 0 and not self.ended.is_set():
            await self.clock.sleep(min(1.0, left))
            left -= 1.0
            if self.run is not None:
                built = self.run.built
                self.witness.look(self.run.life, built.assembly if built else None)

    pass_time = _pass


def _stranger_of(seed: int) -> float:
    """How often the stranger of a seed acts, a second; two seeds of three have none."""
    return random.Random(f"{seed}:is there a stranger").choice([0.0, 0.0, 0.0, 0.0, 0.02, 0.15])


_LONGEST_STOP = 200
"""Seconds: a cycle that is stuck, and the desk's own deadlines."""


def _failure_of(run: EngineRun) -> BaseException | None:
    if not run.life.alive or run.task.cancelled():
        return None
    return run.task.exception()


@contextmanager
def _errors_heard(world: World) -> Iterator[None]:
    """An error in the program's own log is a defect, unless the disk is to blame."""

    class _Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            run = world.run
            is_dead = run is None or not run.life.alive
            if record.levelno < logging.ERROR or is_dead:
                return
            text = self.format(record)
            if world.disk.has_failed and "journal cannot be written" in text:
                return
            if "the decider breaks" in text or "decider silent failed" in text:
                return
            world.witness.broken("I12", text)

    logger, ear = logging.getLogger("tui_trader"), _Ear()
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(ear)
    try:
        yield
    finally:
        logger.removeHandler(ear)
        logger.propagate = propagated


def simulate(seed: int, focus: Focus | None = None) -> Outcome:
    """Run one seed to its end; `focus` replaces the faults, the hand and the length that it would draw."""
    parent = _MEMORY if _MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="simulation-", dir=parent) as folder:
        loop = SimulatedLoop(seed)
        world: World | None = None

        async def everything() -> None:
            nonlocal world
            world = World(seed, Path(folder), loop, focus)
            world.home.prepare()
            loop.set_exception_handler(lambda _, context: _unhandled(world, context))
            with _errors_heard(world):
                drawn = world.chance.choice([30.0, 60.0, 120.0])
                await world.play(drawn if focus is None else focus.seconds)

        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(everything())
        except Exception as error:
            if world is None:
                raise
            world.witness.violations.append(f"I12: {type(error).__name__}: {error}")
        assert world is not None
        return _outcome(world)


def _unhandled(world: World | None, context: dict[str, Any]) -> None:
    run = world.run if world else None
    if world is None or (run is not None and not run.life.alive):
        return
    world.witness.broken("I12", f"{context.get('message')}: {context.get('exception')!r}")


def _outcome(world: World) -> Outcome:
    counts = world.counts + world.witness.rows.counts
    counts["orders"] = world.witness.orders
    counts["lives"] = world._lives
    counts["exchange fills"] = len(world.side.fills)
    return Outcome(
        seed=world.seed,
        violations=tuple(world.witness.violations),
        events=world.events(),
        faults=world.storm.named(),
        counts=counts,
        hours=world.loop.time() / 3_600,
        head=world.witness.rows.head.hex(),
    )
