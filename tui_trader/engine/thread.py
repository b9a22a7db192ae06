"""The engine in a thread of its own: plans, runs, ends; the console's death or a stalled terminal never reaches it."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tui_trader.engine.client import Ending
from tui_trader.engine.commands import AskStatus, Command, Halt, Reply
from tui_trader.engine.heartbeat import Heartbeat, Pulse
from tui_trader.engine.mailbox import Mailbox
from tui_trader.engine.options import RunOptions
from tui_trader.engine.supervisor import Supervisor

if TYPE_CHECKING:  # at run time they come with the agent's libraries, which only the engine's thread waits for
    from tui_trader.engine.archive import Archive
    from tui_trader.engine.cycle_story import Told
    from tui_trader.engine.lines import LineSink
    from tui_trader.engine.running import Alive
    from tui_trader.engine.trader import Ended

_log = logging.getLogger(__name__)
_LAST_WORDS_WITHIN = 8.0
"""Real seconds for what is still said and written when the loop hangs; whatever that waits for, the process ends."""


class EngineThread:
    """Starts, answers commands from any thread, ends. It implements `EngineClient` for its own process.

    Not a daemon: the process does not end before the engine has. The home's lock is the caller's to hold.
    """

    embeds = True

    def __init__(
        self,
        options: RunOptions,
        *,
        sink: "LineSink | None" = None,
        supervisor: Supervisor | None = None,
        hung: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`hung` is told when the engine's loop does not answer any more, and why; it should end the process."""
        self._supervisor = supervisor or Supervisor()
        self._hung = hung
        self.mailbox = Mailbox()
        self.failure: BaseException | None = None
        """What ended the run before its time; None while it runs or when it ended well."""
        self.ended: Ended | None = None
        self._options = options
        self._sink = sink
        self._thread = threading.Thread(target=self._main, name="engine")
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._alive: Alive | None = None
        self._archive: Archive | None = None
        self._has_begun = False
        self._early_stop = ""
        self._early: list[tuple[Halt | AskStatus, Future[Reply]]] = []

    # ------------------------------------------------------------------ from other threads

    def accept_live(self, account: str) -> None:
        """Before the start: a person has named this account as the one meant. Whether it is, the start looks itself."""
        self._options = replace(self._options, accepted_live=account)

    def start(self) -> None:
        """Begin; planning errors show up in `failure`. After a stop nothing begins any more."""
        if self._early_stop:
            self._end()
            return
        self._thread.start()

    def stop(self, reason: str) -> None:
        """Ask for a clean end; returns at once. Safe in a signal handler."""
        self._supervisor.stopping(reason)
        self._early_stop = self._early_stop or reason  # first: the engine takes up what it finds here once it is alive
        alive = self._alive
        if self._thread.ident is None:
            self._over.set()
        elif alive is not None:
            try:
                alive.loop.call_soon_threadsafe(alive.trader.stop, reason)
            except RuntimeError:
                return  # the loop has just closed: it is over already

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; False if it did not come in time (real seconds)."""
        return self._over.wait(timeout)

    def join(self) -> None:
        """Wait for the thread itself, if it ever ran."""
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, well or not."""
        return self._over.is_set()

    @property
    def ending(self) -> Ending | None:
        """How the run ended; None while it runs."""
        if not self.is_over:
            return None
        reason = self.ended.reason if self.ended is not None else self._early_stop
        return Ending(reason=reason, failure=self.failure, had_begun=self._has_begun)

    def story(self, cycle: int, near: int) -> "Future[tuple[Told, ...]]":
        """See EngineClient."""
        from tui_trader.engine.archive import Archive  # noqa: PLC0415 - a first paint needs no journal

        if self._archive is None:
            self._archive = Archive(self._options.home)
        return self._archive.story(cycle, near)

    def submit(self, command: Command) -> "Future[Reply]":
        """Hand a command over. A halt trips the switch here, before anything else.

        While the engine starts, a halt and a question wait for it; all else is told to come again.
        """
        alive = self._alive
        if isinstance(command, Halt) and alive is not None:
            alive.switch.trip(announced=True)
        with self._lock:
            alive = self._alive
            if alive is not None and not self.is_over:
                return asyncio.run_coroutine_threadsafe(alive.trader.operator.carry_out(command), alive.loop)
            answer: Future[Reply] = Future()
            if self.is_over:
                answer.set_result(_NOT_RUNNING)
            elif isinstance(command, Halt | AskStatus):
                self._early.append((command, answer))
            else:
                answer.set_result(_STARTING)
            return answer

    # ------------------------------------------------------------------ the engine's own thread

    def _main(self) -> None:
        try:
            # Here and not above: the agent's libraries take seconds to load, and a first paint does not wait for them.
            from tui_trader.engine.running import run_to_its_end  # noqa: PLC0415

            self.ended = run_to_its_end(self._options, mailbox=self.mailbox, sink=self._sink, built=self._take_up)
            self.failure = self.ended.failure
        except BaseException as error:  # noqa: BLE001 - whatever it is, it must not end in silence
            self.failure = error
            _log.error("the engine ended early: %s", type(error).__name__, exc_info=error)
        finally:
            self._end()

    def _end(self) -> None:
        """From here on nobody is running; who still waits for the start is told so."""
        with self._lock:
            self._alive = None
            self._over.set()
            unheard, self._early = self._early, []
        for _, answer in unheard:
            answer.set_result(_NOT_RUNNING)

    def _take_up(self, alive: "Alive") -> None:
        """From here commands reach the trader; what was asked for before is done now."""
        with self._lock:
            self._alive, self._has_begun = alive, True
            early, self._early = self._early, []
            if any(isinstance(command, Halt) for command, _ in early):
                alive.switch.trip(announced=True)
        for command, answer in early:
            task = alive.loop.create_task(alive.trader.operator.carry_out(command))
            task.add_done_callback(partial(_pass_on, answer))
        if self._early_stop:
            alive.trader.stop(self._early_stop)
        pulse = Pulse(
            loop=alive.loop,
            looks=(alive.watch, alive.look) if self._options.with_console else (alive.watch,),
            status=alive.status,
        )
        hangs_after = self._options.settings.hangs_after_seconds
        hung = partial(self._give_up, alive)
        Heartbeat(pulse, self._supervisor, over=alive.closing, hangs_after=hangs_after, hung=hung).start()
        self._supervisor.ready()

    def _give_up(self, alive: "Alive", seconds: float) -> None:
        """The loop hangs. Nothing new leaves, the next start knows why, and the process is ended by whoever it is for.

        What is said and written may itself hang, on the very lock or disk that the loop waits for.
        """
        alive.switch.trip()
        why = f"the engine's loop has not answered for {seconds:g} s"
        words = threading.Thread(target=alive.last_words, args=(why,), name="last words", daemon=True)
        words.start()
        words.join(_LAST_WORDS_WITHIN)
        self._hung(why)


def _pass_on(answer: "Future[Reply]", done: "asyncio.Task[Reply]") -> None:
    failed = done.cancelled() or done.exception() is not None
    answer.set_result(_NOT_RUNNING if failed else done.result())


_NOT_RUNNING = Reply(done=False, code="NOT_RUNNING", text="the engine is not running")
_STARTING = Reply(done=False, code="STARTING", text="the engine is starting; ask again in a moment")
