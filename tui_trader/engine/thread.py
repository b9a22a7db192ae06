"""The engine in a thread of its own: plans, runs, ends; the console's death or a stalled terminal never reaches it."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AsyncExitStack

from tui_trader.core.chance import Chance
from tui_trader.core.clock import Clock, LoopClock, PacedLoop
from tui_trader.desk.ledger import Ledger
from tui_trader.desk.parts import TaskKeeper
from tui_trader.desk.switch import HaltSwitch
from tui_trader.engine.checkpoints import checkpoints
from tui_trader.engine.commands import Command, Halt, Reply
from tui_trader.engine.home import Home, HomeError
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
from tui_trader.exchange.paper.books import PaperBooksError
from tui_trader.exchange.paper.exchange import PaperExchange
from tui_trader.journal.emergency import EmergencyLog
from tui_trader.journal.redact import Redactor
from tui_trader.journal.writer import open_journal
from tui_trader.market.ports import Feed

_log = logging.getLogger(__name__)


class EngineThread:
    """Starts, answers commands from any thread, ends. It implements `EngineClient` for its own process.

    Not a daemon: the process does not end before the engine has. The home's lock is the caller's to hold.
    """

    embeds = True

    def __init__(self, options: RunOptions, *, sink: LineSink | None = None) -> None:
        self.mailbox = Mailbox()
        self.failure: BaseException | None = None
        """What ended the run before its time; None while it runs or when it ended well."""
        self.ended: Ended | None = None
        self._options = options
        self._sink = sink
        self._thread = threading.Thread(target=self._main, name="engine")
        self._ready = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._loop: PacedLoop | None = None
        self._trader: Trader | None = None
        self._switch: HaltSwitch | None = None
        self._early_stop = ""
        self._early_halt = False
        self._listeners: list[Callable[[], None]] = []

    # ------------------------------------------------------------------ from other threads

    def start(self) -> None:
        """Begin; planning errors show up in `failure`."""
        self._thread.start()

    def stop(self, reason: str) -> None:
        """Ask for a clean end; returns at once. Safe in a signal handler."""
        loop, trader = self._loop, self._trader
        self._early_stop = self._early_stop or reason
        if loop is not None and trader is not None:
            try:
                loop.call_soon_threadsafe(trader.stop, reason)
            except RuntimeError:
                return  # the loop has just closed: it is over already

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; False if it did not come in time (real seconds)."""
        return self._over.wait(timeout)

    def join(self) -> None:
        """Wait for the thread itself."""
        self._thread.join()

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, well or not."""
        return self._over.is_set()

    def submit(self, command: Command) -> "Future[Reply]":
        """Hand a command over. A halt trips the switch here, before anything else."""
        if isinstance(command, Halt):
            self._early_halt = True
            if self._switch is not None:
                self._switch.trip()
        with self._lock:
            loop, trader = self._loop, self._trader
            if loop is None or trader is None or self.is_over:
                answer: Future[Reply] = Future()
                answer.set_result(Reply(done=False, code="NOT_RUNNING", text="the engine is not running"))
                return answer
            return asyncio.run_coroutine_threadsafe(trader.operator.carry_out(command), loop)

    # ------------------------------------------------------------------ the engine's own thread

    def _main(self) -> None:
        try:
            past = past_of(self._options.home.journal)
            plan = plan_of(self._options, past)
            loop = PacedLoop(self._options.speed, yields=self._options.with_console)
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                self.ended = runner.run(self._run(plan, loop))
                self.failure = self.ended.failure
        except BaseException as error:  # noqa: BLE001 - whatever it is, it must not end in silence
            self.failure = error
        finally:
            with self._lock:
                self._trader = None
                self._over.set()

    async def _run(self, plan: Plan, loop: PacedLoop) -> Ended:
        home, chance = self._options.home, Chance(self._options.seed)
        clock = LoopClock(loop, plan.epoch)
        redactor = Redactor()
        for secret in self._options.settings.secrets():
            redactor.register(secret)
        async with AsyncExitStack() as stack:
            stack.callback(clock.close)
            saver = await stack.enter_async_context(checkpoints(None if loop.is_virtual else home.checkpoints))
            journal = await open_journal(home.journal, clock, chance, threaded=not loop.is_virtual, redact=redactor)
            stack.push_async_callback(journal.close)
            ledger = Ledger()
            feed = feed_of(plan, clock, ledger)
            exchange = _paper(home, feed, clock, f"paper-{chance.token('account')}")
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
                tasks=TaskKeeper(self._task_failed),
            )
            self._switch = assembly.switch
            showing = Showing(assembly, exchange=exchange, journal=journal, clock=clock)
            publisher = Publisher(
                self.mailbox, clock, status=showing.status, quotes=showing.quotes, limits=showing.limits
            )
            agent = agent_of(assembly, journal, clock, saver, publisher.heard)
            pump = Pump(feed, assembly.market, counterparty=exchange.on_market, watch=publisher.look)
            trader = Trader(
                assembly,
                agent,
                exchange=exchange,
                journal=journal,
                clock=clock,
                emergency=emergency,
                pump=pump,
                publisher=publisher,
                showing=showing,
                sink=self._sink,
            )
            self._take_up(trader, loop)
            return await trader.run(self._options.cycles)

    def _take_up(self, trader: Trader, loop: PacedLoop) -> None:
        """From here commands reach the trader; what was asked for before is done now."""
        with self._lock:
            self._loop, self._trader = loop, trader
        if self._early_halt and self._switch is not None:
            self._switch.trip()
        if self._early_stop:
            trader.stop(self._early_stop)
        self._ready.set()

    def _task_failed(self, name: str, error: BaseException) -> None:
        """A task of the desk died: nobody watches what it watched, so no new risk."""
        if self._switch is not None:
            self._switch.trip()
        _log.error("task %s failed: %s", name, type(error).__name__, exc_info=error)


def _paper(home: Home, feed: Feed, clock: Clock, account: str) -> PaperExchange:
    """The paper exchange of this home. Raises HomeError where its books cannot be used."""
    try:
        return PaperExchange.open(home.paper, feed.instruments, clock, account=account)
    except PaperBooksError as error:
        raise HomeError(str(error)) from None
