"""One run on its loop: reads the past, makes the plan, builds the trader and lives it to its end.

It imports the agent and its libraries, which take seconds to load: only the engine's own thread imports this module.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from langgraph.checkpoint.base import BaseCheckpointSaver

from tui_trader.agent.deciders.ports import Decider
from tui_trader.agent.llm.replay import Misses
from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock, LoopClock, PacedLoop, WallClock
from tui_trader.core.market import MarketEvent
from tui_trader.core.records import LiveTerms, TradingStateChanged
from tui_trader.core.words import Actor, Mode, TradingState
from tui_trader.desk.parts import TaskKeeper
from tui_trader.desk.switch import HaltSwitch
from tui_trader.engine.alerting import Alert, Alerting, AlertKind
from tui_trader.engine.anchoring import Anchoring, Places
from tui_trader.engine.checkpoints import checkpoints
from tui_trader.engine.counterparty import open_counterparty
from tui_trader.engine.deciding import Deciding, decider_of
from tui_trader.engine.knowledge import Knowledge, known_from
from tui_trader.engine.lines import LineSink
from tui_trader.engine.mailbox import Mailbox
from tui_trader.engine.options import RunOptions
from tui_trader.engine.outside import FeedWatch, Outside
from tui_trader.engine.plan import Plan, plan_of
from tui_trader.engine.publisher import Publisher
from tui_trader.engine.pump import Pump
from tui_trader.engine.scouting import look_at_binance
from tui_trader.engine.showing import Showing
from tui_trader.engine.trader import Ended, Trader
from tui_trader.engine.vault import mark
from tui_trader.engine.wiring import Assembly, agent_of, assemble
from tui_trader.exchange.ports import Exchange
from tui_trader.journal.codec import encode
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.keys import KeyFiles
from tui_trader.journal.layout import Tip
from tui_trader.journal.notary import Notary
from tui_trader.journal.ports import Journal
from tui_trader.journal.redact import SECRETS
from tui_trader.journal.writer import open_journal
from tui_trader.market.ports import Feed

_log = logging.getLogger(__name__)

HUNG = "HUNG"
"""The code of the halt after a loop that did not answer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """What other threads may reach of a trader once it is built. The switch may be tripped anywhere.

    All else belongs on the loop.
    """

    loop: PacedLoop
    trader: Trader
    switch: HaltSwitch
    look: Callable[[], None]
    watch: Callable[[], None]
    """Looks at what no event tells, at every beat."""
    status: Callable[[], str]
    """How things stand, in a few words."""
    closing: threading.Event
    """Set when the run has ended and only files and connections are left to close."""
    last_words: Callable[[str], None]
    """For a thread of its own, when the loop hangs: says why in the log, and so that the next start is HALTED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a trader finds around it: time, disk, exchange and market, opened, and whatever was there before it."""

    clock: Clock
    journal: Journal
    emergency: EmergencyLog
    exchange: Exchange
    feed: Feed
    knowledge: Knowledge
    """Attached to the journal, and all that has been is in it."""
    saver: "BaseCheckpointSaver[str]"
    mailbox: Mailbox
    counterparty: Callable[[MarketEvent], None] | None = None
    """The ear of a paper exchange, which hears each market event first."""
    live: LiveTerms | None = None
    """On what real money is traded; None where none is."""
    decider: Decider | None = None
    """None: the plan's."""
    outside: Outside = field(default_factory=Outside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A trader that has not begun, with the parts of it that others reach."""

    trader: Trader
    assembly: Assembly
    look: Callable[[], None]


def run_to_its_end(
    options: RunOptions, *, mailbox: Mailbox, sink: LineSink | None, built: Callable[[Alive], None]
) -> Ended:
    """Plan and run in this thread. Raises what planning raises, and whatever ends a run before its time."""
    if options.seal is not None:
        mark(options.home, options.seal)  # before anything is written under it
    knowledge, tip = known_from(options.home.journal, options.seal)
    plan = plan_of(options, knowledge, look_at_binance)
    loop = PacedLoop(options.speed, yields=options.with_console)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_run(Begun(plan, knowledge, tip), loop, mailbox, sink, built))


@dataclass(frozen=True, slots=True)
class Begun:
    """A run before its clock starts: the plan, what the journal says, and where the journal stands."""

    plan: Plan
    knowledge: Knowledge
    tip: Tip


async def _run(
    begun: Begun, loop: PacedLoop, mailbox: Mailbox, sink: LineSink | None, built: Callable[[Alive], None]
) -> Ended:
    plan, knowledge = begun.plan, begun.knowledge
    options = plan.options
    home, chance = options.home, Chance(options.seed)
    clock = LoopClock(loop, plan.epoch)
    for secret in options.settings.secrets():
        SECRETS.register(secret)
    # Threads answer in the machine's time: at any other pace a slow disk would eat up the deadlines of the engine's.
    in_real_time = loop.pace == 1.0
    async with AsyncExitStack() as stack:
        stack.callback(clock.close)
        saver = await stack.enter_async_context(checkpoints(home.checkpoints if in_real_time else None, options.seal))
        # On paper the keys follow from the seed, so that two runs give the same journal; where money is, never.
        notary = Notary(KeyFiles(home.journal), chance if options.mode is Mode.PAPER else Chance(None))
        journal = await open_journal(
            home.journal,
            clock,
            chance,
            threaded=in_real_time,
            redact=SECRETS,
            notary=notary,
            recalled=begun.tip,
            folds=(knowledge,),
            seal=options.seal,
        )
        anchor, alerts = options.settings.anchor, options.settings.alerts
        alerting = Alerting(alerts.command, every=alerts.every_seconds)
        stack.callback(alerting.close)  # last: what goes wrong at the end is told, too
        anchoring = Anchoring(
            Places(anchor.file, anchor.command),
            lambda: journal.head,
            every=anchor.every_seconds,
            failed=lambda why: alerting.tell(Alert(AlertKind.ANCHOR, why)),
        )
        stack.callback(anchoring.close)  # after the journal's end, which it keeps as well
        stack.push_async_callback(journal.close)
        other = await open_counterparty(plan, knowledge.ledger, clock, chance, stack)
        around = Surroundings(
            clock=clock,
            journal=journal,
            emergency=EmergencyLog(home.emergency, clock, chance, redact=SECRETS, seal=options.seal),
            exchange=other.exchange,
            feed=other.feed,
            knowledge=knowledge,
            saver=saver,
            mailbox=mailbox,
            counterparty=other.hears,
            live=other.live,
            outside=Outside(anchoring=anchoring, alerting=alerting),
        )
        whole = trader_of(plan, around, sink=sink)
        trader = whole.trader
        journal.when_unwritable(trader.journal_lost)
        closing = threading.Event()
        built(
            Alive(
                loop=loop,
                trader=trader,
                switch=whole.assembly.switch,
                look=whole.look,
                watch=_feed_watch(whole, clock, alerting).look if alerting.is_on else _nothing,
                status=partial(_in_words, whole),
                closing=closing,
                last_words=partial(_last_words, options, alerting),
            )
        )
        try:
            ended = await trader.run(options.cycles)
        finally:
            closing.set()
    last = anchoring.state
    return ended if last is None else replace(ended, unanchored=last.problem)


def _nothing() -> None:
    """Nobody is told, so nobody looks."""


def _feed_watch(whole: Built, clock: Clock, alerting: Alerting) -> FeedWatch:
    assembly = whole.assembly

    def oldest() -> float | None:
        ages = [assembly.market.view(symbol).quote_age for symbol in assembly.feed.instruments]
        return None if None in ages else max((age for age in ages if age is not None), default=None)

    return FeedWatch(clock, oldest=oldest, most=lambda: assembly.policy.current.risk.max_quote_age, tell=alerting.tell)


def _in_words(whole: Built) -> str:
    """For a supervisor's line."""
    assembly = whole.assembly
    held, cycle = len(assembly.ledger.positions), whole.trader.schedule.last_cycle
    return f"{assembly.plan.options.mode.value} {assembly.switch.state.value}, {held} positions, cycle {cycle}"


def _last_words(options: RunOptions, alerting: Alerting, why: str) -> None:
    """Built on nothing that the hanging loop may hold: a log of its own, on the machine's time."""
    halt = TradingStateChanged(state=TradingState.HALTED, reason=f"{why}; the process was ended", code=HUNG)
    log = EmergencyLog(options.home.emergency, WallClock(), Chance(None), redact=SECRETS, seal=options.seal)
    log.append({"kind": halt.KIND, "actor": Actor.SYSTEM.value, "record": encode(halt)})
    _log.critical("%s: the process ends", why)
    alerting.tell(Alert(AlertKind.HUNG, f"{why}: the process ends, HALTED; stops stay at the exchange"))
    alerting.close()


def trader_of(plan: Plan, around: Surroundings, *, sink: LineSink | None) -> Built:
    """The whole trader of the plan, wired into its surroundings and not yet started."""
    clock, journal, exchange = around.clock, around.journal, around.exchange
    assembly = assemble(
        plan,
        clock=clock,
        journal=journal,
        exchange=exchange,
        feed=around.feed,
        knowledge=around.knowledge,
        emergency=around.emergency,
        tasks=TaskKeeper(lambda name, error: _task_failed(assembly.switch, name, error)),
    )
    deciding = Deciding(around.decider, Misses()) if around.decider else decider_of(assembly, journal, clock)
    showing = Showing(
        assembly,
        exchange=exchange,
        journal=journal,
        clock=clock,
        since_halt=around.knowledge.since_halt,
        live=around.live,
        outside=around.outside,
    )
    publisher = Publisher(around.mailbox, clock, around.knowledge.tail, showing)
    trader = Trader(
        assembly,
        agent_of(assembly, journal, clock, around.saver, emit=publisher.heard, decider=deciding.decider),
        exchange=exchange,
        journal=journal,
        clock=clock,
        emergency=around.emergency,
        pump=Pump(around.feed, assembly.market, counterparty=around.counterparty, watch=publisher.look),
        publisher=publisher,
        tail=around.knowledge.tail,
        showing=showing,
        sink=sink,
        misses=deciding.misses,
        live=around.live,
        listeners=() if around.outside.alerting is None else (around.outside.alerting,),
    )
    return Built(trader=trader, assembly=assembly, look=publisher.look)


def _task_failed(switch: HaltSwitch, name: str, error: BaseException) -> None:
    """A task of the desk died: nobody watches what it watched, so no new risk."""
    switch.trip()
    _log.error("task %s failed: %s", name, type(error).__name__, exc_info=error)
