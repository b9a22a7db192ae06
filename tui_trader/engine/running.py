"""One run on its loop: reads the past, makes the plan, builds the trader and lives it to its end.

It imports the agent and its libraries, which take seconds to load: only the engine's own thread imports this module.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tui_trader.core.chance import Chance
from tui_trader.core.clock import LoopClock, PacedLoop
from tui_trader.desk.ledger import Ledger
from tui_trader.desk.parts import TaskKeeper
from tui_trader.desk.switch import HaltSwitch
from tui_trader.engine.checkpoints import checkpoints
from tui_trader.engine.lines import LineSink
from tui_trader.engine.mailbox import Mailbox
from tui_trader.engine.options import RunOptions
from tui_trader.engine.past import past_of
from tui_trader.engine.plan import Plan, plan_of
from tui_trader.engine.publisher import Publisher
from tui_trader.engine.pump import Pump
from tui_trader.engine.showing import Showing
from tui_trader.engine.trader import Ended, Trader
from tui_trader.engine.wiring import agent_of, assemble, feed_of
from tui_trader.exchange.paper.exchange import PaperExchange
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.redact import Redactor
from tui_trader.journal.writer import open_journal

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """What other threads may reach of a trader once it is built. The switch may be tripped anywhere.

    All else belongs on the loop.
    """

    loop: PacedLoop
    trader: Trader
    switch: HaltSwitch
    look: Callable[[], None]


def run_to_its_end(
    options: RunOptions, *, mailbox: Mailbox, sink: LineSink | None, built: Callable[[Alive], None]
) -> Ended:
    """Plan and run in this thread. Raises what planning raises, and whatever ends a run before its time."""
    plan = plan_of(options, past_of(options.home.journal))
    loop = PacedLoop(options.speed, yields=options.with_console)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_run(plan, loop, mailbox, sink, built))


async def _run(
    plan: Plan, loop: PacedLoop, mailbox: Mailbox, sink: LineSink | None, built: Callable[[Alive], None]
) -> Ended:
    options = plan.options
    home, chance = options.home, Chance(options.seed)
    clock = LoopClock(loop, plan.epoch)
    redactor = Redactor()
    for secret in options.settings.secrets():
        redactor.register(secret)
    # Threads answer in the machine's time: at any other pace a slow disk would eat up the deadlines of the engine's.
    in_real_time = loop.pace == 1.0
    async with AsyncExitStack() as stack:
        stack.callback(clock.close)
        saver = await stack.enter_async_context(checkpoints(home.checkpoints if in_real_time else None))
        journal = await open_journal(home.journal, clock, chance, threaded=in_real_time, redact=redactor)
        stack.push_async_callback(journal.close)
        ledger = Ledger()
        feed = feed_of(plan, clock, ledger)
        exchange = PaperExchange.open(home.paper, feed.instruments, clock, account=f"paper-{chance.token('account')}")
        stack.push_async_callback(exchange.close)
        emergency = EmergencyLog(home.emergency, clock, chance, redact=redactor)
        assembly = assemble(
            plan,
            clock=clock,
            journal=journal,
            exchange=exchange,
            feed=feed,
            ledger=ledger,
            emergency=emergency,
            tasks=TaskKeeper(lambda name, error: _task_failed(assembly.switch, name, error)),
        )
        showing = Showing(assembly, exchange=exchange, journal=journal, clock=clock)
        publisher = Publisher(mailbox, clock, status=showing.status, quotes=showing.quotes, limits=showing.limits)
        agent = agent_of(assembly, journal, clock, saver, publisher.heard)
        trader = Trader(
            assembly,
            agent,
            exchange=exchange,
            journal=journal,
            clock=clock,
            emergency=emergency,
            pump=Pump(feed, assembly.market, counterparty=exchange.on_market, watch=publisher.look),
            publisher=publisher,
            showing=showing,
            sink=sink,
        )
        built(Alive(loop=loop, trader=trader, switch=assembly.switch, look=publisher.look))
        return await trader.run(options.cycles)


def _task_failed(switch: HaltSwitch, name: str, error: BaseException) -> None:
    """A task of the desk died: nobody watches what it watched, so no new risk."""
    switch.trip()
    _log.error("task %s failed: %s", name, type(error).__name__, exc_info=error)
