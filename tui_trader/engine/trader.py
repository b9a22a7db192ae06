"""One run of the trader on its loop: start in order, decide in rhythm, end protected."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from tui_trader import __version__
from tui_trader.agent.llm.replay import Misses, ReplayMissed
from tui_trader.agent.runner import Agent
from tui_trader.core.clock import Clock, WallClock, text
from tui_trader.core.money import ZERO, Money
from tui_trader.core.records import EngineStarted, EngineStopped, HomeOpened, JsonObject, LiveTerms, Record
from tui_trader.core.words import Actor, Economy
from tui_trader.desk.scribe import note_to
from tui_trader.engine.alarm import Alarm
from tui_trader.engine.folds import Folds
from tui_trader.engine.lines import LineFold, LineSink
from tui_trader.engine.operator import OperatorDesk
from tui_trader.engine.publisher import Publisher
from tui_trader.engine.pump import Pump
from tui_trader.engine.schedule import Schedule
from tui_trader.engine.showing import Showing
from tui_trader.engine.status import status_object
from tui_trader.engine.tail import Tail
from tui_trader.engine.totals import RunTotals
from tui_trader.engine.wiring import Assembly
from tui_trader.exchange.ports import Exchange
from tui_trader.journal.emergency import EmergencyLog, import_emergencies
from tui_trader.journal.ports import Entry, Fold, Journal, JournalUnwritable
from tui_trader.market.figures import KEPT_CANDLES
from tui_trader.risk.economy import interval_at

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: the summary line, and whether everything was carried to an end that is protected or flat."""

    summary: JsonObject
    reason: str
    is_settled: bool
    failure: BaseException | None = None
    """What ended it before its time."""
    unanchored: str = ""
    """Why the log's last head is not kept elsewhere, where it should be."""


class Trader:
    """Owns the run's tasks: pump, desk, schedule."""

    def __init__(
        self,
        assembly: Assembly,
        agent: Agent,
        *,
        exchange: Exchange,
        journal: Journal,
        clock: Clock,
        emergency: EmergencyLog,
        pump: Pump,
        publisher: Publisher,
        tail: Tail,
        showing: Showing,
        sink: LineSink | None,
        misses: Misses,
        live: LiveTerms | None = None,
        listeners: Sequence[Fold] = (),
    ) -> None:
        self._listeners = listeners
        self._live = live
        self._misses = misses
        self._assembly = assembly
        self._agent = agent
        self._exchange = exchange
        self._journal = journal
        self._clock = clock
        self._emergency = emergency
        self._pump = pump
        self._publisher = publisher
        self._tail = tail
        self._showing = showing
        self._totals = RunTotals()
        self._lines = LineFold(assembly.ledger, assembly.desk.questions, sink) if sink else None
        self._stopping = asyncio.Event()
        self._stop_reason = ""
        self.schedule = Schedule(
            clock,
            interval=self._interval,
            decide=self._decide,
            first_cycle=assembly.plan.past.last_cycle + 1,
        )
        self._alarm = Alarm(
            attention=agent.attention,
            market=assembly.market,
            ledger=assembly.ledger,
            clock=clock,
            policy=lambda: assembly.policy.current,
            schedule=self.schedule,
            is_on=self._may_be_early,
        )
        pump.watchers.append(self._alarm.look)
        self.operator = OperatorDesk(
            assembly.tools,
            clock,
            status=lambda: status_object(showing.status()),
            decide_now=self.schedule.decide_now,
            accept_prompt=lambda seal, person: assembly.prompt.accept(journal, seal, person),
            person=assembly.plan.options.person,
        )
        showing.schedule = self.schedule

    # ------------------------------------------------------------------ the run

    async def run(self, cycles: int | None) -> Ended:
        """Start, decide until the cycles are done, the data end or somebody stops it; then end cleanly."""
        await self._begin()
        pumping = asyncio.create_task(self._pump.run(self._assembly.plan.resumes_after), name="market pump")
        deciding: asyncio.Task[None] | None = None
        stopping = asyncio.create_task(self._stopping.wait(), name="stop request")
        try:
            await self._assembly.desk.start()
            await self._set_leverage()
            self._totals.go_live(self._unrealised_at_start())
            deciding = asyncio.create_task(self.schedule.run(cycles), name="schedule")
            await asyncio.wait({pumping, deciding, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return await self._end(self._why(pumping, deciding), _failure_of(pumping, deciding), deciding)
        finally:
            for task in (pumping, deciding, stopping):
                if task is not None:
                    task.cancel()
            await asyncio.gather(*(t for t in (pumping, deciding, stopping) if t), return_exceptions=True)

    def stop(self, reason: str) -> None:
        """Ask the run to end; call it on the loop."""
        self._stop_reason = self._stop_reason or reason
        self._stopping.set()

    def journal_lost(self, failure: JournalUnwritable) -> None:
        """The journal takes no row any more: HALTED at once, with what failed as the reason. Call it on the loop."""
        self._assembly.switch.trip()
        halting = self._assembly.desk.state.halt(str(failure), actor=Actor.SYSTEM, code="JOURNAL")
        self._assembly.tasks.spawn("halt without a journal", halting)

    def _why(self, pumping: asyncio.Task[None], deciding: asyncio.Task[None]) -> str:
        """The reason that ended the wait."""
        failure = _failure_of(pumping, deciding)
        if failure is not None:
            return f"failed: {type(failure).__name__}"
        if pumping.done():
            return "the data have ended"
        return "the cycles are done" if deciding.done() else self._stop_reason or "stopped"

    # ------------------------------------------------------------------ its beginning

    async def _begin(self) -> None:
        """Everything that must be durable or warm before the first look at the exchange."""
        told: tuple[Fold, ...] = (self._totals, self._alarm, *self._listeners)
        listeners = (*told, self._lines) if self._lines is not None else told
        self._journal.follow(*listeners)
        self._assembly.desk.tell_aside(Folds(*listeners, self._tail))
        await import_emergencies(self._emergency, self._journal)
        await self._assembly.tools.close_interrupted()
        await self._write(*self._first_rows())
        now = self._clock.now()
        for symbol in self._assembly.feed.instruments:
            self._assembly.market.warm(symbol, self._assembly.feed.history(symbol, now, KEPT_CANDLES))

    def _first_rows(self) -> tuple[Record, ...]:
        plan = self._assembly.plan
        policy = self._assembly.policy.current
        seeded = plan.options.seed is not None
        started = EngineStarted(
            version=__version__,
            feed=plan.choice.name,
            decider=plan.deciding,
            prompt=policy.name,
            prompt_hash=self._assembly.prompt.rendered.sha256,
            symbols=tuple(self._assembly.feed.instruments),
            autonomy=policy.autonomy,
            policy=policy.as_record(),
            seed=plan.options.seed,
            market_time=plan.epoch,
            market_start=plan.market_start,
            market_seed=plan.market_seed,
            wall_time=None if seeded else text(WallClock().now()),
            live=self._live,
        )
        if plan.past.opened is not None:
            return (started,)
        return HomeOpened(mode=plan.options.mode, account=self._exchange.account, version=__version__), started

    async def _set_leverage(self) -> None:
        """The exchange's setting is what the policy allows; where something is held, it stays as it is."""
        wanted = self._assembly.policy.current.risk.max_leverage
        for symbol, instrument in self._assembly.feed.instruments.items():
            leverage = min(wanted, instrument.max_leverage)
            is_set = self._assembly.seen.leverage.get(symbol) == leverage
            if is_set or self._assembly.seen.report is None or not self._assembly.ledger.position(symbol).is_flat:
                continue
            arguments: JsonObject = {"symbol": symbol, "leverage": leverage}
            await self._assembly.tools.call("set_leverage", arguments, caller=Actor.SYSTEM)

    # ------------------------------------------------------------------ its end

    async def _end(self, reason: str, failure: BaseException | None, deciding: asyncio.Task[None]) -> Ended:
        """Finish the cycle that runs, carry what was begun to protected or closed, say goodbye."""
        self.schedule.stop()
        await asyncio.gather(deciding, return_exceptions=True)
        await self._agent.close()
        settled = await self._assembly.desk.stop()
        with suppress(JournalUnwritable):  # the next start finds what closed and writes it then
            await self._assembly.trips.settle()
        cassette = self._assembly.plan.cassette
        told = reason if cassette is None else f"{reason} (a replay of {cassette.name}: no model was asked)"
        await note_to(self._journal, self._emergency, EngineStopped(reason=told))
        summary = self._totals.summary(
            time=self._clock.now(),
            unrealised=self._unrealised(),
            equity=self._showing.equity(),
            state=self._assembly.switch.durable_state,
            head=self._journal.head,
            ended=reason,
        )
        self._publisher.publish_all()
        if self._misses.first and failure is None:
            failure = ReplayMissed(f"replay: {self._misses.first}. What it asked from there on is another run.")
        return Ended(summary=summary, reason=reason, is_settled=settled, failure=failure)

    # ------------------------------------------------------------------ between

    def _may_be_early(self) -> bool:
        """Where decisions that bring nothing new are skipped, and the model's money is not short."""
        if not self._agent.skips_unchanged:
            return False
        return self._assembly.meters.spending.economy(self._clock.now()).economy is Economy.FULL

    def _interval(self) -> float:
        """Seconds between two decisions: the policy's, or more where the model's money is short."""
        policy = self._assembly.policy.current
        economy = self._assembly.meters.spending.economy(self._clock.now())
        return interval_at(economy.economy, policy.interval, policy.llm)

    async def _decide(self, number: int) -> None:
        """One cycle. Without a journal there is no decision: the trader is halted, and stays within reach."""
        try:
            if self._assembly.plan.cassette is None:  # a replay is true to what was recorded
                await self._assembly.prompt.look(self._journal)
            await self._assembly.trips.settle()
            await self._assembly.desk.watch.mark_equity()
            await self._agent.cycle(number)
            if self._misses.first:
                self.stop("the replay asks what was not recorded")
        except JournalUnwritable as error:
            self._assembly.switch.trip()
            _log.error("cycle %d: %s", number, error)

    async def _write(self, *records: Record) -> None:
        await self._journal.append(*(Entry(record=record, actor=Actor.SYSTEM) for record in records))

    def _unrealised_at_start(self) -> Money:
        """Of what was held before this run, at the exchange's marks: the feed has not told any yet."""
        report = self._assembly.seen.report
        marks = {held.symbol: held.mark_price for held in report.positions} if report else {}
        held = self._assembly.ledger.positions
        return sum((p.unrealised(marks[symbol]) for symbol, p in held.items() if symbol in marks), start=ZERO)

    def _unrealised(self) -> Money:
        total = ZERO
        for position in self._showing.positions():
            total += position.unrealised or ZERO
        return total


def _failure_of(*tasks: asyncio.Task[None]) -> BaseException | None:
    """What the first failed task raised; None where none failed."""
    done = (task for task in tasks if task.done() and not task.cancelled())
    return next((error for task in done if (error := task.exception()) is not None), None)
